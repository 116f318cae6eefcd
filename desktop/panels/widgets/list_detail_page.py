"""Base of pages with a list and its details: beside each other, or one at a time when narrow."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area

_DETAIL_MIN_HEIGHT = 150
QWIDGETSIZE_MAX = 16_777_215  # Qt's macro of that name: no limit


class ListDetailPage(QWidget):
    """Page widget that knows whether list and details both fit, and which one shows if not.

    `two_columns_min_width` is the width in px that holds both, at the usual font size.
    """

    layout_changed = Signal()  # `is_wide` or `is_detail_open` may be new: arrange the parts
    detail_closed = Signal()  # the list is shown again, and wants the keyboard
    visibility_changed = Signal(bool)  # somebody looks: reading is for them alone

    def __init__(self, two_columns_min_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._two_columns_min_width = two_columns_min_width
        self.is_wide = True
        self.is_detail_open = False  # narrow: the details stand in the list's place

    def open_detail(self) -> None:
        """Show the page's details, also where list and details do not both fit."""
        self.is_detail_open = True
        self.layout_changed.emit()

    def close_detail(self) -> None:
        """Show the page's list again in place of the details."""
        self.is_detail_open = False
        self.layout_changed.emit()
        self.detail_closed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.visibility_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.visibility_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.is_wide = self.width() >= self._two_columns_min_width * fonts.scale()
        self.layout_changed.emit()

    def minimumSizeHint(self) -> QSize:
        # Narrow enough to stand beside a browser: what does not fit is arranged anew.
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back from the details to the page's list on Esc, where they hide it."""
        if event.key() == Qt.Key.Key_Escape and self.is_detail_open and not self.is_wide:
            self.close_detail()
            return
        super().keyPressEvent(event)


def wrap_detail(inside: QWidget) -> QScrollArea:
    """Create the scroll area of a page's details; the list beside it says how high the page is."""
    area = wrap_in_scroll_area(inside)
    area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
    area.setMinimumHeight(fonts.scaled(_DETAIL_MIN_HEIGHT))
    return area


def fix_or_free_width(widget: QWidget, width: int | None) -> None:
    """Fix a widget's width in px of the design, or with None let its layout decide again."""
    if width is not None:
        widget.setFixedWidth(fonts.scaled(width))
    else:
        widget.setMinimumWidth(0)
        widget.setMaximumWidth(QWIDGETSIZE_MAX)
