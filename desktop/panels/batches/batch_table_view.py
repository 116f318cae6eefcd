"""Table of the page Many at once: each pasted text, who was found, and what becomes of it."""

from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.two_line_row_delegate import TWO_LINE_ROW_HEIGHT, TwoLineRowDelegate
from desktop.viewmodels.batches.batch_row_view import (
    CUSTOMER,
    FOUND,
    OPTOUT,
    RESULT,
    BatchRowView,
)
from desktop.viewmodels.list_model import PagedListModel

# Narrower than this, one column holds the whole row.
_COLUMNS_MIN_WIDTH = 560


class BatchRowDelegate(TwoLineRowDelegate[BatchRowView]):
    """Paints a row of a batch: name over address, where it was found over how, the result."""

    chip_column = RESULT

    def cell_texts(self, column: int, row: BatchRowView) -> tuple[str, str]:
        if column == CUSTOMER:
            return row.name, row.address
        if column == FOUND:
            return (row.found, row.found_note) if row.found else (row.found_note, "")
        return row.optout, row.optout_note

    def single_texts(self, row: BatchRowView) -> tuple[str, str]:
        below = (row.address, row.detail or row.optout or row.found_note)
        return row.name, " · ".join(part for part in below if part)

    def chip(self, row: BatchRowView) -> tuple[str, str]:
        return row.result, row.tone

    def chip_note(self, row: BatchRowView) -> str:
        return row.detail


class BatchTableView(ListTableView[BatchRowDelegate]):
    """The table of a batch: columns Customer, Found in, Opt-out and Result, or a single one."""

    def __init__(self, model: PagedListModel[BatchRowView], parent: QWidget | None = None) -> None:
        super().__init__(
            "Pasted addresses", model, BatchRowDelegate, leading_column=CUSTOMER, parent=parent
        )
        self.set_row_height(fonts.scaled(TWO_LINE_ROW_HEIGHT))
        self.activated.connect(self._on_activated)

    def update_columns(self) -> None:
        narrow = self.width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        self.row_delegate.is_single_column = narrow
        for column in (FOUND, OPTOUT, RESULT):
            self.setColumnHidden(column, narrow)
        header, modes = self.horizontalHeader(), QHeaderView.ResizeMode
        header.setVisible(not narrow)
        header.setSectionResizeMode(CUSTOMER, modes.Stretch if narrow else modes.Fixed)
        header.setSectionResizeMode(RESULT, modes.Stretch)
        spare = max(self.width() - fonts.scaled(_COLUMNS_MIN_WIDTH), 0)
        self.setColumnWidth(CUSTOMER, fonts.scaled(180) + spare // 4)
        self.setColumnWidth(FOUND, fonts.scaled(150) + spare // 6)
        self.setColumnWidth(OPTOUT, fonts.scaled(128) + spare // 12)

    def _on_activated(self) -> None:
        self.row_opened.emit(self.current_row())
