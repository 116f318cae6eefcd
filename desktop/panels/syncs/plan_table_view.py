"""The table of a preview's rows: ticked by Space and mouse, by Shift in ranges."""

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.syncs.plan_row_delegate import PlanRowDelegate
from desktop.panels.syncs.plan_row_geometry import (
    FIELD_NAME_WIDTH,
    PlanRowHit,
    name_rect,
    row_height,
    side_button_rects,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.syncs.plan_row_view import PlanRowView
from desktop.viewmodels.syncs.plan_table_model import CHANGES, CUSTOMER, FATE, TICK, PlanTableModel

_COLUMNS_MIN_WIDTH = 600
_WIDTHS = {TICK: 32, CUSTOMER: 186, FATE: 126}
# An amount before the address, where the changes have room enough without.
_VALUE_COLUMN_WIDTH, _VALUE_MIN_WIDTH = 248, 760
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_LEFT_BUTTON = Qt.MouseButton.LeftButton


class PlanTableView(ListTableView[PlanRowDelegate]):
    """Table widget of a preview: adds tick boxes, links and buttons inside of rows."""

    customer_requested = Signal(str)  # a query for the search field
    side_picked = Signal(int, str, str)  # row number, field, side
    tick_all_requested = Signal(bool)

    def __init__(self, model: PlanTableModel, parent: QWidget | None = None) -> None:
        self._table = model
        self._anchor = -1  # place from which Shift ticks a range
        self._shows_value = False
        super().__init__(
            "Rows", model, PlanRowDelegate, leading_column=CUSTOMER, selects_many=True,
            parent=parent,
        )  # fmt: skip
        self.setMinimumHeight(fonts.scaled(110))
        self.horizontalHeader().hide()
        self.horizontalHeader().setMinimumSectionSize(fonts.scaled(24))
        model.modelReset.connect(self._on_reset)
        self.update_columns()

    def apply_row_options(self, *, shows_value: bool = False) -> None:
        """Take over a preview row's options: fields shown, tick box, an amount."""
        delegate, table = self.row_delegate, self._table
        delegate.is_editable = table.is_editable
        wanted = (table.lines_per_row, shows_value)
        if (delegate.max_field_lines, self._shows_value) != wanted:
            delegate.max_field_lines, self._shows_value = wanted
            self.update_columns()
        self.viewport().update()

    def update_columns(self) -> None:
        """Share the width between the preview's columns, or give it all to one where short."""
        width = self.viewport().width()
        single, columns = width < fonts.scaled(_COLUMNS_MIN_WIDTH), self.horizontalHeader()
        if single != self.row_delegate.is_single_column or not columns.stretchLastSection():
            self.row_delegate.is_single_column = single
            for column in (FATE, CHANGES):
                self.setColumnHidden(column, single)
            columns.setStretchLastSection(True)
        widths = {column: fonts.scaled(wanted) for column, wanted in _WIDTHS.items()}
        if single:
            widths = {TICK: widths[TICK], CUSTOMER: width - widths[TICK]}
        else:
            if self._shows_value and width >= fonts.scaled(_VALUE_MIN_WIDTH):
                widths[CUSTOMER] = fonts.scaled(_VALUE_COLUMN_WIDTH)
            widths[CHANGES] = width - sum(widths.values())
        for column, wanted in widths.items():
            self.setColumnWidth(column, wanted)
        self.set_row_height(row_height(self.row_delegate.max_field_lines, is_single_column=single))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick what is selected by Space; say how many Ctrl+A has selected."""
        count = self._table.rowCount()
        if event.key() == Qt.Key.Key_Space and count:
            self._tick_selected()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
            announce(self, f"All {count:,} rows selected. Space ticks or unticks them.")
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tick by a press on the box; with Shift the range from the last one."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == _LEFT_BUTTON and index.column() == TICK:
            self._on_tick_box(index.row(), shift=bool(event.modifiers() & _SHIFT))
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the customer by their name, pick a conflict's side, elsewhere open the details."""
        super().mouseReleaseEvent(event)
        point = event.position().toPoint()
        index = self.indexAt(point)
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() != _LEFT_BUTTON or not index.isValid() or not plain:
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
        if self.row_delegate.hovered != (place, hit):
            self.row_delegate.hovered = (place, hit)
            shape = Qt.CursorShape
            self.viewport().setCursor(shape.PointingHandCursor if hit.kind else shape.ArrowCursor)
            self.viewport().update()

    def _hit_test(self, point: QPoint) -> PlanRowHit:
        """Find what of a preview's row is at a point of the viewport."""
        index = self.indexAt(point)
        row = self._table.row_at(index.row()) if index.isValid() else None
        if row is None:
            return PlanRowHit()
        # The same insets as the delegate paints with.
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
        # Qt forgets the current row on a reset without saying so.
        self.current_row_changed.emit(-1)

    def _on_tick_box(self, place: int, *, shift: bool) -> None:
        row = self._table.row_at(place)
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.select_row(place)
        if row is None or not self._table.is_editable:
            return
        if shift and self._anchor >= 0:
            first, last = sorted((self._anchor, place))
            # The range becomes what its beginning is, as in file managers and mail lists.
            began = self._table.row_at(self._anchor)
            on = began.is_ticked if began is not None else not row.is_ticked
            self._table.ticks_wanted.emit(self._table.keys_between(first, last), on)
        elif row.is_write:
            self._table.ticks_wanted.emit([row.row_number], not row.is_ticked)
        self._anchor = place

    def _tick_selected(self) -> None:
        """Tick or untick the preview's selected rows, by what the current one is not."""
        current = self._table.row_at(self.current_row())
        # By ranges: a list of a million selected indexes would take seconds.
        selection = self.selectionModel().selection()
        found = [selection.at(place) for place in range(selection.size())]
        ranges = {(each.top(), each.bottom()) for each in found}
        ranges = ranges or {(self.current_row(), self.current_row())}
        if not self._table.is_editable or min(ranges)[0] < 0:
            return
        on = not current.is_ticked if current is not None and current.is_write else True
        if sum(last - first + 1 for first, last in ranges) >= self._table.rowCount() > 1:
            self.tick_all_requested.emit(on)
            return
        numbers = [n for first, last in ranges for n in self._table.keys_between(first, last)]
        self._table.ticks_wanted.emit(numbers, on)
        self._anchor = self.current_row()
