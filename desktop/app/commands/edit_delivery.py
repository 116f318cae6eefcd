"""Sends the edits that a command has just queued, and prints how far each of them came."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.container import WorkspaceServices
from desktop.kit.text import shorten, to_single_line
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.marketing_pause import parse_pause_terms

# How long a command waits for its edits to be confirmed before it leaves them to the outbox.
_TIMEOUT_S = 20.0
_POLL_S = 0.25

# Any other state means that the edit is still on its way: the service is away.
_EXIT_CODES_BY_STATE: Mapping[str, int] = MappingProxyType(
    {
        "done": ExitCode.DONE,
        "undone": ExitCode.DONE,
        "failed": ExitCode.FAILED,
        "conflict": ExitCode.NEEDS_PERSON,
        "waiting": ExitCode.NEEDS_PERSON,
    }
)


_KEYS_WITHOUT_CUSTOMER = ("id", "kind", "service", "state", "not_sent")


async def deliver_and_wait(services: WorkspaceServices, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Send a command's edits and wait up to 20 s until each is closed, or cannot go on for now.

    Returns them in the same order, as they stand then.
    """
    open_ids = [edit.id for edit in edits if not edit.state.is_final]
    if not open_ids:
        return tuple(edits)
    clock, outbox = services.context.clock, services.store.outbox
    until = clock.monotonic() + _TIMEOUT_S
    sender = services.build_edit_sender()
    while True:
        await sender.send_due(only=open_ids)
        now = {edit_id: await outbox.get_edit(edit_id) for edit_id in open_ids}
        # Queued means that the service is away: the outbox keeps it. The rest is on its way,
        # here or in another process that was quicker.
        is_moving = any(
            not edit.state.is_final and edit.state is not EditState.QUEUED for edit in now.values()
        )
        if not is_moving or clock.monotonic() > until:
            return tuple(now.get(edit.id, edit) for edit in edits)
        await clock.sleep(_POLL_S)


def emit_edits(
    edits: Sequence[Edit],
    *,
    as_json: bool,
    unsent: Sequence[Mapping[str, Any]] = (),
    is_dry_run: bool = False,
    hides_customers: bool = False,
) -> int:
    """Print a command's edits and return the worst of their exit codes; a dry run is always 0.

    `unsent` are rows like `Edit.as_json()` of changes that were not queued; they come first.
    `hides_customers` leaves out whom an edit is about, and every value.
    """
    rows = [*unsent, *(edit.as_json() for edit in edits)]
    if hides_customers:
        rows = [{key: row.get(key) for key in _KEYS_WITHOUT_CUSTOMER} for row in rows]
    document: dict[str, Any] = {"edits": rows}
    if is_dry_run:
        document["dry_run"] = True
    codes = map(edit_exit_code, rows)
    exit_code = ExitCode.DONE if is_dry_run else max(codes, default=ExitCode.DONE)
    return emit(document, map(edit_line, rows), as_json=as_json, exit_code=exit_code)


def edit_exit_code(row: Mapping[str, Any]) -> int:
    """Return the exit code that one edit's row of a command's JSON stands for."""
    if row.get("not_sent"):
        return ExitCode.NEEDS_PERSON
    return _EXIT_CODES_BY_STATE.get(str(row["state"]), ExitCode.SERVICE_AWAY)


def edit_line(row: Mapping[str, Any]) -> str:
    """Return one edit's row of a command's JSON as a line of text."""
    if "customer" not in row:
        return f"{row['id']}  {row['kind']}  {row['state']}"
    number = f"{row['id']}  " if row["id"] else ""
    detail = f": {row['detail']}" if row.get("detail") else ""
    return f"{number}{row['customer']}  {change_text(row)}  {row['state']}{detail}"


def change_text(row: Mapping[str, Any]) -> str:
    """Return what an edit's row changes as text: its kind and name, and the values around →."""
    kind = row["kind"]
    if kind == EditKind.NOTE.value:
        return f"note on #{row.get('ticket')}: {shorten(to_single_line(str(row['new'])), 120)}"
    name = "" if kind == EditKind.PAUSE.value else row["name"]
    old, new = (_value_text(kind, row[side]) for side in ("old", "new"))
    return f"{f'{kind} {name}'.strip()}  {old} → {new}"


def _value_text(kind: str, value: Any) -> str:
    terms = parse_pause_terms(value) if kind == EditKind.PAUSE.value else None
    if terms is not None:
        return f"until {terms.until.isoformat()}"
    if isinstance(value, bool):
        return "on" if value else "off"
    return "–" if value is None else str(value)
