"""Deliverers as one would write them at first: the controls that show that the tests can see."""

import asyncio
from pathlib import Path

from desktop.app.wiring import House
from desktop.model.edit import EditState
from desktop.writing.port import SailthruPort


async def send_without_reading(house: House) -> None:
    """After a crash send again what was being sent, without looking what stands there now."""
    client = house.live.services.sailthru
    assert client is not None
    outbox, now = house.store.outbox, house.ground.clock.now
    while (edit := outbox.claim(now())) is not None:
        edit = outbox.mark_sending(edit, now())
        await SailthruPort(client).send(edit.intent)
        outbox.close(edit, now(), EditState.DONE, "sent")


async def send_all_unclaimed(house: House, gate: Path) -> None:
    """Read what is due and send it, without taking it first; `gate` lets two begin together."""
    client = house.live.services.sailthru
    assert client is not None
    due = house.store.outbox.recent(1000, open_only=True)
    gate.with_suffix(f".{house.ground.clock.monotonic()}.ready").touch()
    while not gate.exists():  # noqa: ASYNC110, ASYNC240 - another process opens it
        await asyncio.sleep(0.002)
    for edit in due:
        await SailthruPort(client).send(edit.intent)
