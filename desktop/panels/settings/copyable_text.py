"""Text on a settings card for somebody else, copied by a link or unfolded and read."""

from PySide6.QtWidgets import QApplication, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce


class CopyableText(QWidget):
    """Two links on a settings card and, on demand, the text they copy; it never holds a key."""

    def __init__(self, name: str = "Text to send", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.copy_button = LinkButton("Copy the text to send", name=f"Copy: {name}")
        self.show_button = LinkButton("Show it", name=f"Show: {name}")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(name)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(fonts.scaled(150))  # seven lines; the rest scrolls
        self.text.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(4))
        column.addLayout(hbox(self.copy_button, self.show_button, 1, spacing=16))
        column.addWidget(self.text)
        self.copy_button.clicked.connect(self._on_copy)
        self.show_button.clicked.connect(self._on_show)

    def set_text(self, text: str) -> None:
        """Set the text that a settings card's links copy."""
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
        # Nothing else on screen shows that the clipboard was filled.
        self.copy_button.set_text("Copied")
        announce(self, "Copied")

    def _on_show(self) -> None:
        shown = self.text.isHidden()
        self.text.setVisible(shown)
        self.show_button.set_text("Hide it" if shown else "Show it")
