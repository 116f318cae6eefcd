"""Appends audit rows, and the rule by which each row's hash covers what it says.

A row chains the hash of the row before, and salted hashes of its actor and of its customer's
values, which lie beside it in `audit_value`: erased there, the row still verifies.
"""

import hashlib
import os
import sqlite3
from collections.abc import Mapping

import msgspec

from desktop.model.edit import Edit, EditKind, EditState, EditTarget
from desktop.model.json_value import Json, canonical_json
from desktop.model.service import Service
from desktop.model.sync import ATTESTATION_TEXT, Sync
from desktop.model.team_lead_request import TeamLeadRequest

GENESIS_HASH = "0" * 64
EVENT_ACTION_KIND = "event_action"
EVENT_SWITCH_KIND = "event_switch"
SELL_EXPORT_KIND = "sell_export"
# The kind of the row with which an admin notes that earlier rows are lost.
RESTART_KIND = "restart"
# The kinds of rows that tell of everybody's data: kept here or not any more; written to a file.
DATA_STORE_KIND, EXPORT_KIND = "data_store", "export"
RETENTION_KIND, SOURCE_KIND = "retention", "data_source"
# The kind of a row that tells which computers came to the team, and went.
TEAM_KIND = "team"
# The kind of a row that tells of a request to a lead; it is no change of the customer.
LEAD_REQUEST_KIND = "lead_request"
# Kinds of edits whose name is an address, an id or a ticket of the customer.
NAMED_BY_CUSTOMER = frozenset(
    kind.value for kind in (EditKind.EMAIL_ADDRESS, EditKind.PROFILE_EMAIL, EditKind.CLOSE_TICKET)
)
CUSTOMER_VALUES = ("target", "label", "old", "new", "reason", "ticket", "detail")
_CHAINED_COLUMNS = (
    "seq", "at", "kind", "service", "name", "edit", "result", "computer", "account", "actor_hash",
    "values_hash", "key_id", "prev_hash",
)  # fmt: skip
# Version 0.2.0 chained the values themselves, without salt or key.
_CHAINED_BY_0_2_0 = (
    "seq", "at", "actor", "kind", "service", "target", "label", "name",
    "old", "new", "reason", "ticket", "edit", "result", "detail", "prev_hash",
)  # fmt: skip
_SALT_BYTES = 16
_INSERTED = (*_CHAINED_COLUMNS, "hash")
_INSERT_SQL = (
    f"INSERT INTO audit ({', '.join(_INSERTED)}, mac)"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' * len(_INSERTED))}, audit_mac(?, ?))"
)
_INSERTED_VALUES = ("seq", "actor_salt", "actor", "salt", *CUSTOMER_VALUES)
_INSERT_VALUES_SQL = (
    f"INSERT INTO audit_value ({', '.join(_INSERTED_VALUES)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' * len(_INSERTED_VALUES))})"
)
_LAST_ROW_SQL = (
    "SELECT coalesce((SELECT id FROM computer), '') AS computer,"
    " (SELECT id FROM current_account) AS account, audit_key_id() AS key_id, last.seq, last.hash"
    " FROM (SELECT 1) LEFT JOIN (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1) AS last"
)


def append_edit(connection: sqlite3.Connection, edit: Edit, result: EditState, at: float) -> None:
    """Append an edit's end to the audit, inside the transaction that closes the outbox row."""
    intent = edit.request
    name, old, new = intent.name, intent.old, intent.new
    if intent.kind.value in NAMED_BY_CUSTOMER:
        # What is about the customer lies beside the chain, where it can be erased.
        name, old, new = "", [name, old], [name, new]
    append_entry(
        connection,
        at=at,
        actor=edit.actor,
        kind=intent.kind.value,
        service=intent.target.service,
        target=intent.target,
        name=name,
        old=old,
        new=new,
        reason=intent.reason,
        ticket=intent.ticket,
        edit=int(edit.id),
        result=result,
        detail=edit.detail,
    )


def append_lead_request(
    connection: sqlite3.Connection, asked: TeamLeadRequest, who: str, at: float
) -> None:
    """Append to the audit that a lead was asked for an edit, or how the request ended.

    Called inside the transaction that stores it. `new` says the edit's kind, value and the state.
    """
    request = asked.request
    append_entry(
        connection,
        at=at,
        actor=who,
        kind=LEAD_REQUEST_KIND,
        service=request.target.service,
        target=request.target,
        name=request.name,
        old=request.old,
        new={"kind": request.kind.value, "new": request.new, "state": asked.state.value},
        reason=request.reason if asked.is_open else asked.answer,
        ticket=request.ticket,
        detail=f"request {asked.id}",
    )


def append_sync_write(
    connection: sqlite3.Connection,
    *,
    at: float,
    actor: str,
    target: EditTarget,
    sync: str,
    old: Json,
    new: Json,
    reason: str,
    detail: str,
) -> None:
    """Append a run's write to the audit, inside the transaction that closes the plan's row.

    `old` and `new` are objects, field by field.
    """
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="sync",
        service=target.service,
        target=target,
        name=sync,
        old=old,
        new=new,
        reason=reason,
        detail=detail,
    )


def append_consent(
    connection: sqlite3.Connection, sync: Sync, before: Sync | None, at: float
) -> None:
    """Append to the audit who attested consent for people a sync creates, and for whom (S1-08).

    Called inside the transaction that saves the sync.
    """
    append_entry(
        connection,
        at=at,
        actor=sync.opt_in.attested_by,
        kind="consent",
        service=sync.target_service,
        name=sync.name,
        old=_attested(before),
        new=_attested(sync),
        reason=f"{sync.title}: consent of new people confirmed",
    )


def append_limit_approval(
    connection: sqlite3.Connection,
    *,
    at: float,
    actor: str,
    user_id: str,
    service: Service,
    sync: str,
    plan_id: str,
    limit: str,
    people: int,
    rows_hash: str,
    credential: str,
) -> int:
    """Append to the audit who let a plan's limit pass, and for how many people.

    Called inside the transaction that stores the approval; returns the entry's number.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind="approval",
        service=service,
        name=sync,
        old=None,
        new=approval_content(plan_id, limit, user_id, people, rows_hash, credential),
        reason=f"Limit allowed once for plan {plan_id}",
    )


def append_erasure(
    connection: sqlite3.Connection, *, at: float, actor: str, counts: Mapping[str, Json]
) -> None:
    """Append to the audit that one customer's values were erased: how many, and not whose.

    Called inside the transaction that erases them.
    """
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="erasure",
        service=None,
        name="",
        old=None,
        new=dict(counts),
        reason="What this computer kept of one customer was erased.",
    )


def append_erasure_approval(
    connection: sqlite3.Connection, *, at: float, actor: str, content: Json
) -> int:
    """Append to the audit that an admin approves the erasure of one person, and not whose.

    Called inside the transaction that stores the approval; returns the entry's number.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind="erasure_approval",
        service=None,
        name="",
        old=None,
        new=content,
        reason="The erasure of one person was approved.",
    )


def append_erasure_end(
    connection: sqlite3.Connection, *, at: float, actor: str, content: Json, reason: str
) -> None:
    """Append to the audit how the erasure of one person ended: steps and counts, not whose."""
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="erasure_end",
        service=None,
        name="",
        old=None,
        new=content,
        reason=reason,
    )


def append_restart(
    connection: sqlite3.Connection, *, at: float, actor: str, reason: str, first: int, last: int
) -> None:
    """Append to the audit that its rows numbered `first` to `last` were lost, and who notes it."""
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind=RESTART_KIND,
        service=None,
        name="",
        old=None,
        new={"missing_from": first, "missing_to": last},
        reason=reason,
    )


def approval_content(
    plan_id: str, limit: str, user_id: str, people: int, rows_hash: str, credential: str
) -> dict[str, Json]:
    """Return what an audited approval says: which limit of which plan, for whom, by whom."""
    return {
        "limit": limit,
        "people": people,
        "plan": plan_id,
        "user_id": user_id,
        "rows": rows_hash,
        "credential": credential,
    }


def append_switch(
    connection: sqlite3.Connection, sync: Sync, content: Json, actor: str, at: float
) -> int:
    """Append to the audit that a sync that is on was saved, and by whose rights it writes.

    Called inside the transaction that saves the sync; returns the entry's number.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind="switch",
        service=sync.target_service,
        name=sync.name,
        old=None,
        new=content,
        reason=f"{sync.title}: on, by the rights of who switched it on",
    )


def append_event_action(
    connection: sqlite3.Connection, kind: str, old: Json, new: Json, actor: str, at: float
) -> int:
    """Append to the audit that an action of events was saved; returns the entry's number.

    Called inside the transaction that saves it.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind=EVENT_ACTION_KIND,
        service=Service.ZENDESK,
        name=kind,
        old=old,
        new=new,
        reason="The action of events was saved",
    )


def append_event_switch(
    connection: sqlite3.Connection, source: str, content: Json, actor: str, at: float
) -> int:
    """Append to the audit whether a source of events is delivered by itself; returns its number.

    Called inside the transaction that stores the switch.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind=EVENT_SWITCH_KIND,
        service=Service.ZENDESK,
        name=source,
        old=None,
        new=content,
        reason=f"{source}: whether it is delivered by itself, by the rights of who switched it",
    )


def append_event_end(
    connection: sqlite3.Connection,
    event_id: int,
    actions: Mapping[str, Json],
    *,
    user_id: int | None,
    actor: str,
    at: float,
) -> None:
    """Append to the audit that an event was delivered: what became of each action that was sent.

    Called inside the transaction that closes the event. `user_id` is Zendesk's, None: of nobody.
    """
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="event_end",
        service=Service.ZENDESK,
        target=None if user_id is None else EditTarget(Service.ZENDESK, str(user_id), ""),
        name=str(event_id),
        old=None,
        new=dict(actions),
        reason=f"Event {event_id} was delivered",
    )


def append_event_again(
    connection: sqlite3.Connection, event_id: int, actor: str, at: float
) -> None:
    """Append to the audit that somebody opens a delivered event again, to be sent once more."""
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="event_again",
        service=Service.ZENDESK,
        name=str(event_id),
        old=None,
        new=None,
        reason=f"Event {event_id} may be sent again",
    )


def append_event_pause(
    connection: sqlite3.Connection, source: sqlite3.Row, actor: str, at: float, *, on: bool
) -> None:
    """Append to the audit that a source of events is held back, or may be delivered again."""
    append_entry(
        connection,
        at=at,
        actor=actor,
        kind="event_pause" if on else "event_resume",
        service=Service.ZENDESK,
        name=str(source["id"]),
        old=None,
        new=None,
        reason=f"{source['name']}: {'held back' if on else 'may be delivered again'}",
    )


def append_sell_export(
    connection: sqlite3.Connection, *, actor: str, folder: str, counts: Json, at: float, what: str
) -> int:
    """Append to the audit that everything was exported from Zendesk Sell, begun or finished."""
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind=SELL_EXPORT_KIND,
        service=Service.SELL,
        name=what,
        old=None,
        new=counts,
        reason="Everything was exported from Zendesk Sell",
        detail=folder,
    )


def append_data_act(
    connection: sqlite3.Connection,
    kind: str,
    name: str,
    change: tuple[Json, Json],
    actor: str,
    reason: str,
    at: float,
    service: Service = Service.ZENDESK,
) -> int:
    """Append to the audit what was done with everybody's data at once; returns its number.

    `kind` is one of those for data, `change` the value before and after.
    """
    return append_entry(
        connection,
        at=at,
        actor=actor,
        kind=kind,
        service=service,
        name=name,
        old=change[0],
        new=change[1],
        reason=reason,
    )


def _attested(sync: Sync | None) -> Json:
    """Return what an audited attestation of consent says: opted in or not, who, which lists."""
    if sync is None or not sync.opt_in.is_attested:
        return None
    found: Json = msgspec.to_builtins(
        {
            "text": ATTESTATION_TEXT,
            "email": sync.opt_in.email,
            "source": sync.source,
            "create_missing": sync.effects.create_missing,
            "lists": sync.effects.add_to_lists,
        }
    )
    return found


def append_entry(
    connection: sqlite3.Connection,
    *,
    at: float,
    actor: str,
    kind: str,
    service: Service | None,
    name: str,
    old: Json,
    new: Json,
    reason: str,
    target: EditTarget | None = None,
    ticket: int | None = None,
    edit: int = 0,
    result: EditState = EditState.DONE,
    detail: str = "",
) -> int:
    """Append one audit row; returns its number.

    `target` None belongs to no customer, `edit` 0 to no edit.
    """
    salts = os.urandom(2 * _SALT_BYTES)
    last = connection.execute(_LAST_ROW_SQL).fetchone()
    row: dict[str, object] = {
        "seq": (last["seq"] or 0) + 1,
        "at": at,
        "kind": kind,
        "service": service.value if service else "",
        "name": name,
        "edit": edit,
        "result": result.value,
        "computer": last["computer"],
        "account": last["account"],
        "key_id": last["key_id"],
        "prev_hash": last["hash"] or GENESIS_HASH,
        "actor_salt": salts[:_SALT_BYTES],
        "actor": actor,
        "salt": salts[_SALT_BYTES:],
        "target": target.id if target else "",
        "label": target.label if target else "",
        "old": canonical_json(old),
        "new": canonical_json(new),
        "reason": reason,
        "ticket": ticket,
        "detail": detail,
    }
    row["actor_hash"] = hash_actor(row)
    row["values_hash"] = hash_customer_values(row)
    row["hash"] = hash_row(row)
    connection.execute(
        _INSERT_SQL, (*(row[name] for name in _INSERTED), row["key_id"], row["hash"])
    )
    connection.execute(_INSERT_VALUES_SQL, [row[name] for name in _INSERTED_VALUES])
    return int(str(row["seq"]))


Row = Mapping[str, object] | sqlite3.Row


def hash_row(row: Row) -> str:
    """Hash an audit row: its own columns, the hash before it and those of its values."""
    return _sha256(_encode(row, _CHAINED_COLUMNS))


def hash_row_of_0_2_0(row: Row) -> str:
    """Hash an audit row as version 0.2.0 did."""
    return _sha256(_encode(row, _CHAINED_BY_0_2_0))


def hash_actor(row: Row) -> str:
    """Return the salted hash of an audit row's actor, which outlives an erasure."""
    return _sha256(_salt(row, "actor_salt") + str(row["actor"]).encode())


def hash_customer_values(row: Row) -> str:
    """Return the salted hash of an audit row's values about the customer."""
    return _sha256(_salt(row, "salt") + _encode(row, CUSTOMER_VALUES))


def _salt(row: Row, column: str) -> bytes:
    salt = row[column]
    return salt if isinstance(salt, bytes) else b""


def _encode(row: Row, columns: tuple[str, ...]) -> bytes:
    return msgspec.json.encode([row[name] for name in columns])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
