"""The rows of a preview as a table: pages by number from the store, a few kept, never all."""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop.viewmodels.syncs.plan_row_view import PlanRowView

ModelIndex = QModelIndex | QPersistentModelIndex

COLUMNS = ("Ticked", "Customer", "What", "Changes")
TICK, CUSTOMER, FATE, CHANGES = range(len(COLUMNS))
ROW_ROLE = Qt.ItemDataRole.UserRole
PAGE_SIZE = 64
_MAX_CACHED_PAGES = 48


class PlanTableModel(QAbstractTableModel):
    """Knows every row's number, and of what is in sight the row itself.

    `page_wanted` asks for the numbers of one page; `ticks_wanted` for rows to be ticked or not.
    """

    page_wanted = Signal(int, object)  # page, its row numbers
    ticks_wanted = Signal(object, bool)  # row numbers

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = array("q")
        self._pages: OrderedDict[int, dict[int, PlanRowView]] = OrderedDict()
        self._requested_pages: set[int] = set()
        self.is_editable = False
        self.lines_per_row = 1

    # What is shown.

    def show_numbers(self, numbers: Sequence[int]) -> None:
        """Other rows altogether; their pages come when they are in sight."""
        self.beginResetModel()
        self._numbers = array("q", numbers)
        self._pages.clear()
        self._requested_pages.clear()
        self.lines_per_row = 1
        self.endResetModel()

    def put_page(self, page: int, rows: Mapping[int, PlanRowView]) -> None:
        """A page that was asked for."""
        self._requested_pages.discard(page)
        self._pages[page] = dict(rows)
        self._pages.move_to_end(page)
        while len(self._pages) > _MAX_CACHED_PAGES:
            self._pages.popitem(last=False)
        first = page * PAGE_SIZE
        last = min(first + PAGE_SIZE, len(self._numbers)) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def forget_pages(self) -> None:
        """What is kept may be out of date; what is in sight stays until it comes anew."""
        for page in list(self._pages):
            self._request_page(page)

    def update_cached_rows(self, edit: Callable[[PlanRowView], PlanRowView]) -> None:
        """Change every row that is kept at once; the store follows."""
        for page, rows in self._pages.items():
            self._pages[page] = {number: edit(row) for number, row in rows.items()}
        if self._numbers:
            last = self.index(len(self._numbers) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def row_number_at(self, place: int) -> int | None:
        """The row number at a place."""
        return self._numbers[place] if 0 <= place < len(self._numbers) else None

    def row_numbers_between(self, first: int, last: int) -> list[int]:
        """The row numbers between two places, both included."""
        return list(self._numbers[first : last + 1])

    def index_of(self, number: int) -> int:
        """Where a row stands, or -1."""
        try:
            return self._numbers.index(number)
        except ValueError:
            return -1

    def row_at(self, place: int) -> PlanRowView | None:
        """A row, or None while it is not read; that asks for it."""
        if not 0 <= place < len(self._numbers):
            return None
        page = place // PAGE_SIZE
        rows = self._pages.get(page)
        if rows is None:
            if page not in self._requested_pages:
                self._request_page(page)
            return None
        return rows.get(self._numbers[place])

    def _request_page(self, page: int) -> None:
        self._requested_pages.add(page)
        first = page * PAGE_SIZE
        self.page_wanted.emit(page, list(self._numbers[first : first + PAGE_SIZE]))

    def cancel_page_request(self, page: int) -> None:
        """A page was not read: it is asked for again when it is in sight."""
        self._requested_pages.discard(page)

    # Qt's own.

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:
        """All rows that fit the filter."""
        return 0 if parent.isValid() else len(self._numbers)

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:
        """Fixed columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Name the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Rows that write have a box to tick."""
        flags = super().flags(index)
        if index.column() == TICK and self.is_editable:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself for the delegate; words for screen readers."""
        if role not in (
            ROW_ROLE,
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.CheckStateRole,
        ):
            return None
        row = self.row_at(index.row())
        if row is None or role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.CheckStateRole:
            if index.column() != TICK or not row.is_write:
                return None
            return Qt.CheckState.Checked if row.is_ticked else Qt.CheckState.Unchecked
        return self._cell_text(row, index.column())

    def setData(
        self, index: ModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Tick by whatever means."""
        row = self.row_at(index.row())
        if role != Qt.ItemDataRole.CheckStateRole or row is None or not row.is_write:
            return False
        self.ticks_wanted.emit([row.row_number], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def _cell_text(self, row: PlanRowView, column: int) -> str:
        if column == TICK:
            return ("ticked" if row.is_ticked else "not ticked") if row.is_write else ""
        if column == CUSTOMER:
            return row.name
        if column == FATE:
            return row.fate
        return row.accessible_text
