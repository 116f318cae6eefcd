"""Reads the audit table: append-only rows of what was changed, whose chain can be verified."""

import sqlite3
from dataclasses import dataclass

import msgspec

from desktop.kit.errors import ConflictError
from desktop.model.erased_people import ERASED_LABEL
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.audit_signer import AuditHead, AuditSigner
from desktop.store.audit_verification import AuditVerification, verify_chain
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

_ENTRY_COLUMNS = (
    "seq", "at", "actor", "kind", "service", "target", "label", "name",
    "old", "new", "reason", "ticket", "edit", "result", "detail", "computer",
)  # fmt: skip


@dataclass(frozen=True)
class AuditEntry:
    """One audit row: who, when, what, from which value to which, and how it ended.

    `computer` is the id of the desk that wrote it, empty by version 0.2.0. Of an erased one what
    is about the customer is gone.
    """

    seq: int
    at: float
    actor: str
    kind: str
    service: str
    target: str
    label: str
    name: str
    old: Json
    new: Json
    reason: str
    ticket: int | None
    edit: str
    result: str
    detail: str
    computer: str = ""
    is_erased: bool = False

    def as_json(self) -> dict[str, Json]:
        """The audit row as JSON, an object of `rows` in `--json` answers."""
        return {
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "kind": self.kind,
            "service": self.service,
            "target": self.target,
            "customer": self.label,
            "name": self.name,
            "old": self.old,
            "new": self.new,
            "reason": self.reason,
            "ticket": self.ticket,
            "edit": self.edit,
            "result": self.result,
            "detail": self.detail,
            "computer": self.computer,
            "erased": self.is_erased,
        }


class AuditLog(Repository):
    """Reads and verifies the audit table."""

    @property
    def signer(self) -> AuditSigner:
        """The signer with the keys of the audit's rows, and the row kept outside the file."""
        return self._database.audit_signer

    @database_call
    def list_entries(
        self, *, targets: tuple[str, ...] = (), limit: int = 500
    ) -> tuple[AuditEntry, ...]:
        """Select the newest audit rows; `targets` are customers' ids or labels, none: everybody."""

        def look(connection: sqlite3.Connection) -> tuple[AuditEntry, ...]:
            if not targets:
                found = connection.execute(
                    "SELECT * FROM audit_entry ORDER BY seq DESC LIMIT ?", (limit,)
                )
            else:
                wanted = msgspec.json.encode(targets).decode()
                found = connection.execute(
                    "SELECT * FROM audit_entry WHERE seq IN (SELECT seq FROM audit_value"
                    " WHERE target IN (SELECT value FROM json_each(?1)) UNION SELECT seq FROM"
                    " audit_value WHERE lower(label) IN (SELECT value FROM json_each(?1)))"
                    " ORDER BY seq DESC LIMIT ?2",
                    (wanted, limit),
                )
            return tuple(_decode_row(r) for r in found)

        return self._database.read(look)

    @database_call
    def append_sell_export(
        self, *, actor: str, folder: str, counts: Json, at: float, what: str
    ) -> None:
        """Append who exports everything from Zendesk Sell: `what` is begun, resumed or finished."""
        self._database.write(
            lambda connection: audit_row.append_sell_export(
                connection, actor=actor, folder=folder, counts=counts, at=at, what=what
            )
        )

    @database_call
    def search_sync_entries(
        self,
        *,
        words: tuple[str, ...] = (),
        before: int | None = None,
        limit: int = 200,
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Select audit rows of syncs' runs and of limits that were allowed, the newest first.

        Only those further back than `before`. Every word (lower case) stands in the customer, the
        sync with its run, or the person. They were written from `since` on and before `until` (Unix
        seconds).
        """
        holds = " AND instr(lower(label || ' ' || reason || ' ' || actor), ?)" * len(words)

        def look(connection: sqlite3.Connection) -> tuple[AuditEntry, ...]:
            found = connection.execute(
                "SELECT * FROM audit_entry WHERE kind IN ('sync', 'approval')"  # noqa: S608
                " AND (?1 IS NULL OR seq < ?1)"
                " AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at < ?3)"
                f"{holds} ORDER BY seq DESC LIMIT ?",
                (before, since, until, *words, limit),
            )
            return tuple(_decode_row(r) for r in found)

        return self._database.read(look)

    @database_call
    def note_data_store(self, *, old: Json, new: Json, actor: str, now: float) -> int:
        """Append that keeping everybody's data here was switched; returns the entry's number."""
        reason = "Which of everybody's data this computer keeps"
        return self._database.write(
            lambda c: audit_row.append_data_act(
                c, audit_row.DATA_STORE_KIND, "everybody", (old, new), actor, reason, now
            )
        )

    @database_call
    def is_data_store_on(self) -> bool:
        """Whether the newest entry about everybody's data says that it is kept here."""
        found = self._database.read(
            lambda c: c.execute(
                "SELECT new FROM audit_entry WHERE kind = ? ORDER BY seq DESC LIMIT 1",
                (audit_row.DATA_STORE_KIND,),
            ).fetchone()
        )
        kept = msgspec.json.decode(found["new"]) if found is not None else None
        return isinstance(kept, dict) and kept.get("on") is True

    @database_call
    def note_export(self, *, what: str, content: Json, actor: str, now: float) -> int:
        """Append that people were exported to a file; `content` says whom and how many."""
        reason = "People were exported to a file"
        return self._database.write(
            lambda c: audit_row.append_data_act(
                c, audit_row.EXPORT_KIND, what, (None, content), actor, reason, now
            )
        )

    @database_call
    def note_retention(self, *, old: Json, new: Json, actor: str, now: float) -> int:
        """Append for how many days activity is kept from now on, and how much is dropped by it."""
        reason = "How long activity is kept was confirmed"
        return self._database.write(
            lambda c: audit_row.append_data_act(
                c, audit_row.RETENTION_KIND, "activity", (old, new), actor, reason, now
            )
        )

    @database_call
    def note_team_act(self, *, what: str, name: str, actor: str, now: float) -> int:
        """Append that a computer of the team, named for people, was invited or revoked."""
        reason = "Which computers belong to the team"
        return self._database.write(
            lambda c: audit_row.append_data_act(
                c, audit_row.TEAM_KIND, what, (None, name), actor, reason, now
            )
        )

    @database_call
    def note_source(
        self, name: str, service: Service, *, old: Json, new: Json, actor: str, now: float
    ) -> int:
        """Append that a data source was left, or what was read of it erased."""
        reason = "A data source of this computer was changed"
        return self._database.write(
            lambda c: audit_row.append_data_act(
                c, audit_row.SOURCE_KIND, name, (old, new), actor, reason, now, service
            )
        )

    @database_call
    def is_handed_in(self) -> bool:
        """Whether the workspace belongs to a team, whose store gets the audit."""
        return self._database.read(
            lambda c: c.execute("SELECT 1 FROM team_membership").fetchone() is not None
        )

    @database_call
    def verify_chain(self) -> AuditVerification:
        """Verify the audit's whole chain of hashes, with every key that is known here."""
        return self._database.read(lambda c: verify_chain(c, self.signer))

    @database_call
    def begin_segment(self, *, actor: str, reason: str, now: float) -> AuditVerification:
        """Note in the audit that its last rows are lost, after a copy of the file was restored.

        Raises ConflictError where nothing is missing, or where a row itself was changed: a new
        segment would pass that by.
        """

        def act(connection: sqlite3.Connection) -> AuditVerification:
            found = verify_chain(connection, self.signer)
            if found.cut_off_to is None:
                raise ConflictError(
                    found.summary,
                    "A new segment is begun only where entries at the end are missing.",
                )
            audit_row.append_restart(
                connection,
                at=now,
                actor=actor,
                reason=reason,
                first=found.first_broken_seq or 1,
                last=found.cut_off_to,
            )
            return found

        return self._database.write(act)

    @database_call
    def find_head(self) -> AuditHead | None:
        """Select the audit's newest row; None: there is none, or the kept head is missing."""
        kept = self.signer.kept_head

        def look(connection: sqlite3.Connection) -> AuditHead | None:
            row = connection.execute(
                "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            known = (
                kept is None
                or connection.execute(
                    "SELECT 1 FROM audit WHERE seq = ? AND hash = ?", (kept.seq, kept.hash)
                ).fetchone()
            )
            return AuditHead(row["seq"], row["hash"]) if row and known else None

        return self._database.read(look)


def _decode_row(row: sqlite3.Row) -> AuditEntry:
    try:
        return _build_entry(row)
    except ValueError as error:
        raise DatabaseDamaged(f"row {row['seq']} of the audit makes no sense") from error


def _build_entry(row: sqlite3.Row) -> AuditEntry:
    values = {name: row[name] for name in _ENTRY_COLUMNS}
    is_erased = row["salt"] is None
    if is_erased:
        values |= {"target": "", "label": ERASED_LABEL, "old": "null", "new": "null"}
        values |= {"reason": "", "detail": ""}
    if row["actor_salt"] is None:
        values["actor"] = ERASED_LABEL
    values["old"] = msgspec.json.decode(values["old"])
    values["new"] = msgspec.json.decode(values["new"])
    if values["kind"] in audit_row.NAMED_BY_CUSTOMER and isinstance(values["new"], list):
        values["name"], values["old"] = values["old"]
        values["new"] = values["new"][1]
    values["edit"] = str(row["edit"])
    return AuditEntry(**values, is_erased=is_erased)
