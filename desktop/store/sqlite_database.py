"""Opens the two SQLite files, migrates them, and turns SQLite's errors into sentences."""

import hashlib
import os
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

from desktop.kit.errors import StorageError
from desktop.store.audit_signer import AuditSigner
from desktop.store.database_thread import DatabaseThread
from desktop.store.integrity_check_record import IntegrityCheckRecord
from desktop.store.read_only_connection import ReadOnlyConnection
from desktop.store.sqlite_errors import DatabaseDamaged, translate_sqlite_errors

T = TypeVar("T")

# user_version = major * 1000 + number of the last migration; a newer major is not opened.
SCHEMA_MAJOR = 1
_BUSY_TIMEOUT_S = 15.0
_CHECKPOINT_TRIES = 3
# A file has at least one page, and no page is smaller.
_MIN_FILE_BYTES = 512
# Up to this size every start checks the file, and compares each index with its table: it takes
# some milliseconds.
_FULL_CHECK_MAX_BYTES = 4_000_000


class Database:
    """A SQLite file with one writing connection, usable from any thread, one at a time.

    Reads don't wait for another thread's write: they go through a connection beside it.

    Raises StorageError from every method when the file cannot be used: the disk is full, the file
    is damaged, locked for too long, or written by a newer version.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        synchronous: str,
        checked: bool = False,
        thread: DatabaseThread | None = None,
        audit_signer: AuditSigner | None = None,
        cache_kib: int = 0,
    ) -> None:
        """Open the SQLite file, or make it; `schema` is a folder of `migrations/`.

        `checked`: it was found whole a moment ago, and is opened at the first use. `thread`: where
        awaited calls run, shared by files that are read together; by default one of its own.
        `audit_signer` signs rows of the audit; by default they are unkeyed. `cache_kib`: memory
        for pages of a large file; by default SQLite's own two megabytes.
        """
        self.path = path
        self.thread = thread or DatabaseThread()
        self.audit_signer = audit_signer or AuditSigner()
        self._schema = schema
        self._synchronous = synchronous
        self._cache_kib = cache_kib
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._queries = ReadOnlyConnection(
            path, timeout_s=_BUSY_TIMEOUT_S, prepare=self._prepare_connection
        )
        self._check_record = None if checked else IntegrityCheckRecord(path)
        if self._check_record is None:
            return
        with self._lock, translate_sqlite_errors(path):
            if not path.exists():
                self._create_file()
            elif path.stat().st_size < _MIN_FILE_BYTES:
                # SQLite would take it for a new file and fill it: what was lost would go unseen.
                raise DatabaseDamaged("the file is cut off")
            is_small = path.stat().st_size <= _FULL_CHECK_MAX_BYTES
            # Asked first: opening a file that was left in a hurry already changes it.
            is_due = is_small or self._check_record.is_due()
            try:
                found = self._check_schema(self._open(), self._check_record)
                if is_due or not self._check_record.knows_schema(found):
                    self._check_integrity(self._open(), with_indexes=is_small)
                    self._check_record.note_whole(found)
            except BaseException:
                self._close()
                raise

    def write(self, act: Callable[[sqlite3.Connection], T], *, is_durable: bool = False) -> T:
        """Run `act` in one BEGIN IMMEDIATE transaction; all of it is committed, or nothing.

        `is_durable`: the commit outlives a power cut too, in a file of synchronous=NORMAL as well.
        """
        with self._lock, translate_sqlite_errors(self.path):
            connection = self._open()
            try:
                if is_durable:
                    connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                result = act(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.OperationalError):
                    # After a failed write the connection's state is in doubt: start afresh.
                    self._close()
                raise
            if is_durable:
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            return result

    def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Run `look` on the SQLite file: what this thread wrote, and what others have committed.

        The writing connection is used where it is free. While another thread writes, a connection
        that only reads shows what was committed before: the window never waits for a batch of
        thousands of edits to be stored.
        """
        if self._lock.acquire(blocking=False):
            try:
                return self._read_writer(look)
            finally:
                self._lock.release()
        # Until the writing connection is open, the file may lack its newest migrations.
        if self._connection is None:
            return self._read_writer(look)
        with translate_sqlite_errors(self.path):
            return self._queries.read(look)

    def _read_writer(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Run `look` on the writing connection, outside a transaction, once it is free."""
        with self._lock, translate_sqlite_errors(self.path):
            return look(self._open())

    def open_second_connection(self) -> "Database":
        """Open another connection to the SQLite file, for what takes long."""
        return Database(
            self.path,
            self._schema,
            synchronous=self._synchronous,
            checked=True,
            audit_signer=self.audit_signer,
            cache_kib=self._cache_kib,
        )

    def scrub(self, *, rewrites: bool = True) -> None:
        """Scrub the SQLite file and its log of what was deleted; the file is `rewrites`n.

        Deleted content is overwritten with zeros as it is deleted; rewriting also removes what a
        version before did not overwrite, and shrinks the file. Other processes may have it open.
        Raises StorageError while one of them still reads, for then old pages stay in the
        write-ahead log. Copies that the disk or a backup has made are beyond reach.
        """
        # The copy that VACUUM makes is no temporary file.
        self._read_writer(lambda c: c.execute("PRAGMA temp_store = MEMORY").fetchall())
        if rewrites:
            self._read_writer(lambda c: c.execute("VACUUM"))
        for _ in range(_CHECKPOINT_TRIES):
            # Each waits for readers as long as any statement does; the first column says busy.
            if not self._read_writer(
                lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            ):
                return
        raise StorageError(
            "The kept customers are not erased completely.",
            "Another Fairlead still reads them, so old pages stay on the disk.",
            "Close other windows and runs of this workspace, then erase once more.",
        )

    def data_version(self) -> int:
        """SQLite's data_version: it changes when another connection has committed.

        Always the writing connection's, so that what this process writes doesn't count.
        """
        return int(self._read_writer(lambda c: c.execute("PRAGMA data_version").fetchone()[0]))

    def close(self) -> None:
        """Close the SQLite connections; the next call opens them again."""
        self._queries.close()
        with self._lock:
            self._close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect(self.path)
            if self._check_record is not None:
                self._check_record.begin_use()
        return self._connection

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            self._prepare_connection(connection)
            # Before anything is written: a newer version's file stays as it is.
            refuse_newer(connection, self._schema, self.path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            if self._cache_kib:
                connection.execute(f"PRAGMA cache_size = -{self._cache_kib}")
                # Some pages of a million people are changed by nearly every page of tickets.
                connection.execute("PRAGMA wal_autocheckpoint = 8000")
            # What is deleted or replaced does not stay in the file's free space: an erasure of one
            # customer need not rewrite it.
            connection.execute("PRAGMA secure_delete = ON")
            migrate(connection, self._schema, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare_connection(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self.audit_signer.add_functions(connection)

    def _create_file(self) -> None:
        """Make a SQLite file under another name and put it in place whole, never empty."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex}.new")
        try:
            connection = sqlite3.connect(fresh, isolation_level=None)
            try:
                # It is nobody's file yet: written to the disk once, as a whole.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                _apply_migrations(connection, load_migrations(self._schema))
            finally:
                connection.close()
            _publish_file(fresh, self.path)
        finally:
            for suffix in ("", "-wal", "-shm"):
                fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)

    def _check_integrity(self, connection: sqlite3.Connection, *, with_indexes: bool) -> None:
        """Check the SQLite file's integrity before it is used. Raises DatabaseDamaged."""
        how = "integrity_check" if with_indexes else "quick_check"
        found = str(connection.execute(f"PRAGMA {how}(1)").fetchone()[0])
        if found != "ok":
            raise DatabaseDamaged(found)

    def _check_schema(self, connection: sqlite3.Connection, record: IntegrityCheckRecord) -> str:
        """Return the SQLite schema's fingerprint. Raises DatabaseDamaged for another version's."""
        schema, steps = _read_schema(connection), tuple(load_migrations(self._schema))
        rows = repr(sorted(schema, key=lambda row: (row[0] or "", row[1] or "")))
        found = hashlib.sha256(_digest(steps) + rows.encode()).hexdigest()
        # Making every table anew to compare with takes longer than all else of a start.
        if not record.knows_schema(found) and schema != _expected_schema(steps):
            raise DatabaseDamaged("the tables are not those of this version")
        return found

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            if self._check_record is not None:
                self._check_record.end_use()

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._close()


def migrate(connection: sqlite3.Connection, schema: str, path: Path) -> None:
    """Migrate the SQLite file to the newest version, one migration per transaction.

    Each migration and its version number are committed together, so a crash in between leaves
    the version before. Raises StorageError for a file of a newer version.
    """
    refuse_newer(connection, schema, path)
    _apply_migrations(connection, load_migrations(schema))


def _apply_migrations(connection: sqlite3.Connection, steps: Sequence[tuple[int, str]]) -> None:
    if _user_version(connection) == SCHEMA_MAJOR * 1000 + steps[-1][0]:
        return
    for number, script in steps:
        target = SCHEMA_MAJOR * 1000 + number
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker while this one waited for the lock.
            if _user_version(connection) < target:
                for statement in _split_statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {target}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def refuse_newer(connection: sqlite3.Connection, schema: str, path: Path) -> None:
    """Raise StorageError for a SQLite file of a newer version."""
    newest = SCHEMA_MAJOR * 1000 + load_migrations(schema)[-1][0]
    version = _user_version(connection)
    if version > newest:
        raise StorageError(
            "This data was written by a newer Fairlead.",
            f"{path.name} has version {version}, this program knows {newest}. Nothing was changed.",
            "Install the newer version, or choose another workspace.",
        )


@cache
def load_migrations(schema: str) -> Sequence[tuple[int, str]]:
    """Load the numbered SQL scripts of one schema, in order; a start needs them several times."""
    folder = resources.files("desktop.store") / "migrations" / schema
    return tuple(
        sorted(
            (int(match.group(1)), entry.read_text(encoding="utf-8"))
            for entry in folder.iterdir()
            if (match := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name))
        )
    )


def _user_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _split_statements(script: str) -> Iterator[str]:
    # executescript() commits by itself, which would tear a migration apart.
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _publish_file(fresh: Path, path: Path) -> None:
    """Give a new SQLite file its name, unless another process was quicker."""
    with fresh.open("r+b") as file:
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    except OSError:
        # A disk without hard links: the last moment at which two could collide is this one.
        if not path.exists():
            fresh.rename(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read_schema(connection: sqlite3.Connection) -> frozenset[tuple[str | None, ...]]:
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return frozenset(tuple(row) for row in rows)


@cache
def _digest(steps: tuple[tuple[int, str], ...]) -> bytes:
    return hashlib.sha256(repr(steps).encode()).digest()


@cache
def _expected_schema(steps: tuple[tuple[int, str], ...]) -> frozenset[tuple[str | None, ...]]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _apply_migrations(connection, steps)
        return _read_schema(connection)
    finally:
        connection.close()
