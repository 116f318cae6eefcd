"""Conditions and single rows of the table `outbox`, as its repositories ask for them."""

import sqlite3

from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.edit import Edit, EditKind, EditRequest
from desktop.model.json_value import canonical_json

# What several edits are the steps of, by the column of its id.
WHOLES = {"email_change": "the change of the address", "erasure": "the erasure"}
OPEN_STATES = ("queued", "waiting", "sending", "unknown")
# A step of an address change or an erasure is sent once each one before it is done.
NEXT_STEP_CONDITION = " AND ".join(
    f"(o.{whole} IS NULL OR NOT EXISTS (SELECT 1 FROM outbox e"  # noqa: S608 - names of ours
    f" WHERE e.{whole} = o.{whole} AND e.step < o.step AND NOT EXISTS"
    f" (SELECT 1 FROM outbox d WHERE d.{whole} = e.{whole} AND d.step = e.step"
    " AND d.state = 'done')))"
    for whole in WHOLES
)
OPEN_CONDITION = "state IN ('queued', 'waiting', 'sending', 'unknown')"
SAME_VALUE = (
    "e.account = o.account AND e.service = o.service AND e.target = o.target AND e.kind = o.kind"
    " AND e.name = o.name"
)
# Pauses of marketing that stand in this account. Of a customer the newest counts; one that is being
# ended by an open edit is left out, and one whose end was refused.
STANDING_PAUSES_SQL = (
    "SELECT o.id FROM outbox o WHERE o.kind = 'pause' AND o.state = 'done' AND o.new <> 'null'"
    " AND o.account = (SELECT id FROM current_account) AND NOT EXISTS"
    " (SELECT 1 FROM outbox e WHERE e.kind = 'pause' AND e.service = o.service"
    " AND e.target = o.target AND e.id > o.id"
    " AND (e.state IN ('queued', 'waiting', 'sending', 'unknown', 'done')"
    " OR (e.undoes = o.id AND e.state IN ('conflict', 'failed'))))"
)


def select_row(connection: sqlite3.Connection, edit_id: str) -> sqlite3.Row:
    """Return the outbox row of an edit's id. Raises InvalidInput for an unknown one."""
    row: sqlite3.Row | None = None
    if edit_id.isascii() and edit_id.isdigit() and len(edit_id) < 19:
        row = connection.execute("SELECT * FROM outbox WHERE id = ?", (int(edit_id),)).fetchone()
    if row is None:
        raise InvalidInput(
            f"There is no edit {edit_id[:40]}.",
            "",
            "`fairlead outbox` lists them with their ids.",
        )
    return row


def select_open_row(connection: sqlite3.Connection, intent: EditRequest) -> sqlite3.Row | None:
    """Return the newest open outbox row of the value that an edit request is about, or None."""
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM outbox WHERE service = ? AND target = ? AND kind = ? AND name = ?"  # noqa: S608
        f" AND {OPEN_CONDITION} AND account = (SELECT id FROM current_account) ORDER BY id"
        f" DESC LIMIT 1",
        (intent.target.service.value, intent.target.id, intent.kind.value, intent.name),
    ).fetchone()
    return row


def require_no_same_note(connection: sqlite3.Connection, intent: EditRequest) -> None:
    """Raise UserDecisionNeeded for a note that waits for its ticket: a command repeated, say."""
    if intent.kind is not EditKind.NOTE:
        return
    found = connection.execute(
        f"SELECT 1 FROM outbox WHERE kind = ? AND ticket = ? AND new = ? AND {OPEN_CONDITION}"  # noqa: S608
        " AND account = (SELECT id FROM current_account) LIMIT 1",
        (intent.kind.value, intent.ticket, canonical_json(intent.new)),
    ).fetchone()
    if found is not None:
        raise UserDecisionNeeded(
            f"The same note waits for #{intent.ticket} already.",
            "It was not added once more.",
            "It is sent by itself. Look at Activity, or fairlead outbox.",
        )


def require_unfinished_change(connection: sqlite3.Connection, edit: Edit) -> None:
    """Raise InvalidInput for a step of an erasure, or of a change of address that has ended."""
    if edit.erasure is not None:
        raise InvalidInput(
            f"Edit {edit.id} is a step of an erasure.",
            "Nothing was sent.",
            "Resume the erasure instead: `fairlead privacy erase WHO --confirm ADDRESS`.",
        )
    change = connection.execute(
        "SELECT ended_at FROM email_change WHERE id = ?", (edit.email_change,)
    ).fetchone()
    if change is not None and change["ended_at"] is not None:
        raise InvalidInput(
            f"Edit {edit.id} is a step of a change of address that has ended.",
            "Nothing was sent.",
            "Change the address again instead: `fairlead edit WHO --email NEW`.",
        )
