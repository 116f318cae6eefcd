"""Sums that may be added yet: sent, not seen there, and not known to be over.

An event that counts is in the ledger; one that is here is not in the ledger, and is not sent again
before somebody has read what became of it. Where it is taken off again the ledger holds it until
that was seen. What was gone past before it was known to be over is watched: it may still land.
"""

import sqlite3
from dataclasses import dataclass, replace

import msgspec

from desktop.model.json_value import Json
from desktop.model.plan import FieldChange, PlanRow
from desktop.store.database import Database
from desktop.store.hand import Hand
from desktop.store.plan_row import encode

_CHANGES = tuple[FieldChange, ...]
_EVENTS = tuple[str, ...]
_ONE = "WHERE goal = ? AND source = ? AND run = ? AND job = ?"


@dataclass(frozen=True)
class SumDoubt:
    """One record's: `changes` are the sums as they were sent, `events` what they stand for.

    `job` is the service's, empty where it did not answer; `at` when it was given up (Unix
    seconds). `takes_back`: the events are taken off the number. `asked`: somebody has looked, and
    goes on from what stands there.
    """

    source: str
    target: str
    run: int
    job: str
    at: float
    changes: tuple[FieldChange, ...]
    events: tuple[str, ...]
    takes_back: bool
    asked: bool = False


class SumDoubts:
    """The table of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_goal(self, goal: str) -> dict[str, SumDoubt]:
        """All of a goal's, by source record: there are as many as a service has left open."""
        return self._database.read(
            lambda c: {
                row["source"]: replace(_doubt_of(row), asked=bool(row["asked"]))
                for row in c.execute("SELECT * FROM sum_in_doubt WHERE goal = ?", (goal,))
            }
        )

    def overtaken(self, goal: str) -> tuple[SumDoubt, ...]:
        """Those of a goal that were gone past and may still land."""
        return self._database.read(
            lambda c: tuple(
                _doubt_of(row)
                for row in c.execute("SELECT * FROM sum_overtaken WHERE goal = ?", (goal,))
            )
        )

    def count(self, goal: str, doubt: SumDoubt, target: str, now: float) -> None:
        """It was seen there: its events count, or those that were taken off do not any more."""
        events = [(goal, event) for event in doubt.events]
        run, places = doubt.run, [(goal, target, change.field) for change in doubt.changes]
        values = [encode(change.new) for change in doubt.changes]

        def act(connection: sqlite3.Connection) -> None:
            if doubt.takes_back:
                connection.executemany("DELETE FROM ledger WHERE goal = ? AND event = ?", events)
            else:
                connection.executemany(
                    "INSERT OR IGNORE INTO ledger (goal, event, run) VALUES (?, ?, ?)",
                    [(*event, run) for event in events],
                )
            connection.executemany(
                "DELETE FROM accepted WHERE goal = ? AND target = ? AND field = ?", places
            )
            connection.executemany(
                "INSERT OR REPLACE INTO synced (goal, target, field, value, run, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(*at, value, run, now) for at, value in zip(places, values, strict=True)],
            )
            for table in ("sum_in_doubt", "sum_overtaken"):
                connection.execute(f"DELETE FROM {table} {_ONE}", _key(goal, doubt))  # noqa: S608

        self._database.write(act)

    def drop(self, goal: str, source: str) -> None:
        """It was not done and will not be: its events are as if never sent."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM sum_in_doubt WHERE goal = ? AND source = ?", (goal, source)
            )
        )

    def overtake(self, goal: str, source: str) -> None:
        """It was not done so far, and is gone past; it is watched."""
        self._database.write(lambda c: overtake(c, goal, source))

    def forget(self, goal: str, watched: SumDoubt) -> None:
        """It is over, and nothing of it is left to be put right."""
        self._database.write(
            lambda c: c.execute(f"DELETE FROM sum_overtaken {_ONE}", _key(goal, watched))  # noqa: S608
        )

    def confirmed(self, goal: str, target: str) -> dict[str, Json]:
        """What a goal wrote last into a target's fields, and was told or has seen."""

        def look(connection: sqlite3.Connection) -> dict[str, Json]:
            found: dict[str, Json] = {}
            # What was only accepted is newer: being seen takes it out of there.
            for table in ("synced", "accepted"):
                sql = f"SELECT field, value FROM {table} WHERE goal = ? AND target = ?"  # noqa: S608
                for row in connection.execute(sql, (goal, target)):
                    found[row["field"]] = msgspec.json.decode(row["value"])
            return found

        return self._database.read(look)

    def ask(self, goal: str, source: str) -> None:
        """Somebody wants it added to what stands there, where reading does not tell."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE sum_in_doubt SET asked = 1 WHERE goal = ? AND source = ?", (goal, source)
            )
        )


def doubt(connection: sqlite3.Connection, hand: Hand, row: PlanRow, job: str, at: float) -> None:
    """What a row adds, or takes off again, may have been done, or may be yet."""
    summed = tuple(change for change in row.sent if change.field in hand.sums)
    if not (row.events and summed):
        return
    # The same row sent before, without an answer.
    overtake(connection, hand.goal, row.source_id)
    connection.execute(
        "INSERT INTO sum_in_doubt"
        " (goal, source, target, run, job, at, changes, events, takes_back)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            hand.goal,
            row.source_id,
            row.target_id,
            int(hand.run),
            job,
            at,
            encode(summed),
            encode(row.events),
            int(hand.takes_back),
        ),
    )


def overtake(connection: sqlite3.Connection, goal: str, source: str) -> None:
    """Something newer stands there: a record's doubt, if there is one, is watched from now on."""
    connection.execute(
        "INSERT OR REPLACE INTO sum_overtaken"
        " SELECT goal, source, target, run, job, at, changes, events, takes_back"
        " FROM sum_in_doubt WHERE goal = ? AND source = ?",
        (goal, source),
    )
    connection.execute("DELETE FROM sum_in_doubt WHERE goal = ? AND source = ?", (goal, source))


def _doubt_of(row: sqlite3.Row) -> SumDoubt:
    return SumDoubt(
        row["source"],
        row["target"],
        row["run"],
        row["job"],
        row["at"],
        msgspec.json.decode(row["changes"], type=_CHANGES),
        msgspec.json.decode(row["events"], type=_EVENTS),
        bool(row["takes_back"]),
    )


def _key(goal: str, doubt: SumDoubt) -> tuple[str, str, int, str]:
    return goal, doubt.source, doubt.run, doubt.job
