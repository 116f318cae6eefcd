"""Who has asked for a batch's approval, and which admins have given it, as the audit tells."""

import hashlib
import sqlite3

import msgspec

from desktop.kit.errors import ConflictError
from desktop.kit.text import format_count
from desktop.model.batch_approval import BatchApproval
from desktop.model.json_value import Json, canonical_json
from desktop.model.permission import Actor
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.audit_verification import find_proven_entry
from desktop.store.database_call import database_call
from desktop.store.repository import Repository

_KIND = "approval"


class BatchApprovalRepository(Repository):
    """Approvals of batches: entries of the audit; one counts for the rows that it was given for."""

    @database_call
    def add(
        self,
        batch_id: str,
        person: Actor,
        now: float,
        *,
        is_admin: bool,
        people: int,
        note: str = "",
        rows_hash: str | None = None,
    ) -> None:
        """Append to the audit that a person asks for a batch's approval, or gives it as an admin.

        `people` is how many get an opt-out loosened. It is for the rows that the batch would change
        now. Raises ConflictError where these are not those of `rows_hash`.
        """

        def act(connection: sqlite3.Connection) -> None:
            rows = _hash_rows(connection, batch_id)
            if rows_hash is not None and rows != rows_hash:
                raise ConflictError(
                    "The batch was previewed anew since the approval was asked for.",
                    "Nothing was approved.",
                    "It is asked for once more.",
                )
            many = format_count(people, "person", "people")
            words = f"Approved for {many}" if is_admin else f"Asked for approval for {many}"
            content: dict[str, Json] = {
                "batch": batch_id,
                "is_admin": is_admin,
                "people": people,
                "user_id": person.approver_id,
                "rows": rows,
                "credential": person.credential,
            }
            audit_row.append_entry(
                connection,
                at=now,
                actor=person.name,
                kind=_KIND,
                service=Service.SAILTHRU,
                name=f"batch {batch_id}",
                old=None,
                new=content,
                reason=f"{words}: {note}" if note else words,
            )

        self._database.write(act)

    @database_call
    def hash_rows(self, batch_id: str) -> str:
        """Hash the rows that a batch would change: what an approval of it is for."""
        return self._database.read(lambda c: _hash_rows(c, batch_id))

    @database_call
    def list_in_force(self, batch_id: str) -> tuple[BatchApproval, ...]:
        """Select what the audit proves of a batch's approvals for its rows as they are now."""

        def look(connection: sqlite3.Connection) -> tuple[BatchApproval, ...]:
            rows = _hash_rows(connection, batch_id)
            signer = self._database.audit_signer
            found = []
            for one in connection.execute(
                "SELECT seq FROM audit WHERE kind = ? AND name = ? ORDER BY seq",
                (_KIND, f"batch {batch_id}"),
            ).fetchall():
                entry = find_proven_entry(connection, one["seq"], signer)
                if entry is None:
                    continue
                said = msgspec.json.decode(entry["new"])
                if said["rows"] == rows and said["batch"] == batch_id:
                    found.append(
                        BatchApproval(
                            said["user_id"],
                            entry["actor"],
                            said["credential"],
                            said["is_admin"],
                            said["people"],
                            entry["at"],
                        )
                    )
            return tuple(found)

        return self._database.read(look)


def _hash_rows(connection: sqlite3.Connection, batch_id: str) -> str:
    rows = connection.execute(
        "SELECT b.action, r.row, r.sid, r.old FROM edit_batch_row r JOIN edit_batch b"
        " ON b.id = r.batch WHERE r.batch = ? AND r.fate = 'update' ORDER BY r.row",
        (int(batch_id),),
    ).fetchall()
    content = canonical_json([[str(value) for value in row] for row in rows])
    return hashlib.sha256(content.encode()).hexdigest()
