"""Proofs that a row of the outbox stands as Fairlead has queued it, by the right of its author.

Somebody who changes a row in the file cannot make its proof: the audit's key is in the keyring.
"""

import sqlite3
from dataclasses import replace

from desktop.model.edit import EMAIL_CHANGE_KINDS, Edit
from desktop.model.email_change import place_of
from desktop.model.json_value import Json
from desktop.store.audit_signer import AuditSigner, ProofVerdict
from desktop.store.outbox_row import decode_edit
from desktop.store.outbox_sql import OPEN_STATES, select_row


class OutboxProof:
    """Proves rows of the outbox, and decodes them with what their proofs say."""

    def __init__(self, signer: AuditSigner) -> None:
        self._signer = signer

    def prove(self, connection: sqlite3.Connection, edit_id: int) -> None:
        """Write into an outbox row the proof that Fairlead has put it there as it stands."""
        row = select_row(connection, str(edit_id))
        proof = self._signer.prove("edit", _proven_content(connection, row))
        connection.execute("UPDATE outbox SET proof = ? WHERE id = ?", (proof, edit_id))

    def decode(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Edit:
        """Decode an outbox row, and whether it is as its author has queued it."""
        edit = decode_edit(row)
        is_step = row["email_change"] is not None or edit.request.kind in EMAIL_CHANGE_KINDS
        if is_step and (row["email_change"] is None or place_of(edit.request) != row["step"]):
            return replace(edit, is_author_proven=False, is_in_order=False)
        verdict = self._judge(connection, row)
        if verdict is ProofVerdict.PROVEN:
            return replace(edit, is_author_proven=not has_ended(connection, row))
        # Without its key nobody can say that a step was moved, only who may not have made it.
        is_moved = is_step and bool(row["proof"]) and verdict is ProofVerdict.EDITED
        return replace(edit, is_author_proven=False, is_in_order=not is_moved)

    def is_proven(self, connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
        """Whether Fairlead has written an outbox row as it stands."""
        return self._judge(connection, row) is ProofVerdict.PROVEN

    def _judge(self, connection: sqlite3.Connection, row: sqlite3.Row) -> ProofVerdict:
        return self._signer.judge(row["proof"], "edit", _proven_content(connection, row))


def has_ended(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Whether the audit tells the end of an open outbox row: somebody has opened it again."""
    if row["state"] not in OPEN_STATES:
        return False
    found = connection.execute("SELECT 1 FROM audit WHERE edit = ? LIMIT 1", (row["id"],))
    return found.fetchone() is not None


def _proven_content(connection: sqlite3.Connection, row: sqlite3.Row) -> list[Json]:
    """Return what an outbox row's proof covers: what is wanted of whom, by whose right.

    Of an address change's step also its place, and which steps are before it.
    """
    columns = (
        "idem_key", "kind", "service", "target", "name", "new", "ticket", "undoes", "actor_key",
        "account",
    )  # fmt: skip
    content: list[Json] = [row[name] for name in columns]
    # Rows that were queued before there were batches and erasures are proven without them.
    if row["batch"] is not None:
        content.append(row["batch"])
    if row["erasure"] is not None:
        content += ["erasure", row["erasure"], row["step"]]
    if row["email_change"] is None:
        return content
    earlier = connection.execute(
        "SELECT DISTINCT step FROM outbox WHERE email_change = ? AND step < ? ORDER BY step",
        (row["email_change"], row["step"]),
    )
    return [*content, row["email_change"], row["step"], [one["step"] for one in earlier]]
