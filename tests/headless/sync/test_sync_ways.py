"""Every way of writing, and every way a service may refuse or fail it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.wiring import House
from desktop.model.goal import Effects, Flows, Goal
from desktop.model.mapping import MappingRow, Operator
from desktop.model.plan import Fate, PlanRow, RowState
from desktop.model.run import RunState
from desktop.settings import sync_settings
from desktop.store.feeds import USERS
from desktop.sync.decide import Decisions
from tests.faults import syncs
from tests.faults.home import agents, make_home, opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock


@pytest.fixture
def account(city: Servers) -> Iterator[Servers]:
    """Whose switches are put back by the next reset."""
    yield city
    city.quiet()


def calls(city: Servers, since: int, path: str, method: str = "") -> list[dict[str, object]]:
    asked = syncs.requests(city, since)
    return [r for r in asked if path in r["path"] and r["method"].startswith(method)]


async def test_a_hundred_a_call_and_one_job(town_hall: House, city: Servers) -> None:
    """Nothing is asked or written one by one that a service takes in hundreds."""
    syncs.people(city, 102)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    count = len(syncs.requests(city))
    run = await syncs.run(town_hall, goal)
    assert run.totals["updated"] == 102
    assert len(syncs.writes(syncs.requests(city, count))) == 2
    # Planned, compared and read back: two pages of a hundred each time.
    assert len(calls(city, count, "/users/show_many")) == 6
    back = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    count = len(syncs.requests(city))
    assert (await syncs.run(town_hall, back)).totals["updated"] == 102
    assert [r["path"] for r in syncs.writes(syncs.requests(city, count))] == ["/job"]


async def test_where_bulk_import_is_off_one_by_one(town_hall: House, account: Servers) -> None:
    """`create_or_update_many` is refused until Zendesk switches it on; updates go on in jobs."""
    account.control("POST", "account", {"bulk_import": "off"})
    made = [account.make_profile(f"new{n}@{syncs.DOMAIN}", lists={syncs.LIST: 1}) for n in range(3)]
    (known,) = syncs.people(account, 1)

    def creating(goal: Goal) -> Goal:
        rows = (*goal.mapping, MappingRow("email", "external_id"))
        return replace(goal, effects=Effects(create_missing=True), mapping=rows[:3])

    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK, creating)
    run = await syncs.run(town_hall, goal)
    rows = syncs.rows_of(town_hall.store, run.plan)
    # The export of a list has no addresses: nobody can be made from it.
    assert {r.fate for r in rows if r.source_id in made} == {Fate.SKIPPED}
    assert next(r for r in rows if r.label != "" and r.target_id == str(known.person)).fate
    assert run.state is RunState.DONE


async def test_where_update_jobs_are_refused_one_by_one(town_hall: House, account: Servers) -> None:
    made = syncs.people(account, 3)
    account.control(
        "POST", "fault", {"spec": "zendesk:PUT /api/v2/users/update_many*:403", "times": None}
    )
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    count = len(syncs.requests(account))
    run = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, account, run) == []
    puts = [r for r in calls(account, count, "/api/v2/users/", "PUT") if "many" not in r["path"]]
    assert len(puts) == len(made)


async def test_an_account_that_refuses_lines_by_sid(town_hall: House, account: Servers) -> None:
    """The job's lines are skipped without a word: seen by reading back, then posted singly."""
    account.control("POST", "account", {"job_sid": "off"})
    made = syncs.people(account, 4, unknown=1)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    count = len(syncs.requests(account))
    run = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, account, run) == []
    rows = syncs.rows_of(town_hall.store, run.plan)
    # The line by address was taken: it is ours, and said to be.
    assert {r.state for r in rows} == {RowState.DONE}
    posts = calls(account, count, "/user", "POST")
    assert len(posts) == len(made) - 1


async def test_a_list_change_is_not_posted_where_no_flow_may_start(
    town_hall: House, account: Servers
) -> None:
    account.control("POST", "account", {"job_sid": "off"})
    syncs.people(account, 2)

    def joining(goal: Goal) -> Goal:
        return replace(goal, effects=Effects(add_to_lists=("Fresh",)), flows=Flows.NOT_STARTED)

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, joining)
    count = len(syncs.requests(account))
    run = await syncs.run(town_hall, goal)
    assert run.totals["failed"] == 2
    assert calls(account, count, "/user", "POST") == []
    rows = syncs.rows_of(town_hall.store, run.plan)
    assert all("does not take jobs by profile id" in r.detail for r in rows)


@pytest.mark.parametrize("kind", ["stuck-job", "failed-job"])
@pytest.mark.parametrize("name", [syncs.TO_SAILTHRU, syncs.TO_ZENDESK])
async def test_a_job_that_fails_or_never_ends(
    town_hall: House, account: Servers, name: str, kind: str
) -> None:
    """The rows say so, none is taken for written, and the next run does it."""
    syncs.people(account, 3)
    where = (
        "zendesk:PUT /api/v2/users/update_many*"
        if name == syncs.TO_ZENDESK
        else "sailthru:POST /job"
    )
    goal = syncs.goal_for(town_hall, name)
    if name == syncs.TO_ZENDESK:
        account.fault(f"{where}:{kind}")
    else:
        # The export is a job too, and comes first.
        account.control("POST", "fault", {"spec": f"{where}:{kind}", "times": 1})
    run = await syncs.run(town_hall, goal)
    assert run.state is RunState.DONE
    rows = syncs.rows_of(town_hall.store, run.plan)
    assert [r.detail for r in rows if r.state is not RowState.FAILED] == []
    assert sum(run.totals.values()) == 3
    assert syncs.audited(town_hall.store, goal.name) == {}
    again = await syncs.run(town_hall, goal)
    assert syncs.troubles_of(town_hall.store, account, again) == []
    assert again.totals["updated"] == 3


@pytest.mark.parametrize("kind", ["timeout=0.2", "reset", "500"])
async def test_a_post_that_was_not_applied_is_never_taken_for_written(
    town_hall: House, account: Servers, kind: str
) -> None:
    syncs.people(account, 2)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    account.fault(f"sailthru:POST /user:{kind}")
    run = await syncs.run(town_hall, goal)
    if run.state is RunState.FAILED:
        run = await syncs.run(town_hall, goal, resume=run.id)
    wrote = [r for r in syncs.rows_of(town_hall.store, run.plan) if syncs.was_written(r)]
    assert sum(syncs.audited(town_hall.store, goal.name).values()) == len(wrote)
    again = await syncs.run(town_hall, goal)
    assert again.totals["updated"] == 2 - len(wrote)
    assert syncs.troubles_of(town_hall.store, account, again) == []


@pytest.mark.parametrize("kind", ["timeout-after=0.2", "reset-after", "500-after", "cut"])
async def test_a_post_whose_answer_was_lost_is_settled_by_reading(
    town_hall: House, account: Servers, kind: str
) -> None:
    syncs.people(account, 2)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    account.fault(f"sailthru:POST /user:{kind}")
    run = await syncs.run(town_hall, goal)
    assert run.totals["updated"] == 2, run.error
    assert syncs.troubles_of(town_hall.store, account, run) == []


async def test_a_profile_that_shows_late_is_accepted_then_confirmed(
    town_hall: House, account: Servers
) -> None:
    """Accepted is not the last value both had, until the next plan has seen it."""
    (one,) = syncs.people(account, 1)
    goal = syncs.goal_for(town_hall, syncs.BY_POSTS)
    account.control("POST", "fault", {"spec": "sailthru:GET /user:stale=30", "times": None})
    run = await syncs.run(town_hall, goal)
    account.quiet()
    (row,) = syncs.rows_of(town_hall.store, run.plan)
    assert row.state is RowState.ACCEPTED
    assert town_hall.store.memory.synced(goal.name, [one.sid]) == {}
    assert town_hall.store.memory.waiting(goal.name) == 0
    again = await syncs.run(town_hall, goal)
    assert (again.totals["unchanged"], again.totals["updated"]) == (1, 0)
    known = town_hall.store.memory.synced(goal.name, [one.sid])[one.sid]
    assert known["vars.zendesk_id"] == one.person
    assert town_hall.store.memory.again(goal.name) == ()


async def test_a_line_that_the_job_lost_is_written_by_the_next_run(
    town_hall: House, account: Servers
) -> None:
    """More rows than are read back: one is skipped silently and put right later."""
    made = syncs.people(account, 206)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    run = await syncs.run(town_hall, goal)
    rows = syncs.rows_of(town_hall.store, run.plan)
    accepted = [r for r in rows if r.state is RowState.ACCEPTED]
    assert len(accepted) == 6
    lost = accepted[0]
    # As if its line had never been applied.
    account.write_profile(lost.target_id, vars={"zendesk_id": None, "phone": None})
    again = await syncs.run(town_hall, goal)
    assert (again.totals["updated"], again.totals["unchanged"]) == (1, 5)
    profile = account.profile(lost.target_id)
    assert profile is not None
    assert profile["vars"]["zendesk_id"] == int(lost.source_id)
    assert len(made) == 206


async def test_sums_count_each_ticket_once(town_hall: House, account: Servers) -> None:
    (one,) = syncs.people(account, 1)

    def summing(goal: Goal) -> Goal:
        return replace(goal, mapping=(MappingRow("ticket_count", "vars.tickets", Operator.SUM),))

    account.write_profile(one.sid, vars={"tickets": 10})
    goal = syncs.goal_for(town_hall, syncs.TICKETS, summing)

    async def after(**asked: object) -> object:
        await syncs.run(town_hall, goal, **asked)
        profile = account.profile(one.sid)
        assert profile is not None
        return profile["vars"]["tickets"]

    assert await after() == 11
    assert await after(full=True) == 11
    syncs.ticket(account, one.person)
    syncs.ticket(account, one.person)
    # The job is applied, its answer is lost: found by reading, not added again.
    account.fault("sailthru:POST /job:timeout-after=0.2")
    await after()
    account.quiet()
    assert await after(full=True) == 13
    assert await after(full=True) == 13


async def test_a_sum_whose_job_was_given_up_counts_once_whenever_it_lands(
    town_hall: House, account: Servers
) -> None:
    """Nothing is added while the job may still do it; what it did is read; else a person says."""
    one, two = syncs.people(account, 2)

    def summing(goal: Goal) -> Goal:
        return replace(goal, mapping=(MappingRow("ticket_count", "vars.tickets", Operator.SUM),))

    def tickets(pair: syncs.Pair) -> object:
        profile = account.profile(pair.sid)
        assert profile is not None
        return profile["vars"].get("tickets")

    async def after(**asked: object) -> list[PlanRow]:
        run = await syncs.run(town_hall, goal, **asked)
        return sorted(syncs.rows_of(town_hall.store, run.plan), key=lambda row: row.label)

    goal = syncs.goal_for(town_hall, syncs.TICKETS, summing)
    await after()
    for pair in (one, two):
        syncs.ticket(account, pair.person)
    # Longer than the run is patient, by a clock that whoever sleeps moves.
    town_hall.live.change({sync_settings.JOB_MINUTES.key: 1})
    account.control("POST", "account", {"job_ms": 4000})
    assert {row.state for row in await after()} == {RowState.FAILED}
    syncs.ticket(account, one.person)
    count = len(syncs.requests(account))
    assert {row.fate for row in await after()} == {Fate.SKIPPED}
    assert syncs.writes(syncs.requests(account, count)) == []
    account.control("POST", "account", {"job_ms": 20})
    for _ in range(200):
        if (tickets(one), tickets(two)) == (2, 2):
            break
        await asyncio.sleep(0.1)
    account.write_profile(two.sid, vars={"tickets": 50})
    added, unclear = await after()
    assert (added.state, tickets(one)) == (RowState.DONE, 3)
    assert (unclear.fate, tickets(two)) == (Fate.CORRECTION, 50)
    assert "2 with it and 1 without, and is 50" in unclear.why
    decisions = Decisions(town_hall.store, town_hall.ground.clock)
    only = decisions.to_retry(goal.name, str(unclear.row))
    assert [row.state for row in await after(only=only, why="retry")] == [RowState.DONE]
    assert tickets(two) == 51
    assert {row.fate for row in await after(full=True)} == {Fate.UNCHANGED}


async def test_add_and_set_if_empty(town_hall: House, account: Servers) -> None:
    one, two = syncs.people(account, 2)
    account.write_profile(one.sid, vars={"langs": ["de"], "first_name": "Countess"})
    for pair in (one, two):
        account.write_person(pair.person, tags=["de", "fr"])

    def adding(goal: Goal) -> Goal:
        rows = (
            MappingRow("tags", "vars.langs", Operator.ADD),
            MappingRow("first_name", "vars.first_name", Operator.SET_IF_EMPTY),
        )
        return replace(goal, mapping=rows)

    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, adding)
    run = await syncs.run(town_hall, goal)
    assert run.totals["updated"] == 2
    profiles = [account.profile(pair.sid) for pair in (one, two)]
    kept = [{k: p["vars"].get(k) for k in ("langs", "first_name")} for p in profiles if p]
    assert kept == [
        {"langs": ["de", "fr"], "first_name": "Countess"},
        {"langs": ["de", "fr"], "first_name": "Ada"},
    ]
    assert (await syncs.run(town_hall, goal, full=True)).totals["updated"] == 0


@pytest.fixture
def agents_home(account: Servers, tmp_path: Path) -> Path:
    make_home(tmp_path / "agent", agents(account.document))
    return tmp_path / "agent"


async def test_an_agent_reads_the_slower_way(
    account: Servers, agents_home: Path, clock: ManualClock
) -> None:
    """Zendesk's exports are for admins; the search finds everybody but the deleted."""
    made = syncs.people(account, 3)
    async with opened(agents_home, agents(account.document), clock=clock, for_runs=True) as house:
        goal = syncs.goal_for(house, syncs.TO_SAILTHRU, lambda g: replace(g, flows=Flows.MAY_START))
        run = await syncs.run(house, goal)
        assert syncs.troubles_of(house.store, account, run) == []
        assert run.totals["updated"] == len(made)
        # An admin who comes later still has to be told who was deleted.
        feed = house.store.feeds.feed(USERS)
        assert (feed.ended_at is None, feed.whole_from) == (False, None)
    assert "Forbidden" not in json.dumps(run.error)


async def test_the_old_opt_out_level_stays_and_is_never_set(
    town_hall: House, city: Servers
) -> None:
    one, two = syncs.people(city, 2)
    city.write_profile(one.sid, optout_email="blast")

    def levels(goal: Goal) -> Goal:
        return replace(goal, mapping=(MappingRow("user_fields.sailthru_optout", "optout"),))

    for pair in (one, two):
        city.write_person(pair.person, user_fields={"sailthru_optout": "blast"})
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU, levels)
    run = await syncs.run(town_hall, goal)
    rows = {row.label: row for row in syncs.rows_of(town_hall.store, run.plan)}
    assert rows[one.email].fate is Fate.UNCHANGED
    assert (rows[two.email].fate, "no opt-out level" in rows[two.email].why) == (
        Fate.CORRECTION,
        True,
    )
    assert (city.profile(two.sid) or {})["optout_email"] == "none"
