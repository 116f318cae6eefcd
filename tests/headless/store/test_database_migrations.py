"""Migrations: whole or not at all, also when the process is killed inside one."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.store import sqlite_database
from desktop.store.sqlite_database import Database
from tests.support.sandbox_process import ROOT

LAST = sqlite_database.load_migrations("fairlead")[-1][0]
NEWEST = sqlite_database.SCHEMA_MAJOR * 1000 + LAST

# A child that opens the file with a second migration and dies at its N-th statement.
CHILD = """
import os, signal, sqlite3, sys
from pathlib import Path
from desktop.store import sqlite_database

die_at = int(sys.argv[2])
count = 0

class Mortal(sqlite3.Connection):
    def execute(self, *args, **kwargs):
        global count
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*args, **kwargs)

real = sqlite_database.load_migrations

def migrations(schema):
    known = real(schema)
    return [*known, (known[-1][0] + 1, NEXT)] if NEXT else known

sqlite_database.load_migrations = migrations
connect = sqlite3.connect
sqlite3.connect = lambda *a, **k: connect(*a, factory=Mortal, **k)
sqlite_database.Database(Path(sys.argv[1]), "fairlead", synchronous="FULL").close()
"""
NEXT = (
    "ALTER TABLE draft ADD COLUMN b TEXT;\\n"
    "INSERT INTO draft (key, text, at) VALUES ('m', 'm', 1);\\n"
    "CREATE TABLE later (a TEXT) STRICT;\\n"
)


def child(path: Path, die_at: int, following: str) -> int:
    code = f"NEXT = {following!r}\n".replace("\\\\n", "\\n") + CHILD
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(die_at)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def version(path: Path) -> int:
    raw = sqlite3.connect(path)
    found = raw.execute("PRAGMA user_version").fetchone()[0]
    raw.close()
    return int(found)


def test_migration_killed_in_first_leaves_no_partial_file(tmp_path: Path) -> None:
    killed = 0
    for die_at in range(1, 40, 3):
        path = tmp_path / f"{die_at}" / "fairlead.db"
        killed += child(path, die_at, "") < 0
        Database(path, "fairlead", synchronous="FULL").close()
        assert version(path) == NEWEST
    assert killed > 4


def test_migration_killed_in_later_keeps_previous_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite_database.load_migrations
    wanted = lambda schema: [*real(schema), (LAST + 1, NEXT.replace("\\n", "\n"))]  # noqa: E731
    killed = 0
    for die_at in range(1, 22, 2):
        path = tmp_path / f"{die_at}" / "fairlead.db"
        first = Database(path, "fairlead", synchronous="FULL")
        first.write(
            lambda c: c.execute("INSERT INTO draft (key, text, at) VALUES ('k', 'kept', 1)")
        )
        first.close()
        killed += child(path, die_at, NEXT) < 0
        assert version(path) in (NEWEST, NEWEST + 1)
        with monkeypatch.context() as patched:
            patched.setattr(sqlite_database, "load_migrations", wanted)
            again = Database(path, "fairlead", synchronous="FULL")
        rows = again.read(lambda c: c.execute("SELECT key FROM draft ORDER BY key").fetchall())
        again.close()
        assert [r["key"] for r in rows] == ["k", "m"]
        assert version(path) == NEWEST + 1
    assert killed > 4


@pytest.mark.parametrize("known", range(1, len(sqlite_database.load_migrations("fairlead"))))
def test_migration_of_older_file_keeps_all_rows(
    known: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fairlead.db"
    real = sqlite_database.load_migrations
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_database, "load_migrations", lambda schema: real(schema)[:known])
        older = Database(path, "fairlead", synchronous="FULL")
        older.write(
            lambda c: c.execute("INSERT INTO draft (key, text, at) VALUES ('k', 'kept', 1)")
        )
        older.close()
    assert version(path) == sqlite_database.SCHEMA_MAJOR * 1000 + real("fairlead")[known - 1][0]
    newer = Database(path, "fairlead", synchronous="FULL")
    rows = newer.read(lambda c: c.execute("SELECT text FROM draft").fetchall())
    newer.close()
    assert [row["text"] for row in rows] == ["kept"]
    assert version(path) == NEWEST


def test_migration_failure_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fairlead.db"
    Database(path, "fairlead", synchronous="FULL").close()
    real = sqlite_database.load_migrations
    broken = "CREATE TABLE later (a TEXT);\nCREATE TABLE audit (a TEXT);\n"
    monkeypatch.setattr(
        sqlite_database, "load_migrations", lambda schema: [*real(schema), (LAST + 1, broken)]
    )
    with pytest.raises(StorageError):
        Database(path, "fairlead", synchronous="FULL")
    monkeypatch.undo()
    assert version(path) == NEWEST
    Database(path, "fairlead", synchronous="FULL").close()


def _open(path: str, gate: str) -> None:
    while not os.path.exists(gate):
        pass
    Database(Path(path), "fairlead", synchronous="FULL").close()


def test_migration_two_processes_create_one_file(tmp_path: Path) -> None:
    forking = multiprocessing.get_context("spawn")
    for turn in range(3):
        path, gate = tmp_path / f"{turn}" / "fairlead.db", tmp_path / f"gate{turn}"
        both = [forking.Process(target=_open, args=(str(path), str(gate))) for _ in range(2)]
        for one in both:
            one.start()
        gate.touch()
        for one in both:
            one.join(20)
            assert one.exitcode == 0
        assert version(path) == NEWEST
        left = sorted(p.name for p in path.parent.iterdir())
        assert left == [".fairlead.db.checked", "fairlead.db"]
