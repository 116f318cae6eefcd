"""Reads rows of the table `erasure`, with the approvals that the audit proves and their steps."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from desktop.kit.errors import InvalidInput
from desktop.model.edit import Edit
from desktop.model.erasure import Erasure, ErasureApproval, ErasureState, parse_subject
from desktop.model.erasure_steps import ErasureProgress, erasure_progress
from desktop.model.json_value import Json, canonical_json
from desktop.store.audit_signer import AuditSigner
from desktop.store.audit_verification import find_proven_entry
from desktop.store.outbox_row import decode_edit
from desktop.store.sqlite_errors import DatabaseDamaged

OPEN_ERASURES = "state IN ('requested', 'running')"
APPROVAL_KIND = "erasure_approval"


def select_progress(
    connection: sqlite3.Connection, erasure_id: str, signer: AuditSigner
) -> ErasureProgress:
    """Select an erasure with the progress of its steps. Raises InvalidInput for an unknown id."""
    row = None
    if erasure_id.isascii() and erasure_id.isdigit() and len(erasure_id) < 19:
        row = connection.execute(
            "SELECT * FROM erasure WHERE id = ?", (int(erasure_id),)
        ).fetchone()
    if row is None:
        raise InvalidInput(
            f"There is no erasure {erasure_id[:40]}.", "", "`fairlead privacy status` lists them."
        )
    try:
        erasure = _decode_erasure(row)
    except (ValueError, KeyError, TypeError) as error:
        raise DatabaseDamaged(f"row {row['id']} of erasure makes no sense") from error
    erasure = replace(erasure, approvals=_select_approvals(connection, row, signer))
    newest = {edit.step: edit for edit in select_steps(connection, erasure_id)}
    return erasure_progress(erasure, [newest[place] for place in sorted(newest)])


def select_steps(connection: sqlite3.Connection, erasure_id: str) -> tuple[Edit, ...]:
    """Select the edits of an erasure; of a step that was tried again the newest comes last."""
    rows = connection.execute(
        "SELECT * FROM outbox WHERE erasure = ? ORDER BY id", (int(erasure_id),)
    ).fetchall()
    return tuple(map(decode_edit, rows))


def find_open_erasure(connection: sqlite3.Connection, ids: Iterable[str]) -> str | None:
    """Find the id of the open erasure of whoever has one of these ids or addresses."""
    wanted = {one.lower() for one in ids if one}
    for row in connection.execute(
        f"SELECT id, subject FROM erasure WHERE {OPEN_ERASURES}"  # noqa: S608 - names of ours
        " AND account = (SELECT id FROM current_account) ORDER BY id DESC"
    ).fetchall():
        subject = parse_subject(msgspec.json.decode(row["subject"]))
        if wanted & {one.lower() for one in subject.target_ids}:
            return str(row["id"])
    return None


def approval_content(
    erasure: sqlite3.Row, user_id: str, credential: str, signer: AuditSigner
) -> dict[str, Json]:
    """Return what an audited approval of an erasure says: of which, by whom; not of whom."""
    return {
        "erasure": str(erasure["id"]),
        "user_id": user_id,
        "credential": credential,
        # Proves for whom it was, and names nobody once the subject is gone.
        "subject": signer.prove("erasure", erasure["subject"]),
    }


def _select_approvals(
    connection: sqlite3.Connection, erasure: sqlite3.Row, signer: AuditSigner
) -> tuple[ErasureApproval, ...]:
    return tuple(
        ErasureApproval(
            row["user_id"],
            row["name"],
            row["approved_at"],
            row["credential"],
            _is_proven(connection, erasure, row, signer),
        )
        for row in connection.execute(
            "SELECT * FROM erasure_approval WHERE erasure = ? ORDER BY approved_at, user_id",
            (erasure["id"],),
        ).fetchall()
    )


def _is_proven(
    connection: sqlite3.Connection,
    erasure: sqlite3.Row,
    approval: sqlite3.Row,
    signer: AuditSigner,
) -> bool:
    """Whether the audit tells the same of an approval, for the very person and steps."""
    if erasure["subject"] is None:
        # It has ended, and was asked when it began and before each step.
        return True
    entry = find_proven_entry(connection, approval["audit_seq"], signer)
    said = approval_content(erasure, approval["user_id"], approval["credential"], signer)
    return (
        entry is not None
        and entry["kind"] == APPROVAL_KIND
        and entry["actor"] == approval["name"]
        and entry["new"] == canonical_json(said)
    )


def _decode_erasure(row: sqlite3.Row) -> Erasure:
    subject = row["subject"]
    return Erasure(
        id=str(row["id"]),
        subject=parse_subject(msgspec.json.decode(subject)) if subject is not None else None,
        subject_hash=row["subject_hash"],
        state=ErasureState(row["state"]),
        actor=row["actor"],
        created_at=row["created_at"],
        counts=msgspec.json.decode(row["counts"], type=dict[str, int]),
        ended_at=row["ended_at"],
        ended_steps=tuple(msgspec.json.decode(row["ended_steps"], type=list[dict[str, Json]])),
        erased=msgspec.json.decode(row["erased"], type=dict[str, int]),
    )
