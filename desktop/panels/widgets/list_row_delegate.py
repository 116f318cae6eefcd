"""Base of the delegates that paint a list's rows: ground, line, focus ring, texts and chips."""

from abc import abstractmethod
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from desktop.panels.theme.design_tokens import BASE_FONT_PX, FOCUS_RING_WIDTH
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.row_paint_cache import RowPaintCache
from desktop.panels.widgets.shape_painting import (
    draw_rounded_outline,
    draw_text,
    fill_rounded_rect,
)
from desktop.viewmodels.list_model import ROW_ROLE

ModelIndex = QModelIndex | QPersistentModelIndex
RowT = TypeVar("RowT")

ALIGN_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
ALIGN_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
ELIDE = Qt.TextElideMode.ElideRight
CHIP_HEIGHT = 20
# Of a longer text no list shows more, and measuring megabytes would hold up the painting.
_MAX_PAINTED_CHARACTERS = 400


class ListRowDelegate(QStyledItemDelegate, Generic[RowT]):
    """Qt delegate that paints one cell of a list after the other, always as plain text.

    A subclass paints the content in `paint_cell`; `is_single_column` says that one column holds
    the whole row, since there is no room for more.
    """

    highlights_hovered_row = False

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self.paint_cache = RowPaintCache()
        self.is_single_column = False
        self._is_selected = False

    @abstractmethod
    def paint_cell(self, painter: QPainter, box: QRect, index: ModelIndex, row: RowT) -> None:
        """Paint the content of one cell of a list."""

    def paint_loading(self, painter: QPainter, box: QRect, column: int) -> None:
        """Paint a cell of a list's row that is not read yet; nothing, unless overridden."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = index.data(ROW_ROLE)
        self._is_selected = bool(state & QStyle.StateFlag.State_Selected)
        self.paint_ground(painter, box, state, row)
        if row is None:
            self.paint_loading(painter, box, index.column())
        else:
            self.paint_cell(painter, box, index, row)
        if index.row() == self._view.currentIndex().row() and self._view.hasFocus():
            self.paint_focus_ring(painter, box, index.column())
        painter.restore()

    def paint_ground(
        self, painter: QPainter, box: QRect, state: QStyle.StateFlag, _row: RowT | None
    ) -> None:
        """Paint the ground of a list's cell: selected or hovered, and the line below its row."""
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, self.paint_cache.color("accentbg"))
        elif self.highlights_hovered_row and state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, self.paint_cache.color("raised"))
        painter.setPen(self.paint_cache.color("line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())

    def paint_focus_ring(self, painter: QPainter, box: QRect, column: int) -> None:
        """Paint a cell's part of the focus ring around a list's current row."""
        color, width = self.paint_cache.color("accent"), FOCUS_RING_WIDTH
        painter.fillRect(box.left(), box.top(), box.width(), width, color)
        painter.fillRect(box.left(), box.bottom() + 1 - width, box.width(), width, color)
        count = self._view.model().columnCount()
        shown = [place for place in range(count) if not self._view.isColumnHidden(place)]
        first, last = shown[0], shown[-1]
        if self._view.isRightToLeft():
            first, last = last, first
        if column == first:
            painter.fillRect(box.left(), box.top(), width, box.height(), color)
        if column == last:
            painter.fillRect(box.right() + 1 - width, box.top(), width, box.height(), color)

    def paint_text(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        tone: str,
        *,
        size: float = BASE_FONT_PX,
        struck: bool = False,
        trailing: bool = False,
    ) -> None:
        """Paint one line of text in a list's cell, cut with an ellipsis where the room ends."""
        painter.setFont(self.paint_cache.font(size, struck=struck))
        painter.setPen(self.paint_cache.color(tone))
        metrics = self.paint_cache.metrics(size)
        shown = text[:_MAX_PAINTED_CHARACTERS]
        # Most texts fit: asking for their width is several times cheaper than eliding.
        if metrics.horizontalAdvance(shown) > box.width():
            shown = metrics.elidedText(shown, ELIDE, box.width())
        draw_text(painter, box, ALIGN_TRAILING if trailing else ALIGN_LEADING, shown)

    def paint_tick_box(
        self, painter: QPainter, top_left: QPointF, *, is_ticked: bool, is_enabled: bool
    ) -> None:
        """Paint a check box of 16 px in a list's cell."""
        px, color = self.paint_cache.px, self.paint_cache.color
        size, radius = px(16), px(4)
        place = QRectF(top_left.x(), top_left.y(), size, size)
        if is_ticked:
            fill_rounded_rect(painter, place, radius, color("accent" if is_enabled else "control"))
            ratio = painter.device().devicePixelRatioF()
            mark = icon_pixmap("check", color("on_accent"), size, ratio)
            painter.drawPixmap(place.topLeft().toPoint(), mark)
            return
        fill_rounded_rect(painter, place, radius, color("surface" if is_enabled else "raised"))
        outline = color("control" if is_enabled else "line")
        draw_rounded_outline(painter, place, radius, outline, 1.5)

    def paint_chip(self, painter: QPainter, pill: QRectF, text: str, tone: str) -> None:
        """Paint a state chip in a list's cell: a word on its coloured pill."""
        color, ground = self.paint_cache.chip(tone)
        fill_rounded_rect(painter, pill, pill.height() / 2, ground)
        if self._is_selected and ground == self.paint_cache.color("accentbg"):
            # The selected row has the same ground: without a line only the word would be left.
            draw_rounded_outline(painter, pill, pill.height() / 2, color, 1.0)
        painter.setFont(self.paint_cache.font(12, medium=True))
        painter.setPen(color)
        room = int(pill.width()) - self.paint_cache.px(12)
        shown = self.paint_cache.metrics(12, medium=True).elidedText(text, ELIDE, room)
        draw_text(painter, pill, Qt.AlignmentFlag.AlignCenter, shown)
