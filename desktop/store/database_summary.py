"""Describes a SQLite file of the workspace for a report: size, schema version, rows per table."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

# A count of a table that grows without end is not worth a minute's wait.
_MOST_COUNTED = 5_000_000


@dataclass(frozen=True)
class DatabaseSummary:
    """One SQLite file: bytes with its log, schema version, rows by table; or why not."""

    name: str
    size: int = 0
    version: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def summarize_database(path: Path) -> DatabaseSummary:
    """Read a SQLite file's summary without changing it; a file that can't be read says why."""
    try:
        size = sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
        # Read-only: a report must not migrate, repair or create what it describes.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)) as found:
            return DatabaseSummary(
                path.name, size, int(found.execute("PRAGMA user_version").fetchone()[0]),
                _count_rows(found),
            )  # fmt: skip
    except (sqlite3.Error, OSError) as error:
        return DatabaseSummary(path.name, problem=f"{type(error).__name__}: cannot be read")


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    counts = {}
    for (name,) in names:
        # The name comes from the file's own schema; a quote in it is doubled.
        quoted = '"' + str(name).replace('"', '""') + '"'
        query = f"SELECT count(*) FROM (SELECT 1 FROM {quoted} LIMIT {_MOST_COUNTED})"  # noqa: S608
        counts[str(name)] = int(connection.execute(query).fetchone()[0])
    return counts
