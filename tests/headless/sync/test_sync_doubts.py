"""A sum in doubt stays so until somebody's number was read; what lands late is put right."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from desktop.app.runs import runner_of, tools_of
from desktop.app.wiring import House
from desktop.kit.errors import BadInput, Bug
from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.mapping import MappingRow, Operator
from desktop.model.plan import Fate, FieldChange, PlanRow, RowState
from desktop.model.run import Run, RunState
from desktop.settings import sync_settings
from desktop.store.hand import Hand
from desktop.store.sum_doubts import doubt
from desktop.sync.decide import Decisions
from desktop.sync.doubts import Doubts
from desktop.sync.finding import Found
from desktop.sync.record import Record
from desktop.sync.rollback import Rollback
from tests.faults import syncs
from tests.faults.servers import Servers
from tests.faults.town import ManualClock

_SUM = MappingRow("ticket_count", "vars.tickets", Operator.SUM)


@pytest.mark.parametrize(
    "found",
    [Found(trouble=str(Bug("It cannot be read."))), Found(several=("a", "b")), Found(taken="Bo")],
)
async def test_who_cannot_be_read_settles_nothing(town_hall: House, found: Found) -> None:
    goal = syncs.goal_for(town_hall, syncs.TICKETS, lambda g: replace(g, mapping=(_SUM,)))
    hand = Hand(
        "1", "1", goal.name, goal.title, Service.SAILTHRU, "Ada", sums=frozenset({_SUM.target})
    )
    row = PlanRow(
        1, Fate.UPDATE, "7", "sid", "Maria", changes=(FieldChange(_SUM.target, 1, 2),),
        events=("ticket 2",),
    )  # fmt: skip
    store = town_hall.store
    # Long ago, without an answer: no job is waited for any more.
    store.fairlead.write(lambda c: doubt(c, hand, row, "", 0.0))
    doubts = Doubts(tools_of(town_hall), goal)
    await doubts.read()
    doubts.settle([Record(Service.ZENDESK, "7", "Maria")], {"7": found})
    assert set(store.doubts.of_goal(goal.name)) == {"7"}
    await doubts.read()
    assert doubts.settle([Record(Service.ZENDESK, "7", "Maria")], {"7": Found()}).held == {}
    assert store.doubts.of_goal(goal.name) == {}


@dataclass
class Counting:
    """One customer whose tickets a sync adds up, and has added up once."""

    house: House
    city: Servers
    goal: Goal
    pair: syncs.Pair

    def number(self) -> object:
        profile = self.city.profile(self.pair.sid)
        assert profile is not None
        return profile["vars"].get("tickets")

    def write(self) -> None:
        """The customer writes once more."""
        syncs.ticket(self.city, self.pair.person)

    def lands(self, total: int) -> None:
        """A job that was given up does its line."""
        self.city.write_profile(self.pair.sid, vars={"tickets": total})

    async def run(self, **asked: object) -> Run:
        return await syncs.run(self.house, self.goal, **asked)

    async def row(self, **asked: object) -> PlanRow:
        run = await self.run(**asked)
        (row,) = syncs.rows_of(self.house.store, run.plan)
        return row

    async def takes_back(self, run: Run) -> PlanRow:
        plan = await Rollback(tools_of(self.house)).plan(run.id, "Ada Admin")
        return await self.row(plan=plan.id, why="rollback")

    def jobs_last(self, milliseconds: int) -> None:
        self.city.control("POST", "account", {"job_ms": milliseconds})


@pytest.fixture
async def counting(town_hall: House, city: Servers) -> Counting:
    (pair,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TICKETS, lambda g: replace(g, mapping=(_SUM,)))
    # By a clock that whoever sleeps moves: a job of some seconds is given up.
    town_hall.live.change({sync_settings.JOB_MINUTES.key: 1})
    made = Counting(town_hall, city, goal, pair)
    assert (await made.row()).state is RowState.DONE
    assert made.number() == 1
    return made


@pytest.fixture
def city(city: Servers) -> Iterator[Servers]:
    yield city
    city.quiet()


async def test_what_nobody_answered_and_lands_after_all_patience_is_put_right(
    counting: Counting, clock: ManualClock
) -> None:
    counting.write()
    counting.city.fault("sailthru:POST /job:timeout=0.2", times=None)
    assert (await counting.run()).state is RunState.FAILED
    counting.city.quiet()
    assert (await counting.row()).fate is Fate.SKIPPED
    clock.advance(3600.0)
    assert (await counting.row()).state is RowState.DONE
    counting.write()
    await counting.run()
    assert counting.number() == 3
    counting.lands(2)
    # Nobody has written since: it is looked at all the same, and computed from what counts.
    again = await counting.run()
    (row,) = syncs.rows_of(counting.house.store, again.plan)
    assert (row.state, row.changes[0].old, row.changes[0].new) == (RowState.DONE, 2, 3)
    assert "an older total came late" in row.changes[0].reason
    assert counting.number() == 3
    # There is no way back to a number that nobody meant.
    with pytest.raises(BadInput, match="is as before already"):
        await Rollback(tools_of(counting.house)).plan(again.id, "Ada Admin")
    clock.advance(100_000.0)
    await counting.run()
    assert counting.house.store.doubts.overtaken(counting.goal.name) == ()
    assert (await counting.row(full=True)).fate is Fate.UNCHANGED


async def test_what_was_added_all_the_same_is_put_right_when_its_job_lands(
    counting: Counting,
) -> None:
    counting.write()
    counting.city.fault("sailthru:POST /job:stuck-job")
    assert (await counting.row()).state is RowState.FAILED
    held = await counting.row()
    assert held.fate is Fate.SKIPPED
    only = Decisions(counting.house.store, counting.house.ground.clock).to_retry(
        counting.goal.name, str(held.row)
    )
    assert (await counting.row(only=only, why="retry")).state is RowState.DONE
    counting.write()
    counting.write()
    await counting.run()
    assert counting.number() == 4
    counting.lands(2)
    counting.write()
    # One that is new and those that the older total took away.
    assert (await counting.row()).changes[0].new == 5
    assert counting.number() == 5
    assert (await counting.row(full=True)).fate is Fate.UNCHANGED


async def test_what_lands_before_it_was_added_all_the_same_counts(counting: Counting) -> None:
    counting.write()
    counting.city.fault("sailthru:POST /job:stuck-job")
    await counting.run()
    held = await counting.row()
    Decisions(counting.house.store, counting.house.ground.clock).to_retry(
        counting.goal.name, str(held.row)
    )
    counting.write()
    # Nothing is written yet: only looked at.
    plan = await runner_of(counting.house, counting.goal.name).preview(counting.goal, "Ada")
    assert counting.number() == 1
    counting.lands(2)
    assert (await counting.row(plan=plan.id)).state is RowState.PARKED
    assert (await counting.row()).changes[0].new == 3
    assert counting.number() == 3


async def test_a_way_back_whose_job_was_given_up_stays_in_doubt(counting: Counting) -> None:
    counting.write()
    run = await counting.run()
    counting.jobs_last(4000)
    assert (await counting.takes_back(run)).state is RowState.FAILED
    counting.jobs_last(20)
    counting.write()
    assert (await counting.row()).fate is Fate.SKIPPED
    # While it may still be taken off nothing takes it off once more.
    with pytest.raises(BadInput, match="may be changed yet"):
        await Rollback(tools_of(counting.house)).plan(run.id, "Ada Admin")
    for _ in range(200):
        if counting.number() == 1:
            break
        await asyncio.sleep(0.1)
    assert counting.number() == 1
    # Taken off, so both may be added; as after any run that was taken back.
    assert (await counting.row()).state is RowState.DONE
    assert counting.number() == 3
    assert (await counting.row(full=True)).fate is Fate.UNCHANGED


async def test_a_way_back_that_nobody_can_tell_waits_for_a_person(
    counting: Counting, clock: ManualClock
) -> None:
    counting.write()
    run = await counting.run()
    counting.city.fault("sailthru:POST /job:timeout=0.2", times=None)
    plan = await Rollback(tools_of(counting.house)).plan(run.id, "Ada Admin")
    assert (await counting.run(plan=plan.id, why="rollback")).state is RunState.FAILED
    counting.city.quiet()
    counting.lands(50)
    await counting.run()
    clock.advance(3600.0)
    unclear = await counting.row()
    assert unclear.fate is Fate.CORRECTION
    assert "should be 1 without what was taken back and 2 with it, and is 50" in unclear.why
    only = Decisions(counting.house.store, counting.house.ground.clock).to_retry(
        counting.goal.name, str(unclear.row)
    )
    assert (await counting.row(only=only, why="retry")).fate is Fate.UNCHANGED
    assert counting.number() == 50
