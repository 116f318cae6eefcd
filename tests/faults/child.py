"""What a child of the forge does: it builds the house itself, as `fairlead` does."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import desktop.app.connection
import desktop.connect.setup  # noqa: F401 - imported for the children of the fork
from desktop.app.runs import runner_of
from desktop.app.wiring import House
from desktop.model.edit import EditKind, Intent, Service, Target
from desktop.sync.run import Asked
from tests.faults.home import opened
from tests.faults.naive import add_again, resend_rows, send_all_unclaimed, send_without_reading

POINTS = (
    "enqueued", "claimed", "read", "sending", "answered", "accepted", "read back", "kept", "closed",
)  # fmt: skip
_PATIENCE_S = 20.0


def intent_from(given: dict[str, Any]) -> Intent:
    """The intent that crossed the pipe as JSON."""
    target = Target(Service(given["service"]), given["target"], given["label"])
    return Intent(
        EditKind(given["kind"]),
        target,
        given["name"],
        given["old"],
        given["new"],
        given["reason"],
        given["ticket"],
    )


def intent_to(intent: Intent) -> dict[str, Any]:
    """The intent as JSON."""
    return {
        "service": intent.target.service.value,
        "target": intent.target.id,
        "label": intent.target.label,
        "kind": intent.kind.value,
        "name": intent.name,
        "old": intent.old,
        "new": intent.new,
        "reason": intent.reason,
        "ticket": intent.ticket,
    }


def want(home: str, document: dict[str, Any], intents: list[dict[str, Any]]) -> None:
    """Put intents into the outbox and end."""

    async def act() -> None:
        async with opened(Path(home), document) as house:
            wanted = [intent_from(i) for i in intents]
            await house.editor.submit(wanted, wait_for_undo=False)

    asyncio.run(act())


def deliver(
    home: str,
    document: dict[str, Any],
    intent: dict[str, Any] | None = None,
    die_at: str | None = None,
) -> None:
    """Want something, deliver to the end, and be killed at a named point."""

    def checkpoint(name: str) -> None:
        if name == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def act() -> None:
        async with opened(Path(home), document) as house:
            if intent is not None:
                await house.editor.submit([intent_from(intent)], wait_for_undo=False)
                checkpoint("enqueued")
            await _to_the_end(house, checkpoint)

    asyncio.run(act())


def sync(
    home: str,
    document: dict[str, Any],
    goal: str,
    die_at: str | None = None,
    turn: int = 1,
    resume: bool = False,
    sleep_at: str | None = None,
) -> None:
    """Run a goal, or go on with its last run, and be killed the so-manyth time at a point.

    `sleep_at`: stopped there as by a closed lid; its pid is in the file `asleep`.
    """
    passed: Counter[str] = Counter()

    def checkpoint(name: str) -> None:
        passed[name] += 1
        if name == die_at and passed[name] == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == sleep_at and passed[name] == 1:
            (Path(home) / "asleep").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)

    async def act() -> None:
        async with opened(Path(home), document, for_runs=True) as house:
            last = house.store.runs.of_goal(goal, 1)
            asked = Asked(goal, "Ada Admin", resume=last[0].id if resume and last else None)
            found = house.store.goals.get(goal)
            await runner_of(house, goal, checkpoint=checkpoint).run(found, asked)

    asyncio.run(act())


def naive(home: str, document: dict[str, Any], gate: str | None = None) -> None:
    """The controls: resend without reading, or (with a gate) send without claims."""

    async def act() -> None:
        async with opened(Path(home), document) as house:
            if gate is None:
                await send_without_reading(house)
            else:
                await send_all_unclaimed(house, Path(gate))

    asyncio.run(act())


def naive_sync(home: str, document: dict[str, Any], goal: str, adds: bool = False) -> None:
    """The controls of runs: what was being sent is sent again, unread, or is added again."""

    async def act() -> None:
        async with opened(Path(home), document, for_runs=True) as house:
            await (add_again if adds else resend_rows)(house, goal)

    asyncio.run(act())


async def _to_the_end(house: House, checkpoint: Callable[[str], None]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while house.store.outbox.open_count() and time.monotonic() < until:
        await house.deliverer(checkpoint).deliver_due()
        if house.store.outbox.open_count():
            await asyncio.sleep(0.05)


TASKS: dict[str, Callable[..., None]] = {
    "want": want,
    "deliver": deliver,
    "naive": naive,
    "sync": sync,
    "naive sync": naive_sync,
}
