"""The dialog that says why the window cannot open, to whoever started it without a terminal."""

from PySide6.QtGui import QGuiApplication

from desktop.kit.errors import AppError
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog


class StartErrorDialog(ScrollingDialog):
    """Dialog of an error at the start: what happened, what it means, what to do; can be copied."""

    def __init__(self, error: AppError) -> None:
        super().__init__(error.title, width=460)
        self.setWindowTitle("Fairlead – could not start")
        self.setAccessibleDescription(f"{error.message} {error.hint}".strip())
        self._details = error.details()
        if error.message:
            self.content.addWidget(label(error.message, wrap=True))
        if error.hint:
            self.content.addWidget(label(error.hint, "muted", wrap=True))
        copy, close = secondary_button("Copy details"), primary_button("Close")
        self.add_buttons(copy, close)
        copy.clicked.connect(self._on_copy)
        close.clicked.connect(self.accept)
        close.setFocus()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
