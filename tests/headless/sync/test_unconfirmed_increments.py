"""A sum in doubt stays so until somebody's number was read; what lands late is put right."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InternalError, InvalidInput
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.settings import sync_settings
from desktop.store.run_provenance import RunProvenance
from desktop.store.unconfirmed_increment_repository import insert_unconfirmed_increment
from desktop.sync.matching import MatchResult
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.source_record import SourceRecord
from desktop.sync.unconfirmed_increments import UnconfirmedIncrementSettler
from tests.support import sync_cases
from tests.support.manual_clock import ManualClock
from tests.support.sandbox_servers import SandboxServers

_SUM = MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM)


@pytest.mark.parametrize(
    "found",
    [
        MatchResult(error=str(InternalError("It cannot be read."))),
        MatchResult(candidates=("a", "b")),
        MatchResult(taken_by="Bo"),
    ],
)
async def test_unconfirmed_increment_unreadable_target_stays_unconfirmed(
    services: WorkspaceServices, found: MatchResult
) -> None:
    goal = sync_cases.save_preset(
        services, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(_SUM,))
    )
    hand = RunProvenance(
        "1",
        "1",
        goal.name,
        goal.title,
        Service.SAILTHRU,
        "Ada",
        increment_fields=frozenset({_SUM.target}),
    )
    row = PlanRow(
        1, PlannedOutcome.UPDATE, "7", "sid", "Maria", changes=(FieldChange(_SUM.target, 1, 2),),
        events=("ticket 2",),
    )  # fmt: skip
    store = services.store
    # Long ago, without an answer: no job is waited for any more.
    store.fairlead_db.write(lambda c: insert_unconfirmed_increment(c, hand, row, "", 0.0))
    doubts = UnconfirmedIncrementSettler(build_sync_context(services), goal)
    await doubts.load()
    doubts.settle([SourceRecord(Service.ZENDESK, "7", "Maria")], {"7": found})
    assert set(store.unconfirmed_increments.by_source(goal.name)) == {"7"}
    await doubts.load()
    assert (
        doubts.settle(
            [SourceRecord(Service.ZENDESK, "7", "Maria")], {"7": MatchResult()}
        ).hold_by_source
        == {}
    )
    assert store.unconfirmed_increments.by_source(goal.name) == {}


@dataclass
class Counting:
    """One customer whose tickets a sync adds up, and has added up once."""

    house: WorkspaceServices
    city: SandboxServers
    goal: Sync
    pair: sync_cases.CustomerPair

    def number(self) -> object:
        profile = self.city.read_profile(self.pair.sid)
        assert profile is not None
        return profile["vars"].get("tickets")

    def write(self) -> None:
        """The customer writes once more."""
        sync_cases.create_ticket(self.city, self.pair.user_id)

    def lands(self, total: int) -> None:
        """A job that was given up does its line."""
        self.city.write_profile(self.pair.sid, vars={"tickets": total})

    async def run(self, **asked: object) -> Run:
        return await sync_cases.run_sync(self.house, self.goal, **asked)

    async def row(self, **asked: object) -> PlanRow:
        run = await self.run(**asked)
        (row,) = sync_cases.plan_rows(self.house.store, run.plan)
        return row

    async def takes_back(self, run: Run) -> PlanRow:
        plan = await RollbackPlanner(build_sync_context(self.house)).build_plan(run.id, "Ada Admin")
        return await self.row(plan_id=plan.id, why="rollback")

    def jobs_last(self, milliseconds: int) -> None:
        self.city.control("POST", "account", {"job_ms": milliseconds})


@pytest.fixture
async def call_counter(services: WorkspaceServices, sync_sandbox: SandboxServers) -> Counting:
    (pair,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(
        services, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(_SUM,))
    )
    # By a clock that whoever sleeps moves: a job of some seconds is given up.
    services.session.change_settings({sync_settings.JOB_TIMEOUT_MINUTES.key: 1})
    made = Counting(services, sync_sandbox, goal, pair)
    assert (await made.row()).state is PlanRowState.DONE
    assert made.number() == 1
    return made


@pytest.fixture
def sync_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


async def test_unconfirmed_increment_late_job_is_corrected(
    call_counter: Counting, clock: ManualClock
) -> None:
    call_counter.write()
    call_counter.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    assert (await call_counter.run()).state is RunState.FAILED
    call_counter.city.clear_faults()
    assert (await call_counter.row()).fate is PlannedOutcome.SKIPPED
    clock.advance(3600.0)
    assert (await call_counter.row()).state is PlanRowState.DONE
    call_counter.write()
    await call_counter.run()
    assert call_counter.number() == 3
    call_counter.lands(2)
    # Nobody has written since: it is looked at all the same, and computed from what counts.
    again = await call_counter.run()
    (row,) = sync_cases.plan_rows(call_counter.house.store, again.plan)
    assert (row.state, row.changes[0].old, row.changes[0].new) == (PlanRowState.DONE, 2, 3)
    assert "an older total came late" in row.changes[0].reason
    assert call_counter.number() == 3
    # There is no way back to a number that nobody meant.
    with pytest.raises(InvalidInput, match="is as before already"):
        await RollbackPlanner(build_sync_context(call_counter.house)).build_plan(
            again.id, "Ada Admin"
        )
    clock.advance(100_000.0)
    await call_counter.run()
    assert (
        call_counter.house.store.unconfirmed_increments.list_superseded(call_counter.goal.name)
        == ()
    )
    assert (await call_counter.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_increment_repeated_then_late_job_is_corrected(
    call_counter: Counting,
) -> None:
    call_counter.write()
    call_counter.city.add_fault("sailthru:POST /job:stuck-job")
    assert (await call_counter.row()).state is PlanRowState.FAILED
    held = await call_counter.row()
    assert held.fate is PlannedOutcome.SKIPPED
    only = PlanRowDecisions(
        call_counter.house.store, call_counter.house.context.clock
    ).list_sources_to_retry(call_counter.goal.name, str(held.row))
    assert (await call_counter.row(source_ids=only, why="retry")).state is PlanRowState.DONE
    call_counter.write()
    call_counter.write()
    await call_counter.run()
    assert call_counter.number() == 4
    call_counter.lands(2)
    call_counter.write()
    # One that is new and those that the older total took away.
    assert (await call_counter.row()).changes[0].new == 5
    assert call_counter.number() == 5
    assert (await call_counter.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_late_job_before_repeated_increment_counts(call_counter: Counting) -> None:
    call_counter.write()
    call_counter.city.add_fault("sailthru:POST /job:stuck-job")
    await call_counter.run()
    held = await call_counter.row()
    PlanRowDecisions(
        call_counter.house.store, call_counter.house.context.clock
    ).list_sources_to_retry(call_counter.goal.name, str(held.row))
    call_counter.write()
    # Nothing is written yet: only looked at.
    plan = await build_runner(call_counter.house, call_counter.goal.name).preview(
        call_counter.goal, "Ada"
    )
    assert call_counter.number() == 1
    call_counter.lands(2)
    assert (await call_counter.row(plan_id=plan.id)).state is PlanRowState.PARKED
    assert (await call_counter.row()).changes[0].new == 3
    assert call_counter.number() == 3


async def test_rollback_abandoned_job_stays_unconfirmed(call_counter: Counting) -> None:
    call_counter.write()
    run = await call_counter.run()
    call_counter.jobs_last(4000)
    assert (await call_counter.takes_back(run)).state is PlanRowState.FAILED
    call_counter.jobs_last(20)
    call_counter.write()
    assert (await call_counter.row()).fate is PlannedOutcome.SKIPPED
    # While it may still be taken off nothing takes it off once more.
    with pytest.raises(InvalidInput, match="may be changed yet"):
        await RollbackPlanner(build_sync_context(call_counter.house)).build_plan(
            run.id, "Ada Admin"
        )
    for _ in range(200):
        if call_counter.number() == 1:
            break
        await asyncio.sleep(0.1)
    assert call_counter.number() == 1
    # Taken off, so both may be added; as after any run that was taken back.
    assert (await call_counter.row()).state is PlanRowState.DONE
    assert call_counter.number() == 3
    assert (await call_counter.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_rollback_unresolvable_increment_waits_for_person(
    call_counter: Counting, clock: ManualClock
) -> None:
    call_counter.write()
    run = await call_counter.run()
    call_counter.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    plan = await RollbackPlanner(build_sync_context(call_counter.house)).build_plan(
        run.id, "Ada Admin"
    )
    assert (await call_counter.run(plan_id=plan.id, why="rollback")).state is RunState.FAILED
    call_counter.city.clear_faults()
    call_counter.lands(50)
    await call_counter.run()
    clock.advance(3600.0)
    unclear = await call_counter.row()
    assert unclear.fate is PlannedOutcome.CORRECTION
    assert "should be 1 without what was taken back and 2 with it, and is 50" in unclear.why
    only = PlanRowDecisions(
        call_counter.house.store, call_counter.house.context.clock
    ).list_sources_to_retry(call_counter.goal.name, str(unclear.row))
    assert (await call_counter.row(source_ids=only, why="retry")).fate is PlannedOutcome.UNCHANGED
    assert call_counter.number() == 50
