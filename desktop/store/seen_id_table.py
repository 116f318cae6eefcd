"""A temporary SQLite table of the message ids met while a source of events is read once."""

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
            "CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID; BEGIN"
        )

    def add(self, message_id: str) -> bool:
        """Insert an id; return whether it was not there before."""
        key = blake2b(message_id.encode(), digest_size=16).digest()
        # `total_changes` rather than a SELECT first: one search of the index instead of two.
        before = self._connection.total_changes
        self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,))
        return self._connection.total_changes > before

    def close(self) -> None:
        """Close and with it delete the temporary table."""
        self._connection.close()
