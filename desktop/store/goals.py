"""The goals of a workspace, in the order in which people keep them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from desktop.kit.errors import Conflict, NotFound
from desktop.model.goal import Goal
from desktop.store.database import Database
from desktop.store.trouble import Damage


class Goals:
    """The table of goals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Goal, ...]:
        """Every goal, favourites first."""

        def look(connection: sqlite3.Connection) -> tuple[Goal, ...]:
            rows = connection.execute("SELECT * FROM goal ORDER BY position, name")
            found = [_goal(row) for row in rows]
            return tuple(sorted(found, key=lambda goal: not goal.favourite))

        return self._database.read(look)

    def get(self, name: str) -> Goal:
        """One goal by name. Raises NotFound."""

        def look(connection: sqlite3.Connection) -> Goal:
            row = connection.execute("SELECT * FROM goal WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise _unknown(connection, name)
            return _goal(row)

        return self._database.read(look)

    def save(self, goal: Goal, now: float) -> Goal:
        """Store a new goal or another version; returns it as stored.

        Raises Conflict when it was saved elsewhere since `goal` was read.
        """

        def act(connection: sqlite3.Connection) -> Goal:
            row = connection.execute(
                "SELECT version FROM goal WHERE name = ?", (goal.name,)
            ).fetchone()
            if (row["version"] if row else 0) != goal.version:
                raise Conflict(
                    f"“{goal.title}” was changed elsewhere meanwhile."
                    if row
                    else f"“{goal.title}” was removed elsewhere meanwhile.",
                    "Nothing was saved.",
                    "Look at it again, then make your change once more.",
                )
            return _put(connection, goal, goal.version, now)

        return self._database.write(act)

    def take_in(self, goals: Sequence[Goal], now: float) -> tuple[Goal, ...]:
        """Store goals from elsewhere, all or none, in the place of those of their names.

        Their sources are read from the beginning.
        """

        def act(connection: sqlite3.Connection) -> tuple[Goal, ...]:
            taken = []
            for goal in goals:
                row = connection.execute(
                    "SELECT version FROM goal WHERE name = ?", (goal.name,)
                ).fetchone()
                taken.append(_put(connection, goal, row["version"] if row else 0, now))
                connection.execute("UPDATE goal SET mark = '' WHERE name = ?", (goal.name,))
            return tuple(taken)

        return self._database.write(act)

    def remove(self, name: str) -> None:
        """Take a goal away; its history stays. Raises NotFound."""

        def act(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM goal WHERE name = ?", (name,)).rowcount:
                raise _unknown(connection, name)

        self._database.write(act)

    def mark(self, name: str) -> str:
        """Up to where the source's feed was taken in, empty before the first run."""

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT mark FROM goal WHERE name = ?", (name,)).fetchone()
            return str(row["mark"]) if row else ""

        return self._database.read(look)

    def set_mark(self, name: str, mark: str) -> None:
        """Begin the next plan there; empty: read everything again."""
        self._database.write(
            lambda c: c.execute("UPDATE goal SET mark = ? WHERE name = ?", (mark, name))
        )

    def last_due(self, name: str) -> float | None:
        """The planned time the schedule started this goal for last (Unix seconds)."""

        def look(connection: sqlite3.Connection) -> float | None:
            row = connection.execute("SELECT last_due FROM goal WHERE name = ?", (name,)).fetchone()
            return None if row is None else row["last_due"]

        return self._database.read(look)

    def count_from(self, name: str, at: float | None) -> None:
        """The schedule counts from there: what was planned before is not caught up."""
        self._database.write(
            lambda c: c.execute("UPDATE goal SET last_due = ? WHERE name = ?", (at, name))
        )

    def take_due(self, name: str, due: float) -> bool:
        """Claim a planned time for this process; False when another one has it already."""

        def act(connection: sqlite3.Connection) -> bool:
            return (
                connection.execute(
                    "UPDATE goal SET last_due = ?1"
                    " WHERE name = ?2 AND (last_due IS NULL OR last_due < ?1)",
                    (due, name),
                ).rowcount
                == 1
            )

        return self._database.write(act)


def _put(connection: sqlite3.Connection, goal: Goal, version: int, now: float) -> Goal:
    saved = replace(goal, version=version + 1)
    last = connection.execute("SELECT max(position) FROM goal").fetchone()[0]
    connection.execute(
        "INSERT INTO goal (name, position, body, version, updated_at)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET body = excluded.body, version = excluded.version,"
        " updated_at = excluded.updated_at",
        (saved.name, (last or 0) + 1, _encode(saved), saved.version, now),
    )
    return saved


def _unknown(connection: sqlite3.Connection, name: str) -> NotFound:
    names = [row["name"] for row in connection.execute("SELECT name FROM goal ORDER BY name")]
    return NotFound(
        f"There is no sync “{name[:80]}”.",
        f"There are: {', '.join(names)}." if names else "There is none yet.",
        "`fairlead sync add --preset NAME` makes one.",
    )


def _encode(goal: Goal) -> str:
    return msgspec.json.encode(goal).decode()


def _goal(row: sqlite3.Row) -> Goal:
    try:
        goal = msgspec.json.decode(row["body"], type=Goal)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Damage(f"the sync {row['name']} makes no sense") from error
    return replace(goal, version=row["version"])
