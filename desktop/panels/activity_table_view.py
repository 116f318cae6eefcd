"""Table widget of the page Activity: two lines to a cell, the state as a chip."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.two_line_row_delegate import (
    TWO_LINE_ROW_HEIGHT,
    TwoLineRowDelegate,
)
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

# Narrower than this, one column holds the whole row.
_COLUMNS_MIN_WIDTH = 560
_ORDERS = {
    TIME: (ActivityOrder.NEWEST, ActivityOrder.OLDEST),
    CUSTOMER: (ActivityOrder.CUSTOMER,),
    STATE: (ActivityOrder.STATE,),
}


class ActivityRowDelegate(TwoLineRowDelegate[ActivityRow]):
    """Paints an edit in the Activity table: time over who, change over reason, the state."""

    chip_column = STATE

    def cell_texts(self, column: int, row: ActivityRow) -> tuple[str, str]:
        return cell_texts(column, row)

    def single_texts(self, row: ActivityRow) -> tuple[str, str]:
        return row.customer_name or row.customer, f"{row.change_text} · {row.time}"

    def chip(self, row: ActivityRow) -> tuple[str, str]:
        return row.state, row.state_tone


class ActivityTableView(ListTableView[ActivityRowDelegate]):
    """The Activity page's table: columns Time, Customer, Change and State, or a single one."""

    order_picked = Signal(object)  # ActivityOrder

    def __init__(self, model: GrowingListModel[ActivityRow], parent: QWidget | None = None) -> None:
        super().__init__(
            "Changes", model, ActivityRowDelegate, leading_column=CHANGE, parent=parent
        )
        self._order = ActivityOrder.NEWEST
        self.set_row_height(fonts.scaled(TWO_LINE_ROW_HEIGHT))
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
