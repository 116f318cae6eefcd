"""Key-value store of the sandbox's changes: an SQLite file named by `--state`, or nothing.

The write-ahead log without fsync survives SIGTERM and kill -9; only a power cut may cost the tail.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class KeyValueStore:
    """The sandbox's table (kind, key) → JSON; without `--state` nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._database: sqlite3.Connection | None = None
        self._dirty = False
        if path is None:
            return
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        # The table's name is that of state files made by earlier versions, which stay usable.
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS shelf"
            " (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )

    def put(self, kind: str, key: object, value: Any) -> None:
        """Store a value in the sandbox's state; it is on disk after the next `commit`."""
        if self._database is None:
            return
        if not self._dirty:
            # One transaction for all changes of a request: after kill -9 all are there or none.
            self._database.execute("BEGIN")
            self._dirty = True
        self._database.execute(
            "INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)",
            (kind, str(key), json.dumps(value, separators=(",", ":"))),
        )

    def get(self, kind: str, key: object, default: Any = None) -> Any:
        """Return the value of a kind and key in the sandbox's state, or the default."""
        if self._database is not None:
            row = self._database.execute(
                "SELECT value FROM shelf WHERE kind = ? AND key = ?", (kind, str(key))
            ).fetchone()
            if row:
                return json.loads(row[0])
        return default

    def items(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Return the keys and values of a kind in the sandbox's state."""
        if self._database is not None:
            rows = self._database.execute("SELECT key, value FROM shelf WHERE kind = ?", (kind,))
            for key, value in rows.fetchall():
                yield key, json.loads(value)

    def clear(self, *, keep: str) -> None:
        """Delete the sandbox's state of all kinds but one, for a reset."""
        if self._database is not None:
            self.commit()
            self._database.execute("DELETE FROM shelf WHERE kind <> ?", (keep,))

    def commit(self) -> None:
        """Commit the sandbox's state stored since the last commit."""
        if self._dirty and self._database is not None:
            self._database.execute("COMMIT")
            self._dirty = False

    def close(self) -> None:
        """Commit and close the sandbox's state file."""
        if self._database is not None:
            self.commit()
            self._database.close()
            self._database = None
