"""The SQL query for rows of one plan that would write to the same target record."""

import sqlite3

from desktop.model.email_address import email_match_key
from desktop.store.plan_row_table import parse_plan_id

# Who is meant: a profile or person there is, or the address that one is to be made with.
_TARGET_KEY_SQL = (
    "CASE WHEN target <> '' THEN target"
    " WHEN fate = 'create' THEN '@' || email_match_key(address) END"
)
_DUPLICATE_TARGETS_SQL = (
    f"SELECT r.row, f.first FROM (SELECT row, {_TARGET_KEY_SQL} AS who"  # noqa: S608
    " FROM plan_row WHERE plan = ?1"
    " AND fate IN ('create', 'update', 'conflict')) r"
    f" JOIN (SELECT {_TARGET_KEY_SQL} AS who, min(row) AS first FROM plan_row WHERE plan = ?1"
    " AND fate <> 'skipped' GROUP BY who HAVING who IS NOT NULL AND count(*) > 1) f"
    " ON f.who = r.who WHERE r.row > f.first ORDER BY r.row"
)


def select_duplicate_targets(
    connection: sqlite3.Connection, plan_id: str
) -> tuple[tuple[int, int], ...]:
    """Select (row number, earlier row's number) where both rows have the same target record.

    All at once: each look at them reads the whole plan.
    """
    connection.create_function("email_match_key", 1, email_match_key, deterministic=True)
    found = connection.execute(_DUPLICATE_TARGETS_SQL, (parse_plan_id(plan_id),))
    return tuple((it["row"], it["first"]) for it in found)
