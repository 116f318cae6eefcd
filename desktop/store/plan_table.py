"""Reads a row of the table `plan`, with the counts of its plan rows."""

import sqlite3

import msgspec

from desktop.kit.errors import ConflictError, NotFound
from desktop.model.service import Service
from desktop.model.sync_plan import Consequence, ConsequenceCount, Plan, PlanState, TargetReading
from desktop.store.plan_row_table import parse_plan_id

_STRING_TUPLE = tuple[str, ...]


def select_plan(connection: sqlite3.Connection, plan_id: str) -> sqlite3.Row:
    """Select a row of the table `plan`. Raises NotFound, InvalidInput for what is no plan id."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM plan WHERE id = ?", (parse_plan_id(plan_id),)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no plan {plan_id}.", "", "`fairlead sync plan SYNC` makes one.")
    return row


def require_editable(connection: sqlite3.Connection, plan_id: str) -> None:
    """Raise ConflictError for a row of `plan` that is being applied or has ended."""
    is_open = select_plan(connection, plan_id)["state"] in ("ready", "stopped")
    # Whoever writes another state into the database has not opened it again.
    has_ended = connection.execute(
        "SELECT 1 FROM run WHERE plan = ? AND state = 'done' LIMIT 1", (parse_plan_id(plan_id),)
    ).fetchone()
    if not is_open or has_ended is not None:
        raise ConflictError(
            f"Plan {plan_id} cannot be changed any more.",
            "It is being applied, or has ended.",
            "Make a new preview.",
        )


def decode_plan(connection: sqlite3.Connection, row: sqlite3.Row) -> Plan:
    """Decode a row of the table `plan`, with the counts of its plan rows."""
    fates = connection.execute(
        "SELECT fate, count(*) AS n FROM plan_row WHERE plan = ? GROUP BY fate", (row["id"],)
    )
    noticed = connection.execute(
        "SELECT consequence, name, count(*) AS n FROM plan_consequence WHERE plan = ?"
        " GROUP BY consequence, name",
        (row["id"],),
    )
    order = list(Consequence)
    found = [ConsequenceCount(Consequence(n["consequence"]), n["name"], n["n"]) for n in noticed]
    return Plan(
        id=str(row["id"]),
        sync=row["sync"],
        service=Service(row["service"]),
        state=PlanState(row["state"]),
        created_at=row["created_at"],
        actor=row["actor"],
        source_record_count=row["source_record_count"],
        records_read=row["records_read"],
        outcome_counts={f["fate"]: f["n"] for f in fates},
        consequence_counts=tuple(sorted(found, key=lambda n: (order.index(n.consequence), n.name))),
        limit_breaches=msgspec.json.decode(row["limit_breaches"], type=_STRING_TUPLE),
        allowed_limits=msgspec.json.decode(row["allowed_limits"], type=_STRING_TUPLE),
        origin=row["origin"],
        mark=row["watermark"],
        sell_account=row["sell_account"],
        target_reading=msgspec.json.decode(row["target_reading"], type=TargetReading | None),
    )
