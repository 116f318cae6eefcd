"""The audit: append-only, hash-chained from its first row, written when an edit is closed."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from desktop.model.edit import Edit, EditState, EditTarget
from desktop.model.json_value import Json, canonical_json
from desktop.model.sync import Sync
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

GENESIS_HASH = "0" * 64
_HASHED_COLUMNS = (
    "seq", "at", "actor", "kind", "service", "target", "label", "name",
    "old", "new", "reason", "ticket", "edit", "result", "detail", "prev_hash",
)  # fmt: skip
_CLOSED_WITHOUT_AUDIT_SQL = (
    "SELECT 1 FROM outbox WHERE state IN ('done', 'conflict', 'failed', 'undone')"
    " AND id NOT IN (SELECT edit FROM audit) LIMIT 1"
)


@dataclass(frozen=True)
class AuditEntry:
    """One closed edit: who, when, what, from which value to which, and how it ended."""

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

    def as_json(self) -> dict[str, Json]:
        """The object under `rows` in `--json` answers."""
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
        }


@dataclass(frozen=True)
class AuditVerification:
    """Whether the chain holds; `broken_at` is the first row that does not fit."""

    row_count: int
    first_broken_seq: int | None


def append_edit(connection: sqlite3.Connection, edit: Edit, result: EditState, at: float) -> None:
    """Add one row; called inside the transaction that closes the outbox row."""
    intent = edit.request
    _append_hashed(
        connection,
        {
            "at": at,
            "actor": edit.actor,
            "kind": intent.kind.value,
            "service": intent.target.service.value,
            "target": intent.target.id,
            "label": intent.target.label,
            "name": intent.name,
            "old": canonical_json(intent.old),
            "new": canonical_json(intent.new),
            "reason": intent.reason,
            "ticket": intent.ticket,
            "edit": int(edit.id),
            "result": result.value,
            "detail": edit.detail,
        },
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
    """Add what a run did to one customer; called inside the transaction that closes the plan's row.

    `old` and `new` are objects, field by field. It belongs to no edit, which is said as 0.
    """
    _append_hashed(
        connection,
        {
            "at": at,
            "actor": actor,
            "kind": "sync",
            "service": target.service.value,
            "target": target.id,
            "label": target.label,
            "name": sync,
            "old": canonical_json(old),
            "new": canonical_json(new),
            "reason": reason,
            "ticket": None,
            "edit": 0,
            "result": EditState.DONE.value,
            "detail": detail,
        },
    )


def append_consent(
    connection: sqlite3.Connection, sync: Sync, before: Sync | None, at: float
) -> None:
    """Add who attested the consent of the people a sync creates, and for whom (S1-08).

    Called inside the transaction that saves the sync. It belongs to no customer and no edit.
    """
    _append_hashed(
        connection,
        {
            "at": at,
            "actor": sync.opt_in.attested_by,
            "kind": "consent",
            "service": sync.target_service.value,
            "target": "",
            "label": "",
            "name": sync.name,
            "old": canonical_json(_attested(before)),
            "new": canonical_json(_attested(sync)),
            "reason": f"{sync.title}: consent of new people confirmed",
            "ticket": None,
            "edit": 0,
            "result": EditState.DONE.value,
            "detail": "",
        },
    )


def _attested(sync: Sync | None) -> Json:
    """What an attestation speaks of: whether new people are opted in, who they are, which lists."""
    if sync is None or not sync.opt_in.is_attested:
        return None
    found: Json = msgspec.to_builtins(
        {
            "email": sync.opt_in.email,
            "source": sync.source,
            "create_missing": sync.effects.create_missing,
            "lists": sync.effects.add_to_lists,
        }
    )
    return found


def _append_hashed(connection: sqlite3.Connection, values: dict[str, Json]) -> None:
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    row = {
        **values,
        "seq": (last["seq"] if last else 0) + 1,
        "prev_hash": last["hash"] if last else GENESIS_HASH,
    }
    row["hash"] = _hash_row(row)
    connection.execute(
        "INSERT INTO audit (seq, at, actor, kind, service, target, label, name, old, new, reason,"
        " ticket, edit, result, detail, prev_hash, hash) VALUES (:seq, :at, :actor, :kind,"
        " :service, :target, :label, :name, :old, :new, :reason, :ticket, :edit, :result, :detail,"
        " :prev_hash, :hash)",
        row,
    )


class AuditLog(Repository):
    """Reads and verifies the audit."""

    @database_call
    def list_entries(
        self, *, targets: tuple[str, ...] = (), limit: int = 500
    ) -> tuple[AuditEntry, ...]:
        """The newest rows first; `targets` are ids or labels of customers, none = everybody."""

        def look(connection: sqlite3.Connection) -> tuple[AuditEntry, ...]:
            if not targets:
                found = connection.execute(
                    "SELECT * FROM audit ORDER BY seq DESC LIMIT ?", (limit,)
                )
            else:
                wanted = msgspec.json.encode(targets).decode()
                found = connection.execute(
                    "SELECT * FROM audit WHERE target IN (SELECT value FROM json_each(?1))"
                    " OR lower(label) IN (SELECT value FROM json_each(?1))"
                    " ORDER BY seq DESC LIMIT ?2",
                    (wanted, limit),
                )
            return tuple(_decode_row(r) for r in found)

        return self._database.read(look)

    @database_call
    def search_sync_entries(
        self, *, words: tuple[str, ...] = (), before: int | None = None, limit: int = 200
    ) -> tuple[AuditEntry, ...]:
        """What runs of syncs changed, the newest first, further back than `before`.

        Every word (lower case) stands in the customer, the sync with its run, or the person.
        """
        holds = " AND instr(lower(label || ' ' || reason || ' ' || actor), ?)" * len(words)

        def look(connection: sqlite3.Connection) -> tuple[AuditEntry, ...]:
            found = connection.execute(
                "SELECT * FROM audit WHERE kind = 'sync' AND (?1 IS NULL OR seq < ?1)"  # noqa: S608
                f"{holds} ORDER BY seq DESC LIMIT ?",
                (before, *words, limit),
            )
            return tuple(_decode_row(r) for r in found)

        return self._database.read(look)

    @database_call
    def verify_chain(self) -> AuditVerification:
        """Walk the whole chain."""

        def look(connection: sqlite3.Connection) -> AuditVerification:
            previous, count = GENESIS_HASH, 0
            for row in _iter_rows(connection):
                count += 1
                expected = _hash_row({name: row[name] for name in _HASHED_COLUMNS})
                if row["seq"] != count or row["prev_hash"] != previous or row["hash"] != expected:
                    return AuditVerification(count, row["seq"])
                previous = row["hash"]
            # A row cut off at the end leaves the counter behind as a witness.
            seen = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
            counter = seen.fetchone()
            missing = counter is not None and counter["seq"] > count
            # So does an edit that has ended: the row that closed it was written with it.
            missing = (
                missing or connection.execute(_CLOSED_WITHOUT_AUDIT_SQL).fetchone() is not None
            )
            return AuditVerification(count, count + 1 if missing else None)

        return self._database.read(look)


def _iter_rows(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    yield from connection.execute("SELECT * FROM audit ORDER BY seq")


def _hash_row(row: dict[str, Json]) -> str:
    text = msgspec.json.encode([row[name] for name in _HASHED_COLUMNS])
    return hashlib.sha256(text).hexdigest()


def _decode_row(row: sqlite3.Row) -> AuditEntry:
    try:
        return _build_entry(row)
    except ValueError as error:
        raise DatabaseDamaged(f"row {row['seq']} of the audit makes no sense") from error


def _build_entry(row: sqlite3.Row) -> AuditEntry:
    values = {name: row[name] for name in _HASHED_COLUMNS if name != "prev_hash"}
    values["old"] = msgspec.json.decode(row["old"])
    values["new"] = msgspec.json.decode(row["new"])
    values["edit"] = str(row["edit"])
    return AuditEntry(**values)
