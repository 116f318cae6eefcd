"""A remembered count is of the file as it stands, through whichever connection it is asked."""

import sqlite3
from pathlib import Path

from desktop.store.count_cache import CountCache


def test_a_count_is_never_one_of_another_connection(tmp_path: Path) -> None:
    path = tmp_path / "counted.db"
    writer, one, other = (sqlite3.connect(path, isolation_level=None) for _ in range(3))
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE person (id INTEGER PRIMARY KEY)")
    cache, asked = CountCache(), list[sqlite3.Connection]()

    def count(connection: sqlite3.Connection) -> int:
        def ask() -> int:
            asked.append(connection)
            return int(connection.execute("SELECT count(*) FROM person").fetchone()[0])

        return cache.get(connection, ("everybody",), ask)

    assert [count(one), count(one)] == [0, 0]
    writer.execute("INSERT INTO person VALUES (1)")
    # Asked of it for the first time, and its data_version is that of the other one before.
    assert count(other) == 1
    assert [count(one), count(other), count(one)] == [1, 1, 1]
    assert asked == [one, other, one]
    # Of one that is closed nothing is taken over by its successor.
    for people in range(2, 6):
        other.close()
        other = sqlite3.connect(path, isolation_level=None)
        writer.execute("INSERT INTO person VALUES (NULL)")
        assert (count(other), count(one)) == (people, people)
    for connection in (writer, one, other):
        connection.close()
