"""A temporary SQLite table of ids met while a source of events is read, each with its line."""

import sqlite3
from hashlib import blake2b


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

    def add(self, id_: str, line: int = 0) -> bool:
        """Insert an id with its line; return whether it was not there before."""
        # `total_changes` rather than a SELECT first: one search of the index instead of two.
        before = self._connection.total_changes
        self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (_key(id_), line))
        return self._connection.total_changes > before

    def put(self, id_: str, line: int) -> None:
        """Insert an id, or give it another line."""
        self._connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (_key(id_), line))

    def get(self, id_: str) -> int | None:
        """Select the line of an id, None where it was not met."""
        row = self._connection.execute(
            "SELECT line FROM seen WHERE id = ?", (_key(id_),)
        ).fetchone()
        return int(row[0]) if row else None

    def close(self) -> None:
        """Close and with it delete the temporary table."""
        self._connection.close()


def _key(id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=16).digest()
