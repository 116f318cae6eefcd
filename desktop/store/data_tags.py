"""Tags of people and tickets in `data.db`: a name once, and a number wherever it is used."""

import sqlite3
from collections.abc import Iterable, Sequence


def save_tags(
    connection: sqlite3.Connection, table: str, owner: Sequence[int], names: Iterable[str]
) -> None:
    """Insert the tags of one person or ticket; `owner` are the columns behind `tag_id`."""
    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        return
    connection.executemany(
        "INSERT OR IGNORE INTO tag (name) VALUES (?)", [(name,) for name in wanted]
    )
    places = ", ".join("?" for _ in owner)
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} SELECT id, {places} FROM tag WHERE name = ?",  # noqa: S608
        [(*owner, name) for name in wanted],
    )
