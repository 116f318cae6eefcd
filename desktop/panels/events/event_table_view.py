"""Table widget of the Events page: line, what happens over the exact request, state as a chip."""

from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.two_line_row_delegate import TWO_LINE_ROW_HEIGHT, TwoLineRowDelegate
from desktop.viewmodels.events.event_row import LINE, STATE, WHAT, EventRow
from desktop.viewmodels.list_model import GrowingListModel

# Narrower than this, one column holds the whole row.
_COLUMNS_MIN_WIDTH = 460


class EventRowDelegate(TwoLineRowDelegate[EventRow]):
    """Paints a row of the Events page: its line, what happens over the request, its state."""

    chip_column = STATE

    def cell_texts(self, column: int, row: EventRow) -> tuple[str, str]:
        return (str(row.line), "") if column == LINE else (row.text, row.note)

    def single_texts(self, row: EventRow) -> tuple[str, str]:
        return row.text, f"Line {row.line} · {row.note}"

    def chip(self, row: EventRow) -> tuple[str, str]:
        return row.state, row.tone


class EventTableView(ListTableView[EventRowDelegate]):
    """The Events page's table: columns Line, What happens and State, or a single one."""

    def __init__(self, model: GrowingListModel[EventRow], parent: QWidget | None = None) -> None:
        super().__init__("Event rows", model, EventRowDelegate, leading_column=WHAT, parent=parent)
        self.set_row_height(fonts.scaled(TWO_LINE_ROW_HEIGHT))
        self.horizontalHeader().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)

    def update_columns(self) -> None:
        narrow = self.width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        self.row_delegate.is_single_column = narrow
        for column in (LINE, STATE):
            self.setColumnHidden(column, narrow)
        self.horizontalHeader().setVisible(not narrow)
        self.setColumnWidth(LINE, fonts.scaled(58))
        self.setColumnWidth(STATE, fonts.scaled(112))
