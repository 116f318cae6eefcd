"""Rows of one plan that are about the same profile or person."""

import sqlite3
from dataclasses import dataclass

from desktop.model.plan import PlanRow
from desktop.store.plan_row import plan_number, read_row


@dataclass(frozen=True)
class Double:
    """A row about somebody whom `first`, an earlier row of the same plan, is about too."""

    row: PlanRow
    first: PlanRow


# Who is meant: a profile or person there is, or the address that one is to be made with.
_WHO = "CASE WHEN target <> '' THEN target WHEN fate = 'create' THEN '@' || lower(address) END"
_DOUBLES = (
    f"SELECT r.row, f.first FROM (SELECT row, {_WHO} AS who FROM plan_row WHERE plan = ?1"  # noqa: S608
    " AND fate IN ('create', 'update', 'conflict') AND row > ?2) r"
    f" JOIN (SELECT {_WHO} AS who, min(row) AS first FROM plan_row WHERE plan = ?1"
    " AND fate <> 'skipped' GROUP BY who HAVING who IS NOT NULL AND count(*) > 1) f"
    " ON f.who = r.who WHERE r.row > f.first ORDER BY r.row LIMIT ?3"
)


def doubles_of(
    connection: sqlite3.Connection, plan_id: str, after: int, limit: int
) -> tuple[Double, ...]:
    """Rows behind `after` that would write what an earlier row is about, by their number."""
    found = connection.execute(_DOUBLES, (plan_number(plan_id), after, limit)).fetchall()
    return tuple(
        Double(read_row(connection, plan_id, it["row"]), read_row(connection, plan_id, it["first"]))
        for it in found
    )
