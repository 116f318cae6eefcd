"""The audit: append-only, hash-chained from its first row, written when an edit is closed."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from desktop.model.edit import Edit, EditState, Target
from desktop.model.json_value import Json
from desktop.store.database import Database
from desktop.store.trouble import Damage

GENESIS = "0" * 64
_HASHED = (
    "seq", "at", "actor", "kind", "service", "target", "label", "name",
    "old", "new", "reason", "ticket", "edit", "result", "detail", "prev_hash",
)  # fmt: skip
_CLOSED_UNSEEN = (
    "SELECT 1 FROM outbox WHERE state IN ('done', 'conflict', 'failed', 'undone')"
    " AND id NOT IN (SELECT edit FROM audit) LIMIT 1"
)


@dataclass(frozen=True)
class AuditRow:
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
class Verification:
    """Whether the chain holds; `broken_at` is the first row that does not fit."""

    rows: int
    broken_at: int | None


def append(connection: sqlite3.Connection, edit: Edit, result: EditState, at: float) -> None:
    """Add one row; called inside the transaction that closes the outbox row."""
    intent = edit.intent
    _chain(
        connection,
        {
            "at": at,
            "actor": edit.actor,
            "kind": intent.kind.value,
            "service": intent.target.service.value,
            "target": intent.target.id,
            "label": intent.target.label,
            "name": intent.name,
            "old": encode(intent.old),
            "new": encode(intent.new),
            "reason": intent.reason,
            "ticket": intent.ticket,
            "edit": int(edit.id),
            "result": result.value,
            "detail": edit.detail,
        },
    )


def append_synced(
    connection: sqlite3.Connection,
    *,
    at: float,
    actor: str,
    target: Target,
    goal: str,
    old: Json,
    new: Json,
    reason: str,
    detail: str,
) -> None:
    """Add what a run did to one customer; called inside the transaction that closes the plan's row.

    `old` and `new` are objects, field by field. It belongs to no edit, which is said as 0.
    """
    _chain(
        connection,
        {
            "at": at,
            "actor": actor,
            "kind": "sync",
            "service": target.service.value,
            "target": target.id,
            "label": target.label,
            "name": goal,
            "old": encode(old),
            "new": encode(new),
            "reason": reason,
            "ticket": None,
            "edit": 0,
            "result": EditState.DONE.value,
            "detail": detail,
        },
    )


def _chain(connection: sqlite3.Connection, values: dict[str, Json]) -> None:
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    row = {
        **values,
        "seq": (last["seq"] if last else 0) + 1,
        "prev_hash": last["hash"] if last else GENESIS,
    }
    row["hash"] = _hash(row)
    connection.execute(
        "INSERT INTO audit (seq, at, actor, kind, service, target, label, name, old, new, reason,"
        " ticket, edit, result, detail, prev_hash, hash) VALUES (:seq, :at, :actor, :kind,"
        " :service, :target, :label, :name, :old, :new, :reason, :ticket, :edit, :result, :detail,"
        " :prev_hash, :hash)",
        row,
    )


class Audit:
    """Reads and verifies the audit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, *, targets: tuple[str, ...] = (), limit: int = 500) -> tuple[AuditRow, ...]:
        """The newest rows first; `targets` are ids or labels of customers, none = everybody."""

        def look(connection: sqlite3.Connection) -> tuple[AuditRow, ...]:
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
            return tuple(_row(r) for r in found)

        return self._database.read(look)

    def synced(
        self, *, words: tuple[str, ...] = (), before: int | None = None, limit: int = 200
    ) -> tuple[AuditRow, ...]:
        """What runs of syncs changed, the newest first, further back than `before`.

        Every word (lower case) stands in the customer, the sync with its run, or the person.
        """
        holds = " AND instr(lower(label || ' ' || reason || ' ' || actor), ?)" * len(words)

        def look(connection: sqlite3.Connection) -> tuple[AuditRow, ...]:
            found = connection.execute(
                "SELECT * FROM audit WHERE kind = 'sync' AND (?1 IS NULL OR seq < ?1)"  # noqa: S608
                f"{holds} ORDER BY seq DESC LIMIT ?",
                (before, *words, limit),
            )
            return tuple(_row(r) for r in found)

        return self._database.read(look)

    def verify(self) -> Verification:
        """Walk the whole chain."""

        def look(connection: sqlite3.Connection) -> Verification:
            previous, count = GENESIS, 0
            for row in _in_order(connection):
                count += 1
                expected = _hash({name: row[name] for name in _HASHED})
                if row["seq"] != count or row["prev_hash"] != previous or row["hash"] != expected:
                    return Verification(count, row["seq"])
                previous = row["hash"]
            # A row cut off at the end leaves the counter behind as a witness.
            seen = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
            counter = seen.fetchone()
            missing = counter is not None and counter["seq"] > count
            # So does an edit that has ended: the row that closed it was written with it.
            missing = missing or connection.execute(_CLOSED_UNSEEN).fetchone() is not None
            return Verification(count, count + 1 if missing else None)

        return self._database.read(look)


def encode(value: Json) -> str:
    """JSON as it stands in the tables: keys sorted, so that equal values are equal texts."""
    return msgspec.json.encode(value, order="sorted").decode()


def _in_order(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    yield from connection.execute("SELECT * FROM audit ORDER BY seq")


def _hash(row: dict[str, Json]) -> str:
    text = msgspec.json.encode([row[name] for name in _HASHED])
    return hashlib.sha256(text).hexdigest()


def _row(row: sqlite3.Row) -> AuditRow:
    try:
        return _decoded(row)
    except ValueError as error:
        raise Damage(f"row {row['seq']} of the audit makes no sense") from error


def _decoded(row: sqlite3.Row) -> AuditRow:
    values = {name: row[name] for name in _HASHED if name != "prev_hash"}
    values["old"] = msgspec.json.decode(row["old"])
    values["new"] = msgspec.json.decode(row["new"])
    values["edit"] = str(row["edit"])
    return AuditRow(**values)
