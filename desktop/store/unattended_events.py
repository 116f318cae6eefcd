"""What may be delivered by itself: proven switches, and the events of the last hour, counted here.

A switch counts as the newest row of the audit tells it; the count of the hour carries a proof by
the audit's key, and may not be less than the events that say they were delivered so.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from desktop.kit.errors import InvalidInput
from desktop.model.event_source import HOUR_S, UnattendedSwitch
from desktop.model.json_value import Json
from desktop.store import audit_row
from desktop.store.audit_signer import AuditSigner
from desktop.store.audit_verification import find_proven_entry
from desktop.store.event_proof import ATTENDED, kept_proof_sql

_PURPOSE = "unattended events"
SWITCH_CHANGED = "The switch was changed outside Fairlead, so it doesn't count. Set it again."
COUNT_CHANGED = (
    "The count of this hour was changed outside Fairlead, or made with another key. Set the switch"
    " again."
)
_NEWEST_SWITCH_SQL = (
    "SELECT max(seq) AS seq FROM audit_entry WHERE kind = ? AND json_extract(new, '$.source') = ?"
)
_ATTEND_WAITING_SQL = (
    f"UPDATE event SET is_attended = 1, proof = {kept_proof_sql(ATTENDED)}"  # noqa: S608 - ours
    " WHERE state IN ('waiting', 'open') AND source IN"
    " (SELECT id FROM event_source WHERE named = ?)"
)
_MARKED_SQL = (
    "SELECT count(*) FROM event e JOIN event_source s ON s.id = e.source"
    " WHERE s.named = ? AND e.unattended_at > ?"
)


@dataclass(frozen=True)
class ProvenSwitch:
    """The switch of one source as the audit proves it, or why it does not count."""

    switch: UnattendedSwitch | None = None
    distrust: str = ""
    used: int = 0

    @property
    def left(self) -> int:
        """How many events may still be delivered within this hour."""
        return max(0, self.switch.hourly_limit - self.used) if self.switch else 0


def switch_content(row: sqlite3.Row, switch: UnattendedSwitch | None, by: str) -> dict[str, Json]:
    """Return what an audited switch says: which source, from where, how much, by whose rights."""
    return {
        "source": row["id"],
        "account": row["account"],
        "kind": row["kind"],
        "folder": row["folder"],
        "limit": switch.hourly_limit if switch else 0,
        "left_out": list(switch.left_out) if switch else [],
        "by": by,
    }


def store_switch(
    connection: sqlite3.Connection,
    signer: AuditSigner,
    row: sqlite3.Row,
    switch: UnattendedSwitch | None,
    actor: str,
    actor_key: str,
    at: float,
) -> None:
    """Update a source's switch, and tell it in the audit; what it has used stays counted.

    What waits when it is switched on is left to people: nobody was asked for a right to send it.
    """
    if switch is not None and read_switch(connection, signer, row, at).switch is None:
        connection.execute(_ATTEND_WAITING_SQL, (row["id"],))
    seq = audit_row.append_event_switch(
        connection, row["name"], switch_content(row, switch, actor_key), actor, at
    )
    # Counted from the events where the old count is not to be trusted.
    used = _read_used(row, signer)
    marked = _count_marked(connection, row["id"], at)
    if used is None or sum(count for _, count in _recent(used, at)) < marked:
        used = [[at, marked]]
    connection.execute(
        "UPDATE named_event_source SET is_unattended = ?, hourly_limit = ?, left_out = ?,"
        " switched_by = ?, switched_by_key = ?, switch_seq = ? WHERE id = ?",
        (
            *(switch is not None, switch.hourly_limit if switch else 0),
            *(_to_json(list(switch.left_out) if switch else []), actor, actor_key, seq, row["id"]),
        ),
    )
    _store_used(connection, signer, row["id"], seq, used)


def read_switch(
    connection: sqlite3.Connection, signer: AuditSigner, row: sqlite3.Row, now: float
) -> ProvenSwitch:
    """Return a source's switch as it counts at this moment."""
    newest = connection.execute(
        _NEWEST_SWITCH_SQL, (audit_row.EVENT_SWITCH_KIND, row["id"])
    ).fetchone()["seq"]
    if not row["is_unattended"]:
        return ProvenSwitch()
    try:
        left_out = tuple(map(str, msgspec.json.decode(row["left_out"])))
        switch = UnattendedSwitch(row["hourly_limit"], left_out)
    except (msgspec.MsgspecError, TypeError, InvalidInput):
        return ProvenSwitch(distrust=SWITCH_CHANGED)
    # Whoever puts an older row back has switched nothing on.
    entry = find_proven_entry(connection, row["switch_seq"], signer)
    is_proven = (
        entry is not None
        and row["switch_seq"] == newest
        and entry["kind"] == audit_row.EVENT_SWITCH_KIND
        and msgspec.json.decode(entry["new"]) == switch_content(row, switch, row["switched_by_key"])
    )
    if not is_proven:
        return ProvenSwitch(distrust=SWITCH_CHANGED)
    used = _read_used(row, signer)
    if used is None:
        return ProvenSwitch(distrust=COUNT_CHANGED)
    count = int(sum(n for _, n in _recent(used, now)))
    if count < _count_marked(connection, row["id"], now):
        return ProvenSwitch(distrust=COUNT_CHANGED)
    return ProvenSwitch(switch, used=count)


class UnattendedBudget:
    """What may be claimed to be delivered by itself, inside the transaction that claims it.

    Only of `source_ids` that `allowed` names and whose switch is proven.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        signer: AuditSigner,
        account: str,
        allowed: Collection[int],
        now: float,
    ) -> None:
        self._connection, self._signer, self._now = connection, signer, now
        rows = connection.execute(
            "SELECT * FROM named_event_source WHERE is_unattended AND account = ?", (account,)
        ).fetchall()
        self._rows = {row["id"]: row for row in rows if row["id"] in allowed}
        self._switches: dict[int, UnattendedSwitch] = {}
        self._left: dict[int, int] = {}
        self._taken: Counter[int] = Counter()
        for id_, row in self._rows.items():
            proven = read_switch(connection, signer, row, now)
            if proven.switch is not None:
                self._switches[id_], self._left[id_] = proven.switch, proven.left

    @property
    def source_ids(self) -> list[int]:
        """The named sources whose events may be claimed."""
        return list(self._switches)

    def take(self, event: sqlite3.Row) -> bool:
        """Whether an event may be claimed; it is counted once an hour, however often tried."""
        # One that says so of this hour is among those that the proven count covers.
        if event["unattended_at"] > self._now - HOUR_S:
            return True
        if self._left[event["named"]] <= 0:
            return False
        self._left[event["named"]] -= 1
        self._taken[event["named"]] += 1
        self._connection.execute(
            "UPDATE event SET unattended_at = ? WHERE id = ?", (self._now, event["id"])
        )
        return True

    def left_out(self, event: sqlite3.Row) -> frozenset[str]:
        """Return the traits an event may be sent without: Zendesk has no field for them."""
        return frozenset(self._switches[event["named"]].left_out)

    def store(self) -> None:
        """Store how many events were claimed for delivery without a person, with a proof."""
        for id_, count in self._taken.items():
            row = self._rows[id_]
            used = _recent(_read_used(row, self._signer) or [], self._now)
            used = [*used, [self._now, count]]
            _store_used(self._connection, self._signer, id_, row["switch_seq"], used)


def _store_used(
    connection: sqlite3.Connection, signer: AuditSigner, id_: int, seq: int, used: list[list[float]]
) -> None:
    text = _to_json(used)
    proof = signer.prove(_PURPOSE, [id_, seq, text])
    connection.execute(
        "UPDATE named_event_source SET used = ?, used_proof = ? WHERE id = ?", (text, proof, id_)
    )


def _read_used(row: sqlite3.Row, signer: AuditSigner) -> list[list[float]] | None:
    """Return time and number of what was delivered, or None where nothing proves it."""
    said: Json = [row["id"], row["switch_seq"], row["used"]]
    if not signer.is_proven(row["used_proof"], _PURPOSE, said):
        return None
    try:
        return msgspec.json.decode(row["used"], type=list[list[float]])
    except msgspec.MsgspecError:
        return None


def _recent(used: list[list[float]], now: float) -> list[list[float]]:
    # What lies ahead was counted before the clock was set back: it still counts.
    return [one for one in used if len(one) == 2 and one[0] > now - HOUR_S]


def _count_marked(connection: sqlite3.Connection, id_: int, now: float) -> int:
    return int(connection.execute(_MARKED_SQL, (id_, now - HOUR_S)).fetchone()[0])


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
