"""Reads of one thread while another one writes: none waits, each sees one committed state."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.store.sqlite_database import Database
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store

# Longer than any read takes; reached only where one waits for the writer.
_PATIENCE_S = 5.0
_INSERT = "INSERT INTO draft (key, text, at) VALUES (?, '', 0)"
_DELETE = "DELETE FROM draft"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


class HeldWrite:
    """A write of another thread that goes on at `finish`; `waits` counts who it kept waiting."""

    def __init__(self) -> None:
        self.waits = 0
        self._is_begun = threading.Event()
        self._may_end = threading.Event()

    def act(self, connection: sqlite3.Connection) -> int:
        connection.execute(_INSERT, ("b",))
        seen = len(connection.execute("SELECT key FROM draft").fetchall())
        self._is_begun.set()
        if not self._may_end.wait(_PATIENCE_S):
            self.waits += 1
        return seen

    def wait_until_begun(self) -> None:
        assert self._is_begun.wait(_PATIENCE_S)

    def finish(self) -> None:
        self._may_end.set()


@contextmanager
def hold_write(database: Database) -> Iterator[HeldWrite]:
    """Keep a write of a second draft open in another thread while the block runs."""
    held = HeldWrite()
    with ThreadPoolExecutor(1) as other:
        writing = other.submit(database.write, held.act)
        held.wait_until_begun()
        yield held
        held.finish()
        # What the writer has written itself, it sees at once.
        assert writing.result() == 2


def read_keys(connection: sqlite3.Connection) -> list[str]:
    return [row["key"] for row in connection.execute("SELECT key FROM draft ORDER BY key")]


def test_read_during_write_of_another_thread_waits_for_nothing(store: WorkspaceStore) -> None:
    database = store.fairlead_db
    database.write(lambda c: c.execute(_INSERT, ("a",)))
    with hold_write(database) as held:
        assert [database.read(read_keys) for _ in range(20)] == [["a"]] * 20
    assert held.waits == 0
    assert database.read(read_keys) == ["a", "b"]


def test_blocking_reads_of_the_window_wait_for_no_write(store: WorkspaceStore) -> None:
    store.fairlead_db.write(lambda c: c.execute(_INSERT, ("a",)))
    with hold_write(store.fairlead_db) as held:
        assert store.outbox.count_open.blocking() == 0
        assert store.outbox.count_not_sent.blocking() == 0
        assert store.outbox.list_services_waited_for.blocking() == ()
        assert store.syncs.list_all.blocking() == ()
        assert store.settings_seal.read.blocking() is None
        assert store.sheet_reader.count_customers.blocking() == 0
    assert held.waits == 0


def test_read_during_write_is_one_snapshot(store: WorkspaceStore) -> None:
    database = store.fairlead_db
    database.write(lambda c: c.execute(_INSERT, ("a",)))
    with hold_write(database) as held:

        def look(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
            before = read_keys(connection)
            held.finish()
            database.write(lambda c: c.execute(_INSERT, ("c",)))
            return before, read_keys(connection)

        assert database.read(look) == (["a"], ["a"])
    assert held.waits == 0
    assert database.read(read_keys) == ["a", "b", "c"]


def test_read_during_write_cannot_change_anything(store: WorkspaceStore) -> None:
    database = store.fairlead_db
    database.write(lambda c: c.execute(_INSERT, ("a",)))
    with hold_write(database) as held:
        with pytest.raises(StorageError):
            database.read(lambda c: c.execute(_DELETE).rowcount)
        assert database.read(read_keys) == ["a"]
    assert held.waits == 0
    assert database.read(read_keys) == ["a", "b"]


def test_read_within_own_write_sees_what_it_wrote(store: WorkspaceStore) -> None:
    database = store.fairlead_db

    def act(connection: sqlite3.Connection) -> list[str]:
        connection.execute(_INSERT, ("a",))
        return database.read(read_keys)

    assert database.write(act) == ["a"]


def test_reads_during_write_leave_data_version_alone(store: WorkspaceStore) -> None:
    database = store.fairlead_db
    database.write(lambda c: c.execute(_INSERT, ("a",)))
    found = {database.data_version()}
    for _ in range(2):
        with hold_write(database) as held, ThreadPoolExecutor(1) as poller:
            database.read(read_keys)
            asking = poller.submit(database.data_version)
            held.finish()
            found.add(asking.result(_PATIENCE_S))
        database.write(lambda c: c.execute(_DELETE + " WHERE key = 'b'"))
    (before,) = found
    other = database.open_second_connection()
    other.write(lambda c: c.execute(_DELETE))
    other.close()
    assert database.data_version() != before


def test_read_before_the_file_is_open_waits_for_its_migrations(store: WorkspaceStore) -> None:
    """A second connection opens at its first use: until then a reader could find old tables."""
    database = store.fairlead_db.open_second_connection()
    opening = database._connect
    is_opening, may_open = threading.Event(), threading.Event()

    def open_slowly(path: Path) -> sqlite3.Connection:
        is_opening.set()
        may_open.wait(_PATIENCE_S)
        return opening(path)

    database._connect = open_slowly  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as others:
        writing = others.submit(database.write, lambda c: c.execute(_INSERT, ("a",)).rowcount)
        assert is_opening.wait(_PATIENCE_S)
        reading = others.submit(database.read, read_keys)
        assert not wait([reading], timeout=0.05).done
        may_open.set()
        assert (writing.result(_PATIENCE_S), reading.result(_PATIENCE_S)) == (1, ["a"])
    database.close()


def test_closed_database_leaves_no_log_behind(store: WorkspaceStore) -> None:
    database = store.fairlead_db
    database.write(lambda c: c.execute(_INSERT, ("a",)))
    with hold_write(database):
        database.read(read_keys)
    store.close()
    assert not database.path.with_name(f"{database.path.name}-wal").exists()
