"""Flow layout: widgets from left to right that wrap to the next line."""

from typing import Literal

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from desktop.panels.theme import fonts

# Where the room that a line leaves goes: behind it, before it, or before its last widget.
FlowAlignment = Literal["leading", "trailing", "spread"]


class FlowLayout(QLayout):
    """QLayout that wraps widgets to the next line; mirrored for right-to-left languages."""

    def __init__(
        self,
        gap: int,
        line_gap: int,
        parent: QWidget | None = None,
        *,
        alignment: FlowAlignment = "leading",
    ) -> None:
        super().__init__(parent)
        self._alignment = alignment
        self._gap = gap
        self._line_gap = line_gap
        # Unrounded, in px of the design: they follow another zoom.
        self._gaps = gap / fonts.scale(), line_gap / fonts.scale()
        self._wraps = True
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

    def set_wrapping(self, wraps: bool) -> None:
        """Let the layout have several lines, which it may at first, or keep it in one."""
        if wraps != self._wraps:
            self._wraps = wraps
            self.invalidate()

    def minimumSize(self) -> QSize:
        if not self._wraps:
            return self.sizeHint()
        # One item in each line.
        shown = [item.minimumSize() for item in self._visible_items()]
        return QSize(
            max((size.width() for size in shown), default=0),
            max((size.height() for size in shown), default=0),
        )

    def _visible_items(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange_items(self, rect: QRect, *, move: bool) -> int:
        y = rect.top()
        for number, line in enumerate(self._break_into_lines(rect.width())):
            y += self._line_gap if number else 0
            height = max(size.height() for _, size in line)
            if move:
                self._place_line(line, rect, y)
            y += height
        return y - rect.top()

    def _break_into_lines(self, room: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        lines: list[list[tuple[QLayoutItem, QSize]]] = []
        x = 0
        for item in self._visible_items():
            size = item.sizeHint()
            # One that is wider than the line is cut rather than pushed out of sight.
            size.setWidth(min(size.width(), room))
            if not lines or x + size.width() > room:
                lines.append([])
                x = 0
            lines[-1].append((item, size))
            x += size.width() + self._gap
        return lines

    def _place_line(self, line: list[tuple[QLayoutItem, QSize]], rect: QRect, top: int) -> None:
        height = max(size.height() for _, size in line)
        used = sum(size.width() for _, size in line) + self._gap * (len(line) - 1)
        left, mirrored = rect.width() - used, self._is_right_to_left()
        x = rect.left() + (left if self._alignment == "trailing" else 0)
        for place, (item, size) in enumerate(line):
            if self._alignment == "spread" and 0 < place == len(line) - 1:
                x += left
            start = rect.right() + 1 - (x - rect.left()) - size.width() if mirrored else x
            # A hint beside buttons stands at the middle of their line.
            lower = top + (height - size.height()) // 2
            item.setGeometry(QRect(QPoint(start, lower), size))
            x += size.width() + self._gap

    def _is_right_to_left(self) -> bool:
        parent = self.parentWidget()
        return parent is not None and parent.isRightToLeft()
