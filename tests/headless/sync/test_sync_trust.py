"""What people rely on: old plans hide nothing, limits are admins', only customers are written."""

from dataclasses import replace

import pytest

from desktop.app.runs import runner_of, tools_of
from desktop.app.wiring import House
from desktop.kit.errors import BadInput, NotPermitted
from desktop.model.goal import Effects, Goal
from desktop.model.guard import Limits, breaches
from desktop.model.mapping import MappingRow, Operator
from desktop.model.permission import Actor, Permission, Role
from desktop.model.plan import Fate, RowState
from desktop.model.run import RunState
from desktop.settings import table
from desktop.sync.decide import Decisions
from desktop.sync.goals import Goals
from desktop.sync.guarding import require_limits
from desktop.sync.rollback import Rollback
from tests.faults import syncs
from tests.faults.servers import Servers


def saved(house: House, goal: Goal) -> Goal:
    """Changed by a person, checked and switched on again."""
    kept = house.goals.save(goal)
    return house.store.goals.save(replace(kept, checked_at=1.0, on=True), 1.0)


async def preview(house: House, goal: Goal) -> str:
    return (await runner_of(house, goal.name).preview(goal, "Ada Admin")).id


async def test_an_old_plan_does_not_hide_what_a_changed_sync_means(
    town_hall: House, city: Servers
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    plan = await preview(town_hall, goal)
    more = MappingRow("name", "vars.whole_name")
    changed = saved(town_hall, replace(goal, mapping=(*goal.mapping, more)))
    assert (await syncs.run(town_hall, changed, plan=plan)).state is RunState.DONE
    profile = city.profile(one.sid)
    assert profile is not None
    assert "whole_name" not in profile["vars"]
    assert (await syncs.run(town_hall, changed)).totals["updated"] == 1
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["vars"]["whole_name"] == "Ada 0 Lovelace"


async def test_what_is_no_opt_out_level_needs_correction(town_hall: House, city: Servers) -> None:
    (one,) = syncs.people(city, 1)
    level = MappingRow("name", "optout")
    goal = syncs.goal_for(
        town_hall, syncs.TO_SAILTHRU, lambda g: replace(g, mapping=(*g.mapping, level))
    )
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.totals["parked"], run.totals["updated"]) == (RunState.DONE, 1, 0)
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.fate, row.state) == (Fate.CORRECTION, RowState.PARKED)
    assert "no opt-out level" in row.why
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["optout_email"] == "none"


async def test_a_sum_that_is_taken_back_may_be_added_again(town_hall: House, city: Servers) -> None:
    (one,) = syncs.people(city, 1)
    summed = MappingRow("ticket_count", "vars.touches", Operator.SUM)
    goal = syncs.goal_for(town_hall, syncs.TICKETS, lambda g: replace(g, mapping=(summed,)))

    def touches() -> object:
        profile = city.profile(one.sid)
        assert profile is not None
        return (profile["vars"] or {}).get("touches")

    run = await syncs.run(town_hall, goal)
    assert touches() == 1
    assert (await syncs.run(town_hall, goal, full=True)).totals["updated"] == 0
    plan = await Rollback(tools_of(town_hall)).plan(run.id, "Ada Admin")
    await syncs.run(town_hall, goal, plan=plan.id, why="rollback")
    assert touches() is None
    await syncs.run(town_hall, goal, full=True)
    assert touches() == 1


async def test_a_run_that_wrote_nothing_is_not_taken_back(town_hall: House, city: Servers) -> None:
    syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    await syncs.run(town_hall, goal)
    again = await syncs.run(town_hall, goal)
    count = len(town_hall.store.runs.of_goal(goal.name))
    with pytest.raises(BadInput, match="can be taken back"):
        await Rollback(tools_of(town_hall)).plan(again.id, "Ada Admin")
    assert len(town_hall.store.runs.of_goal(goal.name)) == count


async def test_who_became_an_agent_since_the_preview_is_left_alone(
    town_hall: House, city: Servers
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    plan = await preview(town_hall, goal)
    city.write_person(one.person, role="agent")
    run = await syncs.run(town_hall, goal, plan=plan)
    assert (run.totals["updated"], run.totals["parked"]) == (0, 1)
    assert "sailthru" not in city.person(one.person)["tags"]


async def test_who_waited_and_is_not_meant_any_more_waits_no_longer(
    town_hall: House, city: Servers
) -> None:
    (one,) = syncs.people(city, 1, unknown=1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    Decisions(town_hall.store, town_hall.ground.clock).correct(
        goal.name, str(one.person), "email", f"wrong@{syncs.DOMAIN.partition('.')[0]}", "Ada"
    )
    where = tuple(c for c in goal.source.where if c.field != "email")
    goal = saved(town_hall, replace(goal, source=replace(goal.source, where=where)))
    await syncs.run(town_hall, goal)
    assert str(one.person) in town_hall.store.memory.again(goal.name)
    city.write_person(one.person, user_fields={"sync_to_sailthru": False})
    await syncs.run(town_hall, goal)
    assert str(one.person) not in town_hall.store.memory.again(goal.name)


async def test_limits_are_loosened_by_admins_alone(town_hall: House, city: Servers) -> None:
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    looser = replace(goal, limits=Limits(people=10_000, percent=20))
    runs = table.permission_setting(Role.AGENT, Permission.RUNS)
    town_hall.live.change({runs.key: True})
    kims = Goals(
        town_hall.store,
        town_hall.ground.clock,
        town_hall.bus,
        lambda: Actor("Kim", Role.AGENT, 7602),
        lambda: town_hall.live.rules,
        lambda: "America/New_York",
    )
    for act in (lambda: kims.save(looser),
                lambda: kims.take_in([looser], replacing=True)):  # fmt: skip
        with pytest.raises(NotPermitted, match="loosen the limits"):
            act()
    stricter = kims.save(replace(goal, limits=Limits(people=5, percent=0)))
    assert stricter.limits.people == 5
    assert town_hall.goals.save(replace(stricter, limits=looser.limits)).limits.people == 10_000


def test_no_sync_may_be_laxer_than_the_house_about_mass_opt_in() -> None:
    lax = Limits(people=1_000_000, percent=100)
    found = breaches(lax, {"starts": 201, "joins": 5000}, 900)
    assert [(b.code, b.limit) for b in found] == [("starts", 200)]


def test_only_limits_can_be_allowed() -> None:
    require_limits(["starts", "joins", "leaves", "blanked", "loosened"])
    for code in ("empty", "nonsense", ""):
        with pytest.raises(BadInput, match="is no limit"):
            require_limits([code])


async def test_a_field_ticked_again_says_again_what_people_notice(
    town_hall: House, city: Servers
) -> None:
    _, listed, out = syncs.people(city, 3, unknown=1)
    city.write_profile(out.sid, optout_email="all", lists={syncs.LIST: 0})
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_SAILTHRU,
        lambda g: replace(g, effects=Effects(create_missing=True, add_to_lists=("Fresh",))),
    )
    plan = await preview(town_hall, goal)
    plans = town_hall.store.plans
    decisions = Decisions(town_hall.store, town_hall.ground.clock)
    whole = plans.people(plan)
    assert whole["starts"] == 1
    decisions.tick_field(plan, 1, "lists.Fresh", on=False)
    assert "starts" not in plans.people(plan)
    decisions.tick_field(plan, 1, "lists.Fresh", on=True)
    assert plans.people(plan) == whole
    # Judged by the whole profile: one is on a list already, one is opted out and stays so.
    rows = {row.label: row for row in plans.rows(plan)}
    for pair in (listed, out):
        row = rows[pair.email]
        for on in (False, True):
            decisions.tick_field(plan, row.row, "vars.phone", on=on)
            assert plans.row(plan, row.row).consequences == row.consequences


async def test_of_two_with_one_profile_the_second_waits_for_a_person(
    town_hall: House, city: Servers
) -> None:
    one, two = syncs.people(city, 2, unknown=1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    town_hall.store.memory.correct(goal.name, str(one.person), {"email": two.email}, "Ada", 1.0)
    for full in (False, True):
        run = await syncs.run(town_hall, goal, full=full)
        rows = {r.source_id: r for r in syncs.rows_of(town_hall.store, run.plan)}
        first, second = rows[str(one.person)], rows[str(two.person)]
        assert (first.state, second.state) == (RowState.DONE, RowState.PARKED)
        assert (second.fate, str(one.person) in second.why) == (Fate.CORRECTION, True)
    # Neither does it take its turn when it alone is planned.
    alone = await syncs.run(town_hall, goal, only=(str(two.person),), why="retry")
    assert alone.totals["parked"] == 1


async def test_what_one_sync_wrote_another_carries_on_and_not_back(
    town_hall: House, city: Servers
) -> None:
    (one,) = syncs.people(city, 1)
    for key in ("motto", "slogan"):
        told = {"user_field": {"key": key, "title": key, "type": "text"}}
        assert city.ask_zendesk("POST", "/api/v2/user_fields.json", told)[0] == 201
    city.write_person(one.person, user_fields={"motto": "onward"})
    there = (MappingRow("user_fields.motto", "vars.motto"),)
    to = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, lambda g: replace(g, mapping=there))
    further = tuple(MappingRow("vars.motto", f"user_fields.{key}") for key in ("motto", "slogan"))
    back = syncs.goal_for(town_hall, syncs.TO_ZENDESK, lambda g: replace(g, mapping=further))
    await syncs.run(town_hall, to)
    city.write_person(one.person, user_fields={"motto": "by hand"})
    await syncs.run(town_hall, back)
    fields = city.person(one.person)["user_fields"]
    assert (fields["motto"], fields["slogan"]) == ("by hand", "onward")
