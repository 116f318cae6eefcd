"""Jobs that are refused, killed, late or of another status, exports whose file is dead.

A row is never said to be written by us, nor lost for good, on the word of a job alone.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient, ZendeskJob
from desktop.kit.errors import ValuesRejected
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlanRowState
from desktop.model.sync_run import RunState
from desktop.store.mirror_feed_repository import list_feed_name
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

TO_SAILTHRU, TO_ZENDESK = sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.SAILTHRU_TO_ZENDESK
BULK = {TO_SAILTHRU: "sailthru:POST /job", TO_ZENDESK: "zendesk:PUT *update_many*"}
FAILED, PARKED, DONE = PlanRowState.FAILED, PlanRowState.PARKED, PlanRowState.DONE


@pytest.fixture
def account(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


def add_fault(account: SandboxServers, spec: str, times: int | None = 1) -> None:
    account.control("POST", "fault", {"spec": spec, "times": times})


async def planned(
    services: WorkspaceServices, account: SandboxServers, name: str, people: int = 3
) -> Sync:
    """Save a sync of so many people; one to Sailthru puts them on a list."""
    sync_cases.create_customers(account, people)

    def joining(sync: Sync) -> Sync:
        return replace(sync, effects=SyncEffects(add_to_lists=("Fresh",)))

    return sync_cases.save_preset(services, name, joining if name == TO_SAILTHRU else lambda s: s)


def states_and_details(services: WorkspaceServices, run: Any) -> list[tuple[PlanRowState, str]]:
    rows = sync_cases.plan_rows(services.store, run.plan)
    return [(row.state, row.detail) for row in rows]


@pytest.mark.parametrize("name", BULK)
async def test_row_that_a_late_job_writes_is_told_as_ours_by_the_next_run(
    sync_services: WorkspaceServices, account: SandboxServers, name: str
) -> None:
    sync = await planned(sync_services, account, name)
    add_fault(account, f"{BULK[name]}:late-job=1")
    run = await sync_cases.run_sync(sync_services, sync)
    assert {state for state, _ in states_and_details(sync_services, run)} == {FAILED}
    assert sync_cases.count_audit_rows(sync_services.store, sync.name) == {}
    await asyncio.sleep(1.5)
    await sync_cases.run_sync(sync_services, sync)
    assert states_and_details(sync_services, run) == [(DONE, "Confirmed")] * 3
    assert set(sync_cases.count_audit_rows(sync_services.store, sync.name).values()) == {1}
    assert sync_services.store.runs.get.blocking(run.id).totals["updated"] == 3
    if name == TO_SAILTHRU:
        members = sync_services.store.sync_state.members_by_source.blocking
        rows = sync_cases.plan_rows(sync_services.store, run.plan)
        assert len(members(sync.name, [row.source_id for row in rows])) == 3


@pytest.mark.parametrize("kind", ["killed-job", "odd-job"])
@pytest.mark.parametrize("name", BULK)
async def test_job_of_another_status_ends_and_its_rows_are_read(
    sync_services: WorkspaceServices,
    account: SandboxServers,
    clock: ManualClock,
    name: str,
    kind: str,
) -> None:
    sync = await planned(sync_services, account, name)
    add_fault(account, f"{BULK[name]}:{kind}")
    began = clock.monotonic()
    run = await sync_cases.run_sync(sync_services, sync)
    # Nothing waits for the quarter of an hour that a job at work may take.
    assert clock.monotonic() - began < 900
    expected = {FAILED} if kind == "killed-job" else {DONE}
    assert {state for state, _ in states_and_details(sync_services, run)} == expected
    assert run.state is RunState.DONE


class _Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("name", [*BULK, sync_cases.TO_SAILTHRU_BY_POSTS])
@pytest.mark.parametrize("step", ["claimed", "read"])
async def test_batch_that_was_only_read_claims_nobody_elses_value(
    sync_services: WorkspaceServices, account: SandboxServers, name: str, step: str
) -> None:
    sync = await planned(sync_services, account, name)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")

    def die(passed: str) -> None:
        if passed == step:
            raise _Killed

    with pytest.raises(_Killed):
        await sync_cases.run_sync(sync_services, sync, plan_id=plan.id, checkpoint=die)
    for row in sync_cases.plan_rows(sync_services.store, plan.id):
        wanted = {c.field: c.new for c in row.changes_to_send}
        if row.target_id.isdigit():
            prefix = "user_fields."
            fields = {k.removeprefix(prefix): v for k, v in wanted.items() if prefix in k}
            tags = [k.removeprefix("tags.") for k in wanted if k.startswith("tags.")]
            path = f"/api/v2/users/{row.target_id}.json"
            account.zendesk_request("PUT", path, {"user": {"user_fields": fields, "tags": tags}})
        else:
            values = {k.removeprefix("vars."): v for k, v in wanted.items() if "vars." in k}
            lists = {k.removeprefix("lists."): 1 for k in wanted if "lists." in k}
            account.write_profile(row.target_id, vars=values, lists=lists)
    run = sync_services.store.runs.list_runs.blocking(sync.name)[0]
    run = await sync_cases.run_sync(sync_services, sync, resume_run_id=run.id)
    assert run.state is RunState.DONE, run.error
    assert {state for state, _ in states_and_details(sync_services, run)} == {PlanRowState.SAME}
    assert sync_cases.count_audit_rows(sync_services.store, sync.name) == {}


@pytest.mark.parametrize("fault", ["422", "page=413"])
@pytest.mark.parametrize("name", BULK)
async def test_refused_job_is_halved(
    sync_services: WorkspaceServices, account: SandboxServers, name: str, fault: str
) -> None:
    sync = await planned(sync_services, account, name)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    add_fault(account, f"{BULK[name]}:{fault}")
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error
    assert set(sync_cases.count_audit_rows(sync_services.store, sync.name).values()) == {1}


@pytest.mark.parametrize("name", BULK)
async def test_row_that_spoils_a_job_is_parked_alone(
    sync_services: WorkspaceServices,
    account: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    sync = await planned(sync_services, account, name, people=7)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    bad = sync_cases.plan_rows(sync_services.store, plan.id)[4].target_id
    start, update = SailthruBulkClient.start_update, ZendeskBulkClient.update_many

    async def start_update(self: SailthruBulkClient, lines: bytes) -> SailthruJob:
        if bad.encode() in lines:
            raise ValuesRejected("Sailthru refused the values.")
        return await start(self, lines)

    async def update_many(self: ZendeskBulkClient, users: Any) -> ZendeskJob:
        if bad in {str(user["id"]) for user in users}:
            raise ValuesRejected("Zendesk refused the values.")
        return await update(self, users)

    monkeypatch.setattr(SailthruBulkClient, "start_update", start_update)
    monkeypatch.setattr(ZendeskBulkClient, "update_many", update_many)
    if name == TO_ZENDESK:
        # Alone it is sent by a request that says what is wrong with it.
        add_fault(account, f"zendesk:PUT /api/v2/users/{bad}:422", None)
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert (run.state, run.totals["updated"], run.totals["parked"]) == (RunState.DONE, 6, 1)
    (parked,) = (
        row for row in sync_cases.plan_rows(sync_services.store, run.plan) if row.state is PARKED
    )
    assert (parked.target_id, "refused the values" in parked.detail) == (bad, True)


async def test_refused_bulk_read_is_halved(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    sync = await planned(sync_services, account, TO_ZENDESK)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    add_fault(account, "zendesk:GET *show_many*:422")
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error


@pytest.mark.parametrize("flows", FlowPolicy)
async def test_more_creates_than_zendesk_shows_in_a_call_are_all_made(
    flows: FlowPolicy, sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    """Each create is checked at Zendesk once more, which shows a hundred users in a call."""
    sync_cases.create_customers(account, 103, unknown=102)
    sync = sync_cases.save_preset(
        sync_services,
        TO_SAILTHRU,
        lambda s: replace(s, flows=flows, effects=replace(s.effects, create_missing=True)),
    )
    run = await sync_cases.run_sync(sync_services, sync)
    assert (run.totals["created"], run.totals["failed"]) == (102, 0), run.error


@pytest.mark.parametrize("name", BULK)
async def test_refused_read_of_one_row_leaves_the_others_of_its_page_alone(
    name: str, sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    people = sync_cases.create_customers(account, 5, unknown=2 if name == TO_SAILTHRU else 0)
    sync = sync_cases.save_preset(
        sync_services,
        name,
        lambda s: replace(s, effects=replace(s.effects, create_missing=True)),
    )
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    # The page, its first half, and the first row of that.
    add_fault(account, "zendesk:GET *show_many*:422", 3)
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    written = run.totals["created"] + run.totals["updated"]
    assert (written, run.totals["failed"]) == (len(people) - 1, 1), run.error


@pytest.mark.parametrize("fault", ["page=403", "page=404", "500", "html", "cut"])
async def test_dead_export_file_is_not_asked_for_again(
    sync_services: WorkspaceServices, account: SandboxServers, fault: str
) -> None:
    sync = await planned(sync_services, account, TO_ZENDESK)
    feed = list_feed_name(sync_cases.LIST_NAME)
    store = sync_services.store.feeds
    add_fault(account, f"sailthru:GET /export/*:{fault}")
    run = await sync_cases.run_sync(sync_services, sync)
    assert run.state is RunState.FAILED
    assert store.get_state.blocking(feed).cursor == ""
    account.clear_faults()
    run = await sync_cases.run_sync(sync_services, sync, resume_run_id=run.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error


async def test_kept_export_whose_file_died_is_made_again_at_once(
    sync_services: WorkspaceServices,
    account: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync = await planned(sync_services, account, TO_ZENDESK)
    download = SailthruBulkClient.download

    def unreachable(_client: SailthruBulkClient, _url: str) -> Any:
        raise _Killed

    monkeypatch.setattr(SailthruBulkClient, "download", unreachable)
    with pytest.raises(_Killed):
        await sync_cases.run_sync(sync_services, sync)
    feed = list_feed_name(sync_cases.LIST_NAME)
    kept = sync_services.store.feeds.get_state.blocking(feed).cursor.partition(" ")[0]
    assert kept
    monkeypatch.setattr(SailthruBulkClient, "download", download)
    add_fault(account, "sailthru:GET /export/*:page=403")
    run = sync_services.store.runs.list_runs.blocking(sync.name)[0]
    run = await sync_cases.run_sync(sync_services, sync, resume_run_id=run.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error
