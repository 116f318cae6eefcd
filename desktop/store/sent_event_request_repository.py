"""The table of requests of events, with what they changed; and which stored events are chosen."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from desktop.model.event_delivery import StoredEvent
from desktop.model.json_value import canonical_json
from desktop.model.sent_event_request import SentEventRequest, WrittenField
from desktop.store.database_call import database_call
from desktop.store.event_rows import decode_event
from desktop.store.repository import Repository

_CONTENT = "'event write', w.event, w.action, w.effect, w.record, w.record_id, w.user_id, w.changes"
_PROVE_SQL = f"UPDATE event_write AS w SET proof = row_proof({_CONTENT})"  # noqa: S608 - our own words
_SELECT_SQL = (
    f"SELECT w.*, row_proof_says(w.proof, {_CONTENT}) <> 'proven' AS is_edited, e.line,"  # noqa: S608
    " s.name AS source_name FROM event_write w JOIN event e ON e.id = w.event"
    " JOIN event_source s ON s.id = e.source WHERE e.account = (SELECT id FROM current_account)"
)
# With the record that Zendesk made. What was changed outside Fairlead is not proven by that.
_NEW_RECORD = "coalesce(?2, w.record_id)"
_SETTLE_SQL = (
    f"UPDATE event_write AS w SET state = 'applied', record_id = {_NEW_RECORD}, proof = CASE"  # noqa: S608
    f" WHEN row_proof_says(w.proof, {_CONTENT}) = 'proven'"
    f" THEN row_proof({_CONTENT.replace('w.record_id', _NEW_RECORD)}) ELSE '' END"
)

# The newest are enough: whoever has more later events was told each field by one of them.
_NEWER_SQL = """
SELECT e.*, s.name AS source_name, s.named FROM event mine
JOIN event e INDEXED BY event_user
  ON e.account = mine.account AND e.user_key = mine.user_key AND e.id > mine.id
JOIN event_source s ON s.id = e.source
WHERE mine.id = ? AND e.text <> '' AND EXISTS (SELECT 1 FROM event_delivery d
  WHERE d.event = e.id AND (d.state IN ('done', 'unchanged') OR d.is_maybe_sent))
  AND NOT EXISTS (SELECT 1 FROM event_write w WHERE w.event = e.id AND w.state = 'undone')
ORDER BY e.id DESC LIMIT 100
"""
_WRITE_SQL = """
SELECT w.*, e.line, '' AS source_name FROM event_write w JOIN event e ON e.id = w.event
WHERE w.event > ?1 AND w.state = 'applied'
AND e.account = (SELECT account FROM event WHERE id = ?1)
"""
_NEWER_OF_USER_SQL = f"""
{_WRITE_SQL} AND w.user_id = ?2 AND w.event IN
  (SELECT event FROM event_delivery WHERE user_id = ?2 AND event > ?1)
"""  # noqa: S608 - our own words
_NEWER_OF_ORGANIZATION_SQL = f"""
{_WRITE_SQL} AND w.action = 'upsert_org' AND w.record = 'organization' AND w.record_id = ?2
"""


@dataclass(frozen=True)
class EventSelection:
    """Which stored events somebody means: by number, source, or when they came in (Unix seconds).

    `source` is a named source, or the name of an intake; what is left empty does not narrow.
    """

    event_ids: tuple[int, ...] = ()
    source: str = ""
    since: float | None = None
    until: float | None = None

    @property
    def is_everything(self) -> bool:
        """Whether the selection takes every stored event."""
        return self == EventSelection()


class SentEventRequestRepository(Repository):
    """The table `event_write`: each request of an event as sent, with old and new fields."""

    @database_call
    def select_events(self, chosen: EventSelection, states: Iterable[str]) -> tuple[int, ...]:
        """Select events with a delivery in one of these states, in their order; erased ones not."""

        def look(connection: sqlite3.Connection) -> tuple[int, ...]:
            rows = connection.execute(
                "SELECT e.id FROM event e JOIN event_source s ON s.id = e.source"
                " LEFT JOIN named_event_source n ON n.id = s.named"
                " WHERE e.account = (SELECT id FROM current_account) AND e.text <> ''"
                " AND (?1 = '[]' OR e.id IN (SELECT value FROM json_each(?1)))"
                " AND (?2 = '' OR s.name = ?2 OR n.name = ?2)"
                " AND (?3 IS NULL OR e.received_at >= ?3) AND (?4 IS NULL OR e.received_at <= ?4)"
                " AND EXISTS (SELECT 1 FROM event_delivery d WHERE d.event = e.id"
                "  AND d.state IN (SELECT value FROM json_each(?5))) ORDER BY e.id",
                (
                    canonical_json(list(chosen.event_ids)),
                    *(chosen.source, chosen.since, chosen.until, canonical_json(list(states))),
                ),
            )
            return tuple(int(row["id"]) for row in rows.fetchall())

        return self._database.read(look)

    @database_call
    def list_of(self, event_id: int, action: str) -> tuple[SentEventRequest, ...]:
        """Select the requests of one action of an event, in the order in which they were sent."""
        return self._database.read(
            lambda c: tuple(
                map(
                    _decode,
                    c.execute(
                        f"{_SELECT_SQL} AND w.event = ? AND w.action = ? ORDER BY w.id",
                        (event_id, action),
                    ).fetchall(),
                )
            )
        )

    @database_call
    def list_newest_first(self, event_ids: Sequence[int]) -> tuple[SentEventRequest, ...]:
        """Select the requests of events that were not undone, the last one first."""
        wanted = canonical_json(list(event_ids))
        return self._database.read(
            lambda c: tuple(
                map(
                    _decode,
                    c.execute(
                        f"{_SELECT_SQL} AND w.state <> 'undone'"  # noqa: S608 - our own words
                        " AND w.event IN (SELECT value FROM json_each(?)) ORDER BY w.id DESC",
                        (wanted,),
                    ).fetchall(),
                )
            )
        )

    @database_call
    def list_newer(
        self, event_id: int, user_id: int | None, organization_id: int | None
    ) -> tuple[tuple[StoredEvent, ...], tuple[SentEventRequest, ...]]:
        """Select what was delivered of later events: those of the same key, and their requests.

        The requests are those about one Zendesk user or organisation, of whatever key. What was
        rolled back since counts no more.
        """

        def look(
            connection: sqlite3.Connection,
        ) -> tuple[tuple[StoredEvent, ...], tuple[SentEventRequest, ...]]:
            events = connection.execute(_NEWER_SQL, (event_id,)).fetchall()
            asked = (event_id, user_id, organization_id)
            writes: list[sqlite3.Row] = []
            if user_id is not None:
                writes += connection.execute(_NEWER_OF_USER_SQL, asked[:2])
            if organization_id is not None:
                writes += connection.execute(_NEWER_OF_ORGANIZATION_SQL, asked[::2])
            return (
                tuple(decode_event(connection, row) for row in events),
                tuple(map(_decode, writes)),
            )

        return self._database.read(look)

    @database_call
    def settle(self, write_ids: Sequence[int], *, is_applied: bool, record_id: int | None) -> None:
        """Update requests as answered, or delete those that were surely not applied."""
        wanted = canonical_json(list(write_ids))
        query = _SETTLE_SQL if is_applied else "DELETE FROM event_write AS w"

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(
                f"{query} WHERE w.id IN (SELECT value FROM json_each(?1))",  # noqa: S608 - our own words
                (wanted, record_id) if is_applied else (wanted,),
            )

        self._database.write(act)

    @database_call
    def mark_undone(self, write_id: int) -> None:
        """Update a sent request of an event as rolled back."""
        self._database.write(
            lambda c: c.execute("UPDATE event_write SET state = 'undone' WHERE id = ?", (write_id,))
        )


def insert_writes(
    connection: sqlite3.Connection, writes: Sequence[SentEventRequest], now: float
) -> list[int]:
    """Insert requests that are about to be sent, inside the transaction that says so."""
    ids = [
        int(
            connection.execute(
                "INSERT INTO event_write (event, action, effect, record, record_id, user_id, who,"
                " changes, sent_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent')",
                (
                    *(one.event_id, one.action, one.effect, one.record, one.record_id),
                    *(one.user_id, one.who, msgspec.json.encode(one.changes).decode(), now),
                ),
            ).lastrowid
            or 0
        )
        for one in writes
    ]
    connection.execute(
        f"{_PROVE_SQL} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - ours
        (canonical_json(ids),),
    )
    return ids


def _decode(row: sqlite3.Row) -> SentEventRequest:
    changes = msgspec.json.decode(row["changes"])
    return SentEventRequest(
        event_id=row["event"],
        action=row["action"],
        effect=row["effect"],
        record=row["record"],
        record_id=row["record_id"],
        user_id=row["user_id"],
        who=row["who"],
        changes=tuple(WrittenField(*one) for one in changes),
        id=row["id"],
        is_applied=row["state"] == "applied",
        is_undone=row["state"] == "undone",
        line=row["line"],
        source_name=row["source_name"],
        is_edited="is_edited" in row.keys() and bool(row["is_edited"]),  # noqa: SIM118 - a Row
    )
