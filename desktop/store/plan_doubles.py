"""Rows of one plan that are about the same profile or person."""

import sqlite3

from desktop.store.plan_row import plan_number

# Who is meant: a profile or person there is, or the address that one is to be made with.
_WHO = "CASE WHEN target <> '' THEN target WHEN fate = 'create' THEN '@' || lower(address) END"
_DOUBLES = (
    f"SELECT r.row, f.first FROM (SELECT row, {_WHO} AS who FROM plan_row WHERE plan = ?1"  # noqa: S608
    " AND fate IN ('create', 'update', 'conflict')) r"
    f" JOIN (SELECT {_WHO} AS who, min(row) AS first FROM plan_row WHERE plan = ?1"
    " AND fate <> 'skipped' GROUP BY who HAVING who IS NOT NULL AND count(*) > 1) f"
    " ON f.who = r.who WHERE r.row > f.first ORDER BY r.row"
)


def doubles_of(connection: sqlite3.Connection, plan_id: str) -> tuple[tuple[int, int], ...]:
    """Rows that would write what an earlier row is about: their numbers, and the earlier ones'.

    All at once: each look at them reads the whole plan.
    """
    found = connection.execute(_DOUBLES, (plan_number(plan_id),))
    return tuple((it["row"], it["first"]) for it in found)
