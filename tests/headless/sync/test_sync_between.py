"""What others do between a plan and its run is never written over: the row waits, and says why."""

from dataclasses import replace

import pytest

from desktop.app.runs import runner_of
from desktop.app.wiring import House
from desktop.kit.errors import Conflict, NotFound
from desktop.model.goal import Effects, Flows, Goal
from desktop.model.mapping import MappingRow
from desktop.model.plan import Fate, Plan, PlanRow, RowState
from desktop.model.run import RunState
from tests.faults import syncs
from tests.faults.servers import Servers

EVERY_WAY = (syncs.TO_SAILTHRU, syncs.BY_POSTS, syncs.TO_ZENDESK)


async def planned(house: House, goal: Goal) -> Plan:
    return await runner_of(house, goal.name).preview(goal, "Ada Admin")


async def applied(house: House, goal: Goal, plan: Plan) -> dict[str, PlanRow]:
    run = await syncs.run(house, goal, plan=plan.id)
    assert run.state is RunState.DONE
    rows = syncs.rows_of(house.store, plan.id)
    assert sum(run.totals.values()) == len(rows)
    return {row.label: row for row in rows}


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_a_foreign_value_stays(town_hall: House, city: Servers, name: str) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, name)
    plan = await planned(town_hall, goal)
    if name == syncs.TO_ZENDESK:
        city.write_person(one.person, user_fields={"sailthru_optout": "by hand"})
    else:
        city.write_profile(one.sid, vars={"phone": "by hand"})
    rows = await applied(town_hall, goal, plan)
    assert rows[one.email].state is RowState.PARKED
    assert "by hand" in rows[one.email].detail
    assert rows[two.email].state is RowState.DONE
    if name == syncs.TO_ZENDESK:
        fields = city.person(one.person)["user_fields"]
        assert (fields["sailthru_optout"], fields.get("sailthru_profile_id")) == ("by hand", None)
    else:
        profile = city.profile(one.sid)
        assert profile is not None
        assert profile["vars"]["phone"] == "by hand"
        assert "zendesk_id" not in profile["vars"]
    # It is not forgotten: the next plan looks at it again although its source did not change.
    assert len(town_hall.store.memory.again(goal.name)) == 1


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_what_somebody_did_already_is_not_sent(
    town_hall: House, city: Servers, name: str
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, name)
    plan = await planned(town_hall, goal)
    (row,) = syncs.rows_of(town_hall.store, plan.id)
    for change in row.sent:
        kind, _, key = change.field.partition(".")
        if kind == "tags":
            city.write_person(one.person, tags=[key])
        elif kind == "user_fields":
            city.write_person(one.person, user_fields={key: change.new})
        else:
            city.write_profile(one.sid, vars={key: change.new})
    count = len(syncs.requests(city))
    rows = await applied(town_hall, goal, plan)
    assert rows[one.email].state is RowState.SAME
    assert syncs.writes(syncs.requests(city, count)) == []
    assert syncs.audited(town_hall.store, goal.name) == {}


@pytest.mark.parametrize("name", [syncs.TO_SAILTHRU, syncs.BY_POSTS])
async def test_a_profile_made_meanwhile_is_not_overwritten(
    town_hall: House, city: Servers, name: str
) -> None:
    (one,) = syncs.people(city, 1, unknown=1)
    goal = syncs.goal_for(town_hall, name)
    plan = await planned(town_hall, goal)
    city.make_profile(one.email, vars={"phone": "theirs"})
    rows = await applied(town_hall, goal, plan)
    assert (rows[one.email].fate, rows[one.email].state) == (Fate.CREATE, RowState.PARKED)
    assert "made it meanwhile" in rows[one.email].detail
    profile = city.profile(one.email)
    assert profile is not None
    assert profile["vars"] == {"phone": "theirs"}


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_who_is_gone_is_not_made_again(town_hall: House, city: Servers, name: str) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, name)
    plan = await planned(town_hall, goal)
    if name == syncs.TO_ZENDESK:
        status, _ = city.ask_zendesk("DELETE", f"/api/v2/users/{one.person}.json")
        assert status == 200
    else:
        city.delete_profile(one.sid)
    rows = await applied(town_hall, goal, plan)
    assert rows[one.email].state is RowState.PARKED
    assert "not there any more" in rows[one.email].detail
    assert rows[two.email].state is RowState.DONE
    if name != syncs.TO_ZENDESK:
        assert city.profile(one.email) is None


async def test_a_merged_person_is_parked_and_found_anew(town_hall: House, city: Servers) -> None:
    one, two = syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    plan = await planned(town_hall, goal)
    status, body = city.ask_zendesk(
        "PUT", f"/api/v2/users/{one.person}/merge.json", {"user": {"id": two.person}}
    )
    assert status == 200, body
    rows = await applied(town_hall, goal, plan)
    assert rows[one.email].state is RowState.PARKED
    assert rows[two.email].state is RowState.DONE
    again = await syncs.run(town_hall, goal)
    assert again.state is RunState.DONE
    assert again.totals["updated"] == 0


async def test_a_list_that_is_gone_stops_before_anything(town_hall: House, city: Servers) -> None:
    syncs.people(city, 2)
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_ZENDESK,
        lambda g: replace(g, source=replace(g.source, lists=("Renamed",))),
    )
    count = len(syncs.requests(city))
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.error_code) == (RunState.FAILED, "not_found")
    assert "Renamed" in run.error
    assert syncs.writes(syncs.requests(city, count)) == []
    with pytest.raises(NotFound):
        await planned(town_hall, goal)


async def test_a_field_that_zendesk_does_not_have_is_said(town_hall: House, city: Servers) -> None:
    syncs.people(city, 1)
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_ZENDESK,
        lambda g: replace(g, mapping=(*g.mapping, MappingRow("sid", "user_fields.nowhere"))),
    )
    run = await syncs.run(town_hall, goal)
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    (change,) = [c for c in row.changes if c.field == "user_fields.nowhere"]
    assert (change.applies, row.state) == (False, RowState.DONE)
    assert "no user field" in change.reason


async def test_a_field_whose_type_changed_needs_correction(town_hall: House, city: Servers) -> None:
    syncs.people(city, 1)
    told = {"user_field": {"key": "shoe_day", "title": "Shoe", "type": "date"}}
    assert city.ask_zendesk("POST", "/api/v2/user_fields.json", told)[0] == 201
    goal = syncs.goal_for(
        town_hall,
        syncs.TO_ZENDESK,
        lambda g: replace(g, mapping=(MappingRow("vars.shoe", "user_fields.shoe_day"),)),
    )
    run = await syncs.run(town_hall, goal)
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.fate, row.state) == (Fate.CORRECTION, RowState.PARKED)
    assert row.cause
    assert run.totals["parked"] == 1


async def test_joining_a_list_makes_the_list_first(town_hall: House, city: Servers) -> None:
    one, _ = syncs.people(city, 2, unknown=1)

    def change(goal: Goal) -> Goal:
        effects = Effects(create_missing=True, add_to_lists=("Fresh",))
        return replace(goal, effects=effects, flows=Flows.MAY_START)

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, change)
    run = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, city, run) == []
    profile = city.profile(one.email)
    assert profile is not None
    assert list(profile["lists"]) == ["Fresh"]


async def test_only_an_open_plan_of_the_same_goal_is_run(town_hall: House, city: Servers) -> None:
    syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    other = syncs.goal_for(town_hall, syncs.HIGH_VALUE)
    plan = await planned(town_hall, goal)
    with pytest.raises(Conflict, match="one of"):
        await syncs.run(town_hall, other, plan=plan.id)
    run = await syncs.run(town_hall, goal, plan=plan.id)
    with pytest.raises(Conflict, match="applied"):
        await syncs.run(town_hall, goal, plan=plan.id)
    with pytest.raises(Conflict, match="cannot go on"):
        await syncs.run(town_hall, goal, resume=run.id)
    assert [r.id for r in town_hall.store.runs.of_goal(None)] == [run.id]
