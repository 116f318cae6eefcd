"""The table `event_action`: changed actions of events as JSON, saved ones and drafts."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from desktop.kit.errors import ConflictError
from desktop.model.json_value import Json
from desktop.store import audit_row
from desktop.store.audit_verification import find_proven_entry
from desktop.store.database_call import database_call
from desktop.store.repository import Repository


@dataclass(frozen=True)
class StoredAction:
    """The JSON texts of one action of events; "" where it was not changed, or has no draft.

    `is_proven`: the audit tells that somebody saved it so. `is_draft_previewed`: a simulation has
    shown what the draft does since it was changed last.
    """

    saved: str = ""
    is_proven: bool = True
    draft: str = ""
    is_draft_previewed: bool = False


class EventActionRepository(Repository):
    """Stores, by kind, what somebody changed of the six event actions: saved ones and drafts."""

    @database_call
    def get_all(self) -> Mapping[str, StoredAction]:
        """Select the changed actions by kind."""

        def look(connection: sqlite3.Connection) -> Mapping[str, StoredAction]:
            rows = connection.execute("SELECT * FROM event_action").fetchall()
            # Whoever takes a saved action away, or puts an older one back, has not saved it.
            newest = {
                row["name"]: row["seq"]
                for row in connection.execute(
                    "SELECT name, max(seq) AS seq FROM audit_entry WHERE kind = ? GROUP BY name",
                    (audit_row.EVENT_ACTION_KIND,),
                )
            }
            found = {kind: StoredAction(is_proven=False) for kind in newest}
            for row in rows:
                last = newest.get(row["kind"])
                is_proven = (
                    row["saved_seq"] == last and self._is_proven(connection, row)
                    if row["saved"]
                    else last is None
                )
                found[row["kind"]] = StoredAction(
                    row["saved"], is_proven, row["draft"], bool(row["is_draft_previewed"])
                )
            return found

        return self._database.read(look)

    @database_call
    def put_draft(self, kind: str, draft: str) -> None:
        """Insert or update the draft of an action; "" takes it away."""
        self._database.write(
            lambda c: c.execute(
                "INSERT INTO event_action (kind, draft) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE"
                " SET draft = excluded.draft, is_draft_previewed = 0",
                (kind, draft),
            )
        )

    @database_call
    def mark_previewed(self, drafts: Mapping[str, str]) -> None:
        """Update the drafts that a simulation has shown, where they are still the same."""

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE event_action SET is_draft_previewed = 1 WHERE kind = ? AND draft = ?",
                list(drafts.items()),
            )

        self._database.write(act)

    @database_call
    def save_drafts(self, drafts: Mapping[str, str], actor: str, at: float) -> None:
        """Make previewed drafts the actions that count, and tell it in the audit.

        Raises ConflictError where a draft was changed, or not previewed, since it was read.
        """

        def act(connection: sqlite3.Connection) -> None:
            for kind, draft in drafts.items():
                row = connection.execute(
                    "SELECT * FROM event_action WHERE kind = ?", (kind,)
                ).fetchone()
                if row is None or row["draft"] != draft or not row["is_draft_previewed"]:
                    raise ConflictError(
                        "The action was changed meanwhile, or not previewed since.",
                        "Nothing was saved.",
                        "Simulate with the drafts, then save.",
                    )
                seq = audit_row.append_event_action(
                    connection, kind, _decoded(row["saved"]), _decoded(draft), actor, at
                )
                connection.execute(
                    "UPDATE event_action SET saved = draft, saved_seq = ?, draft = '',"
                    " is_draft_previewed = 0 WHERE kind = ?",
                    (seq, kind),
                )

        self._database.write(act)

    def _is_proven(self, connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
        """Whether the audit tells that an action was saved as the row has it."""
        signer = self._database.audit_signer
        entry = find_proven_entry(connection, row["saved_seq"], signer)
        return (
            entry is not None
            and (entry["kind"], entry["name"]) == (audit_row.EVENT_ACTION_KIND, row["kind"])
            and msgspec.json.decode(entry["new"]) == _decoded(row["saved"])
        )


def _decoded(text: str) -> Json:
    return msgspec.json.decode(text) if text else None
