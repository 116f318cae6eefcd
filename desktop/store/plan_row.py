"""A row of a plan as it stands in the table, and back."""

import sqlite3

import msgspec

from desktop.model.plan import Consequence, Fate, FieldChange, PlanRow, RowState
from desktop.store.trouble import Damage

COLUMNS = (
    "plan, row, fate, source, target, label, address, changes, why, cause, evidence, ticked,"
    " state, detail, source_at, target_at, events, optout, on_other_lists"
)
PLACES = ", ".join("?" * len(COLUMNS.split(",")))
_CHANGES = tuple[FieldChange, ...]
_EVENTS = tuple[str, ...]


def values_of(plan_id: int, row: PlanRow) -> tuple[object, ...]:
    """What goes into `COLUMNS`."""
    return (
        plan_id,
        row.row,
        row.fate.value,
        row.source_id,
        row.target_id,
        row.label,
        row.address,
        encode(row.changes),
        row.why,
        row.cause,
        row.evidence,
        int(row.ticked),
        row.state.value,
        row.detail,
        row.source_at,
        row.target_at,
        encode(row.events),
        row.optout,
        int(row.on_other_lists),
    )


def row_of(row: sqlite3.Row, noticed: tuple[tuple[str, str], ...] = ()) -> PlanRow:
    """The plan row a table row stands for. Raises Damage where it makes no sense."""
    try:
        return PlanRow(
            row=row["row"],
            fate=Fate(row["fate"]),
            source_id=row["source"],
            target_id=row["target"],
            label=row["label"],
            address=row["address"],
            changes=msgspec.json.decode(row["changes"], type=_CHANGES),
            why=row["why"],
            cause=row["cause"],
            evidence=row["evidence"],
            ticked=bool(row["ticked"]),
            state=RowState(row["state"]),
            detail=row["detail"],
            source_at=row["source_at"],
            target_at=row["target_at"],
            consequences=tuple((Consequence(kind), name) for kind, name in noticed),
            events=msgspec.json.decode(row["events"], type=_EVENTS),
            optout=row["optout"],
            on_other_lists=bool(row["on_other_lists"]),
        )
    except (ValueError, msgspec.MsgspecError) as error:
        raise Damage(f"row {row['row']} of plan {row['plan']} makes no sense") from error


def encode(value: object) -> str:
    """JSON as it stands in the tables."""
    return msgspec.json.encode(value).decode()
