"""The table of a preview's rows: ticked by Space and mouse, by Shift in ranges."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from desktop.panels.syncs.plan_row_delegate import PlanRowDelegate
from desktop.panels.syncs.plan_row_geometry import (
    FIELD_NAME_WIDTH,
    PlanRowHit,
    name_rect,
    row_height,
    side_button_rects,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.syncs.plan_row_view import PlanRowView
from desktop.viewmodels.syncs.plan_table_model import CHANGES, CUSTOMER, FATE, TICK, PlanTableModel

ModelIndex = QModelIndex | QPersistentModelIndex
_COLUMNS_MIN_WIDTH = 600
_WIDTHS = {TICK: 32, CUSTOMER: 186, FATE: 126}
# An amount before the address, where the changes have room enough without.
_VALUE_COLUMN_WIDTH, _VALUE_MIN_WIDTH = 248, 760
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_STYLE_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
_HAND = Qt.CursorShape.PointingHandCursor


class PlanTableView(QTableView):
    """Emits what a person wants of a row; places are the table's."""

    current_row_changed = Signal(int)  # the current place, -1 for none
    row_opened = Signal(int)
    customer_requested = Signal(str)
    side_picked = Signal(int, str, str)  # row number, field, side
    tick_all_requested = Signal(bool)

    def __init__(self, table: PlanTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._anchor = -1
        self._shows_value = False
        self._row_delegate = PlanRowDelegate(self)
        self.setAccessibleName("Rows")
        self.setObjectName("Rows")
        self.setModel(table)
        self.setItemDelegate(self._row_delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setMinimumHeight(fonts.scaled(110))
        # The current row carries the focus ring; a second one around the table says nothing more.
        self.setStyleSheet("QTableView:focus { border: 0; }")
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns = self.horizontalHeader()
        columns.hide()
        columns.setMinimumSectionSize(fonts.scaled(24))
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.modelReset.connect(self._on_reset)
        self._update_columns()

    def apply_row_options(self, *, shows_value: bool = False) -> None:
        """Take over how many fields a row shows, whether it may be ticked and has an amount."""
        self._row_delegate.is_editable = self._table.is_editable
        if (self._row_delegate.max_field_lines, self._shows_value) != (
            self._table.lines_per_row,
            shows_value,
        ):
            self._row_delegate.max_field_lines, self._shows_value = (
                self._table.lines_per_row,
                shows_value,
            )
            self._update_columns()
        self.viewport().update()

    def current_row(self) -> int:
        """The current place, or -1."""
        return self.currentIndex().row()

    # Qt's own.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where the room is short."""
        super().resizeEvent(event)
        self._update_columns()

    def changeEvent(self, event: QEvent) -> None:
        """Other colours and sizes in another theme."""
        super().changeEvent(event)
        if event.type() in _STYLE_EVENTS:
            self._row_delegate.paint_cache.clear()

    def currentChanged(self, current: ModelIndex, previous: ModelIndex) -> None:
        """Tell which row is current."""
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not current.isValid():
            self.current_row_changed.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks what is selected, Enter opens, Ctrl+A selects all and says how many."""
        key, last = event.key(), self._table.rowCount() - 1
        if key == Qt.Key.Key_Space and last >= 0:
            self._tick_selected()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_row() >= 0:
            self.row_opened.emit(self.current_row())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
            announce(self, f"All {last + 1:,} rows selected. Space ticks or unticks them.")
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            place = 0 if key == Qt.Key.Key_Home else last
            self.setCurrentIndex(self._table.index(place, CUSTOMER))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press on the box ticks, with Shift the range from the last one."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.column() == TICK:
            self._on_tick_box(index.row(), shift=bool(event.modifiers() & _SHIFT))
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a name opens the customer, on a side picks it, elsewhere the details."""
        super().mouseReleaseEvent(event)
        point = event.position().toPoint()
        index = self.indexAt(point)
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid() or not plain:
            return
        row = self._table.row_at(index.row())
        hit = self._hit_test(point)
        if row is None or index.column() == TICK:
            return
        if hit.kind == "name":
            self.customer_requested.emit(row.query)
        elif hit.kind == "side" and self._table.is_editable:
            self.side_picked.emit(row.row_number, hit.field, hit.side)
        else:
            self.row_opened.emit(index.row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be clicked."""
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        place, hit = self.indexAt(point).row(), self._hit_test(point)
        if self._row_delegate.hovered != (place, hit):
            self._row_delegate.hovered = (place, hit)
            self.viewport().setCursor(_HAND if hit.kind else Qt.CursorShape.ArrowCursor)
            self.viewport().update()

    # How it is put together.

    def _update_columns(self) -> None:
        whole = self.viewport().width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        columns = self.horizontalHeader()
        if whole != self._row_delegate.is_single_column or not columns.stretchLastSection():
            self._row_delegate.is_single_column = whole
            for column in (FATE, CHANGES):
                self.setColumnHidden(column, whole)
            columns.setStretchLastSection(True)
        self.setColumnWidth(TICK, fonts.scaled(_WIDTHS[TICK]))
        if whole:
            self.setColumnWidth(CUSTOMER, self.viewport().width() - fonts.scaled(_WIDTHS[TICK]))
        else:
            widths = dict(_WIDTHS)
            if self._shows_value and self.viewport().width() >= fonts.scaled(_VALUE_MIN_WIDTH):
                widths[CUSTOMER] = _VALUE_COLUMN_WIDTH
            for column in (CUSTOMER, FATE):
                self.setColumnWidth(column, fonts.scaled(widths[column]))
            used = sum(fonts.scaled(width) for width in widths.values())
            self.setColumnWidth(CHANGES, self.viewport().width() - used)
        height = row_height(self._row_delegate.max_field_lines, is_single_column=whole)
        if self.verticalHeader().defaultSectionSize() != height:
            self.verticalHeader().setDefaultSectionSize(height)

    def _hit_test(self, point: QPoint) -> PlanRowHit:
        index = self.indexAt(point)
        row = self._table.row_at(index.row()) if index.isValid() else None
        if row is None:
            return PlanRowHit()
        pad = fonts.scaled(6)
        box = self.visualRect(index).adjusted(pad, fonts.scaled(5), -pad, -fonts.scaled(6))
        if index.column() == CUSTOMER:
            return PlanRowHit("name") if name_rect(box, row).contains(point) else PlanRowHit()
        return self._hit_test_side(row, box, point) if index.column() == CHANGES else PlanRowHit()

    def _hit_test_side(self, row: PlanRowView, box: QRect, point: QPoint) -> PlanRowHit:
        line = row.first_conflict
        if line is None:
            return PlanRowHit()
        boxes = side_button_rects(box, line, fonts.scaled(FIELD_NAME_WIDTH))
        for side, button in zip(line.sides, boxes, strict=True):
            if button.contains(point):
                return PlanRowHit("side", line.field, side.side)
        return PlanRowHit()

    def _on_reset(self) -> None:
        self._anchor = -1
        self.current_row_changed.emit(-1)

    def _on_tick_box(self, place: int, *, shift: bool) -> None:
        row = self._table.row_at(place)
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.setCurrentIndex(self._table.index(place, CUSTOMER))
        if row is None or not self._table.is_editable:
            return
        if shift and self._anchor >= 0:
            first, last = sorted((self._anchor, place))
            began = self._table.row_at(self._anchor)
            on = began.is_ticked if began is not None else not row.is_ticked
            self._table.ticks_wanted.emit(self._table.row_numbers_between(first, last), on)
        elif row.is_write:
            self._table.ticks_wanted.emit([row.row_number], not row.is_ticked)
        self._anchor = place

    def _tick_selected(self) -> None:
        current = self._table.row_at(self.current_row())
        selection = self.selectionModel().selection()
        found = [selection.at(n) for n in range(selection.size())]
        ranges = [(each.top(), each.bottom()) for each in found]
        ranges = ranges or [(self.current_row(), self.current_row())]
        if not self._table.is_editable or ranges[0][0] < 0:
            return
        on = not current.is_ticked if current is not None and current.is_write else True
        count = sum(last - first + 1 for first, last in set(ranges))
        if count >= self._table.rowCount() > 1:
            self.tick_all_requested.emit(on)
            return
        numbers = [
            n for first, last in set(ranges) for n in self._table.row_numbers_between(first, last)
        ]
        self._table.ticks_wanted.emit(numbers, on)
        self._anchor = self.current_row()
