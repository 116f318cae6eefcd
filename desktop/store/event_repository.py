"""The tables of stored events and of their deliveries to Zendesk."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from desktop.model.event_delivery import (
    EDITED_TEXT,
    LEFT_OUT_TEXT,
    DeliveryState,
    KeptEvents,
    NewStoredEvent,
    StoredEvent,
)
from desktop.model.json_value import canonical_json
from desktop.store.database_call import database_call
from desktop.store.event_proof import (
    ATTENDED,
    CLOSED,
    UNATTENDED,
    kept_proof_sql,
    new_proof_sql,
    proof_verdict_sql,
)
from desktop.store.event_rows import close_event, decode_event, tell_again, tell_end
from desktop.store.person_event_erasure import erase_events, find_delivered_events
from desktop.store.repository import Repository

_COUNT_DELIVERIES_SQL = """
SELECT d.state, count(*) AS n FROM event_delivery d JOIN event e ON e.id = d.event
WHERE e.account = (SELECT id FROM current_account) AND (?1 IS NULL OR e.source = ?1)
GROUP BY d.state
"""
_COUNT_EVENTS_SQL = """
SELECT e.state, count(*) AS n FROM event e WHERE e.account = (SELECT id FROM current_account)
AND (?1 IS NULL OR e.source = ?1) AND e.state IN ('invalid', 'waiting') GROUP BY e.state
"""
# By whether a person delivers them.
_INSERT_SQL = {
    is_attended: "INSERT OR IGNORE INTO event (account, source, line, message_id, user_key, text,"  # noqa: S608
    " state, reason, received_at, is_attended, proof) SELECT account, source, line, message_id,"
    " user_key, text, state, reason, received_at, is_attended,"
    f" {new_proof_sql(ATTENDED if is_attended else UNATTENDED, 'n')} FROM (SELECT NULL AS id,"
    " (SELECT id FROM current_account) AS account, ? AS source, ? AS line, ? AS message_id,"
    " ? AS user_key, ? AS text, ? AS state, ? AS reason, ? AS received_at, ? AS is_attended) n"
    for is_attended in (True, False)
}
_PROVE_SQL = {
    is_attended: "UPDATE event SET proof ="  # noqa: S608 - our own words
    f" {new_proof_sql(ATTENDED if is_attended else UNATTENDED)}"
    " WHERE source = ? AND line = ? AND message_id = ?"
    for is_attended in (True, False)
}
_REPLAY_SQL = (
    "UPDATE event SET state = 'open', not_before = 0, failures = 0, owner = '',"  # noqa: S608
    f" is_attended = 1, proof = {kept_proof_sql(ATTENDED)}"
    " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'closed'"
    " AND text <> '' AND account = (SELECT id FROM current_account)"
)
_QUEUE_AGAIN_SQL = (
    f"UPDATE event SET proof = CASE WHEN ? THEN {new_proof_sql(ATTENDED)}"  # noqa: S608
    " ELSE '' END, state = 'open', not_before = 0, failures = 0,"
    " is_held = 0, ignored = '', is_attended = 1 WHERE id = ?"
)
_IGNORE_SQL = (
    f"UPDATE event SET proof = CASE WHEN ? THEN {new_proof_sql(CLOSED)} ELSE '' END, ignored = ?,"  # noqa: S608
    " is_held = 0, state = 'closed', owner = '' WHERE id = ?"
)


class EventRepository(Repository):
    """The tables `event_source`, `event` and `event_delivery`, of the connected account."""

    @database_call
    def add_source(self, name: str, at: float) -> int:
        """Insert a source of events; returns its id."""

        def act(connection: sqlite3.Connection) -> int:
            cursor = connection.execute(
                "INSERT INTO event_source (account, name, added_at)"
                " VALUES ((SELECT id FROM current_account), ?, ?)",
                (name, at),
            )
            return int(cursor.lastrowid or 0)

        return self._database.write(act)

    @database_call
    def add_events(
        self,
        source_id: int,
        events: Sequence[NewStoredEvent],
        at: float,
        *,
        is_attended: bool = True,
    ) -> int:
        """Insert events that are not stored yet, in one transaction; returns how many were new.

        What somebody has unticked of a new one is closed with it: no later delivery sends it.
        Attended ones are never delivered by themselves, whatever is switched on.
        """

        def act(connection: sqlite3.Connection) -> int:
            before = connection.total_changes
            connection.executemany(
                _INSERT_SQL[is_attended],
                [
                    (
                        *(source_id, event.line, event.message_id, event.user_key, event.text),
                        *("invalid" if event.reason else "waiting", event.reason, at, is_attended),
                    )
                    for event in events
                ],
            )
            stored = connection.total_changes - before
            connection.executemany(
                "INSERT OR IGNORE INTO event_delivery (event, action, position, state, detail,"
                " updated_at) SELECT id, ?, 0, 'skipped', ?, ? FROM event"
                " WHERE source = ? AND line = ? AND message_id = ?",
                [
                    (action, LEFT_OUT_TEXT, at, source_id, event.line, event.message_id)
                    for event in events
                    for action in event.left_out
                ],
            )
            # Again, with what is unticked of them.
            connection.executemany(
                _PROVE_SQL[is_attended],
                [(source_id, event.line, event.message_id) for event in events if event.left_out],
            )
            return stored

        return self._database.write(act)

    @database_call
    def correct_event(
        self, event_id: int, event: NewStoredEvent, actor: str = "", at: float = 0.0
    ) -> bool:
        """Replace the text of one event that waits for a person, and queue it; whether it did.

        It keeps its message id: the same event, sent once more, is still known.
        """

        def act(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "SELECT id, state, message_id FROM event WHERE id = ?"
                " AND account = (SELECT id FROM current_account)",
                (event_id,),
            ).fetchone()
            if row is None:
                return False
            kept = row["message_id"] if row["state"] != "invalid" else event.message_id
            known = connection.execute(
                "SELECT 1 FROM event WHERE message_id = ? AND id <> ?"
                " AND account = (SELECT id FROM current_account)",
                (kept, event_id),
            ).fetchone()
            return known is None and _requeue(
                connection, row, replace(event, message_id=kept), (actor, at)
            )

        return self._database.write(act)

    @database_call
    def correct_events(
        self,
        source_name: str,
        events: Sequence[NewStoredEvent],
        actor: str = "",
        at: float = 0.0,
    ) -> frozenset[str]:
        """Replace the text of stored events that wait for a person; returns their message ids.

        An event is found by its message id; a bad line, and an event that had no message id of its
        own, by its line in the newest source of this name. What is not done is queued again.
        """

        def act(connection: sqlite3.Connection) -> frozenset[str]:
            source = connection.execute(
                "SELECT max(s.id) FROM event_source s LEFT JOIN named_event_source n"
                " ON n.id = s.named WHERE (s.name = ?1 OR n.name = ?1)"
                " AND s.account = (SELECT id FROM current_account)",
                (source_name,),
            ).fetchone()[0]
            corrected = set()
            for event in events:
                row = connection.execute(
                    "SELECT id, state FROM event WHERE account = (SELECT id FROM current_account)"
                    " AND (message_id = ? OR (source = ? AND line = ? AND"
                    "  (state = 'invalid' OR message_id LIKE 'line-%')))"
                    " ORDER BY message_id = ? DESC LIMIT 1",
                    (event.message_id, source, event.line, event.message_id),
                ).fetchone()
                if row is not None and _requeue(connection, row, event, (actor, at)):
                    corrected.add(event.message_id)
            return frozenset(corrected)

        return self._database.write(act)

    @database_call
    def retry(
        self,
        event_ids: Sequence[int] | None = None,
        *,
        with_left_out: bool = False,
        actor: str = "",
        at: float = 0.0,
    ) -> int:
        """Queue the parked and skipped deliveries of these events, or of all; returns how many.

        Ignored ones only where they are named, what somebody unticked only `with_left_out`. The
        audit tells who (`actor`) opens what had ended.
        """

        def act(connection: sqlite3.Connection) -> int:
            wanted = canonical_json(list(event_ids or ()))
            rows = connection.execute(
                "SELECT DISTINCT d.event FROM event_delivery d JOIN event e ON e.id = d.event"
                " WHERE d.state IN ('parked', 'skipped') AND e.text <> ''"
                " AND e.account = (SELECT id FROM current_account)"
                " AND ((?1 AND e.ignored = '') OR d.event IN (SELECT value FROM json_each(?2)))"
                " AND (?3 OR d.detail <> ?4)",
                (event_ids is None, wanted, with_left_out, LEFT_OUT_TEXT),
            ).fetchall()
            for row in rows:
                _queue_again(connection, row["event"], (actor, at), with_left_out=with_left_out)
            return len(rows)

        return self._database.write(act)

    @database_call
    def get_many(self, event_ids: Sequence[int]) -> tuple[StoredEvent, ...]:
        """Select stored events by number, in their order."""
        wanted = canonical_json(list(event_ids))

        def look(connection: sqlite3.Connection) -> tuple[StoredEvent, ...]:
            rows = connection.execute(
                "SELECT e.*, s.name AS source_name, s.named FROM event e JOIN event_source s"
                " ON s.id = e.source WHERE e.account = (SELECT id FROM current_account)"
                " AND e.id IN (SELECT value FROM json_each(?)) ORDER BY e.id",
                (wanted,),
            )
            return tuple(decode_event(connection, row) for row in rows.fetchall())

        return self._database.read(look)

    @database_call
    def replay(self, event_ids: Sequence[int], actor: str = "", at: float = 0.0) -> int:
        """Queue delivered events once more; returns how many. What they have sent is looked for."""
        wanted = canonical_json(list(event_ids))

        def act(connection: sqlite3.Connection) -> int:
            connection.execute(
                "UPDATE event_delivery SET state = 'queued', is_maybe_sent = 1 WHERE event IN"
                " (SELECT value FROM json_each(?)) AND state IN ('done', 'unchanged', 'kept')",
                (wanted,),
            )
            tell_again(connection, event_ids, actor, at)
            return connection.execute(_REPLAY_SQL, (wanted,)).rowcount

        return self._database.write(act)

    @database_call
    def count_overtaken(self, event_ids: Sequence[int]) -> int:
        """Count the users who have later events than the newest of these events that is theirs."""
        wanted = canonical_json(list(event_ids))
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM (SELECT user_key, max(id) AS last FROM event"
                    "  WHERE id IN (SELECT value FROM json_each(?)) GROUP BY user_key) t WHERE"
                    " EXISTS (SELECT 1 FROM event e WHERE e.account = (SELECT id FROM"
                    "  current_account) AND e.user_key = t.user_key AND e.id > t.last"
                    "  AND e.state = 'closed' AND EXISTS (SELECT 1 FROM event_delivery d WHERE"
                    "   d.event = e.id AND d.state = 'done'))",
                    (wanted,),
                ).fetchone()[0]
            )
        )

    @database_call
    def count_kept(self, before: float) -> KeptEvents:
        """Count the events whose texts are kept, and what of them is older than a time."""

        def look(connection: sqlite3.Connection) -> KeptEvents:
            row = connection.execute(
                "SELECT count(*) AS kept, coalesce(sum(received_at < ?1), 0) AS old FROM event"
                " WHERE text <> ''",
                (before,),
            ).fetchone()
            expired = len(find_delivered_events(connection, before))
            return KeptEvents(int(row["kept"]), expired, int(row["old"]) - expired)

        return self._database.read(look)

    @database_call
    def clear_delivered(self, before: float, limit: int) -> int:
        """Erase the texts of up to `limit` events that were delivered, taken in before a time.

        Their rows stay: by its message id none is stored, or delivered, once more.
        """
        return self._database.write(
            lambda c: erase_events(c, find_delivered_events(c, before, limit))
        )

    @database_call
    def ignore(self, event_ids: Sequence[int], reason: str, at: float = 0.0) -> int:
        """Update events that wait for a person to be never sent; returns how many.

        Later events of the same user go on.
        """
        wanted = canonical_json(list(event_ids))

        def act(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT id FROM event WHERE account = (SELECT id FROM current_account)"
                " AND id IN (SELECT value FROM json_each(?)) AND (state = 'invalid' OR EXISTS"
                " (SELECT 1 FROM event_delivery d WHERE d.event = event.id"
                "  AND d.state IN ('parked', 'skipped')))",
                (wanted,),
            ).fetchall()
            for row in rows:
                is_whole = not _is_edited(connection, row["id"])
                connection.execute(
                    "UPDATE event_delivery SET state = 'skipped', detail = ? WHERE event = ?"
                    " AND state IN ('parked', 'skipped', 'queued')",
                    (reason, row["id"]),
                )
                connection.execute(_IGNORE_SQL, (is_whole, reason, row["id"]))
                tell_end(connection, row["id"], at)
            return len(rows)

        return self._database.write(act)

    @database_call
    def list_newest(
        self,
        limit: int,
        *,
        source_id: int | None = None,
        message_ids: Iterable[str] | None = None,
        states: Iterable[DeliveryState] = (),
        only_invalid: bool = False,
    ) -> tuple[StoredEvent, ...]:
        """Select stored events, newest first; by source, message ids, or a delivery's state.

        `only_invalid`: the lines that can't be read.
        """
        wanted = canonical_json(list(message_ids or ()))
        named = canonical_json([state.value for state in states])

        def look(connection: sqlite3.Connection) -> tuple[StoredEvent, ...]:
            rows = connection.execute(
                "SELECT e.*, s.name AS source_name, s.named,"
                " CASE WHEN e.state IN ('waiting', 'open') THEN"
                " (SELECT min(o.id) FROM event o WHERE o.account = e.account"
                "  AND o.user_key = e.user_key AND o.id < e.id AND o.state IN ('waiting', 'open'))"
                " END AS waits_for FROM event e JOIN event_source s ON s.id = e.source"
                " WHERE e.account = (SELECT id FROM current_account)"
                " AND (?1 IS NULL OR e.source = ?1)"
                " AND (?2 OR e.message_id IN (SELECT value FROM json_each(?3)))"
                " AND (?4 = '[]' OR EXISTS (SELECT 1 FROM event_delivery d WHERE d.event = e.id"
                "  AND d.state IN (SELECT value FROM json_each(?4))))"
                " AND (NOT ?6 OR e.state = 'invalid') ORDER BY e.id DESC LIMIT ?5",
                (source_id, message_ids is None, wanted, named, limit, only_invalid),
            )
            return tuple(decode_event(connection, row) for row in rows.fetchall())

        return self._database.read(look)

    @database_call
    def list_of_person(self, user_id: int, external_id: str, limit: int) -> tuple[StoredEvent, ...]:
        """Select the newest events of one customer: delivered to them, or of their external id."""

        def look(connection: sqlite3.Connection) -> tuple[StoredEvent, ...]:
            rows = connection.execute(
                "SELECT e.*, s.name AS source_name, s.named FROM event e JOIN event_source s"
                " ON s.id = e.source WHERE e.account = (SELECT id FROM current_account)"
                " AND e.text <> '' AND e.id IN (SELECT event FROM event_delivery WHERE user_id = ?1"
                "  UNION SELECT id FROM event WHERE account = (SELECT id FROM current_account)"
                "  AND user_key = ?2 AND ?2 <> '') ORDER BY e.id DESC LIMIT ?3",
                (user_id, external_id, limit),
            )
            return tuple(decode_event(connection, row) for row in rows.fetchall())

        return self._database.read(look)

    @database_call
    def count_states(self, source_id: int | None = None) -> Mapping[str, int]:
        """Count the deliveries by state, and under `invalid` the lines that can't be read."""

        def look(connection: sqlite3.Connection) -> Mapping[str, int]:
            counts: Counter[str] = Counter()
            for row in connection.execute(_COUNT_DELIVERIES_SQL, (source_id,)):
                counts[row["state"]] = int(row["n"])
            for row in connection.execute(_COUNT_EVENTS_SQL, (source_id,)):
                counts["invalid" if row["state"] == "invalid" else "not begun"] = int(row["n"])
            return counts

        return self._database.read(look)


def _is_edited(connection: sqlite3.Connection, event_id: int) -> bool:
    """Whether nothing proves an event as its row says it."""
    verdict = connection.execute(
        f"SELECT {proof_verdict_sql()} FROM event WHERE id = ?",  # noqa: S608 - our own words
        (event_id,),
    ).fetchone()[0]
    return bool(verdict != "proven")


def _requeue(
    connection: sqlite3.Connection,
    row: sqlite3.Row,
    event: NewStoredEvent,
    by: tuple[str, float],
) -> bool:
    """Give a stored event another text where it waits for a person; whether it did."""
    # Of a held event what is queued was not begun: it goes after what was given up.
    is_under_way = connection.execute(
        "SELECT 1 FROM event_delivery WHERE event = ?1"
        " AND state IN ('queued', 'sending', 'unknown')"
        " AND NOT (SELECT is_held FROM event WHERE id = ?1)",
        (row["id"],),
    ).fetchone()
    if is_under_way is not None:
        return False
    if row["state"] != "invalid":
        waiting = connection.execute(
            "SELECT 1 FROM event_delivery WHERE event = ? AND state IN ('parked', 'skipped')",
            (row["id"],),
        ).fetchone()
        if waiting is None:
            return False
    connection.execute(
        "UPDATE event SET text = ?, message_id = ?, user_key = ?, reason = '', state = 'waiting',"
        " not_before = 0, owner = '', failures = 0, is_held = 0, ignored = '', is_attended = 1"
        " WHERE id = ?",
        (event.text, event.message_id, event.user_key, row["id"]),
    )
    tell_again(connection, [row["id"]], *by)
    # Which actions fire is decided anew by what it says now; what is done stays done.
    connection.execute(
        "DELETE FROM event_delivery WHERE event = ? AND NOT is_maybe_sent"
        " AND state IN ('parked', 'skipped', 'queued')",
        (row["id"],),
    )
    # What may have been applied is looked for before anything of it is sent again.
    connection.execute(
        "UPDATE event_delivery SET state = 'queued' WHERE event = ? AND state IN"
        " ('parked', 'skipped')",
        (row["id"],),
    )
    connection.execute(
        f"UPDATE event SET proof = {new_proof_sql(ATTENDED)} WHERE id = ?",  # noqa: S608
        (row["id"],),
    )
    return True


def _queue_again(
    connection: sqlite3.Connection,
    event_id: int,
    by: tuple[str, float],
    *,
    with_left_out: bool = False,
) -> None:
    is_whole = not _is_edited(connection, event_id)
    tell_again(connection, [event_id], *by)
    held_for_proof = connection.execute(
        "SELECT 1 FROM event_delivery WHERE event = ? AND state = 'parked' AND detail = ?",
        (event_id, EDITED_TEXT),
    ).fetchone()
    connection.execute(
        "UPDATE event_delivery SET state = 'queued' WHERE event = ?"
        " AND state IN ('parked', 'skipped') AND (? OR detail <> ?)",
        (event_id, with_left_out, LEFT_OUT_TEXT),
    )
    # Whoever queues an event again that was held for its proof has read it.
    vouches = is_whole or held_for_proof is not None
    connection.execute(_QUEUE_AGAIN_SQL, (vouches, event_id))
    # An open event without anything to send would be claimed for ever.
    close_event(connection, event_id, by[1])
