"""Runs: one at a time, cancelled at once, gone on with, and what they say of themselves."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.kit.clock import SystemClock
from desktop.kit.errors import ConflictError
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync import SourceKind, Sync, SyncSource
from desktop.model.sync_plan import PlanState
from desktop.model.sync_run import RunState
from desktop.settings.file_lock import hold_lock_blocking
from desktop.store.workspace_store import open_store
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services


class Stop(Exception):
    """The process ends here."""


def stop_at(name: str, turn: int = 1) -> object:
    left = turn

    def checkpoint(passed: str) -> None:
        nonlocal left
        left -= passed == name
        if passed == name and left == 0:
            raise Stop(name)

    return checkpoint


@pytest.fixture
def slow_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


async def test_second_run_of_same_sync_is_refused(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    with hold_lock_blocking(sync_services.workspace.lock_path(f"sync-{goal.name}")):
        with pytest.raises(ConflictError, match="running already"):
            await sync_cases.run_sync(sync_services, goal)
        with pytest.raises(ConflictError, match="running already"):
            await build_runner(sync_services, goal.name).preview(goal, "Ada")
    assert sync_services.store.runs.list_runs.blocking(goal.name) == ()
    assert (await sync_cases.run_sync(sync_services, goal)).state is RunState.DONE


@pytest.mark.parametrize("name", [sync_cases.TO_SAILTHRU_BY_POSTS, sync_cases.SAILTHRU_TO_ZENDESK])
async def test_cancelled_run_stops_at_once_and_resumes(
    slow_sandbox: SandboxServers, sync_home_copy: Path, name: str
) -> None:
    """By another process's row; what is under way is settled when it goes on."""
    sync_cases.create_customers(slow_sandbox, 20)
    async with open_workspace_services(
        sync_home_copy, slow_sandbox.connection_document, clock=SystemClock(), for_runs=True
    ) as house:
        goal = sync_cases.save_preset(house, name)
        reached = asyncio.Event()

        def checkpoint(passed: str) -> None:
            if passed == "claimed":
                # What is asked from now on is answered, and written into the log, much later.
                slow_sandbox.control("POST", "speed", {"latency_ms": 120_000})
                reached.set()

        task = asyncio.create_task(sync_cases.run_sync(house, goal, checkpoint=checkpoint))
        at_point = asyncio.create_task(reached.wait())
        await asyncio.wait({task, at_point}, return_when=asyncio.FIRST_COMPLETED)
        assert reached.is_set(), task.result()
        answered = len(sync_cases.app_requests(slow_sandbox))
        other = open_store(house.workspace.folder)
        run = other.runs.list_runs.blocking(goal.name)[0]
        other.runs.request_cancel.blocking(run.id)
        other.close()
        ended = await task
        assert ended.state is RunState.CANCELLED
        # It has ended before a single answer came; it looks for such a wish all the time.
        assert len(sync_cases.app_requests(slow_sandbox)) == answered
        slow_sandbox.clear_faults()
        done = await sync_cases.run_sync(house, goal, resume_run_id=ended.id)
        assert sync_cases.check_finished_run(house.store, slow_sandbox, done) == []
        assert done.totals["updated"] == 20


async def test_removed_sync_stops_its_run_and_keeps_its_history(
    slow_sandbox: SandboxServers, sync_home_copy: Path
) -> None:
    sync_cases.create_customers(slow_sandbox, 3)
    before = slow_sandbox.count_writes(sync_cases.DOMAIN)
    async with open_workspace_services(
        sync_home_copy, slow_sandbox.connection_document, clock=SystemClock(), for_runs=True
    ) as services:
        sync = sync_cases.save_preset(services, sync_cases.TO_SAILTHRU_BY_POSTS)
        stopped: list[str] = []

        def checkpoint(passed: str) -> None:
            if passed == "claimed":
                slow_sandbox.control("POST", "speed", {"latency_ms": 120_000})
                stopped.extend(run.id for run in services.syncs.remove_sync(sync.name))

        ended = await sync_cases.run_sync(services, sync, checkpoint=checkpoint)
        slow_sandbox.clear_faults()
        assert ended.state is RunState.CANCELLED
        assert stopped == [ended.id]
        runs = services.store.runs
        assert runs.list_runs_of_removed_syncs.blocking() == (ended,)
        assert slow_sandbox.count_writes(sync_cases.DOMAIN) == before
        # Under its old name it is no removed one any more.
        sync_cases.save_preset(services, sync_cases.TO_SAILTHRU_BY_POSTS)
        assert runs.list_runs_of_removed_syncs.blocking() == ()


async def test_new_run_settles_rows_left_by_previous_run(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """Nobody resumes; the next run does not write again what was written, nor count it twice."""
    (one,) = sync_cases.create_customers(sync_sandbox, 1)

    def summing(goal: Sync) -> Sync:
        return replace(
            goal, mapping=(MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM),)
        )

    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES, summing)
    with pytest.raises(Stop):
        await sync_cases.run_sync(sync_services, goal, checkpoint=stop_at("sent"))
    (left,) = sync_services.store.runs.list_runs.blocking(goal.name)
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 0)
    assert sync_cases.count_audit_rows(sync_services.store, goal.name) == {one.sid: 1}
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["vars"]["tickets"] == 1
    assert sync_services.store.runs.get.blocking(left.id).totals["updated"] == 1


@pytest.mark.parametrize("point", ["planned", "settled", "marked"])
async def test_run_cancelled_around_apply(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, point: str
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    with pytest.raises(Stop):
        await sync_cases.run_sync(sync_services, goal, checkpoint=stop_at(point))
    (left,) = sync_services.store.runs.list_runs.blocking(goal.name)
    done = await sync_cases.run_sync(sync_services, goal, resume_run_id=left.id)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, done) == []
    assert done.totals["updated"] == 3


async def test_preview_writes_no_history(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    count = len(sync_cases.app_requests(sync_sandbox))
    # That the sync was switched on stands there already.
    audit = sync_services.store.audit.list_entries.blocking()
    first = await build_runner(sync_services, goal.name).preview(goal, "Ada")
    second = await build_runner(sync_services, goal.name).preview(goal, "Ada")
    assert second.state is PlanState.READY
    assert second.totals == first.totals
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    assert sync_services.store.runs.list_runs.blocking(None) == ()
    assert sync_services.store.audit.list_entries.blocking() == audit


async def test_revoked_credentials_interrupt_run_until_sign_in(
    sync_services: WorkspaceServices, slow_sandbox: SandboxServers, clock: ManualClock
) -> None:
    sync_cases.create_customers(slow_sandbox, 20)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    slow_sandbox.control(
        "POST", "fault", {"spec": "zendesk:GET /api/v2/job_statuses*:401", "times": None}
    )
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.error_code) == (RunState.FAILED, "auth_lost")
    slow_sandbox.clear_faults()
    clock.advance(60)
    await sync_services.session.connect(for_runs=True)
    done = await sync_cases.run_sync(sync_services, goal, resume_run_id=run.id)
    assert sync_cases.check_finished_run(sync_services.store, slow_sandbox, done) == []
    assert done.totals["updated"] == 20


@pytest.mark.parametrize("days", [-3650, 1])
async def test_clock_jump_changes_nothing(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, clock: ManualClock, days: int
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    moved = []

    def checkpoint(passed: str) -> None:
        if passed == "claimed" and not moved:
            moved.append(passed)
            clock.correct_wall_clock(days * 86_400.0)

    run = await sync_cases.run_sync(sync_services, goal, checkpoint=checkpoint)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    again = await sync_cases.run_sync(sync_services, goal)
    assert again.totals["updated"] == 0


async def test_opposite_syncs_do_not_echo(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """What one writes comes back in the other's feed, and is swallowed."""
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    told = {"user_field": {"key": "motto", "title": "Motto", "type": "text"}}
    assert sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", told)[0] == 201
    to = sync_cases.save_preset(
        sync_services,
        sync_cases.TO_SAILTHRU_BY_POSTS,
        lambda g: replace(g, mapping=(MappingRow("user_fields.motto", "vars.motto"),)),
    )
    back = replace(
        sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK),
        name="back",
        version=0,
        source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=(sync_cases.LIST_NAME,)),
        mapping=(MappingRow("vars.motto", "user_fields.motto"),),
    )
    back = sync_services.store.syncs.save.blocking(back, 1.0)
    for side in ("zendesk", "sailthru"):
        if side == "zendesk":
            sync_sandbox.write_user(one.user_id, user_fields={"motto": side})
        else:
            sync_sandbox.write_profile(one.sid, vars={"motto": side})
        for goal in (to, back) if side == "zendesk" else (back, to):
            await sync_cases.run_sync(sync_services, goal)
        count = len(sync_cases.app_requests(sync_sandbox))
        for goal in (to, back, to, back):
            run = await sync_cases.run_sync(sync_services, goal, is_full=True)
            assert run.state is RunState.DONE
        assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
        profile = sync_sandbox.read_profile(one.sid)
        assert profile is not None
        assert profile["vars"]["motto"] == side
        assert sync_sandbox.read_user(one.user_id)["user_fields"]["motto"] == side
