"""Deliverers as one would write them at first: the controls that show that the tests can see."""

import asyncio
from dataclasses import replace
from pathlib import Path

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.model.edit import EditState
from desktop.model.service import Service
from desktop.model.sync_plan import PlanRow
from desktop.writing.edit_plan_row import row_of_edit
from desktop.writing.sailthru_gateway import SailthruGateway
from desktop.writing.zendesk_gateway import ZendeskGateway


async def resend_edits_without_reading(house: WorkspaceServices) -> None:
    """After a crash send again what was being sent, without looking what stands there now."""
    client = house.session.clients.sailthru
    assert client is not None
    outbox, now = house.store.outbox, house.context.clock.now
    while (edit := outbox.claims.claim.blocking(now())) is not None:
        edit = outbox.claims.mark_sending.blocking(edit, now())
        await SailthruGateway(client).send_row(row_of_edit(edit))
        outbox.claims.close(edit, now(), EditState.DONE, "sent")


async def send_edits_without_claiming(house: WorkspaceServices, gate: Path) -> None:
    """Read what is due and send it, without taking it first; `gate` lets two begin together."""
    client = house.session.clients.sailthru
    assert client is not None
    due = house.store.outbox.list_recent.blocking(1000, open_only=True)
    gate.with_suffix(f".{house.context.clock.monotonic()}.ready").touch()
    while not gate.exists():  # noqa: ASYNC110, ASYNC240 - another process opens it
        await asyncio.sleep(0.002)
    for edit in due:
        await SailthruGateway(client).send_row(row_of_edit(edit))


async def resend_rows_without_reading(house: WorkspaceServices, goal: str) -> None:
    """Go on with a killed run by sending again what was being sent, without looking."""
    tools, applying = build_sync_context(house), house.store.batches
    sailthru = tools.profiles
    zendesk = ZendeskGateway(tools.zendesk.client)
    plan = house.store.runs.list_runs.blocking(goal, 1)[0].plan
    assert plan is not None

    async def send(row: PlanRow) -> None:
        if house.store.syncs.get.blocking(goal).target_service is Service.ZENDESK:
            await zendesk.send_row(row, None)
        else:
            await sailthru.send_row(row)

    for batch in applying.list_open_batches.blocking(plan):
        for row in applying.list_open_rows.blocking(plan, batch.id, after=-1, limit=500):
            await send(row)


async def repeat_increments(house: WorkspaceServices, goal: str) -> None:
    """Go on with a killed run by adding what it was adding, without asking whether that counts."""
    tools, applying = build_sync_context(house), house.store.batches
    sailthru = tools.profiles
    plan = house.store.runs.list_runs.blocking(goal, 1)[0].plan
    assert plan is not None
    for batch in applying.list_open_batches.blocking(plan):
        for row in applying.list_open_rows.blocking(plan, batch.id, after=-1, limit=500):
            there = await sailthru.read(row.target_id)
            assert there is not None
            added = tuple(
                replace(change, new=int(str(there.get_value(change.field) or 0)) + len(row.events))
                for change in row.changes_to_send
            )
            await sailthru.send_row(replace(row, changes=added))
