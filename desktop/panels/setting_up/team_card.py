"""Your team: the policy file, how keys are handed out, and the test of an agents' key."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.setting_up.check_list import CheckList
from desktop.panels.setting_up.letter import Letter
from desktop.panels.setting_up.rows import Labelled, note, row, show_trouble
from desktop.panels.setting_up.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.viewmodels.team_form import POLICY_FILE, TeamModel


class TeamCard(Card):
    """Draws what other computers need."""

    def __init__(self, model: TeamModel) -> None:
        super().__init__("Your team")
        self._model = model
        view = model.view()
        self.export = secondary("Export the policy file…", name="Export the policy file…")
        self.preview = Letter("Policy file")
        self.preview.copy.set_text("Copy it")
        self._told = note()
        self._told.set_tone("ok")
        self.key = SecretField("Agents' API key")
        self.secret = SecretField("Agents' API secret")
        self.test = secondary("Test that “job” is refused", name="Test that “job” is refused")
        self.checks = CheckList("Test of the agents' key")
        self._banner = Banner()
        self._banner.hide()
        self.letter = Letter("Text to Sailthru about keys")
        self.body.setSpacing(fonts.scaled(8))
        self.add(label("Rules for other computers", "title"))
        self.add(label("The policy file holds rules and names, and no key.", wrap=True))
        self.add(row(self.export, 1))
        self.add(self._told)
        self.add(self.preview)
        self.add(note(view.installing))
        self.add(label("Keys", "title"))
        self.add(label(view.handing_out, wrap=True))
        self.add(self.letter)
        self.add(Labelled("Agents' API key", "Tested and forgotten; kept nowhere.", self.key))
        self.add(Labelled("Agents' API secret", "", self.secret))
        self.add(row(self.test, 1))
        self.add(self._banner)
        self.add(self.checks)
        self.export.clicked.connect(self._on_export)
        self.test.clicked.connect(self._on_test)
        model.changed.connect(self._show)
        model.told.connect(self._on_told)
        self._told.hide()
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        self.preview.set_text(self._model.policy_text())
        self.letter.set_text(view.letter)
        self.test.set_enabled(not view.busy, "The test is running.")
        show_trouble(self._banner, view.trouble)
        self.checks.set_checks(view.checks)

    def _on_test(self) -> None:
        self._model.test_key(self.key.text(), self.secret.text())

    def _on_told(self, words: str) -> None:
        self._told.setText(words)
        self._told.show()

    def _on_export(self) -> None:
        dialog = QFileDialog(self, "Export the policy file")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Policy (*.json)"])
        dialog.setDefaultSuffix("json")
        dialog.selectFile(POLICY_FILE)
        dialog.fileSelected.connect(self._model.export)
        dialog.open()


class PolicyCard(Card):
    """What an organisation has fixed on this computer, from which files."""

    def __init__(self, model: TeamModel) -> None:
        super().__init__("Active policies")
        self._model = model
        self._sources = note()
        self._rows = KeyValue("Active policies", label_width=220)
        self._notices = label("", wrap=True, tone="warn")
        self.body.setSpacing(fonts.scaled(6))
        for part in (self._notices, self._sources, self._rows):
            self.add(part)
        model.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        if not view.managed and not view.notices:
            self.show_empty("No organisation manages this computer's Fairlead.")
            return
        self._notices.setText("\n".join(view.notices))
        self._notices.setVisible(bool(view.notices))
        self._sources.setText(f"From {view.sources}." if view.sources else "")
        self._rows.set_rows([Row(name, value, tip=value) for name, value in view.managed])
        self.show_content()
