"""A logging handler for a file that is rotated by size, with a few old files kept.

`logging.handlers` has one, but brings sockets, pickle and queues along before the first paint.
"""

import contextlib
import logging
from pathlib import Path


class RotatingLogFile(logging.FileHandler):
    """Appends to the log at `path`, renamed to `path.1` at `most` bytes; `kept` old ones stay."""

    def __init__(self, path: Path, *, most: int, kept: int) -> None:
        """Open the rotating log file. Raises OSError."""
        super().__init__(path, encoding="utf-8")
        self._path = path
        self._max_bytes = most
        self._backup_count = kept

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log record, rotating first where the file is full; logging holds the lock."""
        # Where another process holds it open (Windows), this file goes on growing.
        with contextlib.suppress(OSError):
            if self.stream is not None and self.stream.tell() >= self._max_bytes:
                self._rotate()
        super().emit(record)

    def _rotate(self) -> None:
        # Not close(): that would take this handler off logging's list.
        if self.stream is not None:
            self.stream.close()
            self.stream = None
        # From the oldest on, or each rename would overwrite the next.
        for number in range(self._backup_count, 0, -1):
            older = self._backup_path(number - 1) if number > 1 else self._path
            if older.exists():
                older.replace(self._backup_path(number))

    def _backup_path(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
