"""A sync moves with what it remembers: nothing is added up twice, whatever ended the run before."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.runner_factory import build_runner
from desktop.kit.errors import AppError
from desktop.model.sync import FlowPolicy, Sync
from desktop.model.sync_run import Run, RunState
from desktop.store.team.shared_row_repository import SharedRowRepository
from desktop.sync.run_lease import RunLease
from desktop.sync.sync_runner import RunRequest
from desktop.sync.team_sync_state import TeamSyncState
from desktop.writing.plan_row_queue import ClaimedBatch
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import (
    TICKETS_INCREMENTED,
    CustomerPair,
    create_customers,
    create_ticket,
    save_preset,
)

pytestmark = pytest.mark.usefixtures("sharing")


@pytest_asyncio.fixture
async def sharing(desks: list[WorkspaceServices]) -> None:
    """An admin has switched on that the team shares rows."""
    await desks[0].team.share_rows(is_on=True, actor=desks[0].session.actor)


@pytest.fixture
def syncs(desks: list[WorkspaceServices]) -> list[Sync]:
    """The same sync at both desks: it adds each new ticket to a number."""
    return [
        save_preset(
            house, TICKETS_INCREMENTED, lambda sync: replace(sync, flows=FlowPolicy.MAY_START)
        )
        for house in desks
    ]


@pytest.fixture
def pair(sync_sandbox: SandboxServers, desks: list[WorkspaceServices]) -> CustomerPair:
    """A customer with one ticket."""
    (made,) = create_customers(sync_sandbox, 1)
    return made


async def run_at(house: WorkspaceServices, sync: Sync) -> Run:
    return await run_and_notify(house, sync, RunRequest(sync.name, "Ada Admin"))


def total(sandbox: SandboxServers, pair: CustomerPair) -> Any:
    profile = sandbox.read_profile(pair.sid)
    assert profile is not None
    return (profile["vars"] or {}).get("tickets")


def expire_lease(postgres: PostgresServer, database: str) -> None:
    """As after a computer's sleep."""
    postgres.execute("UPDATE fairlead.sync_lease SET held_until = now() - interval '1 s'", database)


async def test_sync_goes_on_at_another_desk_with_what_it_remembers(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    pair: CustomerPair,
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
) -> None:
    one, two = desks
    assert (await run_at(one, syncs[0])).totals["updated"] == 1
    create_ticket(sync_sandbox, pair.user_id)
    with pytest.raises(AppError, match="runs at"):
        await run_at(two, syncs[1])
    await two.take_sync_over(syncs[1].name)
    assert (await run_at(two, syncs[1])).totals["updated"] == 1
    assert total(sync_sandbox, pair) == 2
    # And back, with nothing left to do there or here.
    await one.take_sync_over(syncs[0].name)
    assert (await run_at(one, syncs[0])).totals["updated"] == 0
    values = [
        house.store.sync_state.get_synced_values.blocking(syncs[0].name, [pair.sid])
        for house in desks
    ]
    assert values[0] == values[1] == {pair.sid: {"vars.tickets": 2}}
    ((bodies,),) = postgres.execute("SELECT count(body) FROM fairlead.shared_row", database)
    await one.team.share_rows(is_on=False, actor=one.session.actor)
    ((left,),) = postgres.execute("SELECT count(*) FROM fairlead.shared_row", database)
    assert (int(str(bodies)) > 0, left) == (True, 0)


async def run_while_the_other_desk_begins(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Run]:
    """Run at the first desk; before its request leaves, the second has begun; then that one."""
    leases: list[RunLease | None] = []
    mark_sending = ClaimedBatch._mark_sending

    async def overtake(batch: ClaimedBatch, numbers: Sequence[int]) -> None:
        if not leases:
            expire_lease(postgres, database)
            await desks[1].take_sync_over(syncs[1].name)
            leases.append(await desks[1].acquire_run_lease(syncs[1]))
        await mark_sending(batch, numbers)

    monkeypatch.setattr(ClaimedBatch, "_mark_sending", overtake)
    first = await run_at(desks[0], syncs[0])
    runner = build_runner(desks[1], syncs[1].name, lease=leases[0])
    return [first, await runner.run(syncs[1], RunRequest(syncs[1].name, "Ada Admin"))]


async def test_overtaken_run_adds_nothing_more(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    pair: CustomerPair,
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = await run_while_the_other_desk_begins(
        desks, syncs, postgres, database, monkeypatch
    )
    assert (first.state, second.state) == (RunState.FAILED, RunState.DONE)
    assert "Another run of" in first.error
    assert total(sync_sandbox, pair) == 1


async def test_negative_control_without_the_epoch_a_sum_counts_twice(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    pair: CustomerPair,
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RunLease, "find_refusal", lambda _lease: "")
    monkeypatch.setattr(SharedRowRepository, "_require_epoch", lambda *_args: None)
    await run_while_the_other_desk_begins(desks, syncs, postgres, database, monkeypatch)
    assert total(sync_sandbox, pair) == 2


class Killed(BaseException):
    """The process ends here."""


async def die_unread_and_run_elsewhere(
    desks: list[WorkspaceServices], syncs: list[Sync], postgres: PostgresServer, database: str
) -> None:
    """The first desk's run ends between its request and what it would store of it."""

    def kill(name: str) -> None:
        if name == "accepted":
            raise Killed

    lease = await desks[0].acquire_run_lease(syncs[0])
    runner = build_runner(desks[0], syncs[0].name, checkpoint=kill, lease=lease)
    with pytest.raises(Killed):
        await runner.run(syncs[0], RunRequest(syncs[0].name, "Ada Admin"))
    expire_lease(postgres, database)
    await desks[1].take_sync_over(syncs[1].name)
    await run_at(desks[1], syncs[1])


async def test_increment_of_a_run_that_was_killed_is_looked_for_elsewhere(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    pair: CustomerPair,
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
) -> None:
    await run_at(desks[0], syncs[0])
    create_ticket(sync_sandbox, pair.user_id)
    await die_unread_and_run_elsewhere(desks, syncs, postgres, database)
    assert total(sync_sandbox, pair) == 2
    # The first one, back from its sleep, hands in nothing of its own any more.
    await desks[0].take_sync_over(syncs[0].name)
    await run_at(desks[0], syncs[0])
    assert total(sync_sandbox, pair) == 2


async def test_negative_control_unannounced_the_increment_counts_twice(
    desks: list[WorkspaceServices],
    syncs: list[Sync],
    pair: CustomerPair,
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def say_nothing(*_args: object) -> None:
        """Nothing is announced."""

    monkeypatch.setattr(TeamSyncState, "announce", say_nothing)
    await run_at(desks[0], syncs[0])
    create_ticket(sync_sandbox, pair.user_id)
    await die_unread_and_run_elsewhere(desks, syncs, postgres, database)
    assert total(sync_sandbox, pair) == 3
