"""The tables of plans: a sync's planned changes, row by row, with ticks and approvals."""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import msgspec

from desktop.kit.errors import NotFound
from desktop.kit.text import fold_text
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import (
    Plan,
    PlanRow,
    PlanRowState,
    PlanState,
    TargetReading,
)
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.duplicate_target_query import select_duplicate_targets
from desktop.store.limit_approval_repository import LimitApproval, LimitApprovalRepository
from desktop.store.plan_proof import MAKING, OPEN, TAKEN, prove_plan, require_plan
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
from desktop.store.planned_row_proof import AMONG, PLAN_ROWS, TICK_ROWS_SQL
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticked_rows_query import count_ticked_people, count_ticked_rows

# Says why a plan may not be applied, from the people by consequence over its ticked rows and from
# its approvals; empty: it may.
JudgePlan = Callable[[dict[str, int], tuple[LimitApproval, ...]], str]


class PlanRepository(Repository):
    """The tables `plan` and `plan_row`; `approvals` are those of limits they exceed."""

    def __init__(self, database: Database, accounts: AccountRepository | None = None) -> None:
        super().__init__(database)
        self._accounts = accounts or AccountRepository(database)
        self.approvals = LimitApprovalRepository(database)

    @database_call
    def begin(
        self,
        sync: Sync,
        actor: str,
        now: float,
        *,
        origin: str = "sync",
        sell_account: int | None = None,
    ) -> str:
        """Insert a plan without rows; returns its id.

        `sell_account`: whose records of Zendesk Sell it names; None: the account read last.
        """
        has_sell = Service.SELL in sync.services

        def act(connection: sqlite3.Connection) -> str:
            cursor = connection.execute(
                "INSERT INTO plan (sync, service, state, created_at, actor, origin, sync_body,"
                " account, sell_account)"
                " VALUES (?, ?, 'making', ?, ?, ?, ?, (SELECT id FROM current_account),"
                " CASE WHEN ? THEN coalesce(?, (SELECT id FROM sell_account)) END)",
                (
                    *(sync.name, sync.target_service.value, now, actor, origin, to_json(sync)),
                    *(has_sell, sell_account),
                ),
            )
            prove_plan(connection, cursor.lastrowid or 0, MAKING)
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

        def act(connection: sqlite3.Connection) -> None:
            require_plan(connection, int(plan_id), MAKING)
            connection.execute(
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
            prove_plan(connection, int(plan_id), OPEN)

        self._database.write(act)

    @database_call
    def set_state(self, plan_id: str, state: PlanState) -> None:
        """Update the column `state` of the table `plan`."""
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
            lambda c: count_ticked_people(c, plan_id, without_restores=without_restores)
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
        return self._database.read(lambda c: count_ticked_rows(c, plan_id))

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
            return connection.execute(
                f"{TICK_ROWS_SQL} WHERE plan = ? AND ticked <> ? AND fate IN ('create', 'update')"
                f" AND {AMONG}",
                (int(on), int(on), int(plan_id), int(on), wanted),
            ).rowcount

        return self._database.write(act)

    @database_call
    def set_all_ticked(self, plan_id: str, chosen: PlanRowFilter, *, on: bool) -> int:
        """Update the ticks of every plan row that passes the filter."""
        where, values = build_where_clause(plan_id, chosen)

        def act(connection: sqlite3.Connection) -> int:
            require_editable(connection, plan_id)
            return connection.execute(
                f"{TICK_ROWS_SQL} WHERE {where} AND fate IN ('create', 'update')",
                (int(on), int(on), *values),
            ).rowcount

        return self._database.write(act)

    @database_call
    def set_field_ticked(self, plan_id: str, row: int, field: str, *, on: bool) -> PlanRow:
        """Update the tick of one field of a plan row."""

        def act(connection: sqlite3.Connection) -> PlanRow:
            require_editable(connection, plan_id)
            kept = select_plan_row(connection, plan_id, row)
            PLAN_ROWS.require(connection, int(plan_id), "row = ?", row)
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
            PLAN_ROWS.require(connection, int(plan_id), "row = ?", row.row)
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
            require_plan(connection, int(plan_id), OPEN)
            PLAN_ROWS.require(connection, int(plan_id))
            counts = count_ticked_people(connection, plan_id, without_restores=without_restores)
            reason = judge(counts, self.approvals.select_within(connection, plan_id))
            state = PlanState.STOPPED if reason else PlanState.APPLYING
            connection.execute(
                "UPDATE plan SET state = ? WHERE id = ?", (state.value, int(plan_id))
            )
            if not reason:
                prove_plan(connection, int(plan_id), TAKEN)
            return reason

        return self._database.write(act)
