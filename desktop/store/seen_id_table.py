"""A temporary SQLite table of ids met while a source of events is read, each with its line."""

import sqlite3
from hashlib import blake2b

# One bit of so many is set per id: 4 MiB, by which of a million ids 97 % are known to be new.
_FILTER_BITS = 1 << 25
# Ids held before they are written to the table, in one go.
_MAX_HELD = 10_000


class SeenIdTable:
    """The ids met so far, on disk in SQLite's own temporary file: memory stays flat.

    Used on the thread that made it. A set of a million ids would take a hundred megabytes.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
            "CREATE TABLE seen (id BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID; BEGIN"
        )
        self._filter = bytearray(_FILTER_BITS // 8)
        self._held: dict[bytes, int] = {}

    def add(self, id_: str, line: int = 0) -> bool:
        """Insert an id with its line; return whether it was not there before."""
        key = _key(id_)
        if self._find(key) is not None:
            return False
        self._hold(key, line)
        return True

    def put(self, id_: str, line: int) -> None:
        """Insert an event's id, or update its line."""
        self._hold(_key(id_), line)

    def get(self, id_: str) -> int | None:
        """Return the source line of an event's id, None where it was not met."""
        return self._find(_key(id_))

    def close(self) -> None:
        """Close and with it delete the temporary table."""
        self._connection.close()

    def _find(self, key: bytes) -> int | None:
        byte, bit = _place(key)
        # Most ids are new. Asking the table for each took a sixth of a simulation's time.
        if not self._filter[byte] & bit:
            return None
        if (line := self._held.get(key)) is not None:
            return line
        row = self._connection.execute("SELECT line FROM seen WHERE id = ?", (key,)).fetchone()
        return int(row[0]) if row else None

    def _hold(self, key: bytes, line: int) -> None:
        byte, bit = _place(key)
        self._filter[byte] |= bit
        self._held[key] = line
        if len(self._held) >= _MAX_HELD:
            # In the index's order, so that neighbours share a page.
            self._connection.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?)", sorted(self._held.items())
            )
            self._held.clear()


def _key(id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=16).digest()


def _place(key: bytes) -> tuple[int, int]:
    """Return the byte of the filter that a key belongs to, and the bit within it."""
    number = int.from_bytes(key[:4], "big") % _FILTER_BITS
    return number >> 3, 1 << (number & 7)
