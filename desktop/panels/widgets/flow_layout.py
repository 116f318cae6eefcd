"""Flow layout: widgets from left to right that wrap to the next line."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from desktop.panels.theme import fonts


class FlowLayout(QLayout):
    """QLayout that wraps widgets to the next line; mirrored for right-to-left languages."""

    def __init__(self, gap: int, line_gap: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gap = gap
        self._line_gap = line_gap
        # Unrounded, in px of the design: they follow another zoom.
        self._gaps = gap / fonts.scale(), line_gap / fonts.scale()
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}  # by width; layouts around ask for the same ones
        self.setContentsMargins(0, 0, 0, 0)

    def rescale_lengths(self, scale: float) -> None:
        """Take over another zoom for the gaps between the layout's widgets and lines."""
        self._gap, self._line_gap = (round(gap * scale) for gap in self._gaps)
        self.invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._arrange_items(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def invalidate(self) -> None:
        # An item has another size, or was shown or hidden.
        self._heights.clear()
        super().invalidate()

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange_items(rect, move=True)

    def sizeHint(self) -> QSize:
        # All items in one line.
        shown = [item.sizeHint() for item in self._visible_items()]
        width = sum(size.width() for size in shown) + self._gap * max(0, len(shown) - 1)
        return QSize(width, max((size.height() for size in shown), default=0))

    def minimumSize(self) -> QSize:
        # One item in each line.
        shown = [item.minimumSize() for item in self._visible_items()]
        return QSize(
            max((size.width() for size in shown), default=0),
            max((size.height() for size in shown), default=0),
        )

    def _visible_items(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange_items(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.left(), rect.top(), 0
        mirrored = self._is_right_to_left()
        for item in self._visible_items():
            size = item.sizeHint()
            # One that is wider than the line is cut rather than pushed out of sight.
            width = min(size.width(), rect.width())
            if x > rect.left() and x + width > rect.right() + 1:
                x, y, line = rect.left(), y + line + self._line_gap, 0
            if move:
                left = rect.right() + 1 - (x - rect.left()) - width if mirrored else x
                item.setGeometry(QRect(QPoint(left, y), QSize(width, size.height())))
            x += width + self._gap
            line = max(line, size.height())
        return y + line - rect.top()

    def _is_right_to_left(self) -> bool:
        parent = self.parentWidget()
        return parent is not None and parent.isRightToLeft()
