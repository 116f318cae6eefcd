"""What holds a run back before anything is written, and who lets it pass."""

from dataclasses import replace

import pytest

from desktop.app.runs import runner_of
from desktop.app.verbs.syncing.plans import print_plan
from desktop.app.wiring import House
from desktop.model.condition import Condition, Test
from desktop.model.consent import Purpose
from desktop.model.goal import Effects, Flows, Goal
from desktop.model.guard import Limits
from desktop.model.plan import Fate, PlanState, RowState
from desktop.model.run import RunState
from desktop.model.stage import Pressure, Stage
from tests.faults import syncs
from tests.faults.servers import Servers
from tests.faults.town import ManualClock

DAY_S = 86_400.0


def joining(goal: Goal) -> Goal:
    """Everybody joins a list; three may."""
    effects = Effects(create_missing=True, add_to_lists=("Fresh",), remove_when_gone=True)
    return replace(goal, effects=effects, limits=Limits(people=3, percent=0), flows=Flows.MAY_START)


def fresh(city: Servers, pair: syncs.Pair) -> bool:
    profile = city.profile(pair.email)
    return profile is not None and "Fresh" in (profile["lists"] or {})


async def test_mass_opt_in_needs_two_admins_once(
    town_hall: House, city: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    made = syncs.people(city, 5, unknown=5)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    count = len(syncs.requests(city))
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.error_code) == (RunState.WAITING, "needs_person")
    assert "5 people would start getting marketing e-mail" in run.error
    assert syncs.writes(syncs.requests(city, count)) == []
    plan = town_hall.store.plans.get(run.plan or "")
    assert (plan.state, set(plan.breaches)) == (PlanState.STOPPED, {"starts", "joins"})
    print_plan(plan, town_hall.store, rows=1, as_json=False)
    printed = capsys.readouterr().out
    assert "5 people would start getting marketing e-mail" in printed
    assert "vars.first_name: not set → Ada" in printed
    assert "None" not in printed
    # One admin lets joining pass; starting takes a second one, and the same one twice is one.
    for _ in range(2):
        held = await syncs.run(
            town_hall, goal, resume=run.id, allow=("starts", "joins"), person="7601"
        )
        assert held.state is RunState.WAITING
    assert not any(fresh(city, pair) for pair in made)
    done = await syncs.run(town_hall, goal, resume=run.id, allow=("starts",), person="7699")
    assert (done.state, done.totals["created"]) == (RunState.DONE, 5)
    assert all(fresh(city, pair) for pair in made)
    # It was for that plan alone.
    syncs.people(city, 5, first=5, unknown=5)
    assert (await syncs.run(town_hall, goal)).state is RunState.WAITING


async def test_the_limit_counts_what_is_ticked(town_hall: House, city: Servers) -> None:
    made = syncs.people(city, 5, unknown=5)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    plan = await runner_of(town_hall, goal.name).preview(goal, "Ada")
    town_hall.store.plans.tick(plan.id, [1, 2], on=False)
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.state, run.totals["created"]) == (RunState.DONE, 3)
    assert sum(fresh(city, pair) for pair in made) == 3


async def test_two_lists_for_one_person_count_once_and_for_two_twice(
    town_hall: House, city: Servers
) -> None:
    """The limit is about people, whatever list they join."""
    syncs.people(city, 3, unknown=3)

    def two_lists(goal: Goal) -> Goal:
        return replace(
            joining(goal), effects=Effects(create_missing=True, add_to_lists=("Fresh", "Other"))
        )

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, two_lists)
    plan = await runner_of(town_hall, goal.name).preview(goal, "Ada")
    assert town_hall.store.plans.people(plan.id)["joins"] == 3
    assert plan.state is PlanState.READY


@pytest.mark.parametrize("full", [False, True])
async def test_an_emptied_source_always_stops(town_hall: House, city: Servers, full: bool) -> None:
    made = syncs.people(city, 3)

    def both(goal: Goal) -> Goal:
        effects = replace(goal.effects, untag_when_gone=True)
        return replace(goal, effects=effects)

    goal = syncs.goal_for(town_hall, syncs.HIGH_VALUE, both)
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 3
    for pair in made:
        city.write_profile(pair.sid, lists={syncs.LIST: 0})
    count = len(syncs.requests(city))
    run = await syncs.run(town_hall, goal, full=full)
    assert run.state is RunState.WAITING
    assert "empty" in run.error
    # Nobody can let that pass.
    again = await syncs.run(town_hall, goal, resume=run.id, allow=("empty",), person="7601")
    assert again.state is RunState.WAITING
    assert syncs.writes(syncs.requests(city, count)) == []
    assert "sailthru_highvalue" in city.person(made[0].person)["tags"]


@pytest.mark.parametrize("full", [False, True])
async def test_a_source_that_nobody_fits_any_more_stops_too(
    town_hall: House, city: Servers, full: bool
) -> None:
    """People are there, but no box is ticked any more; a catch-up reads only who changed."""
    made = syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 3
    unticked = {"user": {"user_fields": {"sync_to_sailthru": False}}}
    for pair in made[:2]:
        city.ask_zendesk("PUT", f"/api/v2/users/{pair.person}.json", unticked)
    # One is still there: who left it leaves the list.
    assert (await syncs.run(town_hall, goal, full=full)).totals["updated"] == 2
    city.ask_zendesk("PUT", f"/api/v2/users/{made[2].person}.json", unticked)
    run = await syncs.run(town_hall, goal, full=full)
    assert (run.state, "empty" in run.error) == (RunState.WAITING, True)
    assert [fresh(city, pair) for pair in made] == [False, False, True]


async def test_who_left_the_source_is_untagged_when_asked(town_hall: House, city: Servers) -> None:
    made = syncs.people(city, 5)
    by_hand = made[0]

    def untag(goal: Goal) -> Goal:
        return replace(goal, effects=replace(goal.effects, untag_when_gone=True))

    goal = syncs.goal_for(town_hall, syncs.HIGH_VALUE, untag)
    await syncs.run(town_hall, goal)
    # Who is ignored for ever keeps what they have.
    town_hall.store.memory.ignore(goal.name, [made[4].sid], "asked us to", "Ada", 1.0)
    city.write_profile(made[1].sid, lists={syncs.LIST: 0})
    city.write_profile(made[4].sid, lists={syncs.LIST: 0})
    city.write_profile(made[2].sid, vars={"customer_value": 1})
    run = await syncs.run(town_hall, goal)
    assert run.state is RunState.DONE
    tagged = [p for p in made if "sailthru_highvalue" in city.person(p.person)["tags"]]
    assert tagged == [by_hand, made[3], made[4]]
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 0


async def test_who_left_the_source_leaves_the_list(town_hall: House, city: Servers) -> None:
    made = syncs.people(city, 3)
    city.write_profile(made[0].sid, lists={"Fresh": 1})
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    await syncs.run(town_hall, goal)
    for pair in made[:2]:
        city.write_person(pair.person, user_fields={"sync_to_sailthru": False})
    run = await syncs.run(town_hall, goal)
    assert run.state is RunState.DONE
    # The first one was on the list by somebody else's hand.
    assert [fresh(city, pair) for pair in made] == [True, False, True]


async def test_who_was_deleted_gets_the_var(town_hall: House, city: Servers) -> None:
    one, two = syncs.people(city, 2)

    def marked(goal: Goal) -> Goal:
        return replace(goal, effects=replace(goal.effects, deleted_var="zendesk_deleted"))

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, marked)
    await syncs.run(town_hall, goal)
    assert city.ask_zendesk("DELETE", f"/api/v2/users/{one.person}.json")[0] == 200
    run = await syncs.run(town_hall, goal)
    assert run.totals["updated"] == 1
    profiles = [city.profile(pair.sid) for pair in (one, two)]
    assert [p and p["vars"].get("zendesk_deleted") for p in profiles] == [True, None]
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 0


async def test_without_consent_nobody_is_written(town_hall: House, city: Servers) -> None:
    one, two = syncs.people(city, 2, unknown=2)
    city.write_person(two.person, tags=["newsletter_yes"])
    agreed = Purpose("newsletter", Condition("tags", Test.HAS, "newsletter_yes"))
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, lambda g: replace(g, purposes=(agreed,)))
    run = await syncs.run(town_hall, goal)
    rows = {r.label: r for r in syncs.rows_of(town_hall.store, run.plan)}
    assert (rows[one.email].fate, rows[one.email].why) == (
        Fate.SKIPPED,
        "no consent found for newsletter",
    )
    assert rows[two.email].evidence == "consent: tag newsletter_yes"
    assert city.profile(one.email) is None


async def test_nobody_is_touched_more_often_than_the_cap(
    town_hall: House, city: Servers, clock: ManualClock
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TICKETS, lambda g: replace(g, pressure=Pressure(most=2)))
    for _ in range(2):
        syncs.ticket(city, one.person)
        clock.advance(DAY_S)
        assert (await syncs.run(town_hall, goal)).totals["updated"] == 1
    syncs.ticket(city, one.person)
    run = await syncs.run(town_hall, goal)
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.fate, row.why) == (Fate.SKIPPED, "already 2 times this week")
    # A week later it is done without a new ticket.
    clock.advance(8 * DAY_S)
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 1
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["vars"]["ticket_count"] == 4


async def test_a_goal_for_a_stage_means_only_who_is_in_it(town_hall: House, city: Servers) -> None:
    one, two = syncs.people(city, 2)
    city.write_person(two.person, tags=["vip"])
    stage = Stage("dear", (Condition("tags", Test.HAS, "vip"),))
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_SAILTHRU,
        lambda g: replace(g, stages=(stage,), source=replace(g.source, stage="dear")),
    )
    run = await syncs.run(town_hall, goal)
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.label, row.state) == (two.email, RowState.DONE)
    assert one.email != two.email
