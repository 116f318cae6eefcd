"""A plan as a whole: its row in the table, and what is counted of its own rows."""

import sqlite3

import msgspec

from desktop.kit.errors import Conflict, NotFound
from desktop.model.edit import Service
from desktop.model.plan import Consequence, Noticed, Plan, PlanState
from desktop.store.plan_row import plan_number

_TEXTS = tuple[str, ...]


def plan_record(connection: sqlite3.Connection, plan_id: str) -> sqlite3.Row:
    """The plan's row in its table. Raises NotFound, BadInput for what is no plan."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM plan WHERE id = ?", (plan_number(plan_id),)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no plan {plan_id}.", "", "`fairlead sync plan GOAL` makes one.")
    return row


def require_open(connection: sqlite3.Connection, plan_id: str) -> None:
    """Raises Conflict for a plan that is being applied or has ended."""
    if plan_record(connection, plan_id)["state"] not in ("ready", "stopped"):
        raise Conflict(
            f"Plan {plan_id} cannot be changed any more.",
            "It is being applied, or has ended.",
            "Make a new preview.",
        )


def plan_of(connection: sqlite3.Connection, row: sqlite3.Row) -> Plan:
    """The plan with what is counted of its rows."""
    fates = connection.execute(
        "SELECT fate, count(*) AS n FROM plan_row WHERE plan = ? GROUP BY fate", (row["id"],)
    )
    noticed = connection.execute(
        "SELECT consequence, name, count(*) AS n FROM plan_noticed WHERE plan = ?"
        " GROUP BY consequence, name",
        (row["id"],),
    )
    order = list(Consequence)
    found = [Noticed(Consequence(n["consequence"]), n["name"], n["n"]) for n in noticed]
    return Plan(
        id=str(row["id"]),
        goal=row["goal"],
        service=Service(row["service"]),
        state=PlanState(row["state"]),
        made_at=row["made_at"],
        actor=row["actor"],
        read=row["read"],
        fates={f["fate"]: f["n"] for f in fates},
        noticed=tuple(sorted(found, key=lambda n: (order.index(n.consequence), n.name))),
        breaches=msgspec.json.decode(row["breaches"], type=_TEXTS),
        allowed=msgspec.json.decode(row["allowed"], type=_TEXTS),
        origin=row["origin"],
        mark=row["mark"],
    )
