"""Deliverers as one would write them at first: the controls that show that the tests can see."""

import asyncio
from dataclasses import replace
from pathlib import Path

from desktop.app.runs import tools_of
from desktop.app.wiring import House
from desktop.model.edit import EditState, Service
from desktop.model.plan import PlanRow
from desktop.writing.port import SailthruPort
from desktop.writing.sailthru_target import SailthruTarget
from desktop.writing.zendesk_target import ZendeskTarget


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


async def resend_rows(house: House, goal: str) -> None:
    """Go on with a killed run by sending again what was being sent, without looking."""
    tools, applying = tools_of(house), house.store.applying
    sailthru = SailthruTarget(tools.sailthru.client, tools.sailthru.bulk)
    zendesk = ZendeskTarget(tools.zendesk.client, tools.zendesk.bulk)
    plan = house.store.runs.of_goal(goal, 1)[0].plan
    assert plan is not None

    async def send(row: PlanRow) -> None:
        if house.store.goals.get(goal).target is Service.ZENDESK:
            await zendesk.send(row, None)
        else:
            await sailthru.send(row)

    for batch in applying.open_batches(plan):
        for row in applying.rows_of(plan, batch.id, after=-1, limit=500):
            await send(row)


async def add_again(house: House, goal: str) -> None:
    """Go on with a killed run by adding what it was adding, without asking whether that counts."""
    tools, applying = tools_of(house), house.store.applying
    sailthru = SailthruTarget(tools.sailthru.client, tools.sailthru.bulk)
    plan = house.store.runs.of_goal(goal, 1)[0].plan
    assert plan is not None
    for batch in applying.open_batches(plan):
        for row in applying.rows_of(plan, batch.id, after=-1, limit=500):
            there = await sailthru.at(row.target_id)
            assert there is not None
            added = tuple(
                replace(change, new=int(str(there.value(change.field) or 0)) + len(row.events))
                for change in row.sent
            )
            await sailthru.send(replace(row, changes=added))
