"""Card for the administrator of a team: export the policy file, test an agents' Sailthru key."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.secret_field import SecretField
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.team_policy_model import POLICY_FILE_NAME, TeamPolicyModel

_KEY_FIELDS = (
    FormField(
        "key",
        "Agents' API key",
        FieldKind.SECRET,
        help="Used for this test only; not saved.",
    ),
    FormField("secret", "Agents' API secret", FieldKind.SECRET),
)


class TeamCard(SettingsCard):
    """Widget of the card “Your team”: what other computers need. No key is stored here."""

    def __init__(self, model: TeamPolicyModel) -> None:
        super().__init__("Your team")
        self._model = model
        view = model.view()
        self.export_button = secondary_button(
            "Export the policy file…", name="Export the policy file…"
        )
        self.policy_preview = CopyableText("Policy file")
        self.policy_preview.copy_button.set_text("Copy it")
        self.result_note.set_tone("ok")
        self.form = Form(_KEY_FIELDS, spacing=ROW_GAP)
        self.key_field = self.form.control("key", SecretField)
        self.secret_field = self.form.control("secret", SecretField)
        self.test_button = secondary_button(
            "Test that “job” is refused", name="Test that “job” is refused"
        )
        self.check_list = ConnectionCheckList("Test of the agents' key")
        self.support_text = CopyableText("Text to Sailthru about keys")
        self.add_rows(
            label("Rules for other computers", "title"),
            label("The policy file holds rules and names, and no key.", wrap=True),
            hbox(self.export_button, 1),
            self.result_note,
            self.policy_preview,
            label(view.installing_text, "note", wrap=True),
            label("Keys", "title"),
            label(view.handing_out_text, wrap=True),
            self.support_text,
            self.form,
            hbox(self.test_button, 1),
            self.error_banner,
            self.check_list,
        )
        self.export_button.clicked.connect(self._on_export)
        self.test_button.clicked.connect(self._on_test)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self.policy_preview.set_text(self._model.policy_text())
        self.support_text.set_text(view.key_request_text)
        self.test_button.set_enabled(not view.is_busy, "The test is running.")
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)

    def _on_test(self) -> None:
        self._model.test_agents_key(self.key_field.text(), self.secret_field.text())

    def _on_export(self) -> None:
        dialog = QFileDialog(self, "Export the policy file")
        # open(), not exec(): asyncio goes on while the person looks for a folder.
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Policy (*.json)"])
        dialog.setDefaultSuffix("json")
        dialog.setDirectory(documents_folder())
        dialog.selectFile(POLICY_FILE_NAME)
        dialog.fileSelected.connect(self._model.export_policy_file)
        dialog.open()
