"""Table widget of the Events page: line, what happens over the exact request, state as a chip."""

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_row_delegate import ModelIndex
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.two_line_row_delegate import TWO_LINE_ROW_HEIGHT, TwoLineRowDelegate
from desktop.viewmodels.events.event_row import LINE, STATE, TICK, WHAT, EventRow
from desktop.viewmodels.list_model import GrowingListModel

# Narrower than this, one column holds the whole row.
_COLUMNS_MIN_WIDTH = 460


class EventRowDelegate(TwoLineRowDelegate[EventRow]):
    """Paints a row of the Events page: its line, what happens over the request, its state."""

    chip_column = STATE
    is_editable = True

    def paint_cell(self, painter: QPainter, box: QRect, index: ModelIndex, row: EventRow) -> None:
        if index.column() != TICK:
            super().paint_cell(painter, box, index, row)
        elif row.is_ticked is not None:
            inset = (box.height() - self.paint_cache.px(16)) / 2
            left = box.left() + (box.width() - self.paint_cache.px(16)) / 2
            self.paint_tick_box(
                painter,
                QPointF(left, box.top() + inset),
                is_ticked=row.is_ticked,
                is_enabled=self.is_editable,
            )

    def cell_texts(self, column: int, row: EventRow) -> tuple[str, str]:
        return (str(row.line), "") if column == LINE else (row.text, row.note)

    def single_texts(self, row: EventRow) -> tuple[str, str]:
        return row.text, f"Line {row.line} · {row.note}"

    def chip(self, row: EventRow) -> tuple[str, str]:
        return row.state, row.tone


class EventTableView(ListTableView[EventRowDelegate]):
    """The Events page's table: ticks, Line, What happens and State; narrow: ticks and one more."""

    tick_toggled = Signal(int)  # place of a row

    def __init__(self, model: GrowingListModel[EventRow], parent: QWidget | None = None) -> None:
        super().__init__("Event rows", model, EventRowDelegate, leading_column=WHAT, parent=parent)
        self._has_ticks = True
        self.set_row_height(fonts.scaled(TWO_LINE_ROW_HEIGHT))
        self.horizontalHeader().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)

    def set_ticks(self, *, shown: bool, editable: bool) -> None:
        """Show the boxes of the rows, or not; a delivered source's cannot be changed."""
        self.row_delegate.is_editable = editable
        if shown != self._has_ticks:
            self._has_ticks = shown
            self.update_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.current_row() >= 0:
            self.tick_toggled.emit(self.current_row())
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        is_box = index.isValid() and index.column() == TICK
        if is_box and event.button() == Qt.MouseButton.LeftButton:
            self.setCurrentIndex(index)
            self.tick_toggled.emit(index.row())
            return
        super().mousePressEvent(event)

    def update_columns(self) -> None:
        narrow = self.width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        self.row_delegate.is_single_column = narrow
        for column in (LINE, STATE):
            self.setColumnHidden(column, narrow)
        self.setColumnHidden(TICK, not self._has_ticks)
        self.horizontalHeader().setVisible(not narrow)
        self.setColumnWidth(TICK, fonts.scaled(34))
        self.setColumnWidth(LINE, fonts.scaled(58))
        self.setColumnWidth(STATE, fonts.scaled(112))
