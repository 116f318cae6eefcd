"""Each preset end to end over real HTTP; what it did is read by a witness."""

import pytest

from desktop.app.wiring import House
from desktop.model.plan import Fate, RowState
from desktop.model.run import RunState
from tests.faults import syncs
from tests.faults.servers import Servers


@pytest.mark.parametrize("name", syncs.ALL)
async def test_a_preset_does_what_its_plan_says_once(
    town_hall: House, city: Servers, name: str
) -> None:
    made = syncs.people(city, 7, unknown=2)
    goal = syncs.goal_for(town_hall, name)
    run = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, city, run) == []
    rows = syncs.rows_of(town_hall.store, run.plan)
    wrote = [r for r in rows if syncs.was_written(r)]
    assert len(wrote) == (7 if name in (syncs.TO_SAILTHRU, syncs.BY_POSTS) else 5)
    assert all(r.state is RowState.DONE for r in wrote)
    assert town_hall.store.memory.exchanged(goal.name) == len(wrote)
    # Nothing the second time, also when everything is looked at.
    count = len(syncs.requests(city))
    for full in (False, True):
        again = await syncs.run(town_hall, goal, full=full)
        assert (again.state, again.error) == (RunState.DONE, "")
        assert again.totals["created"] + again.totals["updated"] == 0
    assert syncs.writes(syncs.requests(city, count)) == []
    assert made


async def test_what_a_ticket_says_arrives_in_the_profile(town_hall: House, city: Servers) -> None:
    (one,) = syncs.people(city, 1)
    last = syncs.ticket(city, one.person, priority="high")
    run = await syncs.run(town_hall, syncs.goal_for(town_hall, syncs.TICKETS))
    assert run.totals["updated"] == 1
    profile = city.profile(one.sid)
    assert profile is not None
    kept = {k: v for k, v in profile["vars"].items() if "ticket" in k}
    assert kept.pop("last_ticket_created_time")
    assert kept == {
        "last_ticket_id": last,
        "last_ticket_status": "new",
        "last_ticket_priority": "high",
        "ticket_count": 2,
    }


async def test_the_box_makes_a_profile_on_no_list(town_hall: House, city: Servers) -> None:
    (one,) = syncs.people(city, 1, unknown=1)
    run = await syncs.run(town_hall, syncs.goal_for(town_hall, syncs.TO_SAILTHRU))
    assert run.totals["created"] == 1
    profile = city.profile(one.email)
    assert profile is not None
    assert not profile["lists"]
    assert profile["vars"] == {
        "first_name": "Ada",
        "last_name": "0 Lovelace",
        "phone": "+1555010000",
        "zendesk_id": one.person,
    }
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert (row.fate, row.evidence) == (Fate.CREATE, "none needed: on no list")


async def test_tags_are_added_to_those_there_are(town_hall: House, city: Servers) -> None:
    (one,) = syncs.people(city, 1)
    city.write_person(one.person, tags=["vip", "lisbon"])
    run = await syncs.run(town_hall, syncs.goal_for(town_hall, syncs.HIGH_VALUE))
    assert run.totals["updated"] == 1
    assert sorted(city.person(one.person)["tags"]) == ["lisbon", "sailthru_highvalue", "vip"]
    plan = town_hall.store.plans.get(run.plan or "")
    assert {(n.consequence.value, n.people) for n in plan.noticed} == {("tickets", 1)}
