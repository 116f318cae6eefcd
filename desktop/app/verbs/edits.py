"""Delivers a command's own edits and prints where they stand."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from desktop.app import output
from desktop.app.output import plain
from desktop.app.wiring import House
from desktop.model.edit import Edit, EditState

# How long a command waits for its edits to be confirmed before it leaves them to the outbox.
_PATIENCE_S = 20.0


async def finish(house: House, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Send these edits and wait until each is closed, or cannot go on for now."""
    ids = [edit.id for edit in edits if not edit.state.final]
    if not ids:
        return tuple(edits)
    clock = house.ground.clock
    until = clock.monotonic() + _PATIENCE_S
    deliverer = house.deliverer()
    outbox, lane = house.store.outbox, house.store.lane
    while True:
        await deliverer.deliver_due(only=ids)
        states = [await lane.run(outbox.get, edit_id) for edit_id in ids]
        # Queued means that the service is away: the outbox keeps it. The rest is on its way,
        # here or in another process that was quicker.
        moving = [e for e in states if not e.state.final and e.state is not EditState.QUEUED]
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
        output.print_json(document)
    else:
        for edit in edits:
            what = f"{edit['kind']} {edit['name']}".strip()
            tail = f": {plain(edit['detail'])}" if edit.get("detail") else ""
            number = f"{edit['id']}  " if edit["id"] else ""
            print(
                f"{number}{plain(edit['customer'])}  {plain(what)}"
                f"  {plain(edit['old'])} → {plain(edit['new'])}  {edit['state']}{tail}"
            )
    if dry_run:
        return output.DONE
    return max((_code(str(edit["state"])) for edit in edits), default=output.DONE)


def _code(state: str) -> int:
    if state in ("done", "undone"):
        return output.DONE
    if state == "failed":
        return output.FAILED
    return output.PERSON if state in ("conflict", "waiting") else output.AWAY
