"""When a start checks a large database file: daily, after an unclean end, and when it was changed.

Each case damages a file and hides that from its size and time, so only a check can tell.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.store import sqlite_database
from desktop.store.integrity_check_record import CHECK_INTERVAL_S
from desktop.store.process_identity import new_owner_id
from desktop.store.sqlite_database import Database
from desktop.store.sqlite_errors import DatabaseDamaged

_PAGE_BYTES = 4096


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large, was found whole and was closed in order."""
    monkeypatch.setattr(sqlite_database, "_FULL_CHECK_MAX_BYTES", 0)
    found = tmp_path / "mirror.db"
    _open(found).close()
    return found


def _open(path: Path) -> Database:
    return Database(path, "mirror", synchronous="NORMAL")


def _damage_last_page(path: Path) -> None:
    found = path.stat()
    with path.open("r+b") as file:
        file.seek(found.st_size - _PAGE_BYTES)
        file.write(b"\xff" * 8)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _record(path: Path) -> Path:
    return path.with_name(f".{path.name}.checked")


def _age_record(path: Path, seconds: float) -> None:
    checked_at, *left_as = _record(path).read_text().split()
    _record(path).write_text(" ".join([str(float(checked_at) - seconds), *left_as]))


def _mark_open(path: Path, owner: str) -> None:
    path.with_name(f".{path.name}.open-{owner.replace(':', ',')}").touch()


def _change_time(path: Path) -> None:
    os.utime(path, (1.0, 1.0))


def _end_a_process_that_has_it_open(path: Path) -> None:
    code = (
        "import os, pathlib; from desktop.store.sqlite_database import Database;"
        f"d = Database(pathlib.Path({str(path)!r}), 'mirror', synchronous='NORMAL'); os._exit(9)"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == 9


_CASES: list[tuple[str, bool, Callable[[Path], None]]] = [
    ("the same day", False, lambda path: _age_record(path, CHECK_INTERVAL_S - 60)),
    ("a day later", True, lambda path: _age_record(path, CHECK_INTERVAL_S + 1)),
    ("the clock was set back", True, lambda path: _age_record(path, -60)),
    ("never checked", True, lambda path: _record(path).unlink()),
    ("unreadable record", True, lambda path: _record(path).write_text("?")),
    ("other tables before", True, lambda path: _record(path).write_text(f"{time.time()} x")),
    ("another file, as from a backup", True, _change_time),
    ("in use, so it changes", False, lambda p: (_mark_open(p, new_owner_id()), _change_time(p))[0]),
    ("a process has died", True, lambda path: _mark_open(path, "999999999:1:boot:1")),
    ("a process was killed", True, _end_a_process_that_has_it_open),
]


@pytest.mark.parametrize(
    ("is_checked", "happens"), [case[1:] for case in _CASES], ids=[case[0] for case in _CASES]
)
def test_large_database_is_checked_where_it_may_have_been_damaged(
    path: Path, is_checked: bool, happens: Callable[[Path], None]
) -> None:
    happens(path)
    _damage_last_page(path)
    if is_checked:
        # Refused every time, not only at the first.
        for _ in range(2):
            with pytest.raises(StorageError, match="damaged"):
                _open(path)
    else:
        _open(path).close()


def test_large_database_after_a_killed_process_is_checked_once(path: Path) -> None:
    _end_a_process_that_has_it_open(path)
    _open(path).close()
    _damage_last_page(path)
    _open(path).close()
    assert float(_record(path).read_text().split()[0]) == pytest.approx(time.time(), abs=60)


def test_large_database_found_damaged_in_use_is_checked_at_the_next_start(path: Path) -> None:
    def find_damage(_connection: sqlite3.Connection) -> None:
        raise DatabaseDamaged("a row cannot be read")

    database = _open(path)
    with pytest.raises(StorageError, match="damaged"):
        database.read(find_damage)
    database.close()
    _damage_last_page(path)
    with pytest.raises(StorageError, match="damaged"):
        _open(path)


def test_database_with_tables_of_another_version_is_refused(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE stranger (a TEXT)")
    raw.close()
    for _ in range(2):
        with pytest.raises(StorageError, match="damaged"):
            _open(path)


def test_database_known_by_its_fingerprint_makes_no_tables_to_compare_with(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_steps: object) -> None:
        raise AssertionError("every table is made anew")

    monkeypatch.setattr(sqlite_database, "_expected_schema", refuse)
    _open(path).close()
    _record(path).unlink()
    with pytest.raises(AssertionError, match="made anew"):
        _open(path)
