"""The dialog that shows the diagnostics report before it is copied or saved."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QWidget

from desktop.panels.settings.settings_card import show_error_banner
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.settings.diagnostics_model import DiagnosticsModel

_TITLE = "Diagnostics"
_FILE_NAME = "fairlead-diagnostics.txt"


class DiagnosticsDialog(ScrollingDialog):
    """Dialog of the diagnostics report; nothing leaves this computer by it."""

    def __init__(self, model: DiagnosticsModel, parent: QWidget) -> None:
        super().__init__(_TITLE, parent, width=720)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model = model
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("Diagnostics report")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setMinimumHeight(fonts.scaled(320))
        self.note = label("", "note", wrap=True)
        self.banner = Banner()
        self.banner.hide()
        self.content.addWidget(self.text, 1)
        self.content.addWidget(self.note)
        self.content.addWidget(self.banner)
        self.copy_button = secondary_button("Copy")
        self.save_button = primary_button("Save…")
        self.close_button = secondary_button("Close")
        self.add_buttons(self.close_button, self.copy_button, self.save_button)
        self.copy_button.clicked.connect(self._on_copy)
        self.save_button.clicked.connect(self._on_save)
        self.close_button.clicked.connect(self.reject)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self._on_saved)
        model.start_report()
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        if view.report != self.text.toPlainText():
            self.text.setPlainText(view.report)
        self.note.setText(view.note)
        for button in (self.copy_button, self.save_button):
            button.setEnabled(view.can_save)
            button.setToolTip("" if view.can_save else view.note)
        show_error_banner(self.banner, view.error)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
        self._on_saved("Copied.")

    def _on_save(self) -> None:
        dialog = QFileDialog(self, "Save the report")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.setDirectory(documents_folder())
        dialog.selectFile(_FILE_NAME)
        dialog.fileSelected.connect(self._model.save)
        dialog.open()

    def _on_saved(self, message: str) -> None:
        self.note.setText(message)
        announce(self, message)
