"""Table widget of a preview's rows: columns one can size, sort and hide; ticks by key and mouse."""

import json

from PySide6.QtCore import QEvent, QItemSelection, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from desktop.panels.syncs.plan_row_delegate import PlanRowDelegate
from desktop.panels.syncs.plan_row_geometry import (
    PlanRowHit,
    field_line_rects,
    name_rect,
    row_height,
    shown_changes,
    side_button_rects,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.viewmodels.list_model import PAGE_SIZE
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.syncs.plan_row_view import PlanRowView
from desktop.viewmodels.syncs.plan_table_model import (
    CHANGES,
    CUSTOMER,
    FATE,
    TICK,
    VALUE,
    PlanTableModel,
)

_COLUMNS_MIN_WIDTH = 600
# Widths in px at the base font; Changes has the rest.
_WIDTHS = {TICK: 32, CUSTOMER: 216, VALUE: 96, FATE: 126}
_MIN_HEIGHT = 110  # px of the design
_CHANGES_MIN_WIDTH = 160
_COLUMN_NAMES = {CUSTOMER: "customer", VALUE: "value", FATE: "outcome"}
_HIDEABLE = (VALUE, FATE)
_SAVE_DELAY_MS = 500
# What is typed later begins another name; as long as Qt's lists wait.
_TYPING_MS = 1_000
# A header's click: first this order, then the other, then the source's own again.
_ORDERS = {
    CUSTOMER: (PlanRowOrder.NAME, PlanRowOrder.NAME_DOWN),
    VALUE: (PlanRowOrder.WORTH,),
    FATE: (PlanRowOrder.OUTCOME, PlanRowOrder.OUTCOME_DOWN),
}
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_LEFT_BUTTON = Qt.MouseButton.LeftButton


class PlanTableView(ListTableView[PlanRowDelegate]):
    """Adds to a list: tick boxes, links and buttons inside of rows, and columns of one's own."""

    customer_requested = Signal(str)  # a query for the search field
    side_picked = Signal(int, str, str)  # row number, field, side
    tick_all_requested = Signal(bool)
    order_picked = Signal(object)  # PlanRowOrder
    selection_changed = Signal()
    name_typed = Signal(str)  # the beginning of a name: go to the next row that has it
    layout_changed = Signal(bytes)  # what `restore_layout` takes

    def __init__(self, model: PlanTableModel, parent: QWidget | None = None) -> None:
        self._table = model
        self._anchor = -1  # place from which Shift ticks a range
        self._has_values = False
        self._widths = {column: fonts.scaled(width) for column, width in _WIDTHS.items()}
        self._scale = fonts.scale()  # at which the widths are
        self._hidden: set[int] = set()
        self._is_laying_out = False
        super().__init__(
            "Rows", model, PlanRowDelegate, leading_column=CUSTOMER, selects_many=True,
            parent=parent,
        )  # fmt: skip
        self.setMinimumHeight(fonts.scaled(_MIN_HEIGHT))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(fonts.scaled(24))
        header.setSectionsClickable(True)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        header.sectionClicked.connect(self._on_header_clicked)
        header.sectionResized.connect(self._on_section_resized)
        for column in (TICK, CHANGES):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        for column in _COLUMN_NAMES:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self.tick_all_box = CheckBox("", name="Tick all rows", parent=header)
        self.tick_all_box.setTristate(True)
        # Not toggled: the third state is shown, never chosen.
        self.tick_all_box.clicked.connect(self._on_tick_all)
        self._is_all_ticked = False
        header.installEventFilter(self)
        self._save_timer = create_timer(self, _SAVE_DELAY_MS, self._emit_layout)
        self._typed = ""
        self._typing_timer = create_timer(self, _TYPING_MS, self._on_typing_over)
        model.modelReset.connect(self._on_reset)
        model.page_read.connect(self._fit_page)
        self.update_columns()

    def apply_row_options(self, *, shows_value: bool = False) -> None:
        """Take over whether the preview's rows may be ticked, and have an amount."""
        self.row_delegate.is_editable = self._table.is_editable
        if self._has_values != shows_value:
            self._has_values = shows_value
            self.update_columns()
        self.viewport().update()

    def show_ticks(self, ticked: int, total: int) -> None:
        """Show in the preview's header how many of the rows that it lists are ticked."""
        self._is_all_ticked = 0 < total == ticked
        state = Qt.CheckState.PartiallyChecked if ticked else Qt.CheckState.Unchecked
        box = self.tick_all_box
        box.setCheckState(Qt.CheckState.Checked if self._is_all_ticked else state)
        reason = "" if total and self._table.is_editable else "No row here can be ticked."
        box.set_enabled(not reason, reason)
        box.setAccessibleName(f"Tick all {total:,} rows" if total else "Tick all rows")
        set_tooltip(box, reason or f"{ticked:,} of {total:,} ticked")

    def show_order(self, order: PlanRowOrder) -> None:
        """Show by an arrow in the preview's header how its rows are sorted."""
        header = self.horizontalHeader()
        column = next((key for key, orders in _ORDERS.items() if order in orders), None)
        header.setSortIndicatorShown(column is not None)
        if column is not None:
            is_up = order is _ORDERS[column][0] and order is not PlanRowOrder.WORTH
            rising = Qt.SortOrder.AscendingOrder if is_up else Qt.SortOrder.DescendingOrder
            header.setSortIndicator(column, rising)

    def rescale_lengths(self, scale: float) -> None:
        """Take over another zoom for the preview's least height and its column widths."""
        self.setMinimumHeight(round(_MIN_HEIGHT * scale))
        ratio, self._scale = scale / self._scale, scale
        self._widths = {column: round(width * ratio) for column, width in self._widths.items()}

    def restore_layout(self, saved: bytes) -> None:
        """Take over the preview's column widths and hidden columns as `layout_changed` told."""
        try:
            document = json.loads(saved) if saved else {}
            widths, hidden = dict(document.get("widths", {})), list(document.get("hidden", []))
        except (ValueError, TypeError, AttributeError):
            # The file may hold anything: the usual columns are better than none.
            return
        for column, name in _COLUMN_NAMES.items():
            width = widths.get(name)
            if isinstance(width, int) and 24 <= width <= 2_000:
                self._widths[column] = fonts.scaled(width)
        self._hidden = {column for column in _HIDEABLE if _COLUMN_NAMES[column] in hidden}
        self.update_columns()

    def column_actions(self) -> list[QAction]:
        """Return a QAction for each column of the preview's table that may be hidden."""
        actions = []
        for column in _HIDEABLE:
            if column == VALUE and not self._has_values:
                continue
            action = QAction(self._table.columns[column].title, self)
            action.setCheckable(True)
            action.setChecked(column not in self._hidden)
            action.setData(column)
            action.toggled.connect(self._on_column_toggled)
            actions.append(action)
        return actions

    def update_columns(self) -> None:
        """Give the preview's columns their widths, or all of it to one where it is short."""
        width = self.viewport().width()
        single = width < fonts.scaled(_COLUMNS_MIN_WIDTH)
        was_single, self.row_delegate.is_single_column = self.row_delegate.is_single_column, single
        self._is_laying_out = True
        try:
            for column in (FATE, CHANGES, VALUE):
                self.setColumnHidden(column, single or self._is_hidden(column))
            shown = [c for c in _COLUMN_NAMES if not self.isColumnHidden(c)]
            room = width - self._widths[TICK]
            self.setColumnWidth(TICK, self._widths[TICK])
            if single:
                self.setColumnWidth(CUSTOMER, room)
            else:
                # What was chosen on a wider screen leaves the changes room here too.
                wanted = sum(self._widths[column] for column in shown)
                spare = max(room - fonts.scaled(_CHANGES_MIN_WIDTH), 1)
                share = min(1.0, spare / wanted)
                for column in shown:
                    self.setColumnWidth(column, int(self._widths[column] * share))
        finally:
            self._is_laying_out = False
        height = row_height(None, is_single_column=single)
        if was_single != single or self.verticalHeader().defaultSectionSize() != height:
            # Also those that were fitted to their content in the other form.
            self.verticalHeader().setDefaultSectionSize(height)
            for page in self._table.cached_pages():
                self._fit_page(page)
        self._place_tick_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick the preview's selected rows by Space; say how many Ctrl+A has selected."""
        count = self._table.rowCount()
        # Ctrl+Space selects, and a space inside of a name is a letter of it.
        is_tick = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_Space and is_tick and count:
            if self._typing_timer.isActive():
                self.keyboardSearch(" ")
            else:
                self._tick_selected()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
            announce(self, f"All {count:,} rows selected. Space ticks or unticks them.")
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, letters: str) -> None:
        """Go to a row of the preview by the first letters of its name.

        Qt's own would ask for each of a million rows, and find only those that are read.
        """
        self._typed = (self._typed if self._typing_timer.isActive() else "") + letters
        self._typing_timer.start()
        if self._typed.strip():
            self.name_typed.emit(self._typed)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def selected_count(self) -> int:
        """Return how many of the preview's rows are selected."""
        return sum(last - first + 1 for first, last in self._selected_spans())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tick a row of the preview by a press on its box; with Shift the range from the last."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == _LEFT_BUTTON and index.column() == TICK:
            self._on_tick_box(index.row(), shift=bool(event.modifiers() & _SHIFT))
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open a customer by their name in the preview, pick a side, or open the details."""
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
        """Show what can be clicked in the preview's row under the mouse."""
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        place, hit = self.indexAt(point).row(), self._hit_test(point)
        if self.row_delegate.hovered != (place, hit):
            self.row_delegate.hovered = (place, hit)
            shape = Qt.CursorShape
            self.viewport().setCursor(shape.PointingHandCursor if hit.kind else shape.ArrowCursor)
            self.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self._place_tick_all()
        return super().eventFilter(watched, event)

    # Rows as high as their content.

    def _fit_page(self, page: int) -> None:
        """Make the preview table's rows of a page just read as high as their fields need."""
        header, bar = self.verticalHeader(), self.verticalScrollBar()
        single = self.row_delegate.is_single_column
        first = page * PAGE_SIZE
        top, grown = self.rowAt(0), 0
        # Told of each, the view would lay a million rows out again and again.
        header.setUpdatesEnabled(False)
        try:
            for place in range(first, min(first + PAGE_SIZE, self._table.rowCount())):
                height = row_height(self._table.row_at(place), is_single_column=single)
                before = header.sectionSize(place)
                if height != before:
                    header.resizeSection(place, height)
                    grown += height - before if place < top else 0
        finally:
            header.setUpdatesEnabled(True)
        if grown:
            # Rows above: what is being read stays where it is.
            bar.setMaximum(bar.maximum() + grown)
            bar.setValue(bar.value() + grown)

    # The header.

    def _is_hidden(self, column: int) -> bool:
        return column in self._hidden or (column == VALUE and not self._has_values)

    def _place_tick_all(self) -> None:
        header, box = self.horizontalHeader(), self.tick_all_box
        size = box.sizeHint()
        # Over the boxes of the rows; the indicator stands at the leading edge of a check box.
        inset = (header.sectionSize(TICK) - fonts.scaled(16)) // 2
        left = header.sectionViewportPosition(TICK) + inset
        if self.isRightToLeft():
            left += fonts.scaled(16) - size.width()
        box.setGeometry(QRect(QPoint(left, (header.height() - size.height()) // 2), size))

    def _on_tick_all(self) -> None:
        self.tick_all_requested.emit(not self._is_all_ticked)

    def _on_header_clicked(self, column: int) -> None:
        orders = _ORDERS.get(column)
        if orders is None or self.row_delegate.is_single_column:
            return
        following = (*orders, PlanRowOrder.FOUND)
        now = self._table.order
        place = following.index(now) + 1 if now in orders else 0
        self.order_picked.emit(following[place])

    def _on_header_menu(self, point: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName("Columns")
        menu.addActions(self.column_actions())
        reset = menu.addAction("Reset columns")
        reset.triggered.connect(self._on_reset_columns)
        menu.popup(self.horizontalHeader().mapToGlobal(point))

    def _on_column_toggled(self, on: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            (self._hidden.discard if on else self._hidden.add)(action.data())
            self.update_columns()
            self._save_timer.start()

    def _on_reset_columns(self) -> None:
        self._widths = {column: fonts.scaled(width) for column, width in _WIDTHS.items()}
        self._hidden = set()
        self.update_columns()
        self._save_timer.start()

    def _on_section_resized(self, column: int, _old: int, new: int) -> None:
        self._place_tick_all()
        # By a person. Where one column holds the row, Qt stretches it whenever the view is sized.
        by_person = not self._is_laying_out and not self.row_delegate.is_single_column
        if column in _COLUMN_NAMES and by_person and not self.isColumnHidden(CHANGES) and new > 0:
            self._widths[column] = new
            self._save_timer.start()

    def _emit_layout(self) -> None:
        base = fonts.scaled(1_000) / 1_000
        document = {
            "widths": {
                name: round(self._widths[column] / base) for column, name in _COLUMN_NAMES.items()
            },
            "hidden": [_COLUMN_NAMES[column] for column in sorted(self._hidden)],
        }
        self.layout_changed.emit(json.dumps(document).encode())

    # Hits and ticks.

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
        shown = shown_changes(row)
        for line, where in zip(shown, field_line_rects(box, shown), strict=True):
            if not line.sides:
                continue
            boxes = side_button_rects(where, line)
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

    def _on_typing_over(self) -> None:
        self._typed = ""

    def _selected_spans(self) -> set[tuple[int, int]]:
        """First and last places of the preview's selected rows, by spans."""
        # A list of a million selected indexes would take seconds.
        selection = self.selectionModel().selection()
        found = [selection.at(place) for place in range(selection.size())]
        return {(each.top(), each.bottom()) for each in found}

    def _tick_selected(self) -> None:
        """Tick or untick the preview's selected rows, by what the current one is not."""
        current = self._table.row_at(self.current_row())
        ranges = self._selected_spans() or {(self.current_row(), self.current_row())}
        if not self._table.is_editable or min(ranges)[0] < 0:
            return
        on = not current.is_ticked if current is not None and current.is_write else True
        if sum(last - first + 1 for first, last in ranges) >= self._table.rowCount() > 1:
            self.tick_all_requested.emit(on)
            return
        numbers = [n for first, last in ranges for n in self._table.keys_between(first, last)]
        self._table.ticks_wanted.emit(numbers, on)
        self._anchor = self.current_row()
