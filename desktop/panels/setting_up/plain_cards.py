"""Cards that need no drawing of their own: fields of one section, the test, what runs here."""

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication

from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.setting_up.check_list import CheckList
from desktop.panels.setting_up.field_row import FieldRow
from desktop.panels.setting_up.rows import note, row, show_trouble
from desktop.panels.theme import fonts
from desktop.viewmodels.setting_up.doctor import DoctorModel
from desktop.viewmodels.settings_form import FormModel


class FieldsCard(Card):
    """One section of the table."""

    def __init__(self, title: str, form: FormModel, keys: Sequence[str], intro: str = "") -> None:
        super().__init__(title)
        if intro:
            self.add(note(intro))
        self.rows = {key: FieldRow(form, key) for key in keys}
        for field in self.rows.values():
            self.add(field)


class DoctorCard(Card):
    """Tests every connection and permission, one line each."""

    def __init__(self, model: DoctorModel) -> None:
        super().__init__("Test connections")
        self._model = model
        self.test = secondary("Test all connections", name="Test all connections")
        self._banner = Banner()
        self._banner.hide()
        self.checks = CheckList("Test of all connections")
        self.body.setSpacing(fonts.scaled(8))
        intro = "Reaches each service, signs in and tries what Fairlead needs. Writes nothing."
        self.add(label(intro, wrap=True))
        self.add(row(self.test, 1))
        self.add(self._banner)
        self.add(self.checks)
        self.test.clicked.connect(model.test)
        model.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        words, tone = self._model.note()
        self.set_note(words, "bad" if tone == "bad" else "muted")
        self.test.set_enabled(not self._model.busy, "The test is running.")
        show_trouble(self._banner, self._model.trouble)
        self.checks.set_checks(self._model.checks())


class AboutCard(Card):
    """What runs here, to be copied into a report."""

    def __init__(self, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__("About")
        self._facts = tuple(facts)
        table = KeyValue("About", label_width=90)
        table.set_rows([Row(name, value, tip=value) for name, value in facts])
        self.copy = LinkButton("Copy for a report", name="Copy for a report")
        self.body.setSpacing(fonts.scaled(6))
        words = "One sheet per customer, from Zendesk and Sailthru, with undo."
        self.add(label(words, wrap=True))
        self.add(table)
        self.add(row(self.copy, 1))
        self.copy.clicked.connect(self._on_copy)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText("\n".join(f"{n}: {v}" for n, v in self._facts))
