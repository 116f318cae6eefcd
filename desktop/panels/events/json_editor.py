"""A text field of several lines for JSON: fixed-width, with the place of an error marked."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.fixed_font import use_fixed_font
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.tooltip import DisabledReasonMixin


class JsonEditor(DisabledReasonMixin, QPlainTextEdit):
    """A JSON editor; `edited` carries the text at each key, by a person."""

    edited = Signal(str)

    def __init__(self, name: str, *, min_height: int = 160, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_updating = False
        self.setAccessibleName(name)
        self.setObjectName(name)
        # Tab leaves the field: nobody is caught in it.
        self.setTabChangesFocus(True)
        self.setMinimumHeight(fonts.scaled(min_height))
        use_fixed_font(self)
        self.textChanged.connect(self._on_text_changed)

    def set_text(self, text: str) -> None:
        """Show another text; the cursor stays where the text is the same."""
        if self.toPlainText() != text:
            self._is_updating = True
            self.setPlainText(text)
            self._is_updating = False

    def mark_fault(self, start: int | None, length: int = 1) -> None:
        """Underline the characters that are wrong; None: none is."""
        set_style_properties(self, invalid=start is not None)
        if start is None:
            self.setExtraSelections([])
            return
        cursor = QTextCursor(self.document())
        end = max(len(self.toPlainText()), 0)
        cursor.setPosition(min(start, end))
        cursor.setPosition(min(start + max(length, 1), end), QTextCursor.MoveMode.KeepAnchor)
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        shape = QTextCharFormat()
        shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        shape.setUnderlineColor(QColor(theme_color("bad")))
        shape.setBackground(QColor(theme_color("badbg")))
        selection.format = shape
        self.setExtraSelections([selection])

    def marked_text(self) -> str:
        """Return the characters that are marked as wrong."""
        found = self.extraSelections()
        return found[0].cursor.selectedText() if found else ""

    def _on_text_changed(self) -> None:
        if not self._is_updating:
            self.edited.emit(self.toPlainText())
