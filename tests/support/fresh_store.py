"""A new workspace store as a copy of one that was made once: making one runs every migration."""

import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from desktop.store import sqlite_database
from desktop.store.workspace_store import WorkspaceStore, open_store


def open_fresh_store(folder: Path) -> WorkspaceStore:
    """Open an empty store in `folder`, which holds none yet."""
    copy_fresh_store(folder)
    return open_store(folder)


def copy_fresh_store(folder: Path) -> None:
    """Put the files of an empty store into `folder`, which holds none yet."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_store(folder).close()
    return folder


def copy_new_databases() -> None:
    """From now on this process and its forks run the migrations of an empty file once.

    Every further empty file gets a copy of what they made. They take 0.2 s, and a test of a set-up
    makes a database of its own; a file that an older version made is migrated as ever.
    """
    apply_really = sqlite_database._apply_migrations

    @cache
    def made_by(steps: tuple[tuple[int, str], ...]) -> sqlite3.Connection:
        made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        apply_really(made, steps)
        return made

    def apply(connection: sqlite3.Connection, steps: Sequence[tuple[int, str]]) -> None:
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            apply_really(connection, steps)
        else:
            made_by(tuple(steps)).backup(connection)

    sqlite_database._apply_migrations = apply
