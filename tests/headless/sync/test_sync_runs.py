"""Runs: one at a time, cancelled at once, gone on with, and what they say of themselves."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.runs import runner_of
from desktop.app.wiring import House
from desktop.kit.clock import SystemClock
from desktop.kit.errors import Conflict
from desktop.model.goal import Goal, Source, SourceKind
from desktop.model.mapping import MappingRow, Operator
from desktop.model.plan import PlanState
from desktop.model.run import RunState
from desktop.settings.file_lock import held_briefly
from desktop.store.store import open_store
from tests.faults import syncs
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock


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
def slow(city: Servers) -> Iterator[Servers]:
    yield city
    city.quiet()


async def test_a_second_run_of_the_same_goal_is_refused(town_hall: House, city: Servers) -> None:
    syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    with held_briefly(town_hall.workspace.lock_path(f"sync-{goal.name}")):
        with pytest.raises(Conflict, match="running already"):
            await syncs.run(town_hall, goal)
        with pytest.raises(Conflict, match="running already"):
            await runner_of(town_hall, goal.name).preview(goal, "Ada")
    assert town_hall.store.runs.of_goal(goal.name) == ()
    assert (await syncs.run(town_hall, goal)).state is RunState.DONE


@pytest.mark.parametrize("name", [syncs.BY_POSTS, syncs.TO_ZENDESK])
async def test_a_cancelled_run_waits_for_nothing_and_is_gone_on_with(
    slow: Servers, city_home: Path, name: str
) -> None:
    """By another process's row; what is under way is settled when it goes on."""
    syncs.people(slow, 20)
    async with opened(city_home, slow.document, clock=SystemClock(), for_runs=True) as house:
        goal = syncs.goal_for(house, name)
        reached = asyncio.Event()

        def checkpoint(passed: str) -> None:
            if passed == "claimed":
                # What is asked from now on is answered, and written into the log, much later.
                slow.control("POST", "speed", {"latency_ms": 120_000})
                reached.set()

        task = asyncio.create_task(syncs.run(house, goal, checkpoint=checkpoint))
        at_point = asyncio.create_task(reached.wait())
        await asyncio.wait({task, at_point}, return_when=asyncio.FIRST_COMPLETED)
        assert reached.is_set(), task.result()
        answered = len(syncs.requests(slow))
        other = open_store(house.workspace.folder)
        run = other.runs.of_goal(goal.name)[0]
        other.runs.ask_cancel(run.id)
        other.close()
        ended = await task
        assert ended.state is RunState.CANCELLED
        # It has ended before a single answer came; it looks for such a wish all the time.
        assert len(syncs.requests(slow)) == answered
        slow.quiet()
        done = await syncs.run(house, goal, resume=ended.id)
        assert syncs.troubles_of(house.store, slow, done) == []
        assert done.totals["updated"] == 20


async def test_a_new_run_settles_what_the_last_one_left_open(
    town_hall: House, city: Servers
) -> None:
    """Nobody resumes; the next run does not write again what was written, nor count it twice."""
    (one,) = syncs.people(city, 1)

    def summing(goal: Goal) -> Goal:
        return replace(goal, mapping=(MappingRow("ticket_count", "vars.tickets", Operator.SUM),))

    goal = syncs.goal_for(town_hall, syncs.TICKETS, summing)
    with pytest.raises(Stop):
        await syncs.run(town_hall, goal, checkpoint=stop_at("sent"))
    (left,) = town_hall.store.runs.of_goal(goal.name)
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 0)
    assert syncs.audited(town_hall.store, goal.name) == {one.sid: 1}
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["vars"]["tickets"] == 1
    assert town_hall.store.runs.get(left.id).totals["updated"] == 1


@pytest.mark.parametrize("point", ["planned", "settled", "marked"])
async def test_stopped_around_the_applying(town_hall: House, city: Servers, point: str) -> None:
    syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    with pytest.raises(Stop):
        await syncs.run(town_hall, goal, checkpoint=stop_at(point))
    (left,) = town_hall.store.runs.of_goal(goal.name)
    done = await syncs.run(town_hall, goal, resume=left.id)
    assert syncs.troubles_of(town_hall.store, city, done) == []
    assert done.totals["updated"] == 3


async def test_a_preview_leaves_no_history(town_hall: House, city: Servers) -> None:
    syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    count = len(syncs.requests(city))
    first = await runner_of(town_hall, goal.name).preview(goal, "Ada")
    second = await runner_of(town_hall, goal.name).preview(goal, "Ada")
    assert second.state is PlanState.READY
    assert second.totals == first.totals
    assert syncs.writes(syncs.requests(city, count)) == []
    assert town_hall.store.runs.of_goal(None) == ()
    assert not town_hall.store.audit.rows()


async def test_revoked_in_the_middle_then_signed_in_again(
    town_hall: House, slow: Servers, clock: ManualClock
) -> None:
    syncs.people(slow, 20)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    slow.control("POST", "fault", {"spec": "zendesk:GET /api/v2/job_statuses*:401", "times": None})
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.error_code) == (RunState.FAILED, "auth_lost")
    slow.quiet()
    clock.advance(60)
    await town_hall.live.connect(for_runs=True)
    done = await syncs.run(town_hall, goal, resume=run.id)
    assert syncs.troubles_of(town_hall.store, slow, done) == []
    assert done.totals["updated"] == 20


@pytest.mark.parametrize("days", [-3650, 1])
async def test_a_clock_that_jumps_changes_nothing(
    town_hall: House, city: Servers, clock: ManualClock, days: int
) -> None:
    syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TICKETS)
    moved = []

    def checkpoint(passed: str) -> None:
        if passed == "claimed" and not moved:
            moved.append(passed)
            clock.set_back(-days * 86_400.0)

    run = await syncs.run(town_hall, goal, checkpoint=checkpoint)
    assert syncs.troubles_of(town_hall.store, city, run) == []
    again = await syncs.run(town_hall, goal)
    assert again.totals["updated"] == 0


async def test_two_goals_in_opposite_directions_settle(town_hall: House, city: Servers) -> None:
    """What one writes comes back in the other's feed, and is swallowed."""
    (one,) = syncs.people(city, 1)
    told = {"user_field": {"key": "motto", "title": "Motto", "type": "text"}}
    assert city.ask_zendesk("POST", "/api/v2/user_fields.json", told)[0] == 201
    to = syncs.goal_for(
        town_hall,
        syncs.BY_POSTS,
        lambda g: replace(g, mapping=(MappingRow("user_fields.motto", "vars.motto"),)),
    )
    back = replace(
        syncs.goal_for(town_hall, syncs.TO_ZENDESK),
        name="back",
        version=0,
        source=Source(SourceKind.SAILTHRU_LISTS, lists=(syncs.LIST,)),
        mapping=(MappingRow("vars.motto", "user_fields.motto"),),
    )
    back = town_hall.store.goals.save(back, 1.0)
    for side in ("zendesk", "sailthru"):
        if side == "zendesk":
            city.write_person(one.person, user_fields={"motto": side})
        else:
            city.write_profile(one.sid, vars={"motto": side})
        for goal in (to, back) if side == "zendesk" else (back, to):
            await syncs.run(town_hall, goal)
        count = len(syncs.requests(city))
        for goal in (to, back, to, back):
            run = await syncs.run(town_hall, goal, full=True)
            assert run.state is RunState.DONE
        assert syncs.writes(syncs.requests(city, count)) == []
        profile = city.profile(one.sid)
        assert profile is not None
        assert profile["vars"]["motto"] == side
        assert city.person(one.person)["user_fields"]["motto"] == side
