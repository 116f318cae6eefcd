"""The tables of plans: a sync's planned changes, row by row, with ticks and approvals."""

import hashlib
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from desktop.kit.errors import ConflictError, NotFound
from desktop.kit.text import fold_text, format_count
from desktop.model.json_value import Json, canonical_json
from desktop.model.limit import PRODUCTION, is_approval_valid
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import (
    Plan,
    PlanRow,
    PlanRowState,
    PlanState,
    TargetReading,
)
from desktop.store import audit_row
from desktop.store.account_repository import AccountRepository
from desktop.store.audit_verification import find_proven_entry
from desktop.store.database_call import database_call
from desktop.store.duplicate_target_query import select_duplicate_targets
from desktop.store.plan_row_filter import (
    NAME_TO_SORT_BY,
    ORDER_BY,
    PlanRowFilter,
    PlanRowOrder,
    build_where_clause,
)
from desktop.store.plan_row_table import (
    PLAN_ROW_COLUMNS,
    PLAN_ROW_PLACEHOLDERS,
    decode_plan_row,
    encode_plan_row,
    insert_consequences,
    parse_plan_id,
    select_consequences,
    select_plan_row,
    to_json,
    upsert_plan_row,
)
from desktop.store.plan_table import decode_plan, require_editable, select_plan
from desktop.store.planned_row_proof import AMONG, PLAN_ROWS
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database


@dataclass(frozen=True)
class LimitApproval:
    """A row of `limit_approval`: an admin lets a plan exceed one limit, for `people` shown.

    `people` is None where a version that kept no counts stored it. `credential` names the API token
    it was given with, by its hash; empty: a sign-in by browser. `is_in_force`: the audit tells the
    same, and every row that is over the limit now was so then.
    """

    limit_code: str
    user_id: str
    name: str
    approved_at: float
    people: int | None = None
    credential: str = ""
    is_in_force: bool = False

    def covers(self, people: int) -> bool:
        """Whether the stored approval of a limit lets so many people of its plan pass."""
        return self.is_in_force and is_approval_valid(self.people, people)

    @property
    def words(self) -> str:
        """Say who approved which limit, as stored for a plan: for how many people."""
        many = (
            "" if self.people is None else f" for {format_count(self.people, 'person', 'people')}"
        )
        return f"{self.name} allowed {self.limit_code}{many}."

    def as_json(self) -> dict[str, Json]:
        """The stored approval of a limit as JSON, an object of `approvals`."""
        return {
            "limit": self.limit_code,
            "by": self.name,
            "user_id": self.user_id,
            "at": self.approved_at,
            "people": self.people,
        }


_ROW_HASH_BYTES = 8
# Says why a plan may not be applied, from the people by consequence over its ticked rows and from
# its approvals; empty: it may.
JudgePlan = Callable[[dict[str, int], tuple[LimitApproval, ...]], str]


class PlanRepository(Repository):
    """The tables `plan`, `plan_row` and `limit_approval`."""

    def __init__(self, database: Database, accounts: AccountRepository | None = None) -> None:
        super().__init__(database)
        self._accounts = accounts or AccountRepository(database)

    @database_call
    def begin(self, sync: Sync, actor: str, now: float, *, origin: str = "sync") -> str:
        """Insert a plan without rows; returns its id."""

        def act(connection: sqlite3.Connection) -> str:
            cursor = connection.execute(
                "INSERT INTO plan (sync, service, state, created_at, actor, origin, sync_body,"
                " account)"
                " VALUES (?, ?, 'making', ?, ?, ?, ?, (SELECT id FROM current_account))",
                (sync.name, sync.target_service.value, now, actor, origin, to_json(sync)),
            )
            return str(cursor.lastrowid)

        return self._database.write(act)

    @database_call
    def add_rows(self, plan_id: str, rows: Iterable[PlanRow]) -> None:
        """Insert numbered rows of a plan that is being made."""
        number, kept = int(plan_id), tuple(rows)

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                f"INSERT INTO plan_row ({PLAN_ROW_COLUMNS}) VALUES ({PLAN_ROW_PLACEHOLDERS})",  # noqa: S608
                [encode_plan_row(number, row) for row in kept],
            )
            insert_consequences(connection, number, kept)
            PLAN_ROWS.prove(connection, number, AMONG, to_json([row.row for row in kept]))

        self._database.write(act)

    @database_call
    def finish(
        self,
        plan_id: str,
        *,
        state: PlanState,
        read: int,
        included: int | None = None,
        breaches: tuple[str, ...],
        mark: str,
        reading: TargetReading | None = None,
    ) -> None:
        """Update a plan's row as complete, to be looked at or applied.

        Of the records `read` so many are `included` in the sync's source; None: all of them.
        """
        self._database.write(
            lambda c: c.execute(
                "UPDATE plan SET state = ?, records_read = ?, source_record_count = ?,"
                " limit_breaches = ?, watermark = ?, target_reading = ? WHERE id = ?",
                (
                    state.value,
                    read,
                    read if included is None else included,
                    to_json(breaches),
                    mark,
                    to_json(reading),
                    int(plan_id),
                ),
            )
        )

    @database_call
    def set_state(self, plan_id: str, state: PlanState) -> None:
        """Update the state of a plan's row."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE plan SET state = ? WHERE id = ?", (state.value, int(plan_id))
            )
        )

    @database_call
    def set_aside(self, plan_id: str) -> None:
        """Hide an open plan's row until it is restored or discarded; its rows are kept."""

        def act(connection: sqlite3.Connection) -> None:
            row = select_plan(connection, plan_id)
            connection.execute(
                "UPDATE plan SET state = 'discarded'"
                " WHERE id = ? AND state IN ('ready', 'stopped')",
                (row["id"],),
            )

        self._database.write(act)

    @database_call
    def restore(self, plan_id: str, state: PlanState) -> None:
        """Update a plan's row that was set aside as open. Raises NotFound where a newer is."""

        def act(connection: sqlite3.Connection) -> None:
            row = select_plan(connection, plan_id)
            connection.execute(
                "UPDATE plan SET state = ? WHERE id = ? AND state = 'discarded'",
                (state.value, row["id"]),
            )

        self._database.write(act)

    @database_call
    def discard(self, plan_id: str) -> None:
        """Delete a plan that was not applied, with its rows; a preview leaves no history."""

        def act(connection: sqlite3.Connection) -> None:
            row = select_plan(connection, plan_id)
            if connection.execute(
                "SELECT 1 FROM run WHERE plan = ? LIMIT 1", (row["id"],)
            ).fetchone():
                connection.execute("UPDATE plan SET state = 'discarded' WHERE id = ?", (row["id"],))
            else:
                connection.execute("DELETE FROM plan WHERE id = ?", (row["id"],))

        self._database.write(act)

    @database_call
    def delete_older_previews(self, sync: str, but: str) -> None:
        """Delete the rows of a sync's earlier previews that nobody applied."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM plan WHERE sync = ? AND id <> ? AND state IN"
                " ('making', 'ready', 'stopped', 'discarded')"
                " AND id NOT IN (SELECT plan FROM run WHERE plan IS NOT NULL)",
                (sync, int(but)),
            )
        )

    @database_call
    def delete_unfinished(self, sync: str) -> None:
        """Delete the rows of plans whose making was interrupted; the caller holds the lock.

        What takes a run back is planned without that lock.
        """
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM plan WHERE sync = ? AND state = 'making'"
                " AND origin NOT LIKE 'rollback%'",
                (sync,),
            )
        )

    @database_call
    def count_ticked_by_consequence(
        self, plan_id: str, *, without_restores: bool = False
    ) -> dict[str, int]:
        """Count by SQL a plan's ticked rows per consequence; two lists for one person count once.

        Under `PRODUCTION` stand all that write.

        `without_restores`: who has an opt-out loosened counts neither for that nor for getting
        e-mail again by it.
        """
        return self._database.read(
            lambda c: _count_ticked_people(c, plan_id, without_restores=without_restores)
        )

    @database_call
    def get(self, plan_id: str) -> Plan:
        """Select a plan with its counts. Raises NotFound."""
        return self._database.read(lambda c: decode_plan(c, select_plan(c, plan_id)))

    @database_call
    def get_planned_sync(self, plan_id: str) -> Sync:
        """Select the sync's configuration as stored when the plan was made."""
        return self._database.read(
            lambda c: msgspec.json.decode(select_plan(c, plan_id)["sync_body"], type=Sync)
        )

    @database_call
    def find_latest(self, sync: str, *states: PlanState) -> Plan | None:
        """Select a sync's newest plan in one of these states (none given: in any), or None."""
        wanted = to_json([state.value for state in states or tuple(PlanState)])

        def look(connection: sqlite3.Connection) -> Plan | None:
            row = connection.execute(
                "SELECT * FROM plan WHERE sync = ? AND state IN (SELECT value FROM json_each(?))"
                " ORDER BY id DESC LIMIT 1",
                (sync, wanted),
            ).fetchone()
            return decode_plan(connection, row) if row else None

        return self._database.read(look)

    @database_call
    def list_open_ids(self, sync: str) -> tuple[str, ...]:
        """Select the ids of a sync's plans that may still be applied."""
        query = "SELECT id FROM plan WHERE sync = ? AND state IN ('ready', 'stopped')"
        return self._database.read(
            lambda c: tuple(str(row["id"]) for row in c.execute(query, (sync,)))
        )

    @database_call
    def list_rows(
        self, plan_id: str, chosen: PlanRowFilter | None = None, *, after: int = 0, limit: int = 200
    ) -> tuple[PlanRow, ...]:
        """Select a page of a plan's rows, in the order of their numbers."""
        where, values = build_where_clause(plan_id, chosen or PlanRowFilter())

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            found = connection.execute(
                f"SELECT * FROM plan_row WHERE {where} AND row > ? ORDER BY row LIMIT ?",  # noqa: S608
                (*values, after, limit),
            ).fetchall()
            notes = select_consequences(connection, plan_id, [row["row"] for row in found])
            return tuple(decode_plan_row(row, notes.get(row["row"], ())) for row in found)

        return self._database.read(look)

    @database_call
    def get_rows(self, plan_id: str, numbers: Sequence[int]) -> tuple[PlanRow, ...]:
        """Select a plan's rows by number, in the order given. Raises NotFound if one is missing."""

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            found = connection.execute(
                "SELECT * FROM plan_row WHERE plan = ? AND row IN (SELECT value FROM json_each(?))",
                (parse_plan_id(plan_id), to_json(numbers)),
            ).fetchall()
            notes = select_consequences(connection, plan_id, [row["row"] for row in found])
            rows = {row["row"]: decode_plan_row(row, notes.get(row["row"], ())) for row in found}
            if missing := [number for number in numbers if number not in rows]:
                raise NotFound(f"Plan {plan_id} has no row {missing[0]}.")
            return tuple(rows[number] for number in numbers)

        return self._database.read(look)

    @database_call
    def list_row_numbers(
        self,
        plan_id: str,
        chosen: PlanRowFilter | None = None,
        *,
        order: PlanRowOrder = PlanRowOrder.FOUND,
    ) -> Sequence[int]:
        """Select the numbers of all plan rows that pass the filter, for a scrolling table."""
        where, values = build_where_clause(plan_id, chosen or PlanRowFilter())
        return self._database.read(
            lambda c: array(
                "q",
                (
                    row[0]
                    for row in c.execute(
                        f"SELECT row FROM plan_row WHERE {where} ORDER BY {ORDER_BY[order]}",  # noqa: S608
                        values,
                    )
                ),
            )
        )

    @database_call
    def list_rows_named(self, plan_id: str, chosen: PlanRowFilter, letters: str) -> Sequence[int]:
        """Select the numbers of plan rows that pass the filter and whose name begins so."""
        where, values = build_where_clause(plan_id, chosen)
        start = fold_text(letters)
        return self._database.read(
            lambda c: array(
                "q",
                (
                    row[0]
                    for row in c.execute(
                        f"SELECT row FROM plan_row WHERE {where}"  # noqa: S608
                        f" AND substr({NAME_TO_SORT_BY}, 1, ?) = ?",
                        (*values, len(start), start),
                    )
                ),
            )
        )

    @database_call
    def has_predicted_value(self, plan_id: str) -> bool:
        """Whether any row of a plan in the table has a predicted customer value."""
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM plan_row WHERE plan = ? AND worth IS NOT NULL LIMIT 1",
                    (parse_plan_id(plan_id),),
                ).fetchone()
                is not None
            )
        )

    @database_call
    def count_rows(self, plan_id: str, chosen: PlanRowFilter | None = None) -> int:
        """Count by SQL the plan rows that pass the filter."""
        where, values = build_where_clause(plan_id, chosen or PlanRowFilter())
        return self._database.read(
            lambda c: int(
                c.execute(f"SELECT count(*) FROM plan_row WHERE {where}", values).fetchone()[0]  # noqa: S608
            )
        )

    @database_call
    def count_tickable(self, plan_id: str, chosen: PlanRowFilter) -> tuple[int, int]:
        """Count by SQL the plan rows of a filter that are ticked, and those that may be."""
        where, values = build_where_clause(plan_id, chosen)
        row = self._database.read(
            lambda c: c.execute(
                f"SELECT coalesce(sum(ticked), 0), count(*) FROM plan_row"  # noqa: S608
                f" WHERE {where} AND fate IN ('create', 'update')",
                values,
            ).fetchone()
        )
        return int(row[0]), int(row[1])

    @database_call
    def count_ticked(self, plan_id: str) -> int:
        """Count a plan's ticked rows by SQL, which applying it would send."""
        return self._database.read(lambda c: _count_ticked_rows(c, plan_id))

    @database_call
    def get_row(self, plan_id: str, row: int) -> PlanRow:
        """Select one row of a plan. Raises NotFound."""

        def look(connection: sqlite3.Connection) -> PlanRow:
            return select_plan_row(connection, plan_id, row)

        return self._database.read(look)

    @database_call
    def set_rows_ticked(self, plan_id: str, rows: Iterable[int], *, on: bool) -> int:
        """Update the ticks of plan rows; returns how many changed. Raises ConflictError."""
        wanted = to_json(list(rows))

        def act(connection: sqlite3.Connection) -> int:
            require_editable(connection, plan_id)
            changed = connection.execute(
                "UPDATE plan_row SET ticked = ? WHERE plan = ? AND ticked <> ?"
                " AND fate IN ('create', 'update') AND row IN (SELECT value FROM json_each(?))",
                (int(on), int(plan_id), int(on), wanted),
            ).rowcount
            PLAN_ROWS.prove(connection, int(plan_id), AMONG, wanted)
            return changed

        return self._database.write(act)

    @database_call
    def set_all_ticked(self, plan_id: str, chosen: PlanRowFilter, *, on: bool) -> int:
        """Update the ticks of every plan row that passes the filter."""
        where, values = build_where_clause(plan_id, chosen)

        def act(connection: sqlite3.Connection) -> int:
            require_editable(connection, plan_id)
            changed = connection.execute(
                f"UPDATE plan_row SET ticked = ? WHERE {where} AND fate IN ('create', 'update')",  # noqa: S608
                (int(on), *values),
            ).rowcount
            PLAN_ROWS.prove(connection, int(plan_id), where, *values)
            return changed

        return self._database.write(act)

    @database_call
    def set_field_ticked(self, plan_id: str, row: int, field: str, *, on: bool) -> PlanRow:
        """Update the tick of one field of a plan row."""

        def act(connection: sqlite3.Connection) -> PlanRow:
            require_editable(connection, plan_id)
            kept = select_plan_row(connection, plan_id, row)
            if not any(change.field == field for change in kept.changes):
                raise NotFound(f"Row {row} does not change “{field}”.")
            changes = tuple(replace(c, ticked=on) if c.field == field else c for c in kept.changes)
            return upsert_plan_row(connection, plan_id, replace(kept, changes=changes))

        return self._database.write(act)

    @database_call
    def replace_row(self, plan_id: str, row: PlanRow) -> PlanRow:
        """Update a plan row after a person's decision on it. Raises ConflictError once applied."""

        def act(connection: sqlite3.Connection) -> PlanRow:
            require_editable(connection, plan_id)
            return upsert_plan_row(connection, plan_id, row)

        return self._database.write(act)

    @database_call
    def replace_unsent_row(self, plan_id: str, row: PlanRow) -> None:
        """Update a plan row while its plan is applied, unless it was sent meanwhile."""

        def act(connection: sqlite3.Connection) -> None:
            if select_plan_row(connection, plan_id, row.row).state is PlanRowState.PLANNED:
                upsert_plan_row(connection, plan_id, row)

        self._database.write(act)

    @database_call
    def find_rows_of(
        self, plan_id: str, source_ids: Iterable[str], target_ids: Iterable[str]
    ) -> tuple[PlanRow, ...]:
        """Select a plan's rows about people, by either of their records, in one walk."""
        sources, targets = to_json(list(source_ids)), to_json(list(target_ids))

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            found = connection.execute(
                "SELECT * FROM plan_row WHERE plan = ? AND (source IN (SELECT value FROM"
                " json_each(?)) OR target IN (SELECT value FROM json_each(?))) ORDER BY row",
                (parse_plan_id(plan_id), sources, targets),
            ).fetchall()
            notes = select_consequences(connection, plan_id, [row["row"] for row in found])
            return tuple(decode_plan_row(row, notes.get(row["row"], ())) for row in found)

        return self._database.read(look)

    @database_call
    def find_duplicate_targets(self, plan_id: str) -> tuple[tuple[int, int], ...]:
        """Select a plan's rows whose target record an earlier row has, with the earlier number."""
        return self._database.read(lambda c: select_duplicate_targets(c, plan_id))

    @database_call
    def replace_rows_while_planning(self, plan_id: str, rows: Iterable[PlanRow]) -> None:
        """Update rows of a plan in the table while it is being made."""
        kept = tuple(rows)

        def act(connection: sqlite3.Connection) -> None:
            for row in kept:
                upsert_plan_row(connection, plan_id, row)

        self._database.write(act)

    # Limits that may be passed once.

    @database_call
    def approve_limit(
        self,
        plan_id: str,
        breach: str,
        person: str,
        name: str,
        now: float,
        *,
        people: int | None = None,
        credential: str = "",
        rows_hash: str | None = None,
    ) -> None:
        """Insert an admin's approval of a plan's limit, for the people they saw; twice counts once.

        `people` None: for as many as are ticked at this moment. It is for the rows that are ticked
        now, and for no others in their place. `credential` as in `LimitApproval`. Raises
        ConflictError where these are not the rows of `rows_hash`, which the admin was asked about.
        """

        def act(connection: sqlite3.Connection) -> None:
            seen = people
            if seen is None:
                seen = _count_ticked_people(connection, plan_id).get(breach, 0)
            rows = b"".join(sorted(_hash_ticked_rows(connection, plan_id, breach)))
            if rows_hash is not None and hashlib.sha256(rows).hexdigest() != rows_hash:
                raise ConflictError(
                    "The plan was changed since the approval was asked for.",
                    "Nothing was approved.",
                    "It is asked for once more.",
                )
            plan = select_plan(connection, plan_id)
            seq = audit_row.append_limit_approval(
                connection,
                at=now,
                actor=name,
                user_id=person,
                service=Service(plan["service"]),
                sync=plan["sync"],
                plan_id=plan_id,
                limit=breach,
                people=seen,
                rows_hash=hashlib.sha256(rows).hexdigest(),
                credential=credential,
            )
            connection.execute(
                "INSERT OR REPLACE INTO limit_approval (plan, limit_code, user_id, name,"
                " approved_at, people, rows, credential, audit_seq)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (int(plan_id), breach, person, name, now, seen, rows, credential, seq),
            )

        self._database.write(act)

    @database_call
    def hash_limit_rows(self, plan_id: str, breach: str) -> str:
        """Hash the plan's ticked rows that are over a limit: what an approval of it is for."""
        return self._database.read(
            lambda c: hashlib.sha256(
                b"".join(sorted(_hash_ticked_rows(c, plan_id, breach)))
            ).hexdigest()
        )

    @database_call
    def take_for_apply(
        self, plan_id: str, judge: JudgePlan, *, without_restores: bool = False
    ) -> str:
        """Update a plan's row as being applied, unless `judge` says why not; returns that.

        Counting, judging and taking are one transaction: nothing can be ticked in between. A plan
        that is held back is stopped. Raises ConflictError where it was made for another account,
        is not open any more, or was changed outside Fairlead.
        """

        def act(connection: sqlite3.Connection) -> str:
            require_editable(connection, plan_id)
            self._accounts.require_account(connection, select_plan(connection, plan_id)["account"])
            PLAN_ROWS.require(connection, int(plan_id))
            counts = _count_ticked_people(connection, plan_id, without_restores=without_restores)
            reason = judge(counts, self._select_approvals(connection, plan_id))
            state = PlanState.STOPPED if reason else PlanState.APPLYING
            connection.execute(
                "UPDATE plan SET state = ? WHERE id = ?", (state.value, int(plan_id))
            )
            return reason

        return self._database.write(act)

    @database_call
    def list_approvals(self, plan_id: str) -> tuple[LimitApproval, ...]:
        """Select a plan's limit approvals, the first one first."""
        return self._database.read(lambda c: self._select_approvals(c, plan_id))

    @database_call
    def list_approvals_of(self, plan_ids: Iterable[str]) -> dict[str, tuple[LimitApproval, ...]]:
        """Select the limit approvals of several plans, by the plan's id."""
        wanted = tuple(plan_ids)
        return self._database.read(lambda c: {p: self._select_approvals(c, p) for p in wanted})

    def _select_approvals(
        self, connection: sqlite3.Connection, plan_id: str
    ) -> tuple[LimitApproval, ...]:
        ticked: dict[str, set[bytes]] = {}
        found = []
        for row in connection.execute(
            "SELECT * FROM limit_approval WHERE plan = ? ORDER BY approved_at, user_id",
            (parse_plan_id(plan_id),),
        ).fetchall():
            code = row["limit_code"]
            is_in_force = self._is_proven(connection, row)
            if is_in_force:
                if code not in ticked:
                    ticked[code] = _hash_ticked_rows(connection, plan_id, code)
                is_in_force = ticked[code] <= _split_hashes(row["rows"])
            found.append(
                LimitApproval(
                    code,
                    row["user_id"],
                    row["name"],
                    row["approved_at"],
                    row["people"],
                    row["credential"],
                    is_in_force,
                )
            )
        return tuple(found)

    def _is_proven(self, connection: sqlite3.Connection, approval: sqlite3.Row) -> bool:
        """Whether the audit tells the same of a limit's approval as its row does."""
        if approval["people"] is None:
            return False
        signer = self._database.audit_signer
        entry = find_proven_entry(connection, approval["audit_seq"], signer)
        said = audit_row.approval_content(
            str(approval["plan"]),
            approval["limit_code"],
            approval["user_id"],
            approval["people"],
            hashlib.sha256(approval["rows"]).hexdigest(),
            approval["credential"],
        )
        return (
            entry is not None
            and entry["kind"] == "approval"
            and entry["actor"] == approval["name"]
            and entry["new"] == canonical_json(said)
        )


def _count_ticked_people(
    connection: sqlite3.Connection, plan_id: str, *, without_restores: bool = False
) -> dict[str, int]:
    # Who joins a list as well may get e-mail for that reason.
    is_restore = (
        "n.consequence IN ('loosened', 'starts') AND n.row IN (SELECT row FROM plan_consequence"
        " WHERE plan = n.plan AND consequence = 'loosened') AND n.row NOT IN"
        " (SELECT row FROM plan_consequence WHERE plan = n.plan AND consequence = 'joins')"
    )
    counts = {
        row["consequence"]: row["n"]
        for row in connection.execute(
            "SELECT n.consequence, count(DISTINCT n.row) AS n FROM plan_consequence n"  # noqa: S608
            " JOIN plan_row r ON r.plan = n.plan AND r.row = n.row"
            f" WHERE n.plan = ? AND r.ticked AND NOT (? AND {is_restore}) GROUP BY n.consequence",
            (parse_plan_id(plan_id), without_restores),
        )
    }
    return counts | {PRODUCTION: _count_ticked_rows(connection, plan_id)}


def _count_ticked_rows(connection: sqlite3.Connection, plan_id: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM plan_row WHERE plan = ? AND ticked AND fate IN ('create', 'update')",
        (parse_plan_id(plan_id),),
    ).fetchone()
    return int(row[0])


def _hash_ticked_rows(connection: sqlite3.Connection, plan_id: str, code: str) -> set[bytes]:
    """Hash a plan's ticked rows with a consequence, for their approval: who, what changes.

    For `PRODUCTION` all that write.
    """
    return {
        hashlib.sha256("\0".join(map(str, row)).encode()).digest()[:_ROW_HASH_BYTES]
        for row in connection.execute(
            "SELECT r.row, r.fate, r.source, r.target, r.changes FROM plan_row r WHERE r.plan = ?1"
            " AND r.ticked AND (?2 = ?3 AND r.fate IN ('create', 'update') OR r.row IN"
            " (SELECT row FROM plan_consequence WHERE plan = ?1 AND consequence = ?2))",
            (parse_plan_id(plan_id), code, PRODUCTION),
        )
    }


def _split_hashes(rows: bytes) -> set[bytes]:
    return {rows[at : at + _ROW_HASH_BYTES] for at in range(0, len(rows), _ROW_HASH_BYTES)}
