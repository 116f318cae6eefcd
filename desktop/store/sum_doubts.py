"""Sums that may be added yet: sent, not seen there, and not known to be over.

An event that counts is in the ledger; one that is here is not in the ledger, and is not sent again
before somebody has read what became of it.
"""

import sqlite3
from dataclasses import dataclass

import msgspec

from desktop.model.plan import FieldChange, PlanRow
from desktop.store.database import Database
from desktop.store.hand import Hand
from desktop.store.plan_row import encode

_CHANGES = tuple[FieldChange, ...]
_EVENTS = tuple[str, ...]


@dataclass(frozen=True)
class SumDoubt:
    """One record's: `changes` are the sums as they were sent, `events` what they stand for.

    `job` is the service's, empty where it did not answer; `at` when it was given up (Unix
    seconds). `asked`: somebody has looked, and has it added once more.
    """

    source: str
    job: str
    at: float
    changes: tuple[FieldChange, ...]
    events: tuple[str, ...]
    asked: bool


class SumDoubts:
    """The table of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_goal(self, goal: str) -> dict[str, SumDoubt]:
        """All of a goal's, by source record: there are as many as a service has left open."""
        return self._database.read(
            lambda c: {
                row["source"]: SumDoubt(
                    row["source"],
                    row["job"],
                    row["at"],
                    msgspec.json.decode(row["changes"], type=_CHANGES),
                    msgspec.json.decode(row["events"], type=_EVENTS),
                    bool(row["asked"]),
                )
                for row in c.execute("SELECT * FROM sum_in_doubt WHERE goal = ?", (goal,))
            }
        )

    def count(self, goal: str, source: str) -> None:
        """It was added: its events count."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR IGNORE INTO ledger (goal, event, run)"
                " SELECT d.goal, e.value, d.run FROM sum_in_doubt d, json_each(d.events) e"
                " WHERE d.goal = ? AND d.source = ?",
                (goal, source),
            )
            no_doubt(connection, goal, source)

        self._database.write(act)

    def drop(self, goal: str, source: str) -> None:
        """It was not added and will not be: its events are as if never sent."""
        self._database.write(lambda c: no_doubt(c, goal, source))

    def ask(self, goal: str, source: str) -> None:
        """Somebody wants it added to what stands there, where reading does not tell."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE sum_in_doubt SET asked = 1 WHERE goal = ? AND source = ?", (goal, source)
            )
        )


def doubt(connection: sqlite3.Connection, hand: Hand, row: PlanRow, job: str, at: float) -> None:
    """What a row adds may have been added, or may be yet."""
    summed = tuple(change for change in row.sent if change.field in hand.sums)
    if not (row.events and summed) or hand.takes_back:
        return
    connection.execute(
        "INSERT OR REPLACE INTO sum_in_doubt (goal, source, target, run, job, at, changes, events)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            hand.goal,
            row.source_id,
            row.target_id,
            int(hand.run),
            job,
            at,
            encode(summed),
            encode(row.events),
        ),
    )


def no_doubt(connection: sqlite3.Connection, goal: str, source: str) -> None:
    """It is known what became of it."""
    connection.execute("DELETE FROM sum_in_doubt WHERE goal = ? AND source = ?", (goal, source))
