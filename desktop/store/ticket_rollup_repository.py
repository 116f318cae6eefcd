"""What cannot be read again, in `history.db`: counts per quarter-hour, readings, archived people.

A count is corrected from what a ticket was counted as to what it is now, and both stand in one
file: a page that is stored twice, or read anew after `data.db` was lost, changes no count.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.health_value_move_table import (
    FIRST,
    STATE_READINGS,
    StateMove,
    add_moves,
    state_key,
)
from desktop.store.repository import Repository

QUARTER_S = 900
_MEASURES = ("created", "solved", "closed")


@dataclass(frozen=True)
class CountedTicket:
    """As what a ticket is counted; times are Unix seconds, None where it is not counted.

    `agent` is the Zendesk user id of the assignee, 0 for nobody.
    """

    id: int
    agent: int
    created_at: float | None
    solved_at: float | None
    closed_at: float | None

    @property
    def quarters(self) -> tuple[int | None, int | None, int | None]:
        """The quarters of an hour in UTC that the ticket is counted in, by measure."""
        times = (self.created_at, self.solved_at, self.closed_at)
        created, solved, closed = (None if at is None else quarter_of(at) for at in times)
        return created, solved, closed


@dataclass(frozen=True)
class CountedRating:
    """As what a satisfaction rating is counted: its score, its time, and the assignee (0: none)."""

    id: int
    agent: int
    at: float
    score: str


@dataclass(frozen=True)
class ArchivedPerson:
    """Who was deleted in Zendesk, as they were known here before; `at` is Unix seconds."""

    id: int
    at: float
    name: str
    email: str
    external_id: str
    ticket_count: int


@dataclass(frozen=True)
class ProfileReading:
    """A profile's health and customer value as they were read at a time (Unix seconds)."""

    sid: str
    at: float
    health: str | None
    segment: int | None
    amount: float | None


def quarter_of(at: float) -> int:
    """Return the quarter of an hour in UTC of a Unix time, counted since 1970."""
    return int(at // QUARTER_S)


class TicketRollupRepository(Repository):
    """Corrects counts of tickets and ratings, and keeps readings and archived people."""

    @database_call
    def count_tickets(self, tickets: Iterable[CountedTicket]) -> None:
        """Correct the counts from what these tickets were counted as to what they are now."""

        def act(connection: sqlite3.Connection) -> None:
            changes: Counter[tuple[str, int, int]] = Counter()
            for ticket in tickets:
                kept = connection.execute(
                    "SELECT agent, created, solved, closed FROM counted_ticket WHERE id = ?",
                    (ticket.id,),
                ).fetchone()
                wanted = (ticket.agent, *ticket.quarters)
                if kept is not None and tuple(kept) == wanted:
                    continue
                if kept is not None:
                    _add(changes, kept[0], tuple(kept)[1:], -1)
                _add(changes, wanted[0], wanted[1:], 1)
                connection.execute(
                    "INSERT OR REPLACE INTO counted_ticket (id, agent, created, solved, closed)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (ticket.id, *wanted),
                )
            _apply(connection, "ticket_count", "measure", changes)

        self._database.write(act)

    @database_call
    def find_closed_times(self, ticket_ids: Sequence[int]) -> dict[int, float]:
        """Return when tickets were seen closed first (Unix seconds, to a quarter of an hour)."""

        def look(connection: sqlite3.Connection) -> dict[int, float]:
            found: dict[int, float] = {}
            for ticket_id in ticket_ids:
                row = connection.execute(
                    "SELECT closed FROM counted_ticket WHERE id = ? AND closed IS NOT NULL",
                    (ticket_id,),
                ).fetchone()
                if row is not None:
                    found[ticket_id] = float(row[0] * QUARTER_S)
            return found

        return self._database.read(look)

    @database_call
    def count_ratings(self, ratings: Iterable[CountedRating]) -> None:
        """Correct the counts from what these ratings were counted as to what they are now."""

        def act(connection: sqlite3.Connection) -> None:
            changes: Counter[tuple[str, int, int]] = Counter()
            for rating in ratings:
                kept = connection.execute(
                    "SELECT score, quarter, agent FROM counted_rating WHERE id = ?", (rating.id,)
                ).fetchone()
                wanted = (rating.score, quarter_of(rating.at), rating.agent)
                if kept is not None and tuple(kept) == wanted:
                    continue
                if kept is not None:
                    changes[(kept[0], kept[1], kept[2])] -= 1
                changes[wanted] += 1
                connection.execute(
                    "INSERT OR REPLACE INTO counted_rating (id, agent, quarter, score)"
                    " VALUES (?, ?, ?, ?)",
                    (rating.id, rating.agent, quarter_of(rating.at), rating.score),
                )
            _apply(connection, "rating_count", "score", changes)

        self._database.write(act)

    @database_call
    def note_readings(self, readings: Iterable[ProfileReading]) -> None:
        """Insert profiles' health and value where they differ from the reading before."""

        def act(connection: sqlite3.Connection) -> None:
            moves: Counter[StateMove] = Counter()
            for one in readings:
                _note(connection, moves, "health", ("health",), one, (one.health,))
                _note(
                    connection, moves, "value", ("segment", "amount"), one,
                    (one.segment, one.amount),
                )  # fmt: skip
            add_moves(connection, moves)

        self._database.write(act)

    @database_call
    def archive_people(self, people: Iterable[ArchivedPerson]) -> None:
        """Insert who was deleted in Zendesk; somebody who is archived already stays as they are."""
        rows = [
            (one.id, one.at, one.name, one.email, one.external_id, one.ticket_count)
            for one in people
        ]
        if rows:
            self._database.write(
                lambda c: c.executemany(
                    "INSERT OR IGNORE INTO archived_person"
                    " (id, at, name, email, external_id, ticket_count) VALUES (?, ?, ?, ?, ?, ?)",
                    rows,
                )
            )

    @database_call
    def erase_archived(self, ids: Sequence[int]) -> int:
        """Delete what is archived of people whom Zendesk deleted for good; returns how many."""
        if not ids:
            return 0
        return self._database.write(
            lambda c: (
                c.executemany(
                    "DELETE FROM archived_person WHERE id = ?", [(one,) for one in ids]
                ).rowcount
            )
        )


def _add(
    changes: Counter[tuple[str, int, int]],
    agent: int,
    quarters: tuple[int | None, ...],
    step: int,
) -> None:
    for measure, quarter in zip(_MEASURES, quarters, strict=True):
        if quarter is not None:
            changes[(measure, quarter, agent)] += step


def _apply(
    connection: sqlite3.Connection,
    table: str,
    name: str,
    changes: Counter[tuple[str, int, int]],
) -> None:
    rows = [(*key, step) for key, step in changes.items() if step]
    connection.executemany(
        f"INSERT INTO {table} ({name}, quarter, agent, count) VALUES (?, ?, ?, ?)"  # noqa: S608
        f" ON CONFLICT ({name}, quarter, agent) DO UPDATE SET count = count + excluded.count",
        rows,
    )
    connection.executemany(
        f"DELETE FROM {table} WHERE {name} = ? AND quarter = ? AND agent = ?"  # noqa: S608
        " AND count = 0",
        [row[:3] for row in rows if row[3] < 0],
    )


def _note(
    connection: sqlite3.Connection,
    moves: Counter[StateMove],
    what: str,
    columns: tuple[str, ...],
    reading: ProfileReading,
    values: tuple[str | float | None, ...],
) -> None:
    table, column = STATE_READINGS[what]
    names = ", ".join(columns)
    kept = connection.execute(
        f"SELECT {names} FROM {table} WHERE sid = ? ORDER BY at DESC LIMIT 1",  # noqa: S608
        (reading.sid,),
    ).fetchone()
    # Never set and not set now is nothing to tell.
    if (tuple(kept) if kept is not None else (None,) * len(columns)) == values:
        return
    was = FIRST if kept is None else state_key(kept[column])
    now = state_key(values[columns.index(column)])
    moves[what, quarter_of(reading.at), was, now] += 1
    connection.execute(
        f"INSERT OR REPLACE INTO {table} (sid, at, {names})"  # noqa: S608
        f" VALUES (?, ?, {', '.join('?' for _ in columns)})",
        (reading.sid, reading.at, *values),
    )
