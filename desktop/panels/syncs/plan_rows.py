"""The table of a preview's rows: ticked by Space and mouse, by Shift in ranges."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from desktop.panels.parts.announce import announce
from desktop.panels.syncs.row_painting import RowPainter
from desktop.panels.syncs.row_shape import FIELD, Hit, name_box, row_height, side_boxes
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_row import RowView
from desktop.viewmodels.syncs.plan_table import CHANGES, CUSTOMER, FATE, TICK, PlanTable

Index = QModelIndex | QPersistentModelIndex
_COLUMNS_FROM = 600
_WIDTHS = {TICK: 32, CUSTOMER: 186, FATE: 126}
# An amount before the address, where the changes have room enough without.
_VALUED, _VALUED_FROM = 248, 760
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_RENEWING = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
_HAND = Qt.CursorShape.PointingHandCursor


class PlanRows(QTableView):
    """Emits what a person wants of a row; places are the table's."""

    moved = Signal(int)  # the current place, -1 for none
    opened = Signal(int)
    customer_wanted = Signal(str)
    picked = Signal(int, str, str)  # row number, field, side
    all_wanted = Signal(bool)

    def __init__(self, table: PlanTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._anchor = -1
        self._valued = False
        self._painter = RowPainter(self)
        self.setAccessibleName("Rows")
        self.setObjectName("Rows")
        self.setModel(table)
        self.setItemDelegate(self._painter)
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
        self._arrange()

    def arrange_rows(self, *, valued: bool = False) -> None:
        """Take over how many fields a row shows, whether it may be ticked and has an amount."""
        self._painter.editable = self._table.editable
        if (self._painter.lines, self._valued) != (self._table.lines, valued):
            self._painter.lines, self._valued = self._table.lines, valued
            self._arrange()
        self.viewport().update()

    def current_place(self) -> int:
        """The current place, or -1."""
        return self.currentIndex().row()

    # Qt's own.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where the room is short."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Other colours and sizes in another theme."""
        super().changeEvent(event)
        if event.type() in _RENEWING:
            self._painter.kit.renew()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which row is current."""
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not current.isValid():
            self.moved.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks what is selected, Enter opens, Ctrl+A selects all and says how many."""
        key, last = event.key(), self._table.rowCount() - 1
        if key == Qt.Key.Key_Space and last >= 0:
            self._tick_selected()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_place() >= 0:
            self.opened.emit(self.current_place())
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
            self._on_box(index.row(), shift=bool(event.modifiers() & _SHIFT))
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
        row = self._table.row(index.row())
        hit = self._hit(point)
        if row is None or index.column() == TICK:
            return
        if hit.kind == "name":
            self.customer_wanted.emit(row.query)
        elif hit.kind == "side" and self._table.editable:
            self.picked.emit(row.row, hit.field, hit.side)
        else:
            self.opened.emit(index.row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be clicked."""
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        place, hit = self.indexAt(point).row(), self._hit(point)
        if self._painter.over != (place, hit):
            self._painter.over = (place, hit)
            self.viewport().setCursor(_HAND if hit.kind else Qt.CursorShape.ArrowCursor)
            self.viewport().update()

    # How it is put together.

    def _arrange(self) -> None:
        whole = self.viewport().width() < fonts.scaled(_COLUMNS_FROM)
        columns = self.horizontalHeader()
        if whole != self._painter.whole or not columns.stretchLastSection():
            self._painter.whole = whole
            for column in (FATE, CHANGES):
                self.setColumnHidden(column, whole)
            columns.setStretchLastSection(True)
        self.setColumnWidth(TICK, fonts.scaled(_WIDTHS[TICK]))
        if whole:
            self.setColumnWidth(CUSTOMER, self.viewport().width() - fonts.scaled(_WIDTHS[TICK]))
        else:
            widths = dict(_WIDTHS)
            if self._valued and self.viewport().width() >= fonts.scaled(_VALUED_FROM):
                widths[CUSTOMER] = _VALUED
            for column in (CUSTOMER, FATE):
                self.setColumnWidth(column, fonts.scaled(widths[column]))
            used = sum(fonts.scaled(width) for width in widths.values())
            self.setColumnWidth(CHANGES, self.viewport().width() - used)
        height = row_height(self._painter.lines, whole=whole)
        if self.verticalHeader().defaultSectionSize() != height:
            self.verticalHeader().setDefaultSectionSize(height)

    def _hit(self, point: QPoint) -> Hit:
        index = self.indexAt(point)
        row = self._table.row(index.row()) if index.isValid() else None
        if row is None:
            return Hit()
        pad = fonts.scaled(6)
        box = self.visualRect(index).adjusted(pad, fonts.scaled(5), -pad, -fonts.scaled(6))
        if index.column() == CUSTOMER:
            return Hit("name") if name_box(box, row).contains(point) else Hit()
        return self._side(row, box, point) if index.column() == CHANGES else Hit()

    def _side(self, row: RowView, box: QRect, point: QPoint) -> Hit:
        line = row.conflict
        if line is None:
            return Hit()
        boxes = side_boxes(box, line, fonts.scaled(FIELD))
        for side, button in zip(line.sides, boxes, strict=True):
            if button.contains(point):
                return Hit("side", line.field, side.side)
        return Hit()

    def _on_reset(self) -> None:
        self._anchor = -1
        self.moved.emit(-1)

    def _on_box(self, place: int, *, shift: bool) -> None:
        row = self._table.row(place)
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.setCurrentIndex(self._table.index(place, CUSTOMER))
        if row is None or not self._table.editable:
            return
        if shift and self._anchor >= 0:
            first, last = sorted((self._anchor, place))
            began = self._table.row(self._anchor)
            on = began.ticked if began is not None else not row.ticked
            self._table.ticks_wanted.emit(self._table.numbers(first, last), on)
        elif row.writes:
            self._table.ticks_wanted.emit([row.row], not row.ticked)
        self._anchor = place

    def _tick_selected(self) -> None:
        current = self._table.row(self.current_place())
        selection = self.selectionModel().selection()
        found = [selection.at(n) for n in range(selection.size())]
        ranges = [(each.top(), each.bottom()) for each in found]
        ranges = ranges or [(self.current_place(), self.current_place())]
        if not self._table.editable or ranges[0][0] < 0:
            return
        on = not current.ticked if current is not None and current.writes else True
        count = sum(last - first + 1 for first, last in set(ranges))
        if count >= self._table.rowCount() > 1:
            self.all_wanted.emit(on)
            return
        numbers = [n for first, last in set(ranges) for n in self._table.numbers(first, last)]
        self._table.ticks_wanted.emit(numbers, on)
        self._anchor = self.current_place()
