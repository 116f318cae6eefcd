"""The limits of a sync as they count: no looser than the audit tells that Fairlead has saved them.

Only an admin may loosen a limit, and whoever uses this computer can write its database.
"""

import sqlite3
from dataclasses import replace

import msgspec

from desktop.model.run_limit import Limit
from desktop.model.sync import Sync
from desktop.store import audit_row
from desktop.store.audit_signer import AuditSigner
from desktop.store.audit_verification import find_proven_entry

LIMITS_KIND = "limits"
_NEWEST_SQL = "SELECT max(seq) FROM audit WHERE kind = 'limits' AND name = ?"


def with_counting_limits(connection: sqlite3.Connection, signer: AuditSigner, sync: Sync) -> Sync:
    """Return a sync with the limits that count; as stored where no key was asked for yet."""
    if not signer.was_asked:
        return sync
    return replace(sync, limits=_stricter(sync.limits, _read_saved(connection, signer, sync.name)))


def note_limits(
    connection: sqlite3.Connection,
    signer: AuditSigner,
    sync: Sync,
    stored: Sync | None,
    by: tuple[str, float],
) -> Sync:
    """Tell the audit of the limits of a sync that is saved; returns it as it is to be stored.

    `stored` is its row, `by` who saves it when. Limits that nobody has changed stay as they lie
    there: their proof may only be out of reach.
    """
    if stored is not None:
        counting = with_counting_limits(connection, signer, stored)
        if sync.limits == counting.limits:
            return replace(sync, limits=stored.limits)
    if sync.limits != _read_saved(connection, signer, sync.name):
        who, at = by
        audit_row.append_entry(
            connection,
            at=at,
            actor=who,
            kind=LIMITS_KIND,
            service=sync.target_service,
            name=sync.name,
            old=None if stored is None else msgspec.to_builtins(stored.limits),
            new=msgspec.to_builtins(sync.limits),
            reason=f"{sync.title}: limits of a run",
        )
    return sync


def _read_saved(connection: sqlite3.Connection, signer: AuditSigner, name: str) -> Limit:
    """Return the limits of a sync that were saved last; without a proof they may only forbid."""
    newest = connection.execute(_NEWEST_SQL, (name,)).fetchone()[0]
    if newest is None:
        return Limit()
    proven = find_proven_entry(connection, newest, signer)
    entry = (
        proven
        or connection.execute("SELECT * FROM audit_entry WHERE seq = ?", (newest,)).fetchone()
    )
    try:
        said = msgspec.json.decode(entry["new"] or "", type=Limit)
    except msgspec.MsgspecError:
        return Limit(0, 0)
    return said if proven is not None else _stricter(said, Limit())


def _stricter(one: Limit, other: Limit) -> Limit:
    return Limit(min(one.people, other.people), min(one.percent, other.percent))
