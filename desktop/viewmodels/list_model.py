"""Qt item models of lists: columns declared once; rows held whole, or read page by page.

Every list of the window is one of these two under a `ListTableView`: the rows of a preview
(a million, paged), the changes of the page Activity and the runs of a sync (growing).
"""

from abc import abstractmethod
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop.viewmodels.task_registry import TaskRegistry

ModelIndex = QModelIndex | QPersistentModelIndex
RowT = TypeVar("RowT")

ROW_ROLE = Qt.ItemDataRole.UserRole
# A screen shows about 15 rows of a preview, so that one page is on screen and one ahead.
PAGE_SIZE = 64
_MAX_CACHED_PAGES = 48
# Somebody who drags the scroll bar has passed the pages that were asked for before.
_MAX_PAGE_REQUESTS = 4
_TEXT_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)


@dataclass(frozen=True)
class ListState:
    """A list page's text in place of rows: loading, failed, empty with a next step; or summary."""

    is_loading: bool = False
    text: str = ""
    action_label: str = ""
    has_failed: bool = False
    summary: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether a list page has neither rows nor a sentence: it says itself what to do."""
        return not (self.is_loading or self.text or self.summary)


@dataclass(frozen=True)
class ListColumn(Generic[RowT]):
    """A declared column of a list: heading, cell text, what a screen reader hears, tick box.

    `accessible_text` replaces the text for screen readers, None says nothing; `is_ticked` gives
    None for a row without a box.
    """

    title: str
    text: Callable[[RowT], str]
    accessible_text: Callable[[RowT], str | None] | None = None
    is_ticked: Callable[[RowT], bool | None] | None = None


class ListModel(QAbstractTableModel, Generic[RowT]):
    """Base of the Qt item models of lists: cells, headings and roles from declared columns."""

    def __init__(self, columns: Sequence[ListColumn[RowT]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)

    @abstractmethod
    def row_at(self, place: int) -> RowT | None:
        """Return the list model's row at a place, None outside it or while it is read."""

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            # Qt centres headings otherwise.
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a list cell's row object (ROW_ROLE, for delegates), its text, or its tick."""
        # First of all: Qt asks for a dozen roles that no list has.
        if role != ROW_ROLE and role not in _TEXT_ROLES and role != Qt.ItemDataRole.CheckStateRole:
            return None
        row = self.row_at(index.row())
        if row is None or role == ROW_ROLE:
            return row
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.CheckStateRole:
            ticked = column.is_ticked(row) if column.is_ticked is not None else None
            if ticked is None:
                return None
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole and column.accessible_text is not None:
            return column.accessible_text(row)
        return column.text(row)


class PagedListModel(ListModel[RowT]):
    """A Qt item model of a list of any length: each row's key in 8 bytes, the rows by page.

    `read_rows` reads the rows of up to PAGE_SIZE keys; None: not possible yet, ask again.
    """

    page_read = Signal(int)  # number of a page whose rows have arrived

    def __init__(
        self,
        columns: Sequence[ListColumn[RowT]],
        read_rows: Callable[[Sequence[int]], Awaitable[Mapping[int, RowT] | None]],
        tasks: TaskRegistry,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._read_rows = read_rows
        self._tasks = tasks
        self._keys = array("q")
        self._pages: OrderedDict[int, Mapping[int, RowT]] = OrderedDict()
        self._requests: list[int] = []  # page numbers, the newest last
        self._requested_pages: set[int] = set()  # asked for and not arrived

    def show_keys(self, keys: Sequence[int]) -> None:
        """Show other rows in the paged list, by their keys in order; pages follow when in sight."""
        self.beginResetModel()
        self._keys = array("q", keys)
        self._pages.clear()
        self._requests.clear()
        self._requested_pages.clear()
        self.endResetModel()

    def refresh_pages(self) -> None:
        """Read the paged list's cached pages anew; until then they stand as they are."""
        for page in list(self._pages):
            self._request_page(page)

    def update_cached_rows(self, edit: Callable[[RowT], RowT]) -> None:
        """Change every cached row of the paged list at once, ahead of the store."""
        for page, rows in self._pages.items():
            self._pages[page] = {key: edit(row) for key, row in rows.items()}
        if self._keys:
            last = self.index(len(self._keys) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def key_at(self, place: int) -> int | None:
        """Return the key of the row at a place of the paged list."""
        return self._keys[place] if 0 <= place < len(self._keys) else None

    def keys_between(self, first: int, last: int) -> list[int]:
        """Return the paged list's keys from one place to another, both included."""
        return list(self._keys[first : last + 1])

    def place_of(self, key: int) -> int:
        """Return the place of the row with this key in the paged list, or -1."""
        try:
            return self._keys.index(key)
        except ValueError:
            return -1

    def find_place(self, keys: Set[int], first: int) -> int:
        """Return the next place, from `first` on and round again, of one of these keys, or -1."""
        count = len(self._keys)
        if not keys or not count:
            return -1
        places = chain(range(first % count, count), range(first % count))
        return next((place for place in places if self._keys[place] in keys), -1)

    def row_at(self, place: int) -> RowT | None:
        """Return a row of the paged list, or None while its page is not read; that asks for it."""
        if not 0 <= place < len(self._keys):
            return None
        page = place // PAGE_SIZE
        rows = self._pages.get(page)
        if rows is None:
            if page not in self._requested_pages:
                self._request_page(page)
            return None
        return rows.get(self._keys[place])

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def cached_pages(self) -> tuple[int, ...]:
        """Return the numbers of the paged list's pages whose rows are at hand."""
        return tuple(self._pages)

    def _request_page(self, page: int) -> None:
        self._requested_pages.add(page)
        self._requests = [other for other in self._requests if other != page] + [page]
        while len(self._requests) > _MAX_PAGE_REQUESTS:
            passed_by = self._requests.pop(0)
            self._requested_pages.discard(passed_by)
            # Out of date, if it is there at all: it is asked for again when it is in sight.
            self._pages.pop(passed_by, None)
        if not self._tasks.is_running("pages"):
            self._tasks.start("pages", self._read_requested_pages())

    async def _read_requested_pages(self) -> None:
        while self._requests:
            # The newest first: that is what somebody looks at.
            page, shown = self._requests.pop(), self._keys
            first = page * PAGE_SIZE
            rows = await self._read_rows(list(shown[first : first + PAGE_SIZE]))
            if shown is not self._keys:
                # Meanwhile another list is shown, which has asked for pages of its own.
                continue
            self._requested_pages.discard(page)
            if rows is not None:
                self._put_page(page, rows)

    def _put_page(self, page: int, rows: Mapping[int, RowT]) -> None:
        self._pages[page] = rows
        self._pages.move_to_end(page)
        while len(self._pages) > _MAX_CACHED_PAGES:
            self._pages.popitem(last=False)
        first = page * PAGE_SIZE
        last = min(first + PAGE_SIZE, len(self._keys)) - 1
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        self.page_read.emit(page)


class ListRow(Protocol):
    """A row of a growing list (Qt item model): it keeps its id while its texts change."""

    @property
    def id(self) -> str:
        """The id that tells this row from the others of its growing list."""
        ...


ListRowT = TypeVar("ListRowT", bound=ListRow)


class GrowingListModel(ListModel[ListRowT]):
    """A Qt item model held whole, newest row first, that grows when its end is in sight.

    Rows that stay are not reset, so the view keeps its place and its selection.
    """

    more_wanted = Signal()  # the end is in sight: read older rows

    def __init__(
        self, columns: Sequence[ListColumn[ListRowT]], parent: QObject | None = None
    ) -> None:
        super().__init__(columns, parent)
        self._rows: list[ListRowT] = []
        self.is_complete = True

    def row_at(self, place: int) -> ListRowT | None:
        """Return a row of the growing list, or None outside it."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place_of(self, row_id: str) -> int:
        """Return the place of the row with this id in the growing list, or -1."""
        return next((i for i, row in enumerate(self._rows) if row.id == row_id), -1)

    def show_rows(self, rows: Sequence[ListRowT]) -> None:
        """Show these rows in the growing list; Qt hears only of removals, insertions, changes."""
        wanted = {row.id for row in rows}
        # From the end, so that the places before stay what they were.
        for first, last in reversed(_consecutive_ranges([r.id not in wanted for r in self._rows])):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()
        kept = {row.id for row in self._rows}
        if [r.id for r in self._rows] != [r.id for r in rows if r.id in kept]:
            # Another order: nothing keeps its place.
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        for first, last in _consecutive_ranges([r.id not in kept for r in rows]):
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows[first:first] = rows[first : last + 1]
            self.endInsertRows()
        changed = [old != new for old, new in zip(self._rows, rows, strict=True)]
        self._rows = list(rows)
        for first, last in _consecutive_ranges(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def canFetchMore(self, parent: ModelIndex) -> bool:
        return not parent.isValid() and not self.is_complete

    def fetchMore(self, parent: ModelIndex) -> None:
        """Ask for the growing list's older rows; they arrive later by `show_rows`."""
        if not parent.isValid():
            self.more_wanted.emit()


def _consecutive_ranges(marks: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last place of each run of consecutive changed rows, for Qt's signals."""
    ranges: list[tuple[int, int]] = []
    for place, mark in enumerate(marks):
        if not mark:
            continue
        if ranges and ranges[-1][1] == place - 1:
            ranges[-1] = (ranges[-1][0], place)
        else:
            ranges.append((place, place))
    return ranges
