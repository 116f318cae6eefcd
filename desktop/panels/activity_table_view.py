"""Table widget of the page Activity: two lines to a cell, the state as a chip."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_row_delegate import CHIP_HEIGHT, ListRowDelegate, ModelIndex
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.viewmodels.activity.activity_columns import (
    CHANGE,
    CUSTOMER,
    REASON,
    STATE,
    TIME,
    WHO,
)
from desktop.viewmodels.activity.activity_period import ActivityOrder
from desktop.viewmodels.activity.activity_row import ActivityRow
from desktop.viewmodels.list_model import GrowingListModel

_ROW_HEIGHT = 46
# Narrower than this, one column holds the whole row.
_COLUMNS_MIN_WIDTH = 560
_CHIP_MIN_WIDTH = 82
_SMALL = 12
_ORDERS = {
    TIME: (ActivityOrder.NEWEST, ActivityOrder.OLDEST),
    CUSTOMER: (ActivityOrder.CUSTOMER,),
    STATE: (ActivityOrder.STATE,),
}


class ActivityRowDelegate(ListRowDelegate[ActivityRow]):
    """Paints an edit in the Activity table: time over who, change over reason, the state."""

    highlights_hovered_row = True

    def sizeHint(self, _option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        return QSize(fonts.scaled(120), fonts.scaled(_ROW_HEIGHT))

    def paint_cell(
        self, painter: QPainter, box: QRect, index: ModelIndex, row: ActivityRow
    ) -> None:
        px = self.paint_cache.px
        inner = box.adjusted(px(6), px(3), -px(6), -px(4))
        if index.column() == STATE:
            self._paint_state_chip(painter, inner, row, at_end=False)
        elif self.is_single_column:
            self._paint_single_column(painter, inner, row)
        else:
            self._paint_two_lines(painter, inner, *cell_texts(index.column(), row))

    def _paint_single_column(self, painter: QPainter, box: QRect, row: ActivityRow) -> None:
        half = box.height() // 2
        upper = box.adjusted(0, 0, 0, -half)
        width = self._paint_state_chip(painter, upper, row, at_end=True)
        left, right = (width, 0) if self._view.isRightToLeft() else (0, -width)
        who = _one_line(row.customer_name or row.customer)
        self.paint_text(painter, upper.adjusted(left, 0, right, 0), who, "text")
        second = _one_line(f"{row.change_text} · {row.time}")
        self.paint_text(painter, box.adjusted(0, half, 0, 0), second, "muted", size=_SMALL)

    def _paint_two_lines(self, painter: QPainter, box: QRect, above: str, below: str) -> None:
        half = box.height() // 2 if below else 0
        self.paint_text(painter, box.adjusted(0, 0, 0, -half), _one_line(above), "text")
        if below:
            lower = box.adjusted(0, half, 0, 0)
            self.paint_text(painter, lower, _one_line(below), "muted", size=_SMALL)

    def _paint_state_chip(
        self, painter: QPainter, box: QRect, row: ActivityRow, *, at_end: bool
    ) -> int:
        """Paint an Activity row's state chip; returns its width in px, one for the whole column."""
        px = self.paint_cache.px
        metrics = self.paint_cache.metrics(_SMALL, medium=True)
        width = metrics.horizontalAdvance(row.state) + px(20)
        width = min(width if at_end else max(width, px(_CHIP_MIN_WIDTH)), box.width())
        height = px(CHIP_HEIGHT)
        is_right = at_end != self._view.isRightToLeft()
        left = box.right() + 1 - width if is_right else box.left()
        pill = QRectF(left, box.top() + (box.height() - height) / 2, width, height)
        self.paint_chip(painter, pill, row.state, row.state_tone)
        return width + px(8)


class ActivityTableView(ListTableView[ActivityRowDelegate]):
    """The Activity page's table: columns Time, Customer, Change and State, or a single one."""

    order_picked = Signal(object)  # ActivityOrder

    def __init__(self, model: GrowingListModel[ActivityRow], parent: QWidget | None = None) -> None:
        super().__init__(
            "Changes", model, ActivityRowDelegate, leading_column=CHANGE, parent=parent
        )
        self._order = ActivityOrder.NEWEST
        self.set_row_height(fonts.scaled(_ROW_HEIGHT))
        self.horizontalHeader().setSectionResizeMode(CHANGE, QHeaderView.ResizeMode.Stretch)
        # They stand as second lines below time and change.
        self.setColumnHidden(WHO, True)
        self.setColumnHidden(REASON, True)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._on_heading_clicked)
        # A double click opens where the platform has it so.
        self.activated.connect(self._on_activated)

    def update_columns(self) -> None:
        narrow = self.width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        self.row_delegate.is_single_column = narrow
        for column in (TIME, CUSTOMER, STATE):
            self.setColumnHidden(column, narrow)
        self.horizontalHeader().setVisible(not narrow)
        spare = max(self.width() - fonts.scaled(_COLUMNS_MIN_WIDTH), 0)
        self.setColumnWidth(TIME, fonts.scaled(100))
        self.setColumnWidth(CUSTOMER, fonts.scaled(152) + spare // 4)
        self.setColumnWidth(STATE, fonts.scaled(116))

    def show_order(self, order: ActivityOrder, *, can_sort: bool) -> None:
        """Show by an arrow in the Activity table's heading how its rows are sorted."""
        header = self.horizontalHeader()
        self._order = order
        header.setSectionsClickable(can_sort)
        header.setSortIndicatorShown(can_sort)
        column = next(key for key, orders in _ORDERS.items() if order in orders)
        is_rising = order is not ActivityOrder.NEWEST
        rising = Qt.SortOrder.AscendingOrder if is_rising else Qt.SortOrder.DescendingOrder
        header.setSortIndicator(column, rising)

    def _on_heading_clicked(self, column: int) -> None:
        orders = _ORDERS.get(column, ())
        if orders:
            # Again: the other order of the column, or the newest first once more.
            following = (*orders, ActivityOrder.NEWEST)
            place = following.index(self._order) + 1 if self._order in orders else 0
            self.order_picked.emit(following[place])

    def _on_activated(self) -> None:
        self.row_opened.emit(self.current_row())


def cell_texts(column: int, row: ActivityRow) -> tuple[str, str]:
    """Return a cell's two texts in the Activity table: above and, small, below."""
    if column == TIME:
        return row.time, row.actor
    if column == CUSTOMER:
        return (row.customer_name, row.customer) if row.customer_name else (row.customer, "")
    return row.change_text, " · ".join(part for part in (row.reason_text, row.detail) if part)


def _one_line(text: str) -> str:
    # A reason may have line breaks, after which QPainter would draw into the next row.
    return " ".join(text.split("\n")) if "\n" in text else text
