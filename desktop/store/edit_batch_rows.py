"""Decodes, counts and filters the rows of the tables `edit_batch` and `edit_batch_row`."""

import sqlite3
from collections.abc import Sequence

import msgspec

from desktop.model.edit import EditKind, EditState
from desktop.model.edit_batch import (
    BatchAction,
    BatchCounts,
    BatchOutcome,
    BatchPlanRow,
    BatchRow,
    BatchStage,
    EditBatch,
    LookupResult,
)
from desktop.model.sync_plan import Consequence, ConsequenceCount, PlannedOutcome
from desktop.store.sqlite_errors import DatabaseDamaged

# What a filter shows beside the outcomes and fates that are columns of their own.
_FILTERS = {
    "": "1",
    # Once a plan is there, what it leaves alone is told apart from what it changes.
    **{one.value: f"r.outcome = '{one.value}'" for one in BatchOutcome},
    **{one.value: f"r.fate = '{one.value}'" for one in PlannedOutcome},
    "conflict": "o.state IN ('conflict', 'failed')",
    "not_undone": "r.not_undone <> '' OR EXISTS (SELECT 1 FROM outbox u WHERE u.undoes = r.edit"
    " AND u.state IN ('conflict', 'failed'))",
}
_OPEN_UNDOS_SQL = (
    "SELECT count(*) AS n FROM outbox WHERE batch = ? AND undoes IS NOT NULL"
    " AND state IN ('queued', 'waiting', 'sending', 'unknown')"
    # The changes of a batch that undoes a part of another are undos themselves.
    " AND id NOT IN (SELECT edit FROM edit_batch_row WHERE batch = outbox.batch"
    " AND edit IS NOT NULL)"
)
_FROM = "edit_batch_row r LEFT JOIN outbox o ON o.id = r.edit"


def decode_batch(row: sqlite3.Row, *, is_at_work: bool) -> EditBatch:
    """Decode a row of `edit_batch`. Raises DatabaseDamaged for values out of range."""
    try:
        action = msgspec.json.decode(row["action"])
        return EditBatch(
            id=str(row["id"]),
            actor=row["actor"],
            created_at=row["created_at"],
            stage=BatchStage(row["stage"]),
            done=row["done"],
            total=row["total"],
            begun_at=row["begun_at"],
            is_at_work=is_at_work,
            is_cancel_requested=bool(row["cancel_requested"]),
            error=row["error"],
            action=BatchAction(
                EditKind(action["kind"]), action["name"], action["new"], action.get("undoes", "")
            )
            if action is not None
            else None,
            reason=row["reason"],
            ticket=row["ticket"],
            planned_at=row["planned_at"],
            applied_at=row["applied_at"],
            stopped_at=row["stopped_at"],
            undo_asked_at=row["undo_asked_at"],
            undone_at=row["undone_at"],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise DatabaseDamaged(f"row {row['id']} of edit_batch makes no sense") from error


def select_row_numbers(
    connection: sqlite3.Connection, batch: int, shown: tuple[str, str]
) -> list[int]:
    """Select the numbers of a batch's rows by filter and search text, in the order of the paste."""
    name, text = shown
    rows = connection.execute(
        f"SELECT r.row FROM {_FROM} WHERE r.batch = ?1 AND ({_FILTERS[name]})"  # noqa: S608 - names of ours
        " AND (?2 = '' OR instr(lower(r.text || ' ' || r.address || ' ' || r.label), ?2))"
        " ORDER BY r.row",
        (batch, text.strip().lower()),
    )
    return [row["row"] for row in rows]


def select_rows(
    connection: sqlite3.Connection, batch: int, numbers: Sequence[int]
) -> tuple[BatchRow, ...]:
    """Select rows of a batch by number, with the state of each one's edit."""
    rows = connection.execute(
        f"SELECT r.*, o.state AS edit_state, o.detail AS edit_detail FROM {_FROM}"  # noqa: S608
        " WHERE r.batch = ? AND r.row IN (SELECT value FROM json_each(?)) ORDER BY r.row",
        (batch, msgspec.json.encode(list(numbers)).decode()),
    )
    return tuple(map(_decode_row, rows.fetchall()))


def count_rows(connection: sqlite3.Connection, batch: int) -> BatchCounts:
    """Count a batch's rows by what was found, what is planned, and what became of the edits."""

    def group(column: str, where: str) -> dict[str, int]:
        rows = connection.execute(
            f"SELECT {column} AS value, count(*) AS n FROM {_FROM}"  # noqa: S608 - names of ours
            f" WHERE r.batch = ? AND {where} GROUP BY {column}",
            (batch,),
        )
        return {row["value"]: row["n"] for row in rows}

    def count(where: str) -> int:
        query = f"SELECT count(*) AS n FROM {_FROM} WHERE r.batch = ? AND ({where})"  # noqa: S608
        return int(connection.execute(query, (batch,)).fetchone()["n"])

    consequences = connection.execute(
        "SELECT json_extract(c.value, '$[0]') AS kind, json_extract(c.value, '$[1]') AS name,"
        " count(*) AS n FROM edit_batch_row r, json_each(r.consequences) c WHERE r.batch = ?"
        " GROUP BY kind, name",
        (batch,),
    ).fetchall()
    by_kind = {one.value: place for place, one in enumerate(Consequence)}
    found = [
        ConsequenceCount(Consequence(row["kind"]), row["name"], row["n"]) for row in consequences
    ]
    return BatchCounts(
        outcomes=group("r.outcome", "1"),
        levels=group("r.optout", "r.sid <> '' AND r.outcome = 'found'"),
        profiles=count("r.sid <> '' AND r.outcome = 'found'"),
        kept=count("r.is_kept"),
        fates=group("r.fate", "r.fate IS NOT NULL"),
        consequences=tuple(sorted(found, key=lambda one: by_kind[one.consequence.value])),
        edit_states=group("o.state", "r.edit IS NOT NULL AND o.id IS NOT NULL"),
        open_undos=connection.execute(_OPEN_UNDOS_SQL, (batch,)).fetchone()["n"],
        not_undone=count(_FILTERS["not_undone"]),
    )


def _decode_row(row: sqlite3.Row) -> BatchRow:
    try:
        plan = None
        if row["fate"] is not None:
            pairs = msgspec.json.decode(row["consequences"], type=list[tuple[str, str]])
            plan = BatchPlanRow(
                row["row"],
                PlannedOutcome(row["fate"]),
                msgspec.json.decode(row["old"]),
                row["why"],
                tuple(pairs),
            )
        return BatchRow(
            text=row["text"],
            address=row["address"],
            found=LookupResult(
                row["row"],
                BatchOutcome(row["outcome"]),
                row["detail"],
                bool(row["is_kept"]),
                row["read_at"],
                row["user_id"],
                row["sid"],
                row["label"],
                row["optout"],
            ),
            plan=plan,
            edit_id=str(row["edit"]) if row["edit"] is not None else None,
            edit_state=EditState(row["edit_state"]) if row["edit_state"] is not None else None,
            edit_detail=row["edit_detail"] or "",
            not_undone=row["not_undone"],
        )
    except (ValueError, TypeError) as error:
        raise DatabaseDamaged(f"row {row['row']} of edit_batch_row makes no sense") from error
