"""A SQLite connection that only reads, for whoever must not wait for a long write of ours."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class ReadOnlyConnection:
    """A connection beside the writing one of a SQLite file, opened at its first use.

    Each read is one snapshot of what is committed (write-ahead log). Usable from any thread, one at
    a time; nothing can be written through it.
    """

    def __init__(
        self, path: Path, *, timeout_s: float, prepare: Callable[[sqlite3.Connection], None]
    ) -> None:
        """`prepare` sets a new connection up as the writing one is: row factory, functions."""
        self._path = path
        self._timeout_s = timeout_s
        self._prepare = prepare
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Run `look` in one read transaction. Raises sqlite3.Error."""
        with self._lock:
            connection = self._open()
            if connection.in_transaction:
                return look(connection)
            try:
                connection.execute("BEGIN")
                try:
                    return look(connection)
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; the next read opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # "rw" makes no new file of one that was taken away.
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=self._timeout_s,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._prepare(connection)
                connection.execute("PRAGMA query_only = ON")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection
