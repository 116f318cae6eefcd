"""What a part of a batch gets back: who was read anew, who was undone already, who asks for it."""

import time

import pytest

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_batch.batch_planner import BatchPlanner
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import ConflictError
from desktop.model.edit import EditKind
from desktop.model.edit_batch import PART_UNDO_MAX_AGE_S, BatchAction, EditBatch
from desktop.model.optout_level import OptOutLevel
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

_BASIC = BatchAction(EditKind.OPTOUT, "", OptOutLevel.BASIC.value)


@pytest.fixture
def clock() -> ManualClock:
    # By the sandbox's clock, which tells when somebody opted out.
    return ManualClock(time.time())


@pytest.fixture
async def batch(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> EditBatch:
    """A batch that has opted out two customers."""
    emails = [customers.new_email() for _ in range(2)]
    for one in emails:
        sandbox.create_profile(one)
    made = await services.edit_batches.create("\n".join(emails))
    runner = services.build_batch_runner()
    await runner.go_on(made.id)
    await services.edit_batches.set_action(made.id, _BASIC, "old list")
    await runner.go_on(made.id)
    await services.edit_batches.apply(made.id, wait_for_undo=False)
    return await runner.go_on(made.id)


async def find_sids(services: WorkspaceServices, batch: EditBatch) -> list[str]:
    return [one.sid for one in await services.store.edit_batches.list_profiles(batch.id)]


async def plan_part(
    services: WorkspaceServices, batch: EditBatch, count: int | None = None
) -> EditBatch:
    """Preview the undo of a batch's first customers, or of all of them."""
    sids = (await find_sids(services, batch))[:count]
    part = await services.edit_batches.create_part_undo(batch.id, sids, "")
    return await services.build_batch_runner().go_on(part.id)


async def read_fates(services: WorkspaceServices, part: EditBatch) -> list[tuple[str, str]]:
    rows = await services.store.edit_batches.get_rows(part.id, (1, 2))
    return [(row.plan.fate.value, row.plan.why) for row in rows if row.plan is not None]


async def test_who_cannot_be_read_anew_is_not_given_back_what_stood_before(
    services: WorkspaceServices, batch: EditBatch, clock: ManualClock
) -> None:
    part = await plan_part(services, batch)
    assert await read_fates(services, part) == [("update", "")] * 2
    clock.advance(1.0)
    away = BatchPlanner(
        part,
        services.store,
        ServiceClients(None, None),
        services.session.account_names(),
        services.editor,
        clock,
    )
    assert await away.run()
    assert await read_fates(services, part) == [("skipped", "Sailthru can't be read now")] * 2


async def undo_all(services: WorkspaceServices, batch: EditBatch) -> None:
    await services.edit_batches.request_undo(batch.id)
    await services.build_batch_runner().go_on(batch.id)


async def read_levels(
    services: WorkspaceServices, sandbox: SandboxServers, batch: EditBatch
) -> list[str]:
    found = [sandbox.read_profile(sid) for sid in await find_sids(services, batch)]
    return [one["optout_email"] for one in found if one is not None]


async def test_undo_that_ended_in_a_conflict_has_undone_nobody(
    services: WorkspaceServices, sandbox: SandboxServers, batch: EditBatch
) -> None:
    first, _second = await find_sids(services, batch)
    sandbox.write_profile(first, optout_email="all")
    await undo_all(services, batch)
    assert await read_levels(services, sandbox, batch) == ["all", "none"]
    sandbox.write_profile(first, optout_email="basic")
    part = await plan_part(services, batch)
    assert await read_fates(services, part) == [("update", ""), ("unchanged", "Undone already")]


async def test_part_that_ended_in_a_conflict_is_undone_with_the_whole_batch(
    services: WorkspaceServices, sandbox: SandboxServers, batch: EditBatch, clock: ManualClock
) -> None:
    first, _second = await find_sids(services, batch)
    part = await plan_part(services, batch, 1)
    sandbox.write_profile(first, optout_email="all")
    await services.edit_batches.apply(part.id, wait_for_undo=False)
    await services.build_batch_runner().go_on(part.id)
    assert await read_levels(services, sandbox, batch) == ["all", "basic"]
    sandbox.write_profile(first, optout_email="basic")
    clock.advance(1.0)
    await undo_all(services, batch)
    assert await read_levels(services, sandbox, batch) == ["none", "none"]


@pytest.mark.parametrize("is_cancelled", [True, False], ids=["cancelled", "too old"])
async def test_request_for_approval_ends(
    services: WorkspaceServices, batch: EditBatch, clock: ManualClock, *, is_cancelled: bool
) -> None:
    batches = services.store.edit_batches
    part = await plan_part(services, batch)
    await services.edit_batches.request_approval(part.id)
    assert [one.id for one in await batches.list_part_undos(clock.now())] == [part.id]
    if is_cancelled:
        await services.edit_batches.cancel(part.id)
    else:
        clock.advance(PART_UNDO_MAX_AGE_S + 1)
    assert await batches.list_part_undos(clock.now()) == ()
    for act in (services.edit_batches.request_approval, services.edit_batches.apply):
        with pytest.raises(ConflictError, match="can't be made any more"):
            await act(part.id)
    # It is asked for once more by a batch of its own.
    assert (await plan_part(services, batch)).id != part.id


async def test_equal_part_that_is_open_is_used_again_and_planned_anew(
    services: WorkspaceServices, sandbox: SandboxServers, batch: EditBatch
) -> None:
    part = await plan_part(services, batch)
    first, second = await find_sids(services, batch)
    sandbox.write_profile(first, optout_email="all")
    again = await plan_part(services, batch)
    assert again.id == part.id
    fates = [fate for fate, _why in await read_fates(services, again)]
    assert fates == ["unchanged", "update"]
    # Another choice of customers, or another note, is another question.
    assert (await plan_part(services, batch, 1)).id != part.id
    other = await services.edit_batches.create_part_undo(batch.id, [first, second], "they read it")
    assert other.id != part.id
