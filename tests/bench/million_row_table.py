"""A table of a million rows in a file, read page by page, never whole."""

import sqlite3
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

PAGE_SIZE = 200
_PAGES_KEPT = 60
COLUMNS = ("Time", "Who", "Customer", "Change", "Reason", "State")
Index = QModelIndex | QPersistentModelIndex


def create_table_file(path: Path, rows: int) -> None:
    """Make the file."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE change (id INTEGER PRIMARY KEY, a, b, c, d, e, f)")
    connection.executemany(
        "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (i, f"{i % 24:02d}:{i % 60:02d}", "Ada Admin", f"customer{i}@crowd.example",
             "Opt-out: none → all", f"asked in #{i % 90_000}", "Sailthru confirmed")
            for i in range(rows)
        ),
    )  # fmt: skip
    connection.commit()
    connection.close()


class MillionRowModel(QAbstractTableModel):
    """Pages by key from a thread of its own; a row not read yet is empty for a moment."""

    _came = Signal(int, object)

    def __init__(self, path: Path, rows: int) -> None:
        super().__init__()
        self._path = path
        self._rows = rows
        self._pages: OrderedDict[int, list[tuple[Any, ...]]] = OrderedDict()
        self._asked: dict[int, Future[list[tuple[Any, ...]]]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._connection: sqlite3.Connection | None = None
        self.shown = self.missing = 0
        self._came.connect(self._on_came)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """All of them."""
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Fixed columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Name the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        number, place = divmod(index.row(), PAGE_SIZE)
        page = self._pages.get(number)
        if page is None:
            self.missing += 1
            self._ask(number)
            return None
        self.shown += 1
        return page[place][index.column() + 1]

    def close(self) -> None:
        """End the thread."""
        for asked in self._asked.values():
            asked.cancel()
        self._thread.submit(self._end).result()
        self._thread.shutdown()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _ask(self, number: int) -> None:
        if number in self._asked:
            return
        # Somebody who drags the bar has passed the older wishes by.
        for old in [n for n in self._asked if abs(n - number) > 2]:
            if self._asked[old].cancel():
                del self._asked[old]
        asked = self._thread.submit(self._read, number)
        self._asked[number] = asked
        asked.add_done_callback(partial(self._on_read, number))

    def _read(self, number: int) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path)
        return self._connection.execute(
            "SELECT * FROM change WHERE id >= ? ORDER BY id LIMIT ?",
            (number * PAGE_SIZE, PAGE_SIZE),
        ).fetchall()

    def _on_read(self, number: int, asked: "Future[list[tuple[Any, ...]]]") -> None:
        if not asked.cancelled():
            self._came.emit(number, asked.result())

    def _on_came(self, number: int, page: list[tuple[Any, ...]]) -> None:
        self._asked.pop(number, None)
        self._pages[number] = page
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        first = number * PAGE_SIZE
        self.dataChanged.emit(
            self.index(first, 0), self.index(first + len(page) - 1, len(COLUMNS) - 1)
        )
