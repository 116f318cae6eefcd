"""Sailthru: key and secret, the account's own settings, and what the key may do."""

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.fold_button import FoldButton
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.setting_up.check_list import CheckList
from desktop.panels.setting_up.field_row import FieldRow
from desktop.panels.setting_up.letter import Letter
from desktop.panels.setting_up.rows import Labelled, row, show_trouble
from desktop.panels.setting_up.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.settings import table
from desktop.viewmodels.setting_up.sailthru import WARNING, WHERE, SailthruModel
from desktop.viewmodels.settings_form import FormModel


class SailthruCard(Card):
    """Draws the Sailthru card; what was typed is cleared once it is kept."""

    def __init__(self, model: SailthruModel, form: FormModel) -> None:
        super().__init__("Sailthru")
        self._model, self._form = model, form
        self._kept = label("", "strong", wrap=True, tone="ok")
        self.replace = secondary("Replace the key…", name="Replace the key…")
        self.key = SecretField("API key")
        self.secret = SecretField("API secret")
        self.own = QCheckBox("This key is only for Fairlead")
        self.own.setAccessibleName("This key is only for Fairlead")
        self.own.setChecked(bool(form.field(table.DEDICATED_KEY.key).value))
        self._entry = self._entry_box()
        self.fields = [
            FieldRow(form, row.key) for row in (table.CUSTOMER_TYPE, table.TIMEZONE, table.CURRENCY)
        ]
        self.fields[1].complete_from(form.time_zones())
        self.advanced = FoldButton("Advanced")
        self.uri = FieldRow(form, table.SERVICE_URI.key)
        self.reset = LinkButton("Back to Sailthru's own address", name="Reset the Service URI")
        self.test = secondary("Test and keep", name="Test Sailthru")
        self._banner = Banner()
        self._banner.hide()
        self.checks = CheckList("Test of Sailthru")
        self._entering = False
        self._lay_out()
        self._connect()
        self._on_fold(True)
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(row(self._kept, self.replace))
        self.add(self._entry)
        for field in self.fields:
            self.add(field)
        self.add(self.advanced)
        self.add(self.uri)
        self.add(self.reset)
        self.add(row(self.test, 1))
        self.add(self._banner)
        self.add(self.checks)

    def _entry_box(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        warning = label(WARNING, wrap=True, tone="warn")
        self.letter = Letter("Text to Sailthru")
        column.addWidget(warning)
        column.addWidget(self.letter)
        column.addWidget(Labelled("API key", WHERE, self.key))
        column.addWidget(Labelled("API secret", "", self.secret))
        column.addWidget(self.own)
        return box

    def _connect(self) -> None:
        self._model.changed.connect(self._show)
        self._model.told.connect(self._on_told)
        self.replace.clicked.connect(self._on_replace)
        self.test.clicked.connect(self._on_test)
        self.secret.field.returnPressed.connect(self._on_test)
        self.advanced.fold_asked.connect(self._on_fold)
        self.reset.clicked.connect(self._on_reset)

    def _show(self) -> None:
        view = self._model.view()
        self._kept.setText(f"✓ {view.kept_words}")
        self._kept.setVisible(view.kept)
        self.replace.setVisible(view.kept and not self._entering)
        self._entry.setVisible(not view.kept or self._entering)
        self.letter.set_text(view.letter)
        self.set_note(view.note, "bad" if view.note_tone == "bad" else "muted")
        testing = "The test is running."
        self.test.set_enabled(not view.busy, testing)
        self.test.set_text("Test" if view.kept and not self._entering else "Test and keep")
        show_trouble(self._banner, view.trouble)
        self.checks.set_checks(view.checks)

    def _on_fold(self, folded: bool) -> None:
        self.advanced.set_folded(folded, "folded" if folded else "unfolded")
        self.uri.setVisible(not folded)
        self.reset.setVisible(not folded)

    def _on_replace(self) -> None:
        self._entering = True
        self._show()
        self.key.setFocus()

    def _on_test(self) -> None:
        self._model.test(self.key.text(), self.secret.text(), own=self.own.isChecked())

    def _on_reset(self) -> None:
        self._form.reset(table.SERVICE_URI.key)

    def _on_told(self, words: str) -> None:
        self._entering = False
        self.key.clear()
        self.secret.clear()
        self._show()
        announce(self, words)
