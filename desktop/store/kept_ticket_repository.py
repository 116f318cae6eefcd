"""Tickets and satisfaction ratings of Zendesk in `data.db`, and their counts in `history.db`.

The counts are corrected first: a page that is cut short in between is read again, and is counted
as what it was counted already.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from desktop.model.cjk_bigrams import character_pairs
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople
from desktop.model.kept_ticket import KeptTicket, SatisfactionRating
from desktop.model.retention import (
    FINISHED_STATUSES,
    KEEP_ALL,
    ActivityType,
    RetentionCutoffs,
)
from desktop.store.data_source_repository import RATINGS_SOURCE, TICKETS_SOURCE, save_page
from desktop.store.data_tags import save_tags
from desktop.store.database_call import database_call
from desktop.store.kept_person_repository import refresh_ticket_columns
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import (
    CountedRating,
    CountedTicket,
    TicketRollupRepository,
)

_TICKET_COLUMNS = (
    "id", "requester", "assignee", "organization_id", "group_id", "status", "priority", "channel",
    "rating", "created_at", "updated_at", "changed_at", "solved_at", "closed_at",
)  # fmt: skip
_SAVE_TICKET = (
    f"INSERT OR REPLACE INTO ticket ({', '.join(_TICKET_COLUMNS)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' for _ in _TICKET_COLUMNS)})"
)


@dataclass(frozen=True)
class KeptWords:
    """What was written in a ticket: its first message, and the comments behind it."""

    subject: str
    first: str
    tags: str
    comments: str = ""


class KeptTicketRepository(Repository):
    """Saves pages of Zendesk's tickets and ratings, each with its cursor, in `data.db`."""

    def __init__(self, database: Database, history: TicketRollupRepository) -> None:
        super().__init__(database)
        self._history = history

    @database_call
    def save_tickets(
        self,
        tickets: Sequence[KeptTicket],
        cursor: str,
        now: float,
        erased: ErasedPeople = NOBODY_ERASED,
        before: RetentionCutoffs = KEEP_ALL,
    ) -> int:
        """Save a page of exported tickets and its cursor; returns how many records changed.

        A ticket deleted in Zendesk stays, is counted in no report, and belongs to nobody's numbers.
        Of an erased requester's ticket the bare row is kept, for the counts. What had not changed
        since the times of `before` is counted, and not kept.
        """
        asked = [ticket for ticket in tickets if ticket.requester_id is not None]
        known = self._database.read(lambda c: _select_known(c, [one.id for one in asked]))
        newer = [ticket for ticket in asked if not _is_older(ticket, known.get(ticket.id))]
        closed = self._history.find_closed_times.blocking([t.id for t in newer if t.is_closed])
        rows = [_settle_times(ticket, known.get(ticket.id), closed) for ticket in newer]
        self._history.count_tickets.blocking(
            CountedTicket(
                ticket.id,
                ticket.assignee_id or 0,
                None if ticket.is_deleted else ticket.created_at,
                None if ticket.is_deleted else ticket.solved_at,
                None if ticket.is_deleted else closed_at,
            )
            for ticket, closed_at in rows
        )

        def act(connection: sqlite3.Connection) -> int:
            people = set()
            since = _find_connection_time(connection)
            for ticket, closed_at in rows:
                kept = known.get(ticket.id)
                if _is_expired(ticket, before[ActivityType.TICKETS]) and kept is None:
                    continue
                comments = _save_ticket(connection, ticket, closed_at, is_new=kept is None)
                if not (ticket.is_deleted or erased.has_user(ticket.requester_id)):
                    has_text = not _is_expired(ticket, before[ActivityType.TEXTS])
                    _save_words(connection, ticket, comments, has_text=has_text)
                    if has_text and since is not None and (ticket.updated_at or 0.0) >= since:
                        connection.execute(
                            "INSERT OR REPLACE INTO comment_due (ticket_id, changed_at)"
                            " VALUES (?, ?)",
                            (ticket.id, ticket.updated_at),
                        )
                # A ticket can be given to another requester.
                people |= {ticket.requester_id or 0} | ({kept["requester"]} if kept else set())
            refresh_ticket_columns(connection, people)
            save_page(connection, TICKETS_SOURCE, cursor, len(tickets), now)
            return len(rows)

        return self._database.write(act)

    @database_call
    def save_ratings(
        self,
        ratings: Sequence[SatisfactionRating],
        cursor: str,
        now: float,
        erased: ErasedPeople = NOBODY_ERASED,
        before: RetentionCutoffs = KEEP_ALL,
    ) -> None:
        """Save a page of satisfaction ratings and its cursor; those not asked for are left out.

        Of an erased requester's rating no comment and no reason is kept; one given before the time
        of `before` is counted alone.
        """
        told = [rating for rating in ratings if rating.score]
        self._history.count_ratings.blocking(
            CountedRating(one.id, one.assignee_id or 0, one.updated_at, one.score) for one in told
        )

        def without_words(rating: SatisfactionRating) -> SatisfactionRating:
            is_erased = erased.has_user(rating.requester_id)
            return replace(rating, comment="", reason="") if is_erased else rating

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO rating (id, ticket_id, requester, assignee, score,"
                " comment, reason, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.id,
                        one.ticket_id,
                        one.requester_id,
                        one.assignee_id,
                        one.score,
                        one.comment,
                        one.reason,
                        one.created_at,
                        one.updated_at,
                    )
                    for one in map(without_words, told)
                    if one.updated_at >= before[ActivityType.RATINGS]
                ],
            )
            refresh_ticket_columns(connection, {one.requester_id for one in told})
            save_page(connection, RATINGS_SOURCE, cursor, len(ratings), now)

        self._database.write(act)


def delete_ticket_text(connection: sqlite3.Connection, ticket_id: int) -> None:
    """Delete the text of a ticket, also from the index that finds it; its comments with it."""
    connection.execute("DELETE FROM comment_due WHERE ticket_id = ?", (ticket_id,))
    kept = connection.execute(
        "SELECT subject, body, tags, pairs FROM ticket_text WHERE id = ?", (ticket_id,)
    ).fetchone()
    if kept is None:
        return
    # An index over another table is told what it held (sqlite.org/fts5.html, 4.4.3).
    connection.execute(
        "INSERT INTO ticket_search (ticket_search, rowid, subject, body, tags, pairs)"
        " VALUES ('delete', ?, ?, ?, ?, ?)",
        (ticket_id, *kept),
    )
    connection.execute("DELETE FROM ticket_text WHERE id = ?", (ticket_id,))


def _save_ticket(
    connection: sqlite3.Connection,
    ticket: KeptTicket,
    closed_at: float | None,
    *,
    is_new: bool,
) -> str:
    """Save a ticket's row; returns the comments that were kept of it."""
    comments = ""
    if not is_new:
        row = connection.execute(
            "SELECT comments FROM ticket_text WHERE id = ?", (ticket.id,)
        ).fetchone()
        comments = row[0] if row is not None else ""
        delete_ticket_text(connection, ticket.id)
        connection.execute("DELETE FROM ticket_tag WHERE ticket_id = ?", (ticket.id,))
    values = (
        ticket.id, ticket.requester_id, ticket.assignee_id, ticket.organization_id,
        ticket.group_id, ticket.status, ticket.priority or "", ticket.channel, ticket.rating,
        ticket.created_at or 0.0, ticket.updated_at or 0.0, ticket.changed_at, ticket.solved_at,
        closed_at,
    )  # fmt: skip
    connection.execute(_SAVE_TICKET, values)
    return comments


def _find_connection_time(connection: sqlite3.Connection) -> float | None:
    """Select when the first reading of tickets began (Unix seconds); None: none did."""
    row = connection.execute(
        "SELECT coalesce(first_from, begun_at) FROM data_source WHERE name = ?", (TICKETS_SOURCE,)
    ).fetchone()
    return None if row is None else row[0]


def _save_words(
    connection: sqlite3.Connection, ticket: KeptTicket, comments: str, *, has_text: bool
) -> None:
    """Insert a ticket's tags, and its text where that is kept so long."""
    save_tags(connection, "ticket_tag", (ticket.requester_id or 0, ticket.id), ticket.tags)
    if has_text:
        tags = " ".join(ticket.tags)
        words = KeptWords(ticket.subject, ticket.description, tags, comments)
        insert_ticket_text(connection, ticket.id, words)


def insert_ticket_text(connection: sqlite3.Connection, ticket_id: int, words: KeptWords) -> None:
    """Insert the text of a ticket, which has none, and have it found."""
    body = words.first + words.comments
    pairs = character_pairs(f"{words.subject} {body}")
    written = (ticket_id, words.subject, body, words.tags, pairs)
    connection.execute(
        "INSERT INTO ticket_text (id, subject, body, tags, pairs, comments)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (*written, words.comments),
    )
    connection.execute(
        "INSERT INTO ticket_search (rowid, subject, body, tags, pairs) VALUES (?, ?, ?, ?, ?)",
        written,
    )


def _is_expired(ticket: KeptTicket, before: float) -> bool:
    """Whether nobody works on a ticket any more, and nothing has changed since `before`."""
    return ticket.status in FINISHED_STATUSES and (ticket.updated_at or 0.0) < before


def _settle_times(
    ticket: KeptTicket, kept: sqlite3.Row | None, closed_before: dict[int, float]
) -> tuple[KeptTicket, float | None]:
    """Return a ticket with the time it was solved, and the time it was closed.

    Without a metric set it was solved when it was first seen solved. Zendesk tells no time of
    closing: it is the last change at which it was first seen closed.
    """
    solved_at = ticket.solved_at
    if ticket.is_solved and solved_at is None:
        solved_at = (kept["solved_at"] if kept else None) or ticket.updated_at
    closed_at = None
    if ticket.status == "closed":
        kept_at = kept["closed_at"] if kept else None
        closed_at = kept_at or closed_before.get(ticket.id) or ticket.updated_at
    return replace(ticket, solved_at=solved_at if ticket.is_solved else None), closed_at


def _select_known(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, sqlite3.Row]:
    rows = connection.execute(
        "SELECT * FROM ticket WHERE id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(ids).decode(),),
    )
    return {row["id"]: row for row in rows}


def _is_older(ticket: KeptTicket, kept: sqlite3.Row | None) -> bool:
    """Whether a ticket's row is newer than what a page tells, by the time of every change."""
    if kept is None or kept["changed_at"] is None or ticket.changed_at is None:
        return False
    return bool(ticket.changed_at < kept["changed_at"])
