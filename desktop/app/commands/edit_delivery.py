"""Delivers a command's own edits and prints where they stand."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from desktop.app import cli_output
from desktop.app.cli_output import terminal_safe
from desktop.app.container import WorkspaceServices
from desktop.model.edit import Edit, EditState

# How long a command waits for its edits to be confirmed before it leaves them to the outbox.
_TIMEOUT_S = 20.0


async def deliver_and_wait(services: WorkspaceServices, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Send these edits and wait until each is closed, or cannot go on for now."""
    ids = [edit.id for edit in edits if not edit.state.is_final]
    if not ids:
        return tuple(edits)
    clock = services.context.clock
    until = clock.monotonic() + _TIMEOUT_S
    deliverer = services.build_edit_sender()
    outbox = services.store.outbox
    while True:
        await deliverer.send_due(only=ids)
        states = [await outbox.get_edit(edit_id) for edit_id in ids]
        # Queued means that the service is away: the outbox keeps it. The rest is on its way,
        # here or in another process that was quicker.
        moving = [e for e in states if not e.state.is_final and e.state is not EditState.QUEUED]
        if not moving or clock.monotonic() > until:
            ended = {e.id: e for e in states}
            return tuple(ended.get(e.id, e) for e in edits)
        await asyncio.sleep(0.25)


def print_edits(edits: Sequence[Mapping[str, Any]], *, as_json: bool, dry_run: bool = False) -> int:
    """Print them and return the exit code they add up to."""
    if as_json:
        document: dict[str, Any] = {"edits": list(edits)}
        if dry_run:
            document["dry_run"] = True
        cli_output.print_json(document)
    else:
        for edit in edits:
            what = f"{edit['kind']} {edit['name']}".strip()
            tail = f": {terminal_safe(edit['detail'])}" if edit.get("detail") else ""
            number = f"{edit['id']}  " if edit["id"] else ""
            print(
                f"{number}{terminal_safe(edit['customer'])}  {terminal_safe(what)}"
                f"  {terminal_safe(edit['old'])} → {terminal_safe(edit['new'])}  {edit['state']}{tail}"  # noqa: E501
            )
    if dry_run:
        return cli_output.EXIT_DONE
    return max(
        (_exit_code_for_state(str(edit["state"])) for edit in edits), default=cli_output.EXIT_DONE
    )


def _exit_code_for_state(state: str) -> int:
    if state in ("done", "undone"):
        return cli_output.EXIT_DONE
    if state == "failed":
        return cli_output.EXIT_FAILED
    return (
        cli_output.EXIT_NEEDS_PERSON
        if state in ("conflict", "waiting")
        else cli_output.EXIT_SERVICE_AWAY
    )
