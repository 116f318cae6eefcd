"""A line edit that tells what a person enters, by keys or through assistive technology."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget


class LineEdit(QLineEdit):
    """A QLineEdit whose `typed` carries each text that a person enters.

    Dictation and screen readers set a text as a whole, which Qt's `textEdited` doesn't tell.
    """

    typed = Signal(str)

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._is_set_by_program = False
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
