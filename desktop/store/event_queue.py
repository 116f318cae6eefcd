"""The queue of stored events: claimed by a process, sent in each user's order, closed."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from desktop.model.event_delivery import EventDelivery, StoredEvent
from desktop.model.event_source import HOUR_S
from desktop.model.json_value import canonical_json
from desktop.model.sent_event_request import SentEventRequest
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.event_proof import (
    CLOSED,
    has_ended_sql,
    is_paused_sql,
    kept_proof_sql,
    proof_verdict_sql,
)
from desktop.store.event_rows import close_event, decode_event, put_delivery_state
from desktop.store.person_event_erasure import erase_events
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository
from desktop.store.sent_event_request_repository import insert_writes
from desktop.store.sqlite_database import Database
from desktop.store.unattended_events import UnattendedBudget

_UNSENT = "state IN ('waiting', 'open')"
_HEAD_SQL = f"""
SELECT e.*, s.name AS source_name, s.named,
  CASE WHEN {has_ended_sql("e")} THEN 'edited' ELSE {proof_verdict_sql("e")} END AS proof_verdict
FROM event e INDEXED BY event_unsent_order
JOIN event_source s ON s.id = e.source
WHERE e.account = ?1 AND e.{_UNSENT} AND e.not_before <= ?2 AND NOT e.is_held
  AND NOT {is_paused_sql("s")}
  AND (?4 IS NULL OR (NOT e.is_attended AND s.named IN (SELECT value FROM json_each(?4))))
  AND NOT EXISTS (SELECT 1 FROM event o WHERE o.account = e.account AND o.user_key = e.user_key
    AND o.id < e.id AND o.{_UNSENT})
ORDER BY e.id LIMIT ?3
"""  # noqa: S608 - our own words
_NEXT_TRY_SQL = f"""
SELECT min(not_before) FROM event WHERE account = (SELECT id FROM current_account)
AND {_UNSENT} AND NOT is_held AND failures > 0
"""  # noqa: S608 - our own words
_KEEP_PROOF_SQL = (
    f"UPDATE event SET proof = {kept_proof_sql(CLOSED)}"  # noqa: S608 - our own words
    " WHERE id = ? AND state <> 'closed'"
)
_NOT_FIRED_NOW = "It may have been sent before the event was corrected, and no longer fires."
# Heads held by other processes are passed over, so more are looked at than are taken.
_HEADS_PER_CLAIM = 3
_HEADS_LOOKED_AT = 50


class EventQueue(Repository):
    """The tables `event` and `event_delivery` as processes work through them.

    Of the connected account alone; `owner` names this process in its claims.
    """

    def __init__(self, database: Database, owner: str, accounts: AccountRepository) -> None:
        super().__init__(database)
        self._owner = owner
        self._accounts = accounts

    @database_call
    def claim(
        self, limit: int, now: float, *, unattended: Collection[int] | None = None
    ) -> tuple[StoredEvent, ...]:
        """Claim for this process the next event of each of up to `limit` users.

        An event of a dead process is taken over: what it was sending comes back as UNKNOWN. Events
        of another account than the one connected now are left alone. `unattended`: to be delivered
        by itself, of these named sources alone, as far as each one's proven switch and its limit
        of the hour allow, which is counted here.
        """

        def act(connection: sqlite3.Connection) -> tuple[StoredEvent, ...]:
            account = self._accounts.deliverable_account(connection)
            if account is None:
                return ()
            signer = self._database.audit_signer
            budget = None
            if unattended is not None:
                budget = UnattendedBudget(connection, signer, account, unattended, now)
            named = None if budget is None else canonical_json(budget.source_ids)
            heads = connection.execute(_HEAD_SQL, (account, now, limit * _HEADS_PER_CLAIM, named))
            taken: list[StoredEvent] = []
            for row in heads.fetchall():
                if len(taken) == limit:
                    break
                if row["owner"] not in ("", self._owner) and is_owner_alive(row["owner"]):
                    continue
                if budget is not None and row["proof_verdict"] != "proven":
                    # Nothing says that it may go by itself: a person looks at it.
                    connection.execute(
                        "UPDATE event SET is_attended = 1 WHERE id = ?", (row["id"],)
                    )
                    continue
                if budget is not None and not budget.take(row):
                    continue
                connection.execute(
                    "UPDATE event SET owner = ? WHERE id = ?", (self._owner, row["id"])
                )
                connection.execute(
                    "UPDATE event_delivery SET state = 'unknown', is_maybe_sent = 1"
                    " WHERE event = ? AND state = 'sending'",
                    (row["id"],),
                )
                left_out = None if budget is None else budget.left_out(row)
                taken.append(replace(decode_event(connection, row), left_out=left_out))
            if budget is not None:
                budget.store()
            return tuple(taken)

        return self._database.write(act)

    @database_call
    def has_claimable(self, named_source: int, now: float, *, only_counted: bool = False) -> bool:
        """Whether an event of a named source may be claimed now, to be delivered by itself.

        `only_counted`: its limit of the hour is reached, so that only those counted before may.
        """

        def look(connection: sqlite3.Connection) -> bool:
            account = self._accounts.deliverable_account(connection)
            if account is None:
                return False
            named = canonical_json([named_source])
            rows = connection.execute(_HEAD_SQL, (account, now, _HEADS_LOOKED_AT, named))
            return any(
                (row["unattended_at"] > now - HOUR_S or not only_counted)
                and (not row["owner"] or not is_owner_alive(row["owner"]))
                for row in rows.fetchall()
            )

        return self._database.read(look)

    @database_call
    def open_events(self, actions: Mapping[int, Sequence[str]], now: float) -> None:
        """Insert the deliveries of events by the actions that fire; without any it is closed."""

        def act(connection: sqlite3.Connection) -> None:
            for event_id, fired in actions.items():
                connection.executemany(
                    "INSERT OR IGNORE INTO event_delivery (event, action, position, state,"
                    " updated_at) VALUES (?, ?, ?, 'queued', ?)",
                    [(event_id, action, place, now) for place, action in enumerate(fired)],
                )
                # Of an event that was corrected, after a request of the old one may have gone out.
                connection.execute(
                    "UPDATE event_delivery SET state = 'skipped', detail = ? WHERE event = ?"
                    " AND state IN ('queued', 'unknown') AND action NOT IN"
                    " (SELECT value FROM json_each(?))",
                    (_NOT_FIRED_NOW, event_id, canonical_json(list(fired))),
                )
                state = "open" if fired else "closed"
                if not fired:
                    connection.execute(_KEEP_PROOF_SQL, (event_id,))
                connection.execute(
                    "UPDATE event SET state = ?, owner = CASE ? WHEN 'closed' THEN '' ELSE owner"
                    " END WHERE id = ?",
                    (state, state, event_id),
                )
                # Where every action that fires was unticked nothing is left.
                close_event(connection, event_id, now)

        self._database.write(act)

    @database_call
    def skip_erased(self, event_ids: Sequence[int]) -> None:
        """Close the events of people who were erased, without their texts; none is sent."""
        self._database.write(lambda c: erase_events(c, event_ids))

    @database_call
    def mark_sending(
        self,
        deliveries: Sequence[EventDelivery],
        now: float,
        writes: Sequence[SentEventRequest] = (),
    ) -> list[int]:
        """Commit that the requests of deliveries are about to be sent; returns the writes' ids."""

        def act(connection: sqlite3.Connection) -> list[int]:
            connection.executemany(
                "UPDATE event_delivery SET state = 'sending', request = ?, actor = ?, user_id = ?,"
                " attempts = attempts + 1, updated_at = ? WHERE event = ? AND action = ?",
                [
                    (one.request, one.actor, one.user_id, now, one.event_id, one.action)
                    for one in deliveries
                ],
            )
            return insert_writes(connection, writes, now)

        return self._database.write(act)

    @database_call
    def set_states(
        self, deliveries: Sequence[EventDelivery], now: float, *, not_before: float = 0.0
    ) -> None:
        """Store how deliveries ended, or that they are queued again; whole events are closed.

        `not_before`: from when on (Unix seconds) an event that is not closed is claimed again.
        """

        def act(connection: sqlite3.Connection) -> None:
            for one in deliveries:
                put_delivery_state(connection, one, now)
                close_event(connection, one.event_id, now)
                if not one.state.has_ended:
                    connection.execute(
                        "UPDATE event SET not_before = ? WHERE id = ?", (not_before, one.event_id)
                    )

        self._database.write(act)

    @database_call
    def count_failure(self, delivery: EventDelivery, now: float, *, not_before: float) -> None:
        """Store that a delivery failed for a reason that passes, and when it is tried again."""

        def act(connection: sqlite3.Connection) -> None:
            put_delivery_state(connection, delivery, now)
            connection.execute(
                "UPDATE event SET failures = failures + 1, not_before = ? WHERE id = ?",
                (not_before, delivery.event_id),
            )

        self._database.write(act)

    @database_call
    def hold(self, delivery: EventDelivery, now: float) -> None:
        """Store that a delivery waits for a person, and its event's user's later ones with it."""

        def act(connection: sqlite3.Connection) -> None:
            put_delivery_state(connection, delivery, now)
            connection.execute(
                "UPDATE event SET is_held = 1, owner = '' WHERE id = ?",
                (delivery.event_id,),
            )

        self._database.write(act)

    @database_call
    def forgive(self, event_ids: Iterable[int]) -> None:
        """Take the last failure of events back: the service was away, and they had no part in it.

        Those that were given up for it are queued again.
        """
        wanted = canonical_json(sorted(event_ids))

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE event_delivery SET state = CASE WHEN is_maybe_sent THEN 'unknown' ELSE"
                " 'queued' END WHERE state = 'parked' AND event IN (SELECT id FROM event"
                "  WHERE is_held AND id IN (SELECT value FROM json_each(?)))",
                (wanted,),
            )
            connection.execute(
                "UPDATE event SET failures = max(0, failures - 1), not_before = 0, is_held = 0"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (wanted,),
            )

        self._database.write(act)

    @database_call
    def find_next_try(self) -> float | None:
        """Select when the next event that failed may be claimed again (Unix seconds), or None."""
        found = self._database.read(lambda c: c.execute(_NEXT_TRY_SQL).fetchone())
        return None if found[0] is None else float(found[0])

    @database_call
    def release(self) -> None:
        """Give back the events that this process claimed and has not closed."""
        self._database.write(
            lambda c: c.execute("UPDATE event SET owner = '' WHERE owner = ?", (self._owner,))
        )
