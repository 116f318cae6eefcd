"""Plans: made once, looked at page by page, ticked, and applied from here exactly as they stand."""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from desktop.kit.errors import NotFound
from desktop.model.goal import Goal
from desktop.model.plan import (
    Plan,
    PlanRow,
    PlanState,
)
from desktop.store.database import Database
from desktop.store.plan_doubles import doubles_of
from desktop.store.plan_filter import RowFilter, where_of
from desktop.store.plan_record import plan_of, plan_record, require_open
from desktop.store.plan_row import (
    COLUMNS,
    PLACES,
    encode,
    note_rows,
    notes_of,
    plan_number,
    put_row,
    read_row,
    row_of,
    values_of,
)


@dataclass(frozen=True)
class Approval:
    """Somebody allowed one limit of one plan to be passed, once."""

    breach: str
    person: str
    name: str
    at: float


class Plans:
    """The tables of plans and their rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, goal: Goal, actor: str, now: float, *, origin: str = "sync") -> str:
        """Start a plan; its rows follow. Returns its id."""

        def act(connection: sqlite3.Connection) -> str:
            cursor = connection.execute(
                "INSERT INTO plan (goal, service, state, made_at, actor, origin, body)"
                " VALUES (?, ?, 'making', ?, ?, ?, ?)",
                (goal.name, goal.target.value, now, actor, origin, encode(goal)),
            )
            return str(cursor.lastrowid)

        return self._database.write(act)

    def add(self, plan_id: str, rows: Iterable[PlanRow]) -> None:
        """Add rows; their numbers are the caller's."""
        number, kept = int(plan_id), tuple(rows)

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                f"INSERT INTO plan_row ({COLUMNS}) VALUES ({PLACES})",  # noqa: S608
                [values_of(number, row) for row in kept],
            )
            note_rows(connection, number, kept)

        self._database.write(act)

    def finish(
        self, plan_id: str, *, state: PlanState, read: int, breaches: tuple[str, ...], mark: str
    ) -> None:
        """All rows are there."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE plan SET state = ?, read = ?, breaches = ?, mark = ? WHERE id = ?",
                (state.value, read, encode(breaches), mark, int(plan_id)),
            )
        )

    def set_state(self, plan_id: str, state: PlanState) -> None:
        """Another state."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE plan SET state = ? WHERE id = ?", (state.value, int(plan_id))
            )
        )

    def discard(self, plan_id: str) -> None:
        """Forget a plan that was not applied: a preview leaves no history."""

        def act(connection: sqlite3.Connection) -> None:
            row = plan_record(connection, plan_id)
            if connection.execute(
                "SELECT 1 FROM run WHERE plan = ? LIMIT 1", (row["id"],)
            ).fetchone():
                connection.execute("UPDATE plan SET state = 'discarded' WHERE id = ?", (row["id"],))
            else:
                connection.execute("DELETE FROM plan WHERE id = ?", (row["id"],))

        self._database.write(act)

    def drop_previews(self, goal: str, but: str) -> None:
        """Earlier plans of a goal that nobody applied; only the newest preview is kept."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM plan WHERE goal = ? AND id <> ? AND state IN"
                " ('making', 'ready', 'stopped', 'discarded')"
                " AND id NOT IN (SELECT plan FROM run WHERE plan IS NOT NULL)",
                (goal, int(but)),
            )
        )

    def drop_unfinished(self, goal: str) -> None:
        """Plans of a goal whose making was cut short; its lock keeps away who is making one.

        What takes a run back is planned without that lock.
        """
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM plan WHERE goal = ? AND state = 'making'"
                " AND origin NOT LIKE 'rollback%'",
                (goal,),
            )
        )

    def people(self, plan_id: str) -> dict[str, int]:
        """How many ticked rows have each consequence; two lists for one person count once."""
        return self._database.read(
            lambda c: {
                row["consequence"]: row["n"]
                for row in c.execute(
                    "SELECT n.consequence, count(DISTINCT n.row) AS n FROM plan_noticed n"
                    " JOIN plan_row r ON r.plan = n.plan AND r.row = n.row"
                    " WHERE n.plan = ? AND r.ticked GROUP BY n.consequence",
                    (plan_number(plan_id),),
                )
            }
        )

    def get(self, plan_id: str) -> Plan:
        """A plan with its counts. Raises NotFound."""
        return self._database.read(lambda c: plan_of(c, plan_record(c, plan_id)))

    def goal_of(self, plan_id: str) -> Goal:
        """The goal as it was when the plan was made."""
        return self._database.read(
            lambda c: msgspec.json.decode(plan_record(c, plan_id)["body"], type=Goal)
        )

    def latest(self, goal: str, *states: PlanState) -> Plan | None:
        """The newest plan of a goal in one of these states (none given: any)."""
        wanted = encode([state.value for state in states or tuple(PlanState)])

        def look(connection: sqlite3.Connection) -> Plan | None:
            row = connection.execute(
                "SELECT * FROM plan WHERE goal = ? AND state IN (SELECT value FROM json_each(?))"
                " ORDER BY id DESC LIMIT 1",
                (goal, wanted),
            ).fetchone()
            return plan_of(connection, row) if row else None

        return self._database.read(look)

    def rows(
        self, plan_id: str, chosen: RowFilter | None = None, *, after: int = 0, limit: int = 200
    ) -> tuple[PlanRow, ...]:
        """A page of rows by their number."""
        where, values = where_of(plan_id, chosen or RowFilter())

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            found = connection.execute(
                f"SELECT * FROM plan_row WHERE {where} AND row > ? ORDER BY row LIMIT ?",  # noqa: S608
                (*values, after, limit),
            ).fetchall()
            notes = notes_of(connection, plan_id, [row["row"] for row in found])
            return tuple(row_of(row, notes.get(row["row"], ())) for row in found)

        return self._database.read(look)

    def rows_at(self, plan_id: str, numbers: Sequence[int]) -> tuple[PlanRow, ...]:
        """These rows, in this order. Raises NotFound where one of them is not there."""

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            found = connection.execute(
                "SELECT * FROM plan_row WHERE plan = ? AND row IN (SELECT value FROM json_each(?))",
                (plan_number(plan_id), encode(numbers)),
            ).fetchall()
            notes = notes_of(connection, plan_id, [row["row"] for row in found])
            rows = {row["row"]: row_of(row, notes.get(row["row"], ())) for row in found}
            if missing := [number for number in numbers if number not in rows]:
                raise NotFound(f"Plan {plan_id} has no row {missing[0]}.")
            return tuple(rows[number] for number in numbers)

        return self._database.read(look)

    def row_numbers(
        self, plan_id: str, chosen: RowFilter | None = None, *, by_worth: bool = False
    ) -> Sequence[int]:
        """The numbers of all rows that fit, for a table that jumps about.

        `by_worth`: the highest first, and last those of whom nothing is predicted.
        """
        where, values = where_of(plan_id, chosen or RowFilter())
        order = "worth IS NULL, worth DESC, row" if by_worth else "row"
        return self._database.read(
            lambda c: array(
                "q",
                (
                    row[0]
                    for row in c.execute(
                        f"SELECT row FROM plan_row WHERE {where} ORDER BY {order}",  # noqa: S608
                        values,
                    )
                ),
            )
        )

    def tells_worth(self, plan_id: str) -> bool:
        """Whether of anybody in it something is predicted."""
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM plan_row WHERE plan = ? AND worth IS NOT NULL LIMIT 1",
                    (plan_number(plan_id),),
                ).fetchone()
                is not None
            )
        )

    def count(self, plan_id: str, chosen: RowFilter | None = None) -> int:
        """How many rows fit."""
        where, values = where_of(plan_id, chosen or RowFilter())
        return self._database.read(
            lambda c: int(
                c.execute(f"SELECT count(*) FROM plan_row WHERE {where}", values).fetchone()[0]  # noqa: S608
            )
        )

    def ticked(self, plan_id: str) -> int:
        """How many rows an apply would send."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM plan_row WHERE plan = ? AND ticked"
                    " AND fate IN ('create', 'update')",
                    (int(plan_id),),
                ).fetchone()[0]
            )
        )

    def row(self, plan_id: str, row: int) -> PlanRow:
        """One row. Raises NotFound."""

        def look(connection: sqlite3.Connection) -> PlanRow:
            return read_row(connection, plan_id, row)

        return self._database.read(look)

    def tick(self, plan_id: str, rows: Iterable[int], *, on: bool) -> int:
        """Tick or untick rows that write; how many changed. Raises Conflict once applied."""
        wanted = encode(list(rows))

        def act(connection: sqlite3.Connection) -> int:
            require_open(connection, plan_id)
            return connection.execute(
                "UPDATE plan_row SET ticked = ? WHERE plan = ? AND ticked <> ?"
                " AND fate IN ('create', 'update') AND row IN (SELECT value FROM json_each(?))",
                (int(on), int(plan_id), int(on), wanted),
            ).rowcount

        return self._database.write(act)

    def tick_all(self, plan_id: str, chosen: RowFilter, *, on: bool) -> int:
        """Tick or untick every row that fits."""
        where, values = where_of(plan_id, chosen)

        def act(connection: sqlite3.Connection) -> int:
            require_open(connection, plan_id)
            return connection.execute(
                f"UPDATE plan_row SET ticked = ? WHERE {where}"  # noqa: S608
                " AND fate IN ('create', 'update')",
                (int(on), *values),
            ).rowcount

        return self._database.write(act)

    def tick_field(self, plan_id: str, row: int, field: str, *, on: bool) -> PlanRow:
        """Tick or untick one field of a row."""

        def act(connection: sqlite3.Connection) -> PlanRow:
            require_open(connection, plan_id)
            kept = read_row(connection, plan_id, row)
            if not any(change.field == field for change in kept.changes):
                raise NotFound(f"Row {row} does not change “{field}”.")
            changes = tuple(replace(c, ticked=on) if c.field == field else c for c in kept.changes)
            return put_row(connection, plan_id, replace(kept, changes=changes))

        return self._database.write(act)

    def put(self, plan_id: str, row: PlanRow) -> PlanRow:
        """Replace a row after a person has decided something about it. Raises Conflict."""

        def act(connection: sqlite3.Connection) -> PlanRow:
            require_open(connection, plan_id)
            return put_row(connection, plan_id, row)

        return self._database.write(act)

    def doubles(self, plan_id: str) -> tuple[tuple[int, int], ...]:
        """Rows that would write what an earlier row of the plan is about, with the earlier one."""
        return self._database.read(lambda c: doubles_of(c, plan_id))

    def park(self, plan_id: str, rows: Iterable[PlanRow]) -> None:
        """Replace rows of a plan that is being made."""
        kept = tuple(rows)

        def act(connection: sqlite3.Connection) -> None:
            for row in kept:
                put_row(connection, plan_id, row)

        self._database.write(act)

    # Limits that may be passed once.

    def approve(self, plan_id: str, breach: str, person: str, name: str, now: float) -> None:
        """Somebody allows it; the same person twice counts once."""
        self._database.write(
            lambda c: c.execute(
                "INSERT OR IGNORE INTO approval (plan, breach, person, name, at)"
                " VALUES (?, ?, ?, ?, ?)",
                (int(plan_id), breach, person, name, now),
            )
        )

    def approvals(self, plan_id: str) -> tuple[Approval, ...]:
        """Who allowed what, the first one first."""
        return self._database.read(
            lambda c: tuple(
                Approval(row["breach"], row["person"], row["name"], row["at"])
                for row in c.execute(
                    "SELECT * FROM approval WHERE plan = ? ORDER BY at, person", (int(plan_id),)
                )
            )
        )
