"""A list with what was opened of it beside it; where the room is short, one at a time."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts


class SideBySide(QWidget):
    """A page of these two.

    `two_from` is the width that holds both, before scaling. `looked_at` hears whether somebody
    looks: reading is for them alone.
    """

    rearranged = Signal()  # `wide` or `opened` may be new: show what is to be seen
    went_back = Signal()  # the list is shown again, and wants the keyboard

    def __init__(
        self, two_from: int, looked_at: Callable[[bool], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._two_from = two_from
        self._looked_at = looked_at
        self.wide = True
        self.opened = False  # narrow: what was opened stands in the list's place

    def open(self) -> None:
        """Show what was chosen, also where only one has room."""
        self.opened = True
        self.rearranged.emit()

    def go_back(self) -> None:
        """Show the list again."""
        self.opened = False
        self.rearranged.emit()
        self.went_back.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self._looked_at(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody does."""
        super().hideEvent(event)
        self._looked_at(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room."""
        super().resizeEvent(event)
        self.wide = self.width() >= self._two_from * fonts.scale()
        self.rearranged.emit()

    def minimumSizeHint(self) -> QSize:
        """Narrow enough to stand beside a browser: what does not fit is arranged anew."""
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the list where it is hidden."""
        if event.key() == Qt.Key.Key_Escape and self.opened and not self.wide:
            self.go_back()
            return
        super().keyPressEvent(event)
