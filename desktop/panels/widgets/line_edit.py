"""A line edit that tells what a person enters, by keys or through assistive technology."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QWidget

from desktop.panels.widgets.tooltip import escape_tooltip

_TEXT_MARGIN = 2  # px that Qt keeps free at each side of a line's text


class LineEdit(QLineEdit):
    """A QLineEdit whose `typed` carries each text that a person enters.

    Dictation and screen readers set a text as a whole, which Qt's `textEdited` doesn't tell.
    A placeholder that has no room is told by the tool tip, where the line has no other.
    """

    typed = Signal(str)

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._is_set_by_program = False
        self._placeholder_tip = ""
        self._is_told = False  # the change under way, by `typed`
        self.is_by_keys = False  # while `typed` is emitted: by keys, not by assistive technology
        self.textEdited.connect(self._on_text_edited)
        self.textChanged.connect(self._on_text_changed)

    def setText(self, text: str | None) -> None:
        """Show a text without emitting `typed`."""
        # Assistive technology calls Qt's own, which does not come by here.
        self._is_set_by_program = True
        super().setText(text)
        self._is_set_by_program = False

    def clear(self) -> None:
        """Empty the line without emitting `typed`."""
        self.setText("")

    def setPlaceholderText(self, text: str) -> None:
        """Show words in the empty line, which the tool tip has whole where they are cut."""
        super().setPlaceholderText(text)
        self._tell_cut_placeholder()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_cut_placeholder()

    def _tell_cut_placeholder(self) -> None:
        if self.toolTip() != self._placeholder_tip:
            # Why the field is disabled, or more than the placeholder says.
            return
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_LineEditContents
        room = self.style().subElementRect(part, option, self).width() - 2 * _TEXT_MARGIN
        words = self.placeholderText()
        is_cut = self.fontMetrics().horizontalAdvance(words) > room
        self._placeholder_tip = escape_tooltip(words if is_cut else "")
        self.setToolTip(self._placeholder_tip)

    def _on_text_edited(self, text: str) -> None:
        # Here, and not at textChanged: in between Qt opens or closes the list of completions, and
        # the focus that comes back must find the text that was typed.
        self._is_told = self.is_by_keys = True
        self.typed.emit(text)
        self.is_by_keys = False

    def _on_text_changed(self, text: str) -> None:
        if self._is_set_by_program:
            return
        if not self._is_told:
            self.typed.emit(text)
        self._is_told = False
