"""Card with the versions that run here, the log folder, the licences and the help."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.help_dialog import HelpDialog
from desktop.panels.settings.diagnostics_dialog import DiagnosticsDialog
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.web_link import open_web_page
from desktop.viewmodels.help_topics import load_licence_topics
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.settings.diagnostics_model import DiagnosticsModel

_INTRO = "One sheet per customer, from Zendesk and Sailthru, with undo."


class AboutCard(SettingsCard):
    """Widget of the settings card “About”: names and values of this installation."""

    help_requested = Signal()

    def __init__(
        self, facts: Sequence[tuple[str, str]], log_folder: Path, diagnostics: DiagnosticsModel
    ) -> None:
        super().__init__("About")
        self._diagnostics = diagnostics
        self._facts, self._log_folder = tuple(facts), log_folder
        table = KeyValueTable("About", label_width=90)
        table.set_rows([KeyValueRow(name, value, tip=value) for name, value in facts])
        self.copy_button = secondary_button("Copy for a report")
        self.diagnostics_button = secondary_button("Diagnostics…")
        self.logs_button = secondary_button("Open the log folder")
        self.licences_button = secondary_button("Licences")
        self.help_button = secondary_button("Help")
        gap = fonts.scaled(8)
        flow = FlowLayout(gap, gap)
        for button in (
            self.help_button,
            self.diagnostics_button,
            self.logs_button,
            self.copy_button,
            self.licences_button,
        ):
            flow.addWidget(button)
        buttons = QWidget()
        buttons.setLayout(flow)
        self.add_rows(label(_INTRO, wrap=True), table, buttons, self.result_note)
        self.copy_button.clicked.connect(self._on_copy)
        self.diagnostics_button.clicked.connect(self._on_diagnostics)
        self.logs_button.clicked.connect(self._on_open_logs)
        self.licences_button.clicked.connect(self._on_licences)
        self.help_button.clicked.connect(self.help_requested)

    def _on_copy(self) -> None:
        text = "\n".join(f"{name}: {value}" for name, value in self._facts)
        QApplication.clipboard().setText(text)
        self.show_result("Copied. It holds no personal data.")

    def _on_open_logs(self) -> None:
        if QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_folder))):
            self.show_result("The log folder opens in your file manager.")
        else:
            self.show_result(f"No file manager could be opened. The logs are in {self._log_folder}")

    def _on_diagnostics(self) -> None:
        DiagnosticsDialog(self._diagnostics, self.window()).open()

    def _on_licences(self) -> None:
        dialog = HelpDialog(
            load_licence_topics(), self.window(), name="Licences", search="Search the licences"
        )
        dialog.link_requested.connect(open_web_page)
        dialog.show()
