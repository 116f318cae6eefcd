"""Rows of stored events and their deliveries, decoded and stored."""

import sqlite3
from collections.abc import Iterable

from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent
from desktop.store import audit_row
from desktop.store.event_proof import CLOSED, has_ended_sql, kept_proof_sql

# Closes an event of which nothing is sent any more.
CLOSE_SQL = (
    f"UPDATE event SET owner = '', state = 'closed', proof = {kept_proof_sql(CLOSED)}"  # noqa: S608
    " WHERE id = ? AND state <> 'closed' AND NOT is_held AND NOT EXISTS"
    " (SELECT 1 FROM event_delivery WHERE event = event.id"
    "  AND state IN ('queued', 'sending', 'unknown'))"
)


def close_event(connection: sqlite3.Connection, event_id: int, at: float) -> None:
    """Close an event of which nothing is sent any more, and tell the audit what was sent of it."""
    if connection.execute(CLOSE_SQL, (event_id,)).rowcount:
        tell_end(connection, event_id, at)


def tell_end(connection: sqlite3.Connection, event_id: int, at: float) -> None:
    """Append to the audit what was sent of an event that has just ended, if anything was."""
    sent = connection.execute(
        "SELECT * FROM event_delivery WHERE event = ? AND (state = 'done' OR is_maybe_sent)"
        " ORDER BY position",
        (event_id,),
    ).fetchall()
    if sent:
        audit_row.append_event_end(
            connection,
            event_id,
            {row["action"]: row["state"] for row in sent},
            user_id=next((row["user_id"] for row in sent if row["user_id"] is not None), None),
            actor=sent[-1]["actor"],
            at=at,
        )


def tell_again(
    connection: sqlite3.Connection, event_ids: Iterable[int], actor: str, at: float
) -> None:
    """Append to the audit that somebody opens events again, of those that it says have ended."""
    for event_id in event_ids:
        ended = connection.execute(
            f"SELECT {has_ended_sql()} FROM event WHERE id = ?",  # noqa: S608 - our own words
            (event_id,),
        ).fetchone()
        if ended is not None and ended[0]:
            audit_row.append_event_again(connection, event_id, actor, at)


def decode_event(connection: sqlite3.Connection, row: sqlite3.Row) -> StoredEvent:
    """Decode a row of `event` with its deliveries."""
    deliveries = connection.execute(
        "SELECT * FROM event_delivery WHERE event = ? ORDER BY position", (row["id"],)
    )
    return StoredEvent(
        id=row["id"],
        source_id=row["source"],
        source_name=row["source_name"],
        line=row["line"],
        message_id=row["message_id"],
        text=row["text"],
        reason=row["reason"],
        is_opened=row["state"] != "waiting",
        received_at=row["received_at"],
        deliveries=tuple(map(_decode_delivery, deliveries)),
        failures=row["failures"],
        not_before=row["not_before"],
        is_held=bool(row["is_held"]),
        waits_for=(row["waits_for"] or 0) if "waits_for" in row.keys() else 0,  # noqa: SIM118 - a Row
        ignored=row["ignored"],
        named_source=row["named"],
        is_edited="proof_verdict" in row.keys() and row["proof_verdict"] != "proven",  # noqa: SIM118
    )


def _decode_delivery(row: sqlite3.Row) -> EventDelivery:
    return EventDelivery(
        event_id=row["event"],
        action=row["action"],
        state=DeliveryState(row["state"]),
        request=row["request"],
        detail=row["detail"],
        request_id=row["request_id"],
        attempts=row["attempts"],
        user_id=row["user_id"],
        actor=row["actor"],
        updated_at=row["updated_at"],
        is_maybe_sent=bool(row["is_maybe_sent"]),
        answer=row["answer"],
    )


def put_delivery_state(connection: sqlite3.Connection, one: EventDelivery, now: float) -> None:
    """Update how far a delivery is, and what was answered last."""
    connection.execute(
        "UPDATE event_delivery SET state = ?, detail = ?, request_id = ?, user_id = ?,"
        " updated_at = ?, is_maybe_sent = ?, answer = ? WHERE event = ? AND action = ?",
        (
            *(one.state.value, one.detail, one.request_id, one.user_id, now, one.is_maybe_sent),
            *(one.answer, one.event_id, one.action),
        ),
    )
