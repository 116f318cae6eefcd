"""Counts that were made of a database file as it stands; a write to the file drops them all."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable

# A segment has some ten conditions; each is counted by itself again whenever another one changes.
_CAPACITY = 256


class CountCache:
    """Remembers counts of one connection that writes nothing itself, until another one writes."""

    def __init__(self) -> None:
        self._version = -1
        self._counts: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def get(
        self, connection: sqlite3.Connection, key: tuple[object, ...], count: Callable[[], int]
    ) -> int:
        """Return the count of `key`, from `count` where it was not made of the file as it is."""
        # SQLite's number of the commits that other connections have made.
        version = int(connection.execute("PRAGMA data_version").fetchone()[0])
        if version != self._version:
            self._version = version
            self._counts.clear()
        found = self._counts.get(key)
        if found is None:
            found = self._counts[key] = count()
            if len(self._counts) > _CAPACITY:
                self._counts.popitem(last=False)
        else:
            self._counts.move_to_end(key)
        return found
