"""A sum in doubt stays so until somebody's number was read; what lands late is put right."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.settings import sync_settings
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

_SUM = MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM)


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
async def increment_fixture(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> Counting:
    (pair,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(
        sync_services, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(_SUM,))
    )
    # By a clock that whoever sleeps moves: a job of some seconds is given up.
    sync_services.session.change_settings({sync_settings.JOB_TIMEOUT_MINUTES.key: 1})
    made = Counting(sync_services, sync_sandbox, goal, pair)
    # A minute of that clock is some 20 polls, which an idle machine makes within 20 ms.
    made.jobs_last(0)
    assert (await made.row()).state is PlanRowState.DONE
    assert made.number() == 1
    return made


@pytest.fixture
def sync_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


async def test_unconfirmed_increment_late_job_is_corrected(
    increment_fixture: Counting, clock: ManualClock
) -> None:
    increment_fixture.write()
    increment_fixture.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    assert (await increment_fixture.run()).state is RunState.FAILED
    increment_fixture.city.clear_faults()
    assert (await increment_fixture.row()).fate is PlannedOutcome.SKIPPED
    clock.advance(3600.0)
    assert (await increment_fixture.row()).state is PlanRowState.DONE
    increment_fixture.write()
    await increment_fixture.run()
    assert increment_fixture.number() == 3
    increment_fixture.lands(2)
    # Nobody has written since: it is looked at all the same, and computed from what counts.
    again = await increment_fixture.run()
    (row,) = sync_cases.plan_rows(increment_fixture.house.store, again.plan)
    assert (row.state, row.changes[0].old, row.changes[0].new) == (PlanRowState.DONE, 2, 3)
    assert "an older total came late" in row.changes[0].reason
    assert increment_fixture.number() == 3
    # There is no way back to a number that nobody meant.
    with pytest.raises(InvalidInput, match="is as before already"):
        await RollbackPlanner(build_sync_context(increment_fixture.house)).build_plan(
            again.id, "Ada Admin"
        )
    clock.advance(100_000.0)
    await increment_fixture.run()
    assert (
        increment_fixture.house.store.unconfirmed_increments.list_superseded.blocking(
            increment_fixture.goal.name
        )
        == ()
    )
    assert (await increment_fixture.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_increment_repeated_then_late_job_is_corrected(
    increment_fixture: Counting,
) -> None:
    increment_fixture.write()
    increment_fixture.city.add_fault("sailthru:POST /job:stuck-job")
    assert (await increment_fixture.row()).state is PlanRowState.FAILED
    held = await increment_fixture.row()
    assert held.fate is PlannedOutcome.SKIPPED
    only = PlanRowDecisions(
        increment_fixture.house.store, increment_fixture.house.context.clock
    ).list_sources_to_retry(increment_fixture.goal.name, str(held.row))
    assert (await increment_fixture.row(source_ids=only, why="retry")).state is PlanRowState.DONE
    increment_fixture.write()
    increment_fixture.write()
    await increment_fixture.run()
    assert increment_fixture.number() == 4
    increment_fixture.lands(2)
    increment_fixture.write()
    # One that is new and those that the older total took away.
    assert (await increment_fixture.row()).changes[0].new == 5
    assert increment_fixture.number() == 5
    assert (await increment_fixture.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_late_job_before_repeated_increment_counts(increment_fixture: Counting) -> None:
    increment_fixture.write()
    increment_fixture.city.add_fault("sailthru:POST /job:stuck-job")
    await increment_fixture.run()
    held = await increment_fixture.row()
    PlanRowDecisions(
        increment_fixture.house.store, increment_fixture.house.context.clock
    ).list_sources_to_retry(increment_fixture.goal.name, str(held.row))
    increment_fixture.write()
    # Nothing is written yet: only looked at.
    plan = await build_runner(increment_fixture.house, increment_fixture.goal.name).preview(
        increment_fixture.goal, "Ada"
    )
    assert increment_fixture.number() == 1
    increment_fixture.lands(2)
    assert (await increment_fixture.row(plan_id=plan.id)).state is PlanRowState.PARKED
    assert (await increment_fixture.row()).changes[0].new == 3
    assert increment_fixture.number() == 3


async def test_rollback_abandoned_job_stays_unconfirmed(increment_fixture: Counting) -> None:
    increment_fixture.write()
    run = await increment_fixture.run()
    increment_fixture.jobs_last(4000)
    assert (await increment_fixture.takes_back(run)).state is PlanRowState.FAILED
    increment_fixture.jobs_last(0)
    increment_fixture.write()
    assert (await increment_fixture.row()).fate is PlannedOutcome.SKIPPED
    # While it may still be taken off nothing takes it off once more.
    with pytest.raises(InvalidInput, match="may be changed yet"):
        await RollbackPlanner(build_sync_context(increment_fixture.house)).build_plan(
            run.id, "Ada Admin"
        )
    for _ in range(200):
        if increment_fixture.number() == 1:
            break
        await asyncio.sleep(0.1)
    assert increment_fixture.number() == 1
    # Taken off, so both may be added; as after any run that was taken back.
    assert (await increment_fixture.row()).state is PlanRowState.DONE
    assert increment_fixture.number() == 3
    assert (await increment_fixture.row(is_full=True)).fate is PlannedOutcome.UNCHANGED


async def test_rollback_unresolvable_increment_waits_for_person(
    increment_fixture: Counting, clock: ManualClock
) -> None:
    increment_fixture.write()
    run = await increment_fixture.run()
    increment_fixture.city.add_fault("sailthru:POST /job:timeout=0.2", times=None)
    plan = await RollbackPlanner(build_sync_context(increment_fixture.house)).build_plan(
        run.id, "Ada Admin"
    )
    assert (await increment_fixture.run(plan_id=plan.id, why="rollback")).state is RunState.FAILED
    increment_fixture.city.clear_faults()
    increment_fixture.lands(50)
    await increment_fixture.run()
    clock.advance(3600.0)
    unclear = await increment_fixture.row()
    assert unclear.fate is PlannedOutcome.CORRECTION
    assert "should be 1 without what was undone and 2 with it, and is 50" in unclear.why
    only = PlanRowDecisions(
        increment_fixture.house.store, increment_fixture.house.context.clock
    ).list_sources_to_retry(increment_fixture.goal.name, str(unclear.row))
    assert (
        await increment_fixture.row(source_ids=only, why="retry")
    ).fate is PlannedOutcome.UNCHANGED
    assert increment_fixture.number() == 50
