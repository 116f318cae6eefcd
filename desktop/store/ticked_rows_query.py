"""How many rows of a plan are ticked, and how many people that concerns by consequence."""

import sqlite3

from desktop.model.run_limit import PRODUCTION
from desktop.store.plan_row_table import parse_plan_id


def count_ticked_people(
    connection: sqlite3.Connection, plan_id: str, *, without_restores: bool = False
) -> dict[str, int]:
    """Count a plan's ticked rows by consequence, and under `PRODUCTION` all that write.

    `without_restores`: who has an opt-out loosened counts neither for that nor for getting e-mail
    again by it.
    """
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
    return counts | {PRODUCTION: count_ticked_rows(connection, plan_id)}


def count_ticked_rows(connection: sqlite3.Connection, plan_id: str) -> int:
    """Count a plan's ticked rows, which applying it would send."""
    row = connection.execute(
        "SELECT count(*) FROM plan_row WHERE plan = ? AND ticked AND fate IN ('create', 'update')",
        (parse_plan_id(plan_id),),
    ).fetchone()
    return int(row[0])
