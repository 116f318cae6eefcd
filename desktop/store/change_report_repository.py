"""What Fairlead itself did, for reports: opt-outs in the audit, runs of syncs (`fairlead.db`)."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from desktop.model.json_value import Json
from desktop.model.target_record import OPTOUT_FIELD
from desktop.store.database_call import database_call
from desktop.store.profile_report_repository import OptOutReading
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_TOTALS = dict[str, int]


@dataclass(frozen=True)
class OptOutWrite:
    """An opt-out level that Fairlead wrote here and read back; `at` is Unix seconds.

    `old` is None where the level was not known before. `batch` is the number of the batch of many
    customers, `sync` the name of the sync that wrote it. `is_undone`: it was undone since.
    """

    seq: int
    at: float
    sid: str
    label: str
    actor: str
    old: str | None
    new: str
    reason: str
    ticket: int | None = None
    batch: int | None = None
    sync: str = ""
    is_undone: bool = False


@dataclass(frozen=True)
class RunRow:
    """A run of a sync as a report counts it; `totals` counts rows by outcome."""

    sync: str
    state: str
    started_at: float
    totals: dict[str, int]


class ChangeReportRepository(Repository):
    """Selects from `fairlead.db` what reports tell of this computer's own changes."""

    def __init__(self, fairlead: Database, mirror: Database) -> None:
        super().__init__(fairlead)
        self._mirror = mirror

    @database_call
    def list_optout_writes(self, begin: float, end: float) -> tuple[OptOutWrite, ...]:
        """Select every opt-out level that was written and confirmed from `begin` until `end`.

        What a customer's erasure took out of the audit is not among them.
        """

        def look(connection: sqlite3.Connection) -> tuple[OptOutWrite, ...]:
            rows = connection.execute(
                "SELECT a.seq, a.at, a.kind, a.name, v.target, v.label, v.actor, v.old, v.new,"
                " v.reason, v.ticket, o.batch, EXISTS (SELECT 1 FROM outbox u WHERE u.undoes = o.id"
                " AND u.state = 'done') AS is_undone"
                " FROM audit a JOIN audit_value v ON v.seq = a.seq"
                " LEFT JOIN outbox o ON a.kind = 'optout' AND o.id = a.edit"
                " WHERE a.at >= ?1 AND a.at < ?2 AND v.new IS NOT NULL"
                " AND (a.kind = 'optout' AND a.result = 'done'"
                "  OR a.kind = 'sync' AND instr(v.new, ?3)) ORDER BY a.seq",
                (begin, end, f'"{OPTOUT_FIELD}"'),
            )
            return tuple(_decode_writes(rows))

        return self._database.read(look)

    @database_call
    def count_erased_optouts(self, begin: float, end: float) -> int:
        """Count the opt-out edits of that time of which an erasure left nothing to tell."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM audit a JOIN audit_value v ON v.seq = a.seq WHERE"
                    " a.kind = 'optout' AND a.at >= ? AND a.at < ? AND v.new IS NULL",
                    (begin, end),
                ).fetchone()[0]
            )
        )

    @database_call
    def find_first_audit_time(self) -> float | None:
        """Return when the record of changes of this computer begins (Unix seconds); None: empty."""
        found: float | None = self._database.read(
            lambda c: c.execute("SELECT min(at) FROM audit").fetchone()[0]
        )
        return found

    @database_call
    def list_cached_optouts(self) -> tuple[OptOutReading, ...]:
        """Select the opt-out levels of the customers that were looked up and are still kept."""
        return self._mirror.read(
            lambda c: tuple(
                OptOutReading(row["sid"], row["read_at"], row["level"], row["told_at"])
                for row in c.execute(
                    "SELECT sid, read_at, json_extract(body, '$.optout') AS level,"
                    " json_extract(body, '$.activity.optout_time') AS told_at FROM cached_profile"
                    " WHERE json_extract(body, '$.optout') IS NOT NULL"
                )
            )
        )

    @database_call
    def list_runs(self, begin: float, end: float) -> tuple[RunRow, ...]:
        """Select the runs of syncs that were started from `begin` until `end`; no previews."""
        return self._database.read(
            lambda c: tuple(
                RunRow(
                    row["sync"],
                    row["state"],
                    row["started_at"],
                    msgspec.json.decode(row["totals"], type=_TOTALS),
                )
                for row in c.execute(
                    "SELECT * FROM run WHERE trigger <> 'preview' AND started_at >= ?"
                    " AND started_at < ? ORDER BY id",
                    (begin, end),
                )
            )
        )

    @database_call
    def find_first_run_time(self) -> float | None:
        """Return when the first run that is kept was started (Unix seconds); None: none was."""
        found: float | None = self._database.read(
            lambda c: c.execute(
                "SELECT min(started_at) FROM run WHERE trigger <> 'preview'"
            ).fetchone()[0]
        )
        return found


def _decode_writes(rows: sqlite3.Cursor) -> Iterator[OptOutWrite]:
    for row in rows:
        old, new = msgspec.json.decode(row["old"]), msgspec.json.decode(row["new"])
        if row["kind"] == "sync":
            old, new = _field_of(old), _field_of(new)
        if not isinstance(new, str):
            continue
        yield OptOutWrite(
            seq=row["seq"],
            at=row["at"],
            sid=row["target"] or "",
            label=row["label"] or "",
            actor=row["actor"] or "",
            old=old if isinstance(old, str) else None,
            new=new,
            reason=row["reason"] or "",
            ticket=row["ticket"],
            batch=row["batch"],
            sync=row["name"] if row["kind"] == "sync" else "",
            is_undone=bool(row["is_undone"]),
        )


def _field_of(value: Json) -> Json:
    return value.get(OPTOUT_FIELD) if isinstance(value, dict) else None
