"""Card with the versions that run here, to be copied into a bug report."""

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.key_value_row import KeyValueRow

_INTRO = "One sheet per customer, from Zendesk and Sailthru, with undo."


class AboutCard(SettingsCard):
    """Widget of the settings card “About”: names and values of this installation."""

    def __init__(self, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__("About", spacing=6)
        self._facts = tuple(facts)
        table = KeyValueTable("About", label_width=90)
        table.set_rows([KeyValueRow(name, value, tip=value) for name, value in facts])
        self.copy_button = LinkButton("Copy for a report", name="Copy for a report")
        self.add_rows(label(_INTRO, wrap=True), table, hbox(self.copy_button, 1))
        self.copy_button.clicked.connect(self._on_copy)

    def _on_copy(self) -> None:
        text = "\n".join(f"{name}: {value}" for name, value in self._facts)
        QApplication.clipboard().setText(text)
