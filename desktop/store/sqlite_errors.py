"""Translates errors of SQLite and of the disk into `StorageError`, a sentence for people."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.kit.errors import StorageError
from desktop.store.integrity_check_record import forget_integrity_check


class DatabaseDamaged(sqlite3.DatabaseError):
    """The error for damage that SQLite itself does not notice, such as an unknown state."""

    sqlite_errorname = "SQLITE_CORRUPT"


@contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and of the disk as `StorageError`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            forget_integrity_check(path)
        raise _to_store_error(error, path) from error
    except UnicodeDecodeError:
        # SQLite quotes the damaged place in its message, which is not text any more.
        damage = DatabaseDamaged("its own description cannot be read")
        raise _to_store_error(damage, path) from damage
    except OSError as error:
        raise StorageError(
            "The data folder cannot be used.",
            f"{path.parent}: {error.strerror or error}.",
            "Check the folder's permissions and free space, or set FAIRLEAD_HOME.",
        ) from error


def is_file_unusable(error: StorageError) -> bool:
    """Whether a SQLite error lies in the file itself, not in a full disk, a lock or its rights."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.DatabaseError):
        return not _sqlite_error_name(cause).startswith(
            (
                *("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY"),
                *("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_NOMEM"),
            )
        )
    # Not SQLite's words but ours: a newer version's.
    return cause is None


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite's error says that the file is damaged, or no database."""
    return _sqlite_error_name(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _to_store_error(error: sqlite3.DatabaseError, path: Path) -> StorageError:
    name = _sqlite_error_name(error)
    if name.startswith("SQLITE_FULL"):
        return StorageError(
            "The disk is full.",
            "Nothing was saved by this step; what was saved before is safe.",
            "Free some space and try again.",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(
            "The database is busy.",
            "Another Fairlead on this computer has held it for too long.",
            "Try again in a moment.",
        )
    if is_damage(error):
        return StorageError(
            f"{path.name} is damaged.",
            "It was left as it is, so that what can be saved from it is not lost.",
            f"Restore {path} from a backup, or move it away to start with an empty one.",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StorageError(
            "The data folder cannot be written to.",
            f"{path} is read-only or missing.",
            "Check the folder's permissions, or set FAIRLEAD_HOME to another folder.",
        )
    return StorageError(
        "The database could not do that.",
        f"{path.name}: {error}.",
        "Try again; if it stays, keep the file and ask for help.",
    )


def _sqlite_error_name(error: sqlite3.DatabaseError) -> str:
    name = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        return name
    # Errors raised by the module itself carry no code; the text is all there is.
    return "SQLITE_NOTADB" if "not a database" in str(error) else ""
