"""How a row of a plan ends, with everything that follows from it, in one transaction."""

import hashlib
import sqlite3
from dataclasses import dataclass

from desktop.model.edit import Service, Target
from desktop.model.json_value import Json
from desktop.model.plan import PlanRow, RowState
from desktop.store import audit
from desktop.store.hand import Hand
from desktop.store.plan_row import encode
from desktop.store.sum_doubts import doubt, overtake

_KEPT_TOUCHES_S = 400 * 86_400.0


@dataclass(frozen=True)
class Closed:
    """How a row ended. `target_id` is known by now for a create; `values` is what stands there.

    `doubt`: it may be done yet, by the job of this name ("": nobody answered); None: surely not.
    """

    row: PlanRow
    state: RowState
    detail: str
    target_id: str = ""
    values: tuple[tuple[str, Json], ...] = ()
    doubt: str | None = None


def fingerprint(value: Json) -> str:
    """What is kept of a written value, to know it again."""
    return hashlib.sha256(audit.encode(value).encode()).hexdigest()[:32]


def forget_touches(connection: sqlite3.Connection, now: float) -> None:
    """Those that no cap counts any more."""
    connection.execute("DELETE FROM touch WHERE at < ?", (now - _KEPT_TOUCHES_S,))


def close_row(connection: sqlite3.Connection, hand: Hand, item: Closed, now: float) -> None:
    """Store how a row ended, unless the process before this one has."""
    row, target = item.row, item.target_id or item.row.target_id
    changed = connection.execute(
        "UPDATE plan_row SET state = ?, detail = ?, target = ? WHERE plan = ? AND row = ?"
        " AND state IN ('planned', 'sending')",
        (item.state.value, item.detail, target, int(hand.plan), row.row),
    ).rowcount
    if not changed:
        return
    # What was taken back waits for no other try: that would write it once more.
    settled = item.state in (RowState.DONE, RowState.SAME)
    if settled or (hand.takes_back and item.state is RowState.ACCEPTED):
        connection.execute(
            "DELETE FROM again WHERE goal = ? AND source = ?", (hand.goal, row.source_id)
        )
    else:
        person = item.state in (RowState.PARKED, RowState.FAILED)
        connection.execute(
            "INSERT OR REPLACE INTO again (goal, source, person) VALUES (?, ?, ?)",
            (hand.goal, row.source_id, int(person)),
        )
    if item.doubt is not None:
        doubt(connection, hand, row, item.doubt, now)
    if item.state not in (RowState.DONE, RowState.ACCEPTED, RowState.SAME):
        return
    if row.events:
        overtake(connection, hand.goal, row.source_id)
    if item.state is not RowState.SAME:
        audit.append_synced(
            connection,
            at=now,
            actor=hand.actor,
            target=Target(hand.service, target, row.label),
            goal=hand.goal,
            old={change.field: change.old for change in row.sent},
            new={change.field: change.new for change in row.sent},
            reason=f"{hand.title}: run {hand.run}",
            detail=item.detail,
        )
    if hand.takes_back:
        # What is taken off the number again may be added up once more.
        connection.executemany(
            "DELETE FROM ledger WHERE goal = ? AND event = ?",
            [(hand.goal, event) for event in row.events],
        )
    else:
        connection.executemany(
            "INSERT OR IGNORE INTO ledger (goal, event, run) VALUES (?, ?, ?)",
            [(hand.goal, event, int(hand.run)) for event in row.events],
        )
    # Accepted without one, nobody knows yet where it stands.
    if target:
        _remember(connection, hand, item, target, now)


def _remember(
    connection: sqlite3.Connection, hand: Hand, item: Closed, target: str, now: float
) -> None:
    """What later plans and runs ask after: of whom, what is there, and whose it is."""
    _agreed(connection, hand, item, target, now)
    connection.executemany(
        "INSERT OR REPLACE INTO written (service, target, field, hash, at, origin)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (hand.service.value, target, n, fingerprint(value), now, hand.origins.get(n, ""))
            for n, value in item.values
        ],
    )
    connection.execute(
        "INSERT OR IGNORE INTO exchanged (goal, target, at) VALUES (?, ?, ?)",
        (hand.goal, target, now),
    )
    _pair(connection, hand, item.row, target, now)
    _membership(connection, hand, item, target)
    if hand.counts_touches:
        connection.execute(
            "INSERT OR IGNORE INTO touch (goal, target, at) VALUES (?, ?, ?)",
            (hand.goal, target, now),
        )


def _agreed(
    connection: sqlite3.Connection, hand: Hand, item: Closed, target: str, now: float
) -> None:
    """What both sides hold now; what was only accepted counts once the next plan has seen it."""
    seen = item.state is not RowState.ACCEPTED
    if seen:
        connection.execute(
            "DELETE FROM accepted WHERE goal = ? AND target = ?", (hand.goal, target)
        )
    table = "synced" if seen else "accepted"
    connection.executemany(
        f"INSERT OR REPLACE INTO {table} (goal, target, field, value, run, at)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (hand.goal, target, name, encode(value), int(hand.run), now)
            for name, value in item.values
        ],
    )


def _pair(
    connection: sqlite3.Connection, hand: Hand, row: PlanRow, target: str, now: float
) -> None:
    person, sid = (
        (row.source_id, target) if hand.service is Service.SAILTHRU else (target, row.source_id)
    )
    if person.isdigit() and sid:
        connection.execute(
            "INSERT OR REPLACE INTO pair (person, sid, at) VALUES (?, ?, ?)",
            (int(person), sid, now),
        )


def _membership(connection: sqlite3.Connection, hand: Hand, item: Closed, target: str) -> None:
    """Remember whom this goal keeps on its lists or tagged, and whom not any more."""
    ours = [(name, value) for name, value in item.values if name in hand.lists_and_tags]
    if not ours:
        return
    if any(value is True for _, value in ours):
        connection.execute(
            "INSERT OR REPLACE INTO member (goal, target, source, label) VALUES (?, ?, ?, ?)",
            (hand.goal, target, item.row.source_id, item.row.label),
        )
    else:
        connection.execute("DELETE FROM member WHERE goal = ? AND target = ?", (hand.goal, target))
