"""Your team: the policy file, how keys are handed out, and the test of an agents' key."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop.panels.settings.card_layout import (
    LabelledControl,
    control_row,
    show_error_banner,
    small_note,
)
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.label import label
from desktop.viewmodels.settings.team_policy_model import POLICY_FILE_NAME, TeamPolicyModel


class TeamCard(Card):
    """Draws what other computers need."""

    def __init__(self, model: TeamPolicyModel) -> None:
        super().__init__("Your team")
        self._model = model
        view = model.view()
        self.export_button = secondary_button(
            "Export the policy file…", name="Export the policy file…"
        )
        self.policy_preview = CopyableText("Policy file")
        self.policy_preview.copy_button.set_text("Copy it")
        self._result_note = small_note()
        self._result_note.set_tone("ok")
        self.key_field = SecretField("Agents' API key")
        self.secret_field = SecretField("Agents' API secret")
        self.test_button = secondary_button(
            "Test that “job” is refused", name="Test that “job” is refused"
        )
        self.check_list = ConnectionCheckList("Test of the agents' key")
        self._banner = Banner()
        self._banner.hide()
        self.support_text = CopyableText("Text to Sailthru about keys")
        self.body.setSpacing(fonts.scaled(8))
        self.add(label("Rules for other computers", "title"))
        self.add(label("The policy file holds rules and names, and no key.", wrap=True))
        self.add(control_row(self.export_button, 1))
        self.add(self._result_note)
        self.add(self.policy_preview)
        self.add(small_note(view.installing_text))
        self.add(label("Keys", "title"))
        self.add(label(view.handing_out_text, wrap=True))
        self.add(self.support_text)
        self.add(
            LabelledControl(
                "Agents' API key", "Tested and forgotten; kept nowhere.", self.key_field
            )
        )
        self.add(LabelledControl("Agents' API secret", "", self.secret_field))
        self.add(control_row(self.test_button, 1))
        self.add(self._banner)
        self.add(self.check_list)
        self.export_button.clicked.connect(self._on_export)
        self.test_button.clicked.connect(self._on_test)
        model.changed.connect(self._show)
        model.message_posted.connect(self._on_announced)
        self._result_note.hide()
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        self.policy_preview.set_text(self._model.policy_text())
        self.support_text.set_text(view.key_request_text)
        self.test_button.set_enabled(not view.is_busy, "The test is running.")
        show_error_banner(self._banner, view.error)
        self.check_list.set_checks(view.checks)

    def _on_test(self) -> None:
        self._model.test_agents_key(self.key_field.text(), self.secret_field.text())

    def _on_announced(self, words: str) -> None:
        self._result_note.setText(words)
        self._result_note.show()

    def _on_export(self) -> None:
        dialog = QFileDialog(self, "Export the policy file")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Policy (*.json)"])
        dialog.setDefaultSuffix("json")
        dialog.selectFile(POLICY_FILE_NAME)
        dialog.fileSelected.connect(self._model.export_policy_file)
        dialog.open()


class PolicyCard(Card):
    """What an organisation has fixed on this computer, from which files."""

    def __init__(self, model: TeamPolicyModel) -> None:
        super().__init__("Active policies")
        self._model = model
        self._sources = small_note()
        self._rows = KeyValueTable("Active policies", label_width=220)
        self._notices = label("", wrap=True, tone="warn")
        self.body.setSpacing(fonts.scaled(6))
        for part in (self._notices, self._sources, self._rows):
            self.add(part)
        model.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        if not view.managed_settings and not view.policy_notices:
            self.show_empty("No organisation manages this computer's Fairlead.")
            return
        self._notices.setText("\n".join(view.policy_notices))
        self._notices.setVisible(bool(view.policy_notices))
        self._sources.setText(f"From {view.policy_files}." if view.policy_files else "")
        self._rows.set_rows(
            [KeyValueRow(name, value, tip=value) for name, value in view.managed_settings]
        )
        self.show_content()
