"""Remembers beside a SQLite file when it was found whole, so that not every start checks it.

Checking reads the whole file: 1.5 s at 330 MB. It is due once a day, when a process that had the
file open has died, and when nobody has it open and it is not as it was left.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from desktop.store.process_identity import is_owner_alive, new_owner_id

CHECK_INTERVAL_S = 86_400.0


class IntegrityCheckRecord:
    """A SQLite file's last integrity check, and a mark while this process has it open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._record = _record_path(path)
        self._mark_prefix = f".{path.name}.open-"
        # Windows allows no colon in a file's name.
        self._mark = path.with_name(self._mark_prefix + new_owner_id().replace(":", ","))

    def is_due(self) -> bool:
        """Whether the SQLite file's integrity has to be checked; asked before it is opened."""
        owners = [
            mark.name.removeprefix(self._mark_prefix).replace(",", ":")
            for mark in self._list_marks()
        ]
        is_in_use = bool(owners)
        if not all(map(is_owner_alive, owners)):
            return True
        try:
            checked_at, _, *left_as = self._read()
            # A clock that was set back is no reason to trust the file for longer.
            is_recent = 0 <= time.time() - float(checked_at) < CHECK_INTERVAL_S
            return not is_recent or not (is_in_use or left_as == self._describe_file())
        except (OSError, ValueError):
            return True

    def knows_schema(self, fingerprint: str) -> bool:
        """Whether the SQLite file had these tables when its integrity was checked."""
        try:
            return self._read()[1] == fingerprint
        except (OSError, ValueError, IndexError):
            return False

    def note_whole(self, schema_fingerprint: str) -> None:
        """Record that the SQLite file was found whole; processes that died need no other check."""
        with suppress(OSError):
            self._record.write_text(f"{time.time()} {schema_fingerprint}", encoding="ascii")
            for mark in self._list_marks():
                owner = mark.name.removeprefix(self._mark_prefix).replace(",", ":")
                if not is_owner_alive(owner):
                    mark.unlink(missing_ok=True)

    def begin_use(self) -> None:
        """Mark the SQLite file as open; a mark that is left has it checked at the next start."""
        with suppress(OSError):
            self._mark.touch(mode=0o600)

    def end_use(self) -> None:
        """Mark the SQLite file as closed by this process."""
        with suppress(OSError):
            if self._record.exists():
                text = " ".join([*self._read()[:2], *self._describe_file()])
                # Whole or not at all: another process may be closing the file too.
                part = self._mark.with_name(f"{self._mark.name}.part")
                part.write_text(text, encoding="ascii")
                part.replace(self._record)
            self._mark.unlink(missing_ok=True)

    def _read(self) -> list[str]:
        return self._record.read_text(encoding="ascii").split()

    def _list_marks(self) -> list[Path]:
        return list(self._path.parent.glob(f"{self._mark_prefix}*"))

    def _describe_file(self) -> list[str]:
        found = os.stat(self._path)
        return [str(found.st_size), str(found.st_mtime_ns)]


def is_checked_once(path: Path) -> bool:
    """Whether a file was found whole once, and not found damaged in use since."""
    return _record_path(path).exists()


def forget_integrity_check(path: Path) -> None:
    """Forget the integrity check of a file found damaged in use: the next start checks it."""
    with suppress(OSError):
        _record_path(path).unlink(missing_ok=True)


def _record_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.checked")
