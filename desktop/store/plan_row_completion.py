"""Completes a plan row in one transaction: outcome, audit row, sync state and increments."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import msgspec

from desktop.model.edit import EditTarget
from desktop.model.field_value import is_empty, shorten_value
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_record import parse_sell_record_id
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_state import value_hash
from desktop.model.target_record import OPTOUT_FIELD
from desktop.model.value_equivalence import equivalent
from desktop.store import audit_row
from desktop.store.plan_row_table import to_json
from desktop.store.planned_row_proof import PLAN_ROWS, WRITTEN_ROW
from desktop.store.run_provenance import RunProvenance
from desktop.store.sell_pair_repository import save_sell_pair
from desktop.store.unconfirmed_increment_repository import (
    insert_unconfirmed_increment,
    supersede_unconfirmed_increment,
)

# The bit of `plan_row.maybe_sent` of a row that ended unseen and may show later.
LATE_BIT = 4
_PROOF_SQL = (
    f"CASE WHEN ? THEN {PLAN_ROWS.renewed_sql('target', purpose=WRITTEN_ROW)} ELSE proof END"
)
_TOUCH_RETENTION_S = 400 * 86_400.0


@dataclass(frozen=True)
class MissedField:
    """What a service shows of a written field instead of the value, as the store counts it.

    `is_other_form`: neither the value nor what stood there before, so the service's form of it.
    """

    seen: Json
    is_other_form: bool


@dataclass(frozen=True)
class PlanRowCompletion:
    """A plan row's outcome as it is stored; `written_values` is what was sent.

    `missed` are those fields of an accepted row that were read back and do not show it.

    `unconfirmed_job`: it may be done yet, by the job of this name ("": nobody answered); None:
    surely not. `may_show_late`: it is read once more before the next run plans anything.
    """

    row: PlanRow
    state: PlanRowState
    detail: str
    target_id: str = ""
    written_values: tuple[tuple[str, Json], ...] = ()
    missed: Mapping[str, MissedField] = field(default_factory=dict)
    unconfirmed_job: str | None = None
    may_show_late: bool = False


def delete_old_touches(connection: sqlite3.Connection, now: float) -> None:
    """Delete contact times from the sync state too old for any frequency cap."""
    connection.execute("DELETE FROM touch WHERE at < ?", (now - _TOUCH_RETENTION_S,))


def complete_row(
    connection: sqlite3.Connection, provenance: RunProvenance, item: PlanRowCompletion, now: float
) -> None:
    """Store how a plan row ended with all that follows, unless an earlier process has."""
    row, target = item.row, item.target_id or item.row.target_id
    misses = _count_misses(connection, provenance, item, target)
    item = replace(item, detail=_describe_misses(provenance, item, misses) or item.detail)
    # A row of which something shows was written: a rollback has to know it.
    shows_nothing = len(item.missed) == len(row.changes_to_send)
    is_missed_again = shows_nothing and any(one.misses > 1 for one in misses.values())
    changed = connection.execute(
        f"UPDATE plan_row SET state = ?, detail = ?, target = ?, proof = {_PROOF_SQL},"  # noqa: S608
        " maybe_sent = CASE WHEN ? THEN maybe_sent | ? ELSE maybe_sent & ~? END"
        " WHERE plan = ? AND row = ?"
        " AND (state IN ('planned', 'sending') OR state = 'failed' AND maybe_sent & ?)",
        (
            (PlanRowState.PARKED if is_missed_again else item.state).value,
            item.detail,
            target,
            item.state in (PlanRowState.DONE, PlanRowState.ACCEPTED),
            target,
            item.may_show_late,
            LATE_BIT,
            LATE_BIT,
            int(provenance.plan_id),
            row.row,
            LATE_BIT,
        ),
    ).rowcount
    if not changed:
        return
    # What was taken back waits for no other try: that would write it once more.
    settled = item.state in (PlanRowState.DONE, PlanRowState.SAME)
    if settled or (provenance.is_rollback and item.state is PlanRowState.ACCEPTED):
        connection.execute(
            "DELETE FROM retry_source WHERE sync = ? AND source = ?",
            (provenance.sync, row.source_id),
        )
    else:
        person = is_missed_again or item.state in (PlanRowState.PARKED, PlanRowState.FAILED)
        connection.execute(
            "INSERT OR REPLACE INTO retry_source (sync, source, needs_person, account)"
            " VALUES (?, ?, ?, (SELECT id FROM current_account))",
            (provenance.sync, row.source_id, int(person)),
        )
    if item.unconfirmed_job is not None:
        insert_unconfirmed_increment(connection, provenance, row, item.unconfirmed_job, now)
    _save_misses(connection, provenance, item, target, misses, now)
    if item.state not in (PlanRowState.DONE, PlanRowState.ACCEPTED, PlanRowState.SAME):
        return
    if row.events:
        supersede_unconfirmed_increment(connection, provenance.sync, row.source_id)
    if item.state is not PlanRowState.SAME:
        audit_row.append_sync_write(
            connection,
            at=now,
            actor=provenance.actor,
            target=EditTarget(provenance.service, target, row.label),
            sync=provenance.sync,
            old={change.field: change.old for change in row.changes_to_send},
            new={change.field: change.new for change in row.changes_to_send},
            reason=f"{provenance.sync_title}: run {provenance.run_id}",
            detail=_stamp_consent(row, item.detail),
        )
    if provenance.is_rollback:
        # What is taken off the number again may be added up once more.
        connection.executemany(
            "DELETE FROM counted_event WHERE sync = ? AND event = ?",
            [(provenance.sync, event) for event in row.events],
        )
    else:
        connection.executemany(
            "INSERT OR IGNORE INTO counted_event (sync, event, run, account)"
            " VALUES (?, ?, ?, (SELECT id FROM current_account))",
            [(provenance.sync, event, int(provenance.run_id)) for event in row.events],
        )
    # Accepted without one, nobody knows yet where it stands.
    if target:
        _save_sync_state(connection, provenance, item, target, now)


class _Miss(NamedTuple):
    """A stored miss: how often a value was written and not seen; `seen` is JSON of what was."""

    misses: int
    seen: str | None


def _count_misses(
    connection: sqlite3.Connection, provenance: RunProvenance, item: PlanRowCompletion, target: str
) -> dict[str, _Miss]:
    """Count in SQLite the writes that a service answered ok and did not show after, by field."""
    found: dict[str, _Miss] = {}
    for change in item.row.changes_to_send:
        name, missed = change.field, item.missed.get(change.field)
        if missed is None or provenance.is_rollback:
            continue
        if name == OPTOUT_FIELD and change.new != OptOutLevel.NONE.value:
            # However often a stricter level does not show, it is written again.
            found[name] = _Miss(0, None)
            continue
        before = connection.execute(
            "SELECT value, seen, misses FROM accepted_value"
            " WHERE sync = ? AND target = ? AND field = ?",
            (provenance.sync, target, name),
        ).fetchone()
        same = before and equivalent(name, change.new, msgspec.json.decode(before["value"]))
        if same and before["seen"] is not None:
            # Written over something else since, it is tried anew.
            same = equivalent(name, change.old, msgspec.json.decode(before["seen"]))
        count = 1 + (before["misses"] if same else 0)
        is_kept = missed.is_other_form or count > 1
        found[name] = _Miss(count, to_json(missed.seen) if is_kept else None)
    return found


def _save_misses(
    connection: sqlite3.Connection,
    provenance: RunProvenance,
    item: PlanRowCompletion,
    target: str,
    misses: Mapping[str, _Miss],
    now: float,
) -> None:
    sent = {change.field: change.new for change in item.row.changes_to_send}
    connection.executemany(
        "INSERT OR REPLACE INTO accepted_value (sync, target, field, value, run, at, account, seen,"
        " misses) VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM current_account), ?, ?)",
        [
            (
                provenance.sync,
                target,
                name,
                to_json(sent[name]),
                int(provenance.run_id),
                now,
                one.seen,
                one.misses,
            )
            for name, one in misses.items()
        ],
    )


def _describe_misses(
    provenance: RunProvenance, item: PlanRowCompletion, misses: Mapping[str, _Miss]
) -> str:
    """Word the note in a plan's row of what a service keeps instead of the values written."""
    service = provenance.service.title
    return " ".join(
        f"{'Written twice: ' if one.misses > 1 else ''}{service} keeps {name} as"
        f" “{shorten_value(item.missed[name].seen)}”. It is not written again."
        for name, one in misses.items()
        if one.seen is not None
    )


def _save_sync_state(
    connection: sqlite3.Connection,
    provenance: RunProvenance,
    item: PlanRowCompletion,
    target: str,
    now: float,
) -> None:
    """Store what later plans read: the matched pair, written hashes and synced values."""
    _save_synced_values(connection, provenance, item, target, now)
    connection.executemany(
        "INSERT OR REPLACE INTO written_hash (service, target, field, hash, at, source_field,"
        " account)"
        " VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM current_account))",
        [
            (
                provenance.service.value,
                target,
                n,
                value_hash(_stored_value(item, n, value)),
                now,
                provenance.source_field_by_target.get(n, ""),
            )
            for n, value in item.written_values
        ],
    )
    connection.execute(
        "INSERT OR IGNORE INTO exchanged_profile (sync, target, at, account)"
        " VALUES (?, ?, ?, (SELECT id FROM current_account))",
        (provenance.sync, target, now),
    )
    _save_pair(connection, provenance, item.row, target, now)
    _save_membership(connection, provenance, item, target)
    if provenance.has_frequency_cap:
        connection.execute(
            "INSERT OR IGNORE INTO touch (sync, target, at, account)"
            " VALUES (?, ?, ?, (SELECT id FROM current_account))",
            (provenance.sync, target, now),
        )


def _save_synced_values(
    connection: sqlite3.Connection,
    provenance: RunProvenance,
    item: PlanRowCompletion,
    target: str,
    now: float,
) -> None:
    """Store values that both services hold now; an accepted one counts once a plan saw it."""
    seen = item.state is not PlanRowState.ACCEPTED
    if seen:
        connection.execute(
            "DELETE FROM accepted_value WHERE sync = ? AND target = ?"
            " AND (seen IS NULL OR field IN (SELECT value FROM json_each(?)))",
            (provenance.sync, target, to_json([name for name, _ in item.written_values])),
        )
    # An increment goes on from its exact total, whatever it was rounded to.
    totals = {c.field: c.total for c in item.row.changes_to_send if c.exact is not None}
    for name, value in item.written_values:
        if name in item.missed and not provenance.is_rollback:
            continue
        # Of a row that was read back, only what did not show is still to be seen.
        is_seen = seen or bool(item.missed and name not in item.missed)
        table = "synced_value" if is_seen else "accepted_value"
        connection.execute(
            f"INSERT OR REPLACE INTO {table} (sync, target, field, value, run, at, account)"  # noqa: S608 - names of ours
            " VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM current_account))",
            (
                provenance.sync,
                target,
                name,
                to_json(totals.get(name, value)),
                int(provenance.run_id),
                now,
            ),
        )


def _stored_value(item: PlanRowCompletion, name: str, value: Json) -> Json:
    """Return a written value as the service's own feed will bring it back."""
    missed = item.missed.get(name)
    return missed.seen if missed is not None and missed.is_other_form else value


def _save_pair(
    connection: sqlite3.Connection, provenance: RunProvenance, row: PlanRow, target: str, now: float
) -> None:
    person, sid = (
        (row.source_id, target)
        if provenance.service is Service.SAILTHRU
        else (target, row.source_id)
    )
    if parse_sell_record_id(person) is not None and sid:
        save_sell_pair(connection, person, sid, now)
    # A rule that writes to the user it is about matches nobody with anybody.
    elif person.isdigit() and sid and person != sid:
        connection.execute(
            "INSERT OR REPLACE INTO matched_pair (user_id, sid, at, account)"
            " VALUES (?, ?, ?, (SELECT id FROM current_account))",
            (int(person), sid, now),
        )


def _save_membership(
    connection: sqlite3.Connection, provenance: RunProvenance, item: PlanRowCompletion, target: str
) -> None:
    """Store which target records this sync keeps on its lists, tagged, or in a stage."""
    ours = [value for name, value in item.written_values if name in provenance.membership_fields]
    if any(value is not False and not is_empty(value) for value in ours):
        connection.execute(
            "INSERT OR REPLACE INTO sync_member (sync, target, source, label, account)"
            " VALUES (?, ?, ?, ?, (SELECT id FROM current_account))",
            (provenance.sync, target, item.row.source_id, item.row.label),
        )
    elif any(value in (False, None) for value in ours):
        # An empty list of stages is no leaving: the person may be in another stage tomorrow.
        connection.execute(
            "DELETE FROM sync_member WHERE sync = ? AND target = ?", (provenance.sync, target)
        )


def _stamp_consent(row: PlanRow, detail: str) -> str:
    """Return what is said of a row's result; of who is created also by which consent."""
    if row.fate is not PlannedOutcome.CREATE or not row.evidence:
        return detail
    words = row.evidence if row.evidence.startswith("consent") else f"consent: {row.evidence}"
    return "; ".join(filter(None, (detail, words)))
