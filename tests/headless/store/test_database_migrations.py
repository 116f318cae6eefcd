"""Migrations: whole or not at all, also when the process is killed inside one."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.store import sqlite_database
from desktop.store.sqlite_database import Database
from tests.support.child_processes import ROOT

LAST = sqlite_database.load_migrations("fairlead")[-1][0]
NEWEST = sqlite_database.SCHEMA_MAJOR * 1000 + LAST

# Forks for each file a child that opens it with one more migration, and dies at its N-th statement.
PARENT = """
import os, signal, sqlite3, sys
from pathlib import Path
from desktop.store import sqlite_database

class Mortal(sqlite3.Connection):
    left = 0

    def execute(self, *args, **kwargs):
        Mortal.left -= 1
        if Mortal.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*args, **kwargs)

real = sqlite_database.load_migrations

def migrations(schema):
    known = real(schema)
    return [*known, (known[-1][0] + 1, NEXT)] if NEXT else known

sqlite_database.load_migrations = migrations
connect = sqlite3.connect
sqlite3.connect = lambda *a, **k: connect(*a, factory=Mortal, **k)
for path, die_at in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    child = os.fork()
    if not child:
        Mortal.left = die_at
        sqlite_database.Database(Path(path), "fairlead", synchronous="FULL").close()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
NEXT = (
    "ALTER TABLE draft ADD COLUMN b TEXT;\n"
    "INSERT INTO draft (key, text, at) VALUES ('m', 'm', 1);\n"
    "CREATE TABLE later (a TEXT) STRICT;\n"
)


def count_killed(paths: Mapping[int, Path], following: str) -> int:
    """Open each file in a process that dies at the statement given, and count those that did."""
    words = [word for die_at, path in paths.items() for word in (str(path), str(die_at))]
    done = subprocess.run(
        [sys.executable, "-c", f"NEXT = {following!r}\n{PARENT}", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    codes = list(map(int, done.stdout.split()))
    assert len(codes) == len(paths)
    assert set(codes) <= {0, -signal.SIGKILL}, done.stderr
    return codes.count(-signal.SIGKILL)


def version(path: Path) -> int:
    raw = sqlite3.connect(path)
    found = raw.execute("PRAGMA user_version").fetchone()[0]
    raw.close()
    return int(found)


def test_migration_killed_in_first_leaves_no_partial_file(tmp_path: Path) -> None:
    paths = {n: tmp_path / f"{n}" / "fairlead.db" for n in range(1, 40, 5)}
    assert count_killed(paths, "") > 4
    for path in paths.values():
        Database(path, "fairlead", synchronous="FULL").close()
        assert version(path) == NEWEST


def test_migration_killed_in_later_keeps_previous_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite_database.load_migrations
    wanted = lambda schema: [*real(schema), (LAST + 1, NEXT)]  # noqa: E731
    made = tmp_path / "made.db"
    first = Database(made, "fairlead", synchronous="FULL")
    first.write(lambda c: c.execute("INSERT INTO draft (key, text, at) VALUES ('k', 'kept', 1)"))
    first.close()
    paths = {n: tmp_path / f"{n}.db" for n in range(1, 22, 2)}
    for path in paths.values():
        shutil.copyfile(made, path)
    assert count_killed(paths, NEXT) > 4
    for path in paths.values():
        assert version(path) in (NEWEST, NEWEST + 1)
        with monkeypatch.context() as patched:
            patched.setattr(sqlite_database, "load_migrations", wanted)
            again = Database(path, "fairlead", synchronous="FULL")
        rows = again.read(lambda c: c.execute("SELECT key FROM draft ORDER BY key").fetchall())
        again.close()
        assert [r["key"] for r in rows] == ["k", "m"]
        assert version(path) == NEWEST + 1


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
