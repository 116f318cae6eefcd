"""What is kept for how long: confirmations in `history.db`, and the purge of rows in `data.db`.

The time before which a purge deletes is stored before its first row goes: killed anywhere, the
numbers of those days count as frozen, and the next purge deletes the rest. A piece deletes rows and
corrects the columns of their people in one transaction.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from desktop.model.retention import (
    ActivityType,
    RetentionCutoffs,
    RetentionDays,
    RetentionMark,
    SegmentImpact,
)
from desktop.store.audience_query import AudienceSql
from desktop.store.database_call import database_call
from desktop.store.kept_person_repository import refresh_ticket_columns
from desktop.store.kept_ticket_repository import delete_ticket_text
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

# Ids and requesters of what has not changed since a time; ?1 is the time, ?2 how many at most.
_EXPIRED: Mapping[ActivityType, str] = {
    ActivityType.TICKETS: "SELECT id, requester FROM ticket"
    " WHERE status IN ('solved', 'closed', 'deleted') AND updated_at < ?1",
    ActivityType.TEXTS: "SELECT t.id, t.requester FROM ticket t JOIN ticket_text x ON x.id = t.id"
    " WHERE t.status IN ('solved', 'closed', 'deleted') AND t.updated_at < ?1",
    ActivityType.RATINGS: "SELECT r.id, r.requester FROM rating r WHERE r.updated_at < ?1",
}
_KEPT: Mapping[ActivityType, str] = {
    ActivityType.TICKETS: "SELECT count(*), min(updated_at) FROM ticket",
    ActivityType.TEXTS: "SELECT count(*), min(t.updated_at) FROM ticket_text x"
    " JOIN ticket t ON t.id = x.id",
    ActivityType.RATINGS: "SELECT count(*), min(updated_at) FROM rating",
}


@dataclass(frozen=True)
class KeptActivity:
    """How many rows of one type of activity are kept, and how old the oldest is (Unix seconds)."""

    rows: int
    oldest_at: float | None


class _TriedOut(Exception):
    """Ends the transaction in which a purge was tried out."""


class RetentionRepository(Repository):
    """Counts and deletes what is older than it is kept, and stores what was confirmed."""

    def __init__(self, data: Database, history: Database) -> None:
        super().__init__(data)
        self._history = history

    @database_call
    def list_marks(self) -> Mapping[ActivityType, RetentionMark]:
        """Select the confirmed retention times; an activity type never confirmed has no mark."""
        rows = self._history.read(lambda c: c.execute("SELECT * FROM retention").fetchall())
        marks = [
            RetentionMark(
                ActivityType(row["type"]),
                row["days"],
                row["confirmed_at"],
                row["confirmed_by"],
                row["read_from"],
                row["purged_before"],
            )
            for row in rows
        ]
        return {mark.type: mark for mark in marks}

    @database_call
    def confirm(self, days: RetentionDays, by: str, now: float) -> None:
        """Store how long activity is kept from now on, by whose word."""
        is_read = self._is_anything_kept()

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO retention (type, days, confirmed_at, confirmed_by, read_from)"
                " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (type) DO UPDATE SET days = ?2,"
                " confirmed_at = ?3, confirmed_by = ?4",
                # What was read before anybody confirmed anything was read whole.
                [(one.value, n, now, by, 0.0 if is_read else None) for one, n in days.items()],
            )

        self._history.write(act)

    @database_call
    def is_anything_kept(self) -> bool:
        """Whether any activity that retention may drop was ever read here."""
        return self._is_anything_kept()

    def _is_anything_kept(self) -> bool:
        counted = self._history.read(
            lambda c: c.execute("SELECT EXISTS (SELECT 1 FROM counted_ticket)").fetchone()[0]
        )
        kept = self._database.read(
            lambda c: c.execute(
                "SELECT EXISTS (SELECT 1 FROM ticket) OR EXISTS (SELECT 1 FROM rating)"
            ).fetchone()[0]
        )
        return bool(counted or kept)

    @database_call
    def note_read_from(self, type: ActivityType, at: float) -> None:
        """Store that a reading from the beginning asks for what has changed since a time."""
        self._history.write(
            lambda c: c.execute(
                "UPDATE retention SET read_from = min(coalesce(read_from, ?2), ?2) WHERE type = ?1",
                (type.value, at),
            )
        )

    @database_call
    def count_kept(self) -> Mapping[ActivityType, KeptActivity]:
        """Count the rows kept of each type of activity, in `data.db` and `history.db`."""
        return self._database.read(
            lambda c: {one: KeptActivity(*c.execute(sql).fetchone()) for one, sql in _KEPT.items()}
        )

    @database_call
    def count_expired(self, before: RetentionCutoffs) -> Mapping[ActivityType, int]:
        """Count the rows of each type of activity that a purge would delete.

        A text that goes with its ticket is not counted beside it.
        """

        def look(connection: sqlite3.Connection) -> Mapping[ActivityType, int]:
            found = {one: _count(connection, sql, before[one]) for one, sql in _EXPIRED.items()}
            with_tickets = before[ActivityType.TICKETS]
            texts = _count(connection, _EXPIRED[ActivityType.TEXTS], with_tickets)
            return {**found, ActivityType.TEXTS: found[ActivityType.TEXTS] - texts}

        return self._database.read(look)

    @database_call
    def count_people(self, before: RetentionCutoffs) -> int:
        """Count the people whose activity a purge would delete, some of it or all."""
        return self._database.read(lambda c: len(_select_people(c, before)))

    @database_call
    def try_out(
        self, before: RetentionCutoffs, segments: Mapping[str, AudienceSql]
    ) -> tuple[SegmentImpact, ...]:
        """Purge in a transaction that is taken back; returns who leaves and enters each segment.

        `segments` are conditions over `person p` by name. Other processes wait meanwhile.
        """
        found: list[SegmentImpact] = []

        def act(connection: sqlite3.Connection) -> None:
            people = _select_people(connection, before)
            earlier = {
                name: _select_ids(connection, where, people) for name, where in segments.items()
            }
            for one in ActivityType:
                while _delete_piece(connection, one, before[one], 1_000):
                    pass
            for name, where in segments.items():
                now = _select_ids(connection, where, people)
                gone, come = len(earlier[name] - now), len(now - earlier[name])
                found.append(SegmentImpact(name, gone, come))
            raise _TriedOut

        with suppress(_TriedOut):
            self._database.write(act)
        return tuple(found)

    @database_call
    def begin_purge(self, before: RetentionCutoffs) -> None:
        """Store before which times a purge deletes, before it deletes anything."""
        self._history.write(
            lambda c: c.executemany(
                "UPDATE retention SET purged_before = max(coalesce(purged_before, 0), ?2)"
                " WHERE type = ?1 AND ?2 > 0",
                [(one.value, at) for one, at in before.items()],
            )
        )

    @database_call
    def purge_piece(self, type: ActivityType, before: float, limit: int) -> int:
        """Delete at most `limit` rows of a type that have not changed since `before`; how many."""
        return self._database.write(lambda c: _delete_piece(c, type, before, limit))


def _select_people(connection: sqlite3.Connection, before: RetentionCutoffs) -> set[int]:
    sql = " UNION ".join(
        f"SELECT requester FROM ({text.replace('?1', f'?{n}')})"  # noqa: S608 - texts of ours
        for n, text in enumerate(_EXPIRED.values(), start=1)
    )
    return {row[0] for row in connection.execute(sql, [before[one] for one in _EXPIRED])}


def _select_ids(connection: sqlite3.Connection, where: AudienceSql, people: set[int]) -> set[int]:
    """Select who of these people conditions pick: nobody else's activity is deleted."""
    rows = connection.execute(
        f"SELECT p.id FROM person p WHERE p.listed = 1 AND ({where.text})"  # noqa: S608
        " AND p.id IN (SELECT value FROM json_each(?))",
        (*where.values, msgspec.json.encode(sorted(people)).decode()),
    )
    return {row[0] for row in rows}


def _delete_piece(
    connection: sqlite3.Connection, type: ActivityType, before: float, limit: int
) -> int:
    rows = connection.execute(f"{_EXPIRED[type]} LIMIT ?2", (before, limit)).fetchall()
    ids = [(row[0],) for row in rows]
    if type is ActivityType.RATINGS:
        connection.executemany("DELETE FROM rating WHERE id = ?", ids)
    else:
        for (ticket_id,) in ids:
            delete_ticket_text(connection, ticket_id)
    if type is ActivityType.TICKETS:
        connection.executemany("DELETE FROM ticket_tag WHERE ticket_id = ?", ids)
        connection.executemany("DELETE FROM ticket WHERE id = ?", ids)
    if type is not ActivityType.TEXTS:
        refresh_ticket_columns(connection, {row[1] for row in rows})
    if rows and type is not ActivityType.RATINGS:
        # A deleted word stays in the index until its parts are merged (sqlite.org/fts5.html 6.8).
        connection.execute("INSERT INTO ticket_search (ticket_search, rank) VALUES ('merge', 200)")
    return len(rows)


def _count(connection: sqlite3.Connection, sql: str, before: float) -> int:
    counted = f"SELECT count(*) FROM ({sql})"  # noqa: S608 - a text of ours
    return int(connection.execute(counted, (before,)).fetchone()[0])
