"""Encodes and decodes rows of the tables `plan_row` and `plan_consequence`."""

import sqlite3

import msgspec

from desktop.kit.errors import InvalidInput, NotFound
from desktop.kit.text import fold_text
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow, PlanRowState
from desktop.store.planned_row_proof import PLAN_ROWS
from desktop.store.sqlite_errors import DatabaseDamaged

PLAN_ROW_COLUMNS = (
    "plan, row, fate, source, target, label, address, changes, why, cause, evidence, ticked,"
    " state, detail, source_at, target_at, events, optout, on_other_lists,"
    " worth, maybe_sent, name, name_folded"
)
PLAN_ROW_PLACEHOLDERS = ", ".join("?" * len(PLAN_ROW_COLUMNS.split(",")))
_CHANGES = tuple[FieldChange, ...]
_EVENTS = tuple[str, ...]


def encode_plan_row(plan_id: int, row: PlanRow) -> tuple[object, ...]:
    """Encode a plan row as the values of `PLAN_ROW_COLUMNS`."""
    return (
        plan_id,
        row.row,
        row.fate.value,
        row.source_id,
        row.target_id,
        row.label,
        row.address,
        to_json(row.changes),
        row.why,
        row.cause,
        row.evidence,
        int(row.ticked),
        row.state.value,
        row.detail,
        row.source_at,
        row.target_at,
        to_json(row.events),
        row.optout,
        int(row.on_other_lists),
        row.worth,
        int(row.maybe_sent),
        row.name,
        fold_text(row.name),
    )


def decode_plan_row(row: sqlite3.Row, noticed: tuple[tuple[str, str], ...] = ()) -> PlanRow:
    """Decode a table row into a `PlanRow`. Raises DatabaseDamaged for values out of range."""
    try:
        return PlanRow(
            row=row["row"],
            fate=PlannedOutcome(row["fate"]),
            source_id=row["source"],
            target_id=row["target"],
            label=row["label"],
            address=row["address"],
            changes=msgspec.json.decode(row["changes"], type=_CHANGES),
            why=row["why"],
            cause=row["cause"],
            evidence=row["evidence"],
            ticked=bool(row["ticked"]),
            state=PlanRowState(row["state"]),
            detail=row["detail"],
            source_at=row["source_at"],
            target_at=row["target_at"],
            consequences=tuple((Consequence(kind), name) for kind, name in noticed),
            events=msgspec.json.decode(row["events"], type=_EVENTS),
            optout=row["optout"],
            on_other_lists=bool(row["on_other_lists"]),
            worth=row["worth"],
            maybe_sent=bool(row["maybe_sent"]),
            name=row["name"],
        )
    except (ValueError, msgspec.MsgspecError) as error:
        raise DatabaseDamaged(f"row {row['row']} of plan {row['plan']} makes no sense") from error


def parse_plan_id(plan_id: str) -> int:
    """Parse a plan id as typed into the table's integer. Raises InvalidInput."""
    if not (plan_id.isascii() and plan_id.isdigit() and len(plan_id) < 19):
        raise InvalidInput(f"“{plan_id[:40]}” is not a plan.", "", "Plans are numbers.")
    return int(plan_id)


def to_json(value: object) -> str:
    """Encode a value as the JSON text that a plan's tables hold."""
    return msgspec.json.encode(value).decode()


def select_plan_row(connection: sqlite3.Connection, plan_id: str, number: int) -> PlanRow:
    """Select one row of a plan by number. Raises NotFound."""
    row = connection.execute(
        "SELECT * FROM plan_row WHERE plan = ? AND row = ?", (parse_plan_id(plan_id), number)
    ).fetchone()
    if row is None:
        raise NotFound(f"Plan {plan_id} has no row {number}.")
    return decode_plan_row(row, select_consequences(connection, plan_id, [number]).get(number, ()))


def upsert_plan_row(connection: sqlite3.Connection, plan_id: str, row: PlanRow) -> PlanRow:
    """Insert a plan row, or replace the one with its number."""
    number = parse_plan_id(plan_id)
    connection.execute(
        f"INSERT OR REPLACE INTO plan_row ({PLAN_ROW_COLUMNS}) VALUES ({PLAN_ROW_PLACEHOLDERS})",  # noqa: S608
        encode_plan_row(number, row),
    )
    connection.execute("DELETE FROM plan_consequence WHERE plan = ? AND row = ?", (number, row.row))
    insert_consequences(connection, number, (row,))
    PLAN_ROWS.prove(connection, number, "row = ?", row.row)
    return row


def insert_consequences(
    connection: sqlite3.Connection, plan_id: int, rows: tuple[PlanRow, ...]
) -> None:
    """Insert the consequences of new plan rows."""
    connection.executemany(
        "INSERT OR IGNORE INTO plan_consequence (plan, consequence, name, row) VALUES (?, ?, ?, ?)",
        [(plan_id, kind.value, name, row.row) for row in rows for kind, name in row.consequences],
    )


def select_consequences(
    connection: sqlite3.Connection, plan_id: str, rows: list[int]
) -> dict[int, tuple[tuple[str, str], ...]]:
    """Select the consequences of plan rows, by row number."""
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    if not rows:
        return found
    # By the primary key: each consequence of the plan, then these rows.
    for note in connection.execute(
        "SELECT consequence, name, row FROM plan_consequence WHERE plan = ?"
        " AND row IN (SELECT value FROM json_each(?))",
        (parse_plan_id(plan_id), to_json(rows)),
    ):
        found[note["row"]] = (*found.get(note["row"], ()), (note["consequence"], note["name"]))
    return found
