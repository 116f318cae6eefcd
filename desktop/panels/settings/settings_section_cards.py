"""Cards that need no drawing of their own: fields of one section, the test, what runs here."""

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication

from desktop.panels.settings.card_layout import control_row, show_error_banner, small_note
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.setting_row import SettingRow
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.settings.connection_test_model import ConnectionTestModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class SettingsSectionCard(Card):
    """One section of the table."""

    def __init__(
        self, title: str, form: SettingsFormModel, keys: Sequence[str], intro: str = ""
    ) -> None:
        super().__init__(title)
        if intro:
            self.add(small_note(intro))
        self.setting_rows = {key: SettingRow(form, key) for key in keys}
        for field in self.setting_rows.values():
            self.add(field)


class ConnectionTestCard(Card):
    """Tests every connection and permission, one line each."""

    def __init__(self, model: ConnectionTestModel) -> None:
        super().__init__("Test connections")
        self._model = model
        self.test_button = secondary_button("Test all connections", name="Test all connections")
        self._banner = Banner()
        self._banner.hide()
        self.check_list = ConnectionCheckList("Test of all connections")
        self.body.setSpacing(fonts.scaled(8))
        intro = "Reaches each service, signs in and tries what Fairlead needs. Writes nothing."
        self.add(label(intro, wrap=True))
        self.add(control_row(self.test_button, 1))
        self.add(self._banner)
        self.add(self.check_list)
        self.test_button.clicked.connect(model.start_test)
        model.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        words, tone = self._model.status_note()
        self.set_note(words, "bad" if tone == "bad" else "muted")
        self.test_button.set_enabled(not self._model.is_busy, "The test is running.")
        show_error_banner(self._banner, self._model.error)
        self.check_list.set_checks(self._model.check_views())


class AboutCard(Card):
    """What runs here, to be copied into a report."""

    def __init__(self, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__("About")
        self._facts = tuple(facts)
        table = KeyValueTable("About", label_width=90)
        table.set_rows([KeyValueRow(name, value, tip=value) for name, value in facts])
        self.copy_button = LinkButton("Copy for a report", name="Copy for a report")
        self.body.setSpacing(fonts.scaled(6))
        words = "One sheet per customer, from Zendesk and Sailthru, with undo."
        self.add(label(words, wrap=True))
        self.add(table)
        self.add(control_row(self.copy_button, 1))
        self.copy_button.clicked.connect(self._on_copy)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText("\n".join(f"{n}: {v}" for n, v in self._facts))
