"""A sum in doubt stays so until somebody's number was read; what lands late is put right."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InternalError, InvalidInput
from desktop.model.edit import Service
from desktop.model.field_mapping import MappingOperator, MappingRow
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
    town_hall: WorkspaceServices, found: MatchResult
) -> None:
    goal = sync_cases.save_preset(
        town_hall, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(_SUM,))
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
    store = town_hall.store
    # Long ago, without an answer: no job is waited for any more.
    store.fairlead_db.write(lambda c: insert_unconfirmed_increment(c, hand, row, "", 0.0))
    doubts = UnconfirmedIncrementSettler(build_sync_context(town_hall), goal)
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
async def counting(town_hall: WorkspaceServices, city: SandboxServers) -> Counting:
    (pair,) = sync_cases.create_customers(city, 1)
    goal = sync_cases.save_preset(
        town_hall, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(_SUM,))
    )
    # By a clock that whoever sleeps moves: a job of some seconds is given up.
    town_hall.session.change_settings({sync_settings.JOB_TIMEOUT_MINUTES.key: 1})
    made = Counting(town_hall, city, goal, pair)
    assert (await made.row()).state is PlanRowState.DONE
    assert made.number() == 1
    return made


@pytest.fixture
def city(city: SandboxServers) -> Iterator[SandboxServers]:
    yield city
    city.clear_faults()


async def test_unconfirmed_increment_late_job_is_corrected(
    counting: Counting, clock: ManualClock
) -> None:
    counting.write()
    counting.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    assert (await counting.run()).state is RunState.FAILED
    counting.city.clear_faults()
    assert (await counting.row()).fate is PlannedOutcome.SKIPPED
    clock.advance(3600.0)
    assert (await counting.row()).state is PlanRowState.DONE
    counting.write()
    await counting.run()
    assert counting.number() == 3
    counting.lands(2)
    # Nobody has written since: it is looked at all the same, and computed from what counts.
    again = await counting.run()
    (row,) = sync_cases.plan_rows(counting.house.store, again.plan)
    assert (row.state, row.changes[0].old, row.changes[0].new) == (PlanRowState.DONE, 2, 3)
    assert "an older total came late" in row.changes[0].reason
    assert counting.number() == 3
    # There is no way back to a number that nobody meant.
    with pytest.raises(InvalidInput, match="is as before already"):
        await RollbackPlanner(build_sync_context(counting.house)).build_plan(again.id, "Ada Admin")
    clock.advance(100_000.0)
    await counting.run()
    assert counting.house.store.unconfirmed_increments.list_superseded(counting.goal.name) == ()
    assert (await counting.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_increment_repeated_then_late_job_is_corrected(
    counting: Counting,
) -> None:
    counting.write()
    counting.city.add_fault("sailthru:POST /job:stuck-job")
    assert (await counting.row()).state is PlanRowState.FAILED
    held = await counting.row()
    assert held.fate is PlannedOutcome.SKIPPED
    only = PlanRowDecisions(
        counting.house.store, counting.house.context.clock
    ).list_sources_to_retry(counting.goal.name, str(held.row))
    assert (await counting.row(source_ids=only, why="retry")).state is PlanRowState.DONE
    counting.write()
    counting.write()
    await counting.run()
    assert counting.number() == 4
    counting.lands(2)
    counting.write()
    # One that is new and those that the older total took away.
    assert (await counting.row()).changes[0].new == 5
    assert counting.number() == 5
    assert (await counting.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_late_job_before_repeated_increment_counts(counting: Counting) -> None:
    counting.write()
    counting.city.add_fault("sailthru:POST /job:stuck-job")
    await counting.run()
    held = await counting.row()
    PlanRowDecisions(counting.house.store, counting.house.context.clock).list_sources_to_retry(
        counting.goal.name, str(held.row)
    )
    counting.write()
    # Nothing is written yet: only looked at.
    plan = await build_runner(counting.house, counting.goal.name).preview(counting.goal, "Ada")
    assert counting.number() == 1
    counting.lands(2)
    assert (await counting.row(plan_id=plan.id)).state is PlanRowState.PARKED
    assert (await counting.row()).changes[0].new == 3
    assert counting.number() == 3


async def test_rollback_abandoned_job_stays_unconfirmed(counting: Counting) -> None:
    counting.write()
    run = await counting.run()
    counting.jobs_last(4000)
    assert (await counting.takes_back(run)).state is PlanRowState.FAILED
    counting.jobs_last(20)
    counting.write()
    assert (await counting.row()).fate is PlannedOutcome.SKIPPED
    # While it may still be taken off nothing takes it off once more.
    with pytest.raises(InvalidInput, match="may be changed yet"):
        await RollbackPlanner(build_sync_context(counting.house)).build_plan(run.id, "Ada Admin")
    for _ in range(200):
        if counting.number() == 1:
            break
        await asyncio.sleep(0.1)
    assert counting.number() == 1
    # Taken off, so both may be added; as after any run that was taken back.
    assert (await counting.row()).state is PlanRowState.DONE
    assert counting.number() == 3
    assert (await counting.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_rollback_unresolvable_increment_waits_for_person(
    counting: Counting, clock: ManualClock
) -> None:
    counting.write()
    run = await counting.run()
    counting.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    plan = await RollbackPlanner(build_sync_context(counting.house)).build_plan(run.id, "Ada Admin")
    assert (await counting.run(plan_id=plan.id, why="rollback")).state is RunState.FAILED
    counting.city.clear_faults()
    counting.lands(50)
    await counting.run()
    clock.advance(3600.0)
    unclear = await counting.row()
    assert unclear.fate is PlannedOutcome.CORRECTION
    assert "should be 1 without what was taken back and 2 with it, and is 50" in unclear.why
    only = PlanRowDecisions(
        counting.house.store, counting.house.context.clock
    ).list_sources_to_retry(counting.goal.name, str(unclear.row))
    assert (await counting.row(source_ids=only, why="retry")).fate is PlannedOutcome.UNCHANGED
    assert counting.number() == 50
