"""Base of the delegates of lists with two lines to a cell and a state chip in one column."""

from abc import abstractmethod
from typing import TypeVar

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_row_delegate import CHIP_HEIGHT, ListRowDelegate, ModelIndex

RowT = TypeVar("RowT")

TWO_LINE_ROW_HEIGHT = 46
_CHIP_MIN_WIDTH = 82
_SMALL = 12


class TwoLineRowDelegate(ListRowDelegate[RowT]):
    """Qt delegate that paints a text over a small one; where one column has all, beside a chip.

    A subclass says which column has the chip, and the texts of each cell.
    """

    highlights_hovered_row = True
    chip_column = -1

    @abstractmethod
    def cell_texts(self, column: int, row: RowT) -> tuple[str, str]:
        """Return a list cell's two texts: above and, small, below (empty: one line)."""

    @abstractmethod
    def single_texts(self, row: RowT) -> tuple[str, str]:
        """Return the two texts of a whole row, where a narrow list has one column."""

    @abstractmethod
    def chip(self, row: RowT) -> tuple[str, str]:
        """Return the text and the tone of a row's state chip."""

    def chip_note(self, _row: RowT) -> str:
        """Return the text beside a row's state chip; nothing, unless overridden."""
        return ""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        return QSize(fonts.scaled(120), fonts.scaled(TWO_LINE_ROW_HEIGHT))

    def paint_cell(self, painter: QPainter, box: QRect, index: ModelIndex, row: RowT) -> None:
        px = self.paint_cache.px
        inner = box.adjusted(px(6), px(3), -px(6), -px(4))
        if index.column() == self.chip_column:
            width = self._paint_state_chip(painter, inner, row, at_end=False)
            if note := self.chip_note(row):
                left, right = (0, -width) if self._view.isRightToLeft() else (width, 0)
                self.paint_text(
                    painter, inner.adjusted(left, 0, right, 0), one_line(note), "muted", size=_SMALL
                )
        elif self.is_single_column:
            self._paint_single_column(painter, inner, row)
        else:
            self._paint_two_lines(painter, inner, *self.cell_texts(index.column(), row))

    def _paint_single_column(self, painter: QPainter, box: QRect, row: RowT) -> None:
        half = box.height() // 2
        upper = box.adjusted(0, 0, 0, -half)
        width = self._paint_state_chip(painter, upper, row, at_end=True)
        left, right = (width, 0) if self._view.isRightToLeft() else (0, -width)
        above, below = self.single_texts(row)
        self.paint_text(painter, upper.adjusted(left, 0, right, 0), one_line(above), "text")
        lower = box.adjusted(0, half, 0, 0)
        self.paint_text(painter, lower, one_line(below), "muted", size=_SMALL)

    def _paint_two_lines(self, painter: QPainter, box: QRect, above: str, below: str) -> None:
        half = box.height() // 2 if below else 0
        self.paint_text(painter, box.adjusted(0, 0, 0, -half), one_line(above), "text")
        if below:
            lower = box.adjusted(0, half, 0, 0)
            self.paint_text(painter, lower, one_line(below), "muted", size=_SMALL)

    def _paint_state_chip(self, painter: QPainter, box: QRect, row: RowT, *, at_end: bool) -> int:
        """Paint a row's state chip; returns its width in px, one for the whole column."""
        px = self.paint_cache.px
        text, tone = self.chip(row)
        metrics = self.paint_cache.metrics(_SMALL, medium=True)
        width = metrics.horizontalAdvance(text) + px(20)
        width = min(width if at_end else max(width, px(_CHIP_MIN_WIDTH)), box.width())
        height = px(CHIP_HEIGHT)
        is_right = at_end != self._view.isRightToLeft()
        left = box.right() + 1 - width if is_right else box.left()
        pill = QRectF(left, box.top() + (box.height() - height) / 2, width, height)
        self.paint_chip(painter, pill, text, tone)
        return width + px(8)


def one_line(text: str) -> str:
    """Return a text without line breaks, after which QPainter would draw into the next row."""
    return " ".join(text.split("\n")) if "\n" in text else text
