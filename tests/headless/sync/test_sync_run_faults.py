"""What goes wrong on the wire and on the disk: nothing lost, nothing twice, nothing false.

Time is the test's own, so that every wait is a moment; the disk and the services are real.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.clock import SystemClock
from desktop.kit.errors import StorageError
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.model.target_record import TargetRecord
from desktop.store.run_provenance import RunProvenance
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.feed_extractor import FeedExtractor
from desktop.sync.plan_builder import PlanBuilder, PlanRequest
from desktop.writing.plan_row_queue import items_of, make_completion
from desktop.writing.write_protocol import split_by_comparison
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

T = TypeVar("T")
_TRIES = 25

# A quarter of the app's requests go wrong in this way.
WIRE = (
    "429=1", "429-bare", "423", "409", "500", "502", "503=1", "503", "504", "500-after",
    "timeout=0.05", "timeout-after=0.05", "reset", "reset-after", "truncated", "cut", "html",
    "wrong-type", "error-200", "stale=1", "slow=0.2",
)  # fmt: skip
CASES = [(kind, name) for kind, name in zip(WIRE, cycle(sync_cases.ALL_PRESETS), strict=False)]


@pytest.fixture
def faulty_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


async def to_the_end(
    house: WorkspaceServices, goal: Any, turn: Callable[[int], object] = id
) -> Any:
    """Run it, and go on with it, as often as it takes; `turn` hears which try it is."""
    run = await sync_cases.run_sync(house, goal)
    for number in range(_TRIES):
        if run.state is RunState.DONE:
            break
        assert run.state is RunState.FAILED, run
        assert run.error, "a run that failed says why"
        turn(number)
        run = await sync_cases.run_sync(house, goal, resume_run_id=run.id)
    return run


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_run_intermittent_network_faults_lose_nothing(
    sync_services: WorkspaceServices,
    faulty_sandbox: SandboxServers,
    clock: ManualClock,
    kind: str,
    name: str,
) -> None:
    sync_cases.create_customers(faulty_sandbox, 6, unknown=1)
    if "stale" in kind:
        # Only what the run itself writes is to show late.
        await asyncio.sleep(1.1)
    goal = sync_cases.save_preset(sync_services, name)

    def turn(number: int) -> None:
        # Not always the same request of those that are made again.
        faulty_sandbox.clear_faults()
        clock.advance(61)
        for service in ("sailthru", "zendesk"):
            spec = f"{service}:* *:{kind}@{4 + number % 3}"
            faulty_sandbox.control("POST", "fault", {"spec": spec, "times": None})

    turn(0)
    run = await to_the_end(sync_services, goal, turn)
    faulty_sandbox.clear_faults()
    assert run.state is RunState.DONE
    # What was accepted without being seen, or refused, is put right by the next runs.
    for _ in range(3):
        clock.advance(120)
        again = await to_the_end(sync_services, goal)
    assert again.totals["parked"] + again.totals["failed"] == 0, again
    told = sync_cases.count_audit_rows(sync_services.store, goal.name)
    assert len(told) == (
        6 if name in (sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS) else 5
    )
    assert set(told.values()) == {1}
    assert sync_services.store.audit.verify_chain.blocking().first_broken_seq is None
    count = len(sync_cases.app_requests(faulty_sandbox))
    await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert sync_cases.write_requests(sync_cases.app_requests(faulty_sandbox, count)) == []


async def previewed(
    house: WorkspaceServices, servers: SandboxServers, name: str
) -> tuple[Sync, Plan]:
    """A sync of three people, with a preview of what it writes."""
    sync_cases.create_customers(servers, 3)
    goal = sync_cases.save_preset(house, name)
    return goal, await build_runner(house, goal.name).preview(goal, "Ada Admin")


BULK = {
    sync_cases.ZENDESK_TO_SAILTHRU: "sailthru:POST /job",
    sync_cases.SAILTHRU_TO_ZENDESK: "zendesk:PUT *update_many*",
}


@pytest.mark.parametrize("name", BULK)
async def test_bulk_write_conflict_is_reread_and_retried_three_times(
    sync_services: WorkspaceServices, faulty_sandbox: SandboxServers, clock: ManualClock, name: str
) -> None:
    goal, plan = await previewed(sync_services, faulty_sandbox, name)
    faulty_sandbox.control("POST", "fault", {"spec": f"{BULK[name]}:409", "times": 3})
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error
    assert set(sync_cases.count_audit_rows(sync_services.store, goal.name).values()) == {1}


@pytest.mark.parametrize("kind", ["500", "500-after", "reset", "reset-after", "timeout-after=0.05"])
@pytest.mark.parametrize("name", BULK)
async def test_bulk_write_without_response_is_reread_and_audited_once(
    sync_services: WorkspaceServices,
    faulty_sandbox: SandboxServers,
    clock: ManualClock,
    name: str,
    kind: str,
) -> None:
    goal, plan = await previewed(sync_services, faulty_sandbox, name)
    faulty_sandbox.control("POST", "fault", {"spec": f"{BULK[name]}:{kind}", "times": 2})
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), (run.error, run.totals)
    told = sync_cases.count_audit_rows(sync_services.store, goal.name)
    assert len(told) == 3
    assert set(told.values()) == {1}
    count = len(sync_cases.app_requests(faulty_sandbox))
    await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert sync_cases.write_requests(sync_cases.app_requests(faulty_sandbox, count)) == []


async def test_unanswered_write_seen_later_is_attributed_to_run(
    sync_services: WorkspaceServices, faulty_sandbox: SandboxServers
) -> None:
    goal, plan = await previewed(sync_services, faulty_sandbox, sync_cases.SAILTHRU_TO_ZENDESK)
    store = sync_services.store.batches
    rows = store.list_next_rows.blocking(plan.id, 10)
    batch = store.begin_batch.blocking(plan.id, "update", [row.row for row in rows], 1.0)
    hand = RunProvenance(
        "1", plan.id, goal.name, goal.title, goal.target_service, "Ada Admin", frozenset()
    )
    store.mark_sending.blocking(plan.id, [row.row for row in rows])
    store.release_batch.blocking(hand, batch, maybe_sent=True)
    again = store.list_next_rows.blocking(plan.id, 10)
    assert [row.maybe_sent for row in again] == [True] * 3
    there = {
        row.row: TargetRecord(
            goal.target_service,
            row.target_id,
            row.label,
            row.address,
            {c.field: c.new for c in row.changes_to_send},
        )
        for row in again
    }
    send, ended = split_by_comparison(items_of(again), there)
    assert not send
    assert [make_completion(result).state for result in ended] == [PlanRowState.DONE] * 3


async def test_bulk_write_permanent_conflict_ends_run(
    sync_services: WorkspaceServices, faulty_sandbox: SandboxServers, clock: ManualClock
) -> None:
    goal, plan = await previewed(sync_services, faulty_sandbox, sync_cases.SAILTHRU_TO_ZENDESK)
    faulty_sandbox.control(
        "POST", "fault", {"spec": f"{BULK[sync_cases.SAILTHRU_TO_ZENDESK]}:409", "times": None}
    )
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.state, run.error_code) == (RunState.FAILED, "conflict")
    faulty_sandbox.clear_faults()
    run = await sync_cases.run_sync(sync_services, goal, resume_run_id=run.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3)


@pytest.mark.parametrize("asked", [{"is_full": True}, {"source_ids": ("1",)}])
async def test_run_interrupted_before_plan_resumes_same_reading(
    sync_services: WorkspaceServices,
    faulty_sandbox: SandboxServers,
    clock: ManualClock,
    asked: dict[str, Any],
) -> None:
    sync_cases.create_customers(faulty_sandbox, 4)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    first = await sync_cases.run_sync(sync_services, goal)
    assert (first.state, first.totals["updated"]) == (RunState.DONE, 4)
    if "source_ids" in asked:
        rows = sync_services.store.plans.list_rows.blocking(first.plan or "", limit=10)
        asked = {"source_ids": (rows[0].source_id,)}
    clock.advance(120)
    faulty_sandbox.control("POST", "fault", {"spec": "sailthru:* *:500", "times": None})
    broken = await sync_cases.run_sync(sync_services, goal, **asked)
    assert (broken.state, broken.plan) == (RunState.FAILED, None)
    faulty_sandbox.clear_faults()
    clock.advance(120)
    run = await sync_cases.run_sync(sync_services, goal, resume_run_id=broken.id)
    assert run.state is RunState.DONE
    assert sum(run.totals.values()) == (4 if "is_full" in asked else 1), run.totals


async def trouble_of(running: Awaitable[Run]) -> str:
    """What a run says of its trouble, or why not even that could be kept."""
    try:
        return (await running).error
    except StorageError as error:
        return error.title


class _Breaking:
    """A connection whose Nth statement from now on fails, as on a disk with a fault."""

    def __init__(self, real: sqlite3.Connection, left: list[int]) -> None:
        self._real = real
        self._left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, values: Any = ()) -> Any:
        if not sql.startswith(("PRAGMA", "ROLLBACK")):
            self._left[0] -= 1
            if self._left[0] == 0:
                raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(sql, values)

    def executemany(self, sql: str, values: Any) -> Any:
        self._left[0] -= 1
        if self._left[0] == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.executemany(sql, values)


def break_at(store: WorkspaceStore, number: int) -> list[int]:
    """From now on the Nth statement on our file fails; what is left of the count."""
    left = [number]
    database = store.fairlead_db
    opening = database._connect
    database.close()
    database._connect = lambda path: _Breaking(opening(path), left)  # type: ignore[method-assign, assignment, return-value]
    return left


@pytest.mark.parametrize("name", [sync_cases.TO_SAILTHRU_BY_POSTS, sync_cases.SAILTHRU_TO_ZENDESK])
@pytest.mark.parametrize("number", [3, 19, 27, 43, 59, 83])
async def test_database_nth_statement_failure_writes_nothing_twice(
    faulty_sandbox: SandboxServers, sync_home_copy: Path, name: str, number: int
) -> None:
    """Whatever statement fails, what was written is known afterwards and nothing is done twice."""
    sync_cases.create_customers(faulty_sandbox, 3)
    async with open_workspace_services(
        sync_home_copy, faulty_sandbox.connection_document, clock=ManualClock(), for_runs=True
    ) as house:
        goal = sync_cases.save_preset(house, name)
        left = break_at(house.store, number)
        with suppress(StorageError):
            run = await sync_cases.run_sync(house, goal)
            assert run.state in (RunState.FAILED, RunState.DONE)
        assert left[0] <= 0, "the run has more statements than that"
    async with open_workspace_services(
        sync_home_copy, faulty_sandbox.connection_document, clock=ManualClock(), for_runs=True
    ) as house:
        runs = house.store.runs.list_runs.blocking(goal.name, 1)
        resume = runs[0].id if runs and runs[0].state is not RunState.DONE else None
        done = await sync_cases.run_sync(house, goal, resume_run_id=resume)
        assert done.state is RunState.DONE
        told = sync_cases.count_audit_rows(house.store, goal.name)
        assert set(told.values()) == {1}
        assert len(told) == 3
        assert house.store.audit.verify_chain.blocking().first_broken_seq is None


@pytest.mark.parametrize("at", ["extracted", "planned", "claimed", "answered"])
async def test_disk_full_is_reported_and_run_resumes(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, at: str
) -> None:
    sync_cases.create_customers(sync_sandbox, 30)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    database = sync_services.store.fairlead_db

    def fill(passed: str) -> None:
        if passed == at:
            pages = database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
            database.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    assert "full" in await trouble_of(sync_cases.run_sync(sync_services, goal, checkpoint=fill))
    database.close()
    (left,) = sync_services.store.runs.list_runs.blocking(goal.name)
    done = await sync_cases.run_sync(sync_services, goal, resume_run_id=left.id)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, done) == []
    assert done.totals["updated"] == 30


async def test_export_unreadable_rows_become_plan_rows(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    tools = build_sync_context(sync_services)
    lists = await FeedExtractor(tools).extract_for_sync(goal)
    order = PlanRequest(goal, "Ada", lists, unreadable_rows=("Loyal, line 7: 3 columns, not 9",))
    plan = await PlanBuilder(tools).build(order)
    assert plan.totals["parked"] == 1
    first = sync_cases.plan_rows(sync_services.store, plan.id)[0]
    assert (first.why, first.cause) == (
        "Loyal, line 7: 3 columns, not 9",
        "a row of the export cannot be read",
    )
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.totals["parked"], run.totals["updated"]) == (1, 2)


async def test_export_concurrent_reads_remove_nobody(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """Another process begins a newer export: that one tells who has left, not the older one."""
    made = sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    await FeedExtractor(build_sync_context(sync_services)).extract_for_sync(goal)
    feeds = sync_services.store.feeds
    feeds.set_cursor.blocking(f"list {sync_cases.LIST_NAME}", "newer-job vars")
    assert feeds.end_list_export.blocking(sync_cases.LIST_NAME, "older-job", 1.0, whole=True) == 0
    assert feeds.count_records.blocking(f"list {sync_cases.LIST_NAME}") == len(made)
    assert feeds.end_list_export.blocking(sync_cases.LIST_NAME, "newer-job", 1.0, whole=False) == 0
    assert feeds.count_records.blocking(f"list {sync_cases.LIST_NAME}") == len(made)
    feeds.set_cursor.blocking(f"list {sync_cases.LIST_NAME}", "newest-job vars")
    assert feeds.end_list_export.blocking(
        sync_cases.LIST_NAME, "newest-job", 1.0, whole=True
    ) == len(made)


async def test_export_expired_cursor_reads_new_rows_only(
    sync_services: WorkspaceServices, faulty_sandbox: SandboxServers
) -> None:
    begun = sync_services.context.clock.now()
    (one,) = sync_cases.create_customers(faulty_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    await sync_cases.run_sync(sync_services, goal)
    for name in ("zendesk users", "zendesk tickets"):
        sync_services.store.feeds.set_cursor.blocking(name, "long-gone")
    sync_cases.create_ticket(faulty_sandbox, one.user_id)
    count = len(sync_cases.app_requests(faulty_sandbox))
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 1)
    asked = [
        r for r in sync_cases.app_requests(faulty_sandbox, count) if "/incremental/" in r["path"]
    ]
    queries = [parse_qs(r["query"]) for r in asked]
    starts = [float(query["start_time"][0]) for query in queries if "start_time" in query]
    assert len(starts) == 2
    assert all(begun - 300 <= start <= begun for start in starts)


async def test_services_intermittently_offline_run_completes(
    faulty_sandbox: SandboxServers, sync_home_copy: Path
) -> None:
    """Every half second both are away; the run goes on, and ends."""
    sync_cases.create_customers(faulty_sandbox, 5)
    flapping = True

    async def flap() -> None:
        on = False
        while flapping:
            switch = {"zendesk": "on" if on else "off", "sailthru": "on" if on else "off"}
            await asyncio.to_thread(faulty_sandbox.control, "POST", "account", switch)
            on = not on
            await asyncio.sleep(0.2)

    async with open_workspace_services(
        sync_home_copy, faulty_sandbox.connection_document, clock=SystemClock()
    ) as house:
        goal = sync_cases.save_preset(house, sync_cases.TO_SAILTHRU_BY_POSTS)
        task = asyncio.create_task(flap())
        await to_the_end(house, goal)
        flapping = False
        await task
        faulty_sandbox.control("POST", "account", {"zendesk": "on", "sailthru": "on"})
        # Rows whose answer was lost, and that do not show, are the next run's.
        await to_the_end(house, goal)
        told = sync_cases.count_audit_rows(house.store, goal.name)
        assert len(told) == 5
        assert set(told.values()) == {1}
        again = await sync_cases.run_sync(house, goal, is_full=True)
        assert again.totals["unchanged"] == 5
