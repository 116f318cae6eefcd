"""One runner for a team's syncs: a due time runs once, and a stale run writes nothing more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.app.commands.sync_subcommands.scheduled_runs import run_due_syncs
from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.kit.errors import AppError
from desktop.model.sync import Sync
from desktop.model.sync_run import Run, RunStage, RunState
from desktop.store.team.lease_repository import SyncRunsElsewhere
from desktop.store.team.team_errors import TeamStoreAway
from desktop.store.team.team_store import TeamStore
from desktop.sync.run_lease import RunLease
from desktop.sync.sync_presets import SELL_CONTACTS_TO_SAILTHRU, SELL_PRODUCTS_TO_CONTENT
from desktop.sync.sync_runner import RunRequest
from tests.support.clocks import ManualClock
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.sell_cases import save_sell_preset
from tests.support.sync_cases import (
    TICKETS_INCREMENTED,
    TO_SAILTHRU_BY_POSTS,
    app_requests,
    create_customers,
    save_preset,
    write_requests,
)

OpenDesk = Callable[..., TeamStore]


# The lease itself.


def test_due_time_is_claimed_once_and_pins_the_sync(open_desk: OpenDesk) -> None:
    one, two = open_desk("one"), open_desk("two")
    assert one.leases.claim_due.blocking("vip", 100.0, "Ada")
    assert not one.leases.claim_due.blocking("vip", 100.0, "Ada")
    assert not one.leases.claim_due.blocking("vip", 99.0, "Ada")
    assert not two.leases.claim_due.blocking("vip", 200.0, "Ben")
    assert one.leases.claim_due.blocking("vip", 200.0, "Ada")
    (lease,) = two.leases.list_all.blocking()
    assert (lease.desk_name, lease.last_due, lease.is_held) == ("One", 200.0, False)


def test_newer_run_ends_the_right_of_the_older_one(open_desk: OpenDesk) -> None:
    one = open_desk("one")
    one.leases.is_owner_alive = lambda _owner: False
    first = one.leases.acquire.blocking("vip", "p1", "Ada")
    assert one.leases.renew.blocking("vip", first.epoch)
    second = one.leases.acquire.blocking("vip", "p2", "Ada")
    assert second.epoch == first.epoch + 1
    assert not one.leases.renew.blocking("vip", first.epoch)
    one.leases.release.blocking("vip", first.epoch)
    assert one.leases.list_all.blocking()[0].is_held
    one.leases.release.blocking("vip", second.epoch)
    assert not one.leases.list_all.blocking()[0].is_held


def test_live_run_is_not_taken_from_its_process_or_desk(open_desk: OpenDesk) -> None:
    one, two = open_desk("one"), open_desk("two")
    one.leases.is_owner_alive = lambda _owner: True
    one.leases.acquire.blocking("vip", "p1", "Ada")
    with pytest.raises(SyncRunsElsewhere, match="running already"):
        one.leases.acquire.blocking("vip", "p2", "Ada")
    with pytest.raises(SyncRunsElsewhere, match="runs at One"):
        two.leases.acquire.blocking("vip", "p3", "Ben")
    with pytest.raises(SyncRunsElsewhere, match="is running at One"):
        two.leases.take_over.blocking("vip", "Ben")


def test_desk_that_was_silent_too_long_loses_the_sync(
    open_desk: OpenDesk, postgres: PostgresServer, database: str
) -> None:
    one, two = open_desk("one"), open_desk("two")
    stale = one.leases.acquire.blocking("vip", "p1", "Ada")
    postgres.execute("UPDATE fairlead.sync_lease SET held_until = now() - interval '1 s'", database)
    taken = two.leases.take_over.blocking("vip", "Ben")
    assert (taken.desk, taken.epoch) == ("two", stale.epoch + 1)
    assert not one.leases.renew.blocking("vip", stale.epoch)
    # Twice is the same.
    assert two.leases.take_over.blocking("vip", "Ben") == taken


# Desks with the same sync, connected to the same services.


def scheduled(house: WorkspaceServices, name: str = TO_SAILTHRU_BY_POSTS) -> Sync:
    by = house.session.actor.key
    return save_preset(
        house, name, lambda sync: replace(sync, schedule="every 5 min", switched_on_by=by)
    )


async def run_due_at_all(desks: list[WorkspaceServices]) -> list[Run]:
    runs = []
    for house in desks:
        results, _ = await run_due_syncs(house)
        runs += [result.run for result in results if result.run is not None]
    return runs


async def make_due(desks: list[WorkspaceServices], clock: ManualClock) -> None:
    for house in desks:
        scheduled(house)
    assert await run_due_at_all(desks) == []
    clock.advance(301)


async def test_sync_that_is_due_at_two_desks_runs_at_one(
    desks: list[WorkspaceServices], sync_sandbox: SandboxServers, clock: ManualClock
) -> None:
    create_customers(sync_sandbox, 2)
    await make_due(desks, clock)
    (run,) = await run_due_at_all(desks)
    assert (run.state, run.trigger) == (RunState.DONE, "schedule")
    clock.advance(300)
    assert len(await run_due_at_all(list(reversed(desks)))) == 1
    assert [len(house.store.runs.list_runs.blocking(None)) for house in desks] == [2, 0]


async def test_negative_control_without_the_lease_a_due_sync_runs_twice(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_customers(sync_sandbox, 2)
    for house in desks:
        monkeypatch.setattr(house.team, "open", nobody)
    await make_due(desks, clock)
    assert len(await run_due_at_all(desks)) == 2


async def nobody() -> None:
    """No team store, as if the workspace worked alone."""


async def test_without_the_team_store_nothing_scheduled_starts_and_all_stays_due(
    desks: list[WorkspaceServices],
    clock: ManualClock,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await make_due(desks[:1], clock)
    store = await desks[0].team.open()
    assert store is not None
    monkeypatch.setattr(store.database, "address", replace(store.database.address, port=1))
    store.database._close()
    with pytest.raises(TeamStoreAway):
        await run_due_syncs(desks[0])
    assert desks[0].store.runs.list_runs.blocking(None) == ()
    monkeypatch.undo()
    assert len(await run_due_at_all(desks[:1])) == 1


async def test_run_by_hand_at_another_desk_is_refused(
    desks: list[WorkspaceServices], clock: ManualClock
) -> None:
    await make_due(desks, clock)
    await run_due_at_all(desks)
    sync = desks[1].store.syncs.list_all.blocking()[0]
    with pytest.raises(SyncRunsElsewhere):
        await run_and_notify(desks[1], sync, RunRequest(sync.name, "Ben"))
    assert desks[1].store.runs.list_runs.blocking(None) == ()


async def test_sync_that_adds_to_numbers_stays_where_its_memory_is(
    desks: list[WorkspaceServices],
) -> None:
    sync = save_preset(desks[1], TICKETS_INCREMENTED)
    with pytest.raises(AppError, match="can't be moved"):
        await desks[1].take_sync_over(sync.name)
    plain = save_preset(desks[1], TO_SAILTHRU_BY_POSTS)
    assert (await desks[1].take_sync_over(plain.name)).sync == plain.name


async def test_sync_with_sell_stays_where_its_pairs_are_until_that_desk_is_revoked(
    desks: list[WorkspaceServices], postgres: PostgresServer, database: str
) -> None:
    contacts, products = (
        save_sell_preset(desks[1], name)
        for name in (SELL_CONTACTS_TO_SAILTHRU, SELL_PRODUCTS_TO_CONTENT)
    )
    first = await desks[0].team.open()
    assert first is not None
    # Nobody has run it: nothing is remembered anywhere.
    await desks[1].take_sync_over(contacts.name)
    postgres.execute("DELETE FROM fairlead.sync_lease", database)
    for sync in (contacts, products):
        assert await first.leases.claim_due(sync.name, 100.0, "Ada")
    await desks[1].take_sync_over(products.name)
    with pytest.raises(AppError, match="can't be moved from"):
        await desks[1].take_sync_over(contacts.name)
    # Shared, its pairs lie with the rest of its memory in the team store.
    shared = "UPDATE fairlead.sync_lease SET memory_desk = {} WHERE sync LIKE 'sell-contacts%'"
    postgres.execute(shared.format("desk"), database)
    assert (await desks[1].take_sync_over(contacts.name)).desk != first.desk_id
    await first.leases.take_over(contacts.name, "Ada")
    postgres.execute(shared.format("NULL"), database)
    postgres.execute(
        "UPDATE fairlead.desk SET revoked_at = now() WHERE id IN"
        " (SELECT desk FROM fairlead.sync_lease WHERE sync = 'sell-contacts-to-sailthru')",
        database,
    )
    assert (await desks[1].take_sync_over(contacts.name)).desk != first.desk_id


async def run_while_another_desk_takes_over(
    desks: list[WorkspaceServices],
    sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
) -> tuple[Run, int]:
    """Run at the first desk; at its first batch the second has the sync. Returns its writes."""
    create_customers(sandbox, 3)
    sync = save_preset(desks[0], TO_SAILTHRU_BY_POSTS)
    save_preset(desks[1], TO_SAILTHRU_BY_POSTS)
    taken: list[int] = []

    def take_over(run: Run) -> None:
        if run.stage is RunStage.APPLY and not taken:
            # As after a computer's sleep: the lease has ended unrenewed.
            postgres.execute(
                "UPDATE fairlead.sync_lease SET held_until = now() - interval '1 s',"
                " epoch = epoch + 1, owner = 'another'",
                database,
            )
            taken.append(len(write_requests(app_requests(sandbox))))

    run = await run_and_notify(desks[0], sync, RunRequest(sync.name, "Ada Admin"), take_over)
    (before,) = taken
    return run, len(write_requests(app_requests(sandbox))) - before


async def test_stale_run_writes_nothing_more(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
) -> None:
    run, writes = await run_while_another_desk_takes_over(desks, sync_sandbox, postgres, database)
    assert (run.state, writes) == (RunState.FAILED, 0)
    assert "Another run of" in run.error


async def test_negative_control_without_the_epoch_a_stale_run_writes_on(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RunLease, "find_refusal", lambda _lease: "")
    run, writes = await run_while_another_desk_takes_over(desks, sync_sandbox, postgres, database)
    assert (run.state, writes) == (RunState.DONE, 3)
