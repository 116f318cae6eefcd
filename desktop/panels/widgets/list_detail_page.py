"""A list with what was opened of it beside it; where the room is short, one at a time."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts


class ListDetailPage(QWidget):
    """A page of these two.

    `two_from` is the width that holds both, before scaling. `looked_at` hears whether somebody
    looks: reading is for them alone.
    """

    layout_changed = Signal()  # `wide` or `opened` may be new: show what is to be seen
    detail_closed = Signal()  # the list is shown again, and wants the keyboard

    def __init__(
        self,
        two_columns_min_width: int,
        set_visible_callback: Callable[[bool], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._two_columns_min_width = two_columns_min_width
        self._set_visible_callback = set_visible_callback
        self.is_wide = True
        self.is_detail_open = False  # narrow: what was opened stands in the list's place

    def open_detail(self) -> None:
        """Show what was chosen, also where only one has room."""
        self.is_detail_open = True
        self.layout_changed.emit()

    def close_detail(self) -> None:
        """Show the list again."""
        self.is_detail_open = False
        self.layout_changed.emit()
        self.detail_closed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self._set_visible_callback(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody does."""
        super().hideEvent(event)
        self._set_visible_callback(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room."""
        super().resizeEvent(event)
        self.is_wide = self.width() >= self._two_columns_min_width * fonts.scale()
        self.layout_changed.emit()

    def minimumSizeHint(self) -> QSize:
        """Narrow enough to stand beside a browser: what does not fit is arranged anew."""
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the list where it is hidden."""
        if event.key() == Qt.Key.Key_Escape and self.is_detail_open and not self.is_wide:
            self.close_detail()
            return
        super().keyPressEvent(event)
