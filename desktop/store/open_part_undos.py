"""SQL over the batches that are to undo a part of another one, and may still be applied."""

import sqlite3
from collections.abc import Sequence

from desktop.model.edit_batch import PART_UNDO_MAX_AGE_S


def select_open_parts(connection: sqlite3.Connection, now: float) -> list[sqlite3.Row]:
    """Select the rows of `edit_batch` of the account: neither applied, cancelled nor too old."""
    return connection.execute(
        "SELECT * FROM edit_batch WHERE account = (SELECT id FROM current_account)"
        " AND applied_at IS NULL AND stopped_at IS NULL AND created_at >= ?"
        " AND json_extract(action, '$.undoes') IS NOT NULL ORDER BY id",
        (now - PART_UNDO_MAX_AGE_S,),
    ).fetchall()


def has_profiles(
    connection: sqlite3.Connection, batch: sqlite3.Row, rows: Sequence[sqlite3.Row]
) -> bool:
    """Whether a batch is for exactly the profiles of these rows, in their order."""
    found = connection.execute(
        "SELECT sid FROM edit_batch_row WHERE batch = ? ORDER BY row", (batch["id"],)
    )
    return [one["sid"] for one in found] == [one["sid"] for one in rows]
