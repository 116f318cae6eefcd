"""What people decide about a plan, and what they put right: exactly that is applied."""

from dataclasses import replace

import pytest

from desktop.app.runs import runner_of
from desktop.app.wiring import House
from desktop.kit.errors import BadInput, Conflict
from desktop.model.goal import Goal
from desktop.model.mapping import MappingRow, Prefer
from desktop.model.plan import Fate, Plan, PlanRow, RowState
from desktop.model.run import RunState
from desktop.sync.decide import Decisions
from tests.faults import syncs
from tests.faults.servers import Servers
from tests.faults.town import ManualClock


@pytest.fixture
def decisions(town_hall: House, clock: ManualClock) -> Decisions:
    return Decisions(town_hall.store, clock)


def name_goal(goal: Goal) -> Goal:
    """The name alone, asked about where both sides have one."""
    return replace(goal, mapping=(MappingRow("name", "vars.name", prefer=Prefer.ASK),))


async def planned(house: House, goal: Goal) -> tuple[Plan, list[PlanRow]]:
    plan = await runner_of(house, goal.name).preview(goal, "Ada Admin")
    return plan, syncs.rows_of(house.store, plan.id)


def phone(city: Servers, pair: syncs.Pair) -> object:
    profile = city.profile(pair.sid)
    assert profile is not None
    return profile["vars"].get("phone")


def name(city: Servers, pair: syncs.Pair) -> object:
    profile = city.profile(pair.sid)
    assert profile is not None
    return profile["vars"].get("name")


async def test_exactly_what_is_ticked_is_written(
    town_hall: House, city: Servers, decisions: Decisions
) -> None:
    one, two, three = syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    plan, rows = await planned(town_hall, goal)
    by = {row.label: row.row for row in rows}
    town_hall.store.plans.tick(plan.id, [by[one.email]], on=False)
    # Who is left out stays out, whatever is decided about a field of theirs.
    decisions.tick_field(plan.id, by[one.email], "vars.phone", on=False)
    decisions.tick_field(plan.id, by[two.email], "vars.phone", on=False)
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.totals["updated"], run.totals["skipped"]) == (2, 1)
    assert sum(run.totals.values()) == 3
    profiles = [city.profile(pair.sid) for pair in (one, two, three)]
    kept = [sorted(p["vars"]) if p else [] for p in profiles]
    assert "zendesk_id" not in kept[0]
    assert "phone" not in kept[1]
    assert "zendesk_id" in kept[1]
    assert {"phone", "zendesk_id"} <= set(kept[2])
    with pytest.raises(Conflict):
        town_hall.store.plans.tick(plan.id, [1], on=True)


async def test_three_ways(town_hall: House, city: Servers) -> None:
    """Changed here: written. Changed there: kept. Changed on both sides: somebody decides."""
    here, there, both = syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, name_goal)
    assert (await syncs.run(town_hall, goal)).totals["updated"] == 3
    city.write_person(here.person, name="Grace")
    city.write_profile(there.sid, vars={"name": "theirs"})
    city.write_person(there.person, notes="looked at")
    city.write_person(both.person, name="Joan")
    city.write_profile(both.sid, vars={"name": "theirs too"})
    run = await syncs.run(town_hall, goal, full=True)
    rows = {row.label: row for row in syncs.rows_of(town_hall.store, run.plan)}
    assert name(city, here) == "Grace"
    assert name(city, there) == "theirs"
    assert "changed in Sailthru" in rows[there.email].why
    conflict = rows[both.email]
    assert (conflict.fate, conflict.state) == (Fate.CONFLICT, RowState.PARKED)
    (change,) = conflict.changes
    sides = (change.known, change.old, change.new)
    assert sides == ("Ada 2 Lovelace", "theirs too", "Joan")
    assert name(city, both) == "theirs too"


@pytest.mark.parametrize("side", ["zendesk", "sailthru"])
async def test_the_side_that_was_picked_stands(
    town_hall: House, city: Servers, decisions: Decisions, side: str
) -> None:
    (one,) = syncs.people(city, 1)
    city.write_profile(one.sid, vars={"name": "theirs"})
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, name_goal)
    plan, (row,) = await planned(town_hall, goal)
    assert row.fate is Fate.CONFLICT
    picked = decisions.pick(plan.id, row.row, "vars.name", side)
    decisions.always_prefer(plan.id, "vars.name", side)
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert run.state is RunState.DONE
    assert run.totals["parked"] == 0
    wanted = "Ada 0 Lovelace" if side == "zendesk" else "theirs"
    assert name(city, one) == wanted
    assert picked.fate is (Fate.UPDATE if side == "zendesk" else Fate.UNCHANGED)
    # The rule holds from now on, also where everything is read again.
    again = await syncs.run(town_hall, town_hall.store.goals.get(goal.name), full=True)
    assert again.totals["parked"] == 0
    assert name(city, one) == wanted


async def test_a_correction_counts_from_the_next_plan(
    town_hall: House, city: Servers, decisions: Decisions
) -> None:
    (one,) = syncs.people(city, 1, unknown=1)
    broken = city.make_person(
        "", phone="+15550199", user_fields={"sync_to_sailthru": True}, name="No Address"
    )
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_SAILTHRU,
        lambda g: replace(g, source=replace(g.source, where=g.source.where[:1])),
    )
    _, rows = await planned(town_hall, goal)
    row = next(r for r in rows if r.source_id == str(broken))
    assert (row.fate, row.why) == (Fate.SKIPPED, "no e-mail address")
    decisions.correct(goal.name, str(broken), "email", f"right@{syncs.DOMAIN}", "Ada", "typo")
    run = await syncs.run(town_hall, goal)
    made = {r.source_id: r for r in syncs.rows_of(town_hall.store, run.plan)}
    assert made[str(broken)].state is RowState.DONE
    assert city.profile(f"right@{syncs.DOMAIN}") is not None
    assert made[str(one.person)].state is RowState.DONE


async def test_ignored_for_ever(town_hall: House, city: Servers, decisions: Decisions) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    decisions.ignore(goal.name, (str(one.person),), "asked us to", "Ada")
    for full in (False, True):
        run = await syncs.run(town_hall, goal, full=full)
        rows = {r.label: r for r in syncs.rows_of(town_hall.store, run.plan)}
        assert rows[one.email].fate is Fate.SKIPPED
        assert "asked us to" in rows[one.email].why
    assert phone(city, one) is None
    assert phone(city, two) == "+1555010001"


async def test_retry_takes_only_what_waits(
    town_hall: House, city: Servers, decisions: Decisions
) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    plan, rows = await planned(town_hall, goal)
    with pytest.raises(BadInput, match="was not tried yet"):
        decisions.to_retry(goal.name, "1")
    city.write_profile(one.sid, vars={"phone": "by hand"})
    await syncs.run(town_hall, goal, plan=plan.id)
    assert decisions.to_retry(goal.name) == (str(one.person),)
    for number in ("0", "-1", "999", "9" * 30, "9" * 5000, "one", "²"):
        with pytest.raises(BadInput, match="has no row"):
            decisions.to_retry(goal.name, number)
    city.write_profile(one.sid, vars={"phone": None})
    run = await syncs.run(town_hall, goal, why="retry", only=decisions.to_retry(goal.name))
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.label, row.state) == (one.email, RowState.DONE)
    assert phone(city, one) == "+1555010000"
    assert decisions.to_retry(goal.name) == ()
    assert len(rows) == len((one, two))
