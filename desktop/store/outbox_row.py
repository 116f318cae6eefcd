"""Decodes a row of the table `outbox` into an `Edit`."""

import sqlite3

import msgspec

from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.store.sqlite_errors import DatabaseDamaged


def decode_edit(row: sqlite3.Row) -> Edit:
    """Decode an outbox row into an `Edit`. Raises DatabaseDamaged for values out of range."""
    try:
        return _build_edit(row)
    except (ValueError, TypeError) as error:
        raise DatabaseDamaged(f"row {row['id']} of the outbox makes no sense") from error


def _build_edit(row: sqlite3.Row) -> Edit:
    intent = EditRequest(
        kind=EditKind(row["kind"]),
        target=EditTarget(Service(row["service"]), row["target"], row["label"]),
        name=row["name"],
        old=msgspec.json.decode(row["old"]),
        new=msgspec.json.decode(row["new"]),
        reason=row["reason"],
        ticket=row["ticket"],
        undoes=str(row["undoes"]) if row["undoes"] is not None else None,
    )
    if intent.kind is EditKind.OPTOUT:
        OptOutLevel(intent.new)
        if intent.old is not None:
            OptOutLevel(intent.old)
    return Edit(
        id=str(row["id"]),
        request=intent,
        state=EditState(row["state"]),
        actor=row["actor"],
        created_at=row["created_at"],
        not_before=row["not_before"],
        tries=row["tries"],
        idem_key=row["idem_key"],
        updated_at=row["updated_at"],
        detail=row["detail"],
        accepted_at=float(row["accepted_at"]),
        actor_key=row["actor_key"],
        email_change=str(row["email_change"]) if row["email_change"] is not None else None,
        step=row["step"],
        erasure=str(row["erasure"]) if row["erasure"] is not None else None,
        batch=str(row["batch"]) if row["batch"] is not None else None,
    )
