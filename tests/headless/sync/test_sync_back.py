"""Taking a run back: all that can be restored, a list of the rest, and nobody's later change."""

from dataclasses import replace

import pytest

from desktop.app.runs import runner_of, tools_of
from desktop.app.wiring import House
from desktop.kit.errors import BadInput
from desktop.model.goal import Effects, Flows, Goal
from desktop.model.run import Run, RunState
from desktop.store.pruning import KEPT_PLANS, KEPT_S
from desktop.sync.rollback import Rollback
from tests.faults import syncs
from tests.faults.servers import Servers
from tests.faults.town import ManualClock


async def taken_back(house: House, goal: Goal, run: Run) -> tuple[Run, dict[str, int]]:
    rollback = Rollback(tools_of(house))
    plan = await rollback.plan(run.id, "Ada Admin")
    losses = {loss.words: loss.rows for loss in await rollback.losses(plan.id)}
    return await syncs.run(house, goal, plan=plan.id, why="rollback"), losses


@pytest.mark.parametrize("name", syncs.ALL)
async def test_every_preset_is_taken_back(town_hall: House, city: Servers, name: str) -> None:
    made = syncs.people(city, 4, unknown=1)
    city.write_profile(made[2].sid, vars={"phone": "+1555010002", "last_ticket_id": 7})
    city.write_person(made[3].person, tags=["vip"], user_fields={"sailthru_optout": "all"})
    before = [(city.profile(p.email), city.person(p.person)) for p in made]
    goal = syncs.goal_for(town_hall, name)
    run = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, city, run) == []
    back, losses = await taken_back(town_hall, goal, run)
    assert back.state is RunState.DONE
    assert back.totals["failed"] + back.totals["parked"] == 0
    for pair, (profile, person) in zip(made, before, strict=True):
        now = city.profile(pair.email)
        if profile is not None:
            assert now is not None
            # A var cannot be taken away (contract sailthru 2.1): it becomes null.
            assert {k: v for k, v in (now["vars"] or {}).items() if v is not None} == (
                profile["vars"] or {}
            )
            assert now["lists"] == profile["lists"]
        elif now is not None:
            assert "was created by the run: the profile itself stays" in losses
            assert {v for v in (now["vars"] or {}).values()} <= {None}
        seen = city.person(pair.person)
        assert sorted(seen["tags"]) == sorted(person["tags"])
        fields = {k: v for k, v in seen["user_fields"].items() if v is not None}
        assert fields == {k: v for k, v in person["user_fields"].items() if v is not None}
    with pytest.raises(BadInput):
        await Rollback(tools_of(town_hall)).plan(back.id, "Ada Admin")


async def test_what_somebody_changed_since_is_never_restored(
    town_hall: House, city: Servers
) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    run = await syncs.run(town_hall, goal)
    city.write_profile(one.sid, vars={"phone": "by hand"})
    back, losses = await taken_back(town_hall, goal, run)
    assert back.state is RunState.DONE
    assert losses["changed by somebody since: never restored"] == 1
    profiles = [city.profile(pair.sid) for pair in (one, two)]
    assert [p and p["vars"]["phone"] for p in profiles] == ["by hand", None]
    assert [p and p["vars"]["zendesk_id"] for p in profiles] == [None, None]


async def test_what_was_taken_back_in_bulk_is_not_written_again_by_itself(
    town_hall: House, city: Servers
) -> None:
    """Of a job's rows 200 are read back; the others are taken back no less."""
    made = syncs.people(city, 205)

    def roomy(goal: Goal) -> Goal:
        return replace(goal, limits=replace(goal.limits, people=1000))

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, roomy)
    run = await syncs.run(town_hall, goal)
    assert run.totals["updated"] == 205
    back, _ = await taken_back(town_hall, goal, run)
    assert (back.state, back.totals["updated"]) == (RunState.DONE, 205)
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 0
    assert {(city.profile(pair.sid) or {})["vars"]["zendesk_id"] for pair in made} == {None}
    # Who asks for all of it changes all of them again, and is told so.
    plan = await runner_of(town_hall, goal.name).preview(goal, "Ada Admin", full=True)
    assert town_hall.store.plans.people(plan.id)["again"] == 205


async def test_a_change_between_its_plan_and_its_run_stays_too(
    town_hall: House, city: Servers
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    run = await syncs.run(town_hall, goal)
    plan = await Rollback(tools_of(town_hall)).plan(run.id, "Ada Admin")
    city.write_profile(one.sid, vars={"phone": "by hand"})
    # As the window asks for it: a plan that is written.
    back = await syncs.run(town_hall, goal, plan=plan.id)
    assert (back.why, back.totals["parked"]) == ("rollback", 1)
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["vars"]["phone"] == "by hand"


async def test_leaving_a_list_is_taken_back_with_a_new_date(
    town_hall: House, city: Servers
) -> None:
    one, _stays = syncs.people(city, 2)

    def joining(goal: Goal) -> Goal:
        effects = Effects(add_to_lists=("Fresh",), remove_when_gone=True)
        return replace(goal, effects=effects, flows=Flows.MAY_START)

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    await syncs.run(town_hall, goal)
    city.write_person(one.person, user_fields={"sync_to_sailthru": False})
    left = await syncs.run(town_hall, goal)
    profile = city.profile(one.sid)
    assert profile is not None
    assert "Fresh" not in profile["lists"]
    _, losses = await taken_back(town_hall, goal, left)
    profile = city.profile(one.sid)
    assert profile is not None
    assert "Fresh" in profile["lists"]
    assert losses == {"back on the list, with a new date of joining": 1}


async def test_old_rows_are_forgotten_and_what_runs_came_to_is_not(
    town_hall: House, city: Servers, clock: ManualClock
) -> None:
    syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TICKETS)
    store = town_hall.store
    first = await syncs.run(town_hall, goal)
    clock.advance(KEPT_S + 1.0)
    for number in range(KEPT_PLANS):
        assert syncs.rows_of(store, first.plan), number
        run = await syncs.run(town_hall, goal, full=True)
    assert syncs.rows_of(store, first.plan) == []
    assert syncs.rows_of(store, run.plan)
    assert store.runs.get(first.id).totals == first.totals
    assert first.totals["updated"] == 1
    with pytest.raises(BadInput, match="not kept any more"):
        await Rollback(tools_of(town_hall)).plan(first.id, "Ada Admin")
