"""Counts that were made of a database file as it stands; a write to the file drops them all."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

# A segment has some ten conditions; each is counted by itself again whenever another one changes.
_CAPACITY = 256
# The one that writes too, and the one that reads meanwhile; those before them are closed.
_CONNECTIONS = 2


@dataclass
class _ConnectionCounts:
    """Counts made through one connection while its data_version was `version`."""

    version: int
    counts: OrderedDict[tuple[object, ...], int] = field(default_factory=OrderedDict)


class CountCache:
    """Remembers counts of connections that write nothing themselves, until another one writes.

    Each connection has its own: the data_version of two can't be compared
    (sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self) -> None:
        self._known: OrderedDict[sqlite3.Connection, _ConnectionCounts] = OrderedDict()

    def get(
        self, connection: sqlite3.Connection, key: tuple[object, ...], count: Callable[[], int]
    ) -> int:
        """Return the count of `key`, from `count` where it was not made of the file as it is."""
        # SQLite's number of the commits that other connections have made.
        version = int(connection.execute("PRAGMA data_version").fetchone()[0])
        known = self._known.get(connection)
        if known is None or known.version != version:
            known = self._known[connection] = _ConnectionCounts(version)
            while len(self._known) > _CONNECTIONS:
                self._known.popitem(last=False)
        self._known.move_to_end(connection)
        found = known.counts.get(key)
        if found is None:
            found = known.counts[key] = count()
            if len(known.counts) > _CAPACITY:
                known.counts.popitem(last=False)
        else:
            known.counts.move_to_end(key)
        return found
