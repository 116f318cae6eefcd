"""What goes wrong on the wire and on the disk: nothing lost, nothing twice, nothing false.

Time is the test's own, so that every wait is a moment; the disk and the services are real.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest

from desktop.app.runs import runner_of, tools_of
from desktop.app.wiring import House
from desktop.kit.clock import SystemClock
from desktop.kit.errors import StoreKnown
from desktop.model.goal import Goal
from desktop.model.plan import Plan, RowState
from desktop.model.run import Run, RunState
from desktop.store.hand import Hand
from desktop.store.store import Store
from desktop.sync.extract import Extract
from desktop.sync.planning import Order, Planning
from desktop.writing.standing import Standing
from desktop.writing.work import sorted_out
from tests.faults import syncs
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock

T = TypeVar("T")
_TRIES = 25

# A quarter of the app's requests go wrong in this way.
WIRE = (
    "429=1", "429-bare", "423", "409", "500", "502", "503=1", "503", "504", "500-after",
    "timeout=0.05", "timeout-after=0.05", "reset", "reset-after", "truncated", "cut", "html",
    "wrong-type", "error-200", "stale=1", "slow=0.2",
)  # fmt: skip
CASES = [(kind, name) for kind, name in zip(WIRE, cycle(syncs.ALL), strict=False)]


@pytest.fixture
def rough(city: Servers) -> Iterator[Servers]:
    yield city
    city.quiet()


async def to_the_end(house: House, goal: Any, turn: Callable[[int], object] = id) -> Any:
    """Run it, and go on with it, as often as it takes; `turn` hears which try it is."""
    run = await syncs.run(house, goal)
    for number in range(_TRIES):
        if run.state is RunState.DONE:
            break
        assert run.state is RunState.FAILED, run
        assert run.error, "a run that failed says why"
        turn(number)
        run = await syncs.run(house, goal, resume=run.id)
    return run


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_a_wire_that_fails_every_few_requests(
    town_hall: House, rough: Servers, clock: ManualClock, kind: str, name: str
) -> None:
    syncs.people(rough, 6, unknown=1)
    if "stale" in kind:
        # Only what the run itself writes is to show late.
        await asyncio.sleep(1.1)
    goal = syncs.goal_for(town_hall, name)

    def turn(number: int) -> None:
        # Not always the same request of those that are made again.
        rough.quiet()
        clock.advance(61)
        for service in ("sailthru", "zendesk"):
            spec = f"{service}:* *:{kind}@{4 + number % 3}"
            rough.control("POST", "fault", {"spec": spec, "times": None})

    turn(0)
    run = await to_the_end(town_hall, goal, turn)
    rough.quiet()
    assert run.state is RunState.DONE
    # What was accepted without being seen, or refused, is put right by the next runs.
    for _ in range(3):
        clock.advance(120)
        again = await to_the_end(town_hall, goal)
    assert again.totals["parked"] + again.totals["failed"] == 0, again
    told = syncs.audited(town_hall.store, goal.name)
    assert len(told) == (6 if name in (syncs.TO_SAILTHRU, syncs.BY_POSTS) else 5)
    assert set(told.values()) == {1}
    assert town_hall.store.audit.verify().broken_at is None
    count = len(syncs.requests(rough))
    await syncs.run(town_hall, goal, full=True)
    assert syncs.writes(syncs.requests(rough, count)) == []


async def previewed(house: House, servers: Servers, name: str) -> tuple[Goal, Plan]:
    """A sync of three people, with a preview of what it writes."""
    syncs.people(servers, 3)
    goal = syncs.goal_for(house, name)
    return goal, await runner_of(house, goal.name).preview(goal, "Ada Admin")


BULK = {syncs.TO_SAILTHRU: "sailthru:POST /job", syncs.TO_ZENDESK: "zendesk:PUT *update_many*"}


@pytest.mark.parametrize("name", BULK)
async def test_a_bulk_write_that_collides_is_read_again_and_tried_three_times_more(
    town_hall: House, rough: Servers, clock: ManualClock, name: str
) -> None:
    goal, plan = await previewed(town_hall, rough, name)
    rough.control("POST", "fault", {"spec": f"{BULK[name]}:409", "times": 3})
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), run.error
    assert set(syncs.audited(town_hall.store, goal.name).values()) == {1}


@pytest.mark.parametrize("kind", ["500", "500-after", "reset", "reset-after", "timeout-after=0.05"])
@pytest.mark.parametrize("name", BULK)
async def test_a_bulk_write_that_nobody_answers_is_read_again_and_told_once(
    town_hall: House, rough: Servers, clock: ManualClock, name: str, kind: str
) -> None:
    goal, plan = await previewed(town_hall, rough, name)
    rough.control("POST", "fault", {"spec": f"{BULK[name]}:{kind}", "times": 2})
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3), (run.error, run.totals)
    told = syncs.audited(town_hall.store, goal.name)
    assert len(told) == 3
    assert set(told.values()) == {1}
    count = len(syncs.requests(rough))
    await syncs.run(town_hall, goal, full=True)
    assert syncs.writes(syncs.requests(rough, count)) == []


async def test_what_was_sent_without_an_answer_is_ours_when_it_shows_later(
    town_hall: House, rough: Servers
) -> None:
    goal, plan = await previewed(town_hall, rough, syncs.TO_ZENDESK)
    store = town_hall.store.applying
    rows = store.next_rows(plan.id, 10)
    batch = store.begin_batch(plan.id, "update", [row.row for row in rows], 1.0)
    hand = Hand("1", plan.id, goal.name, goal.title, goal.target, "Ada Admin", frozenset())
    store.give_back(hand, batch, maybe_sent=True)
    again = store.next_rows(plan.id, 10)
    assert [row.maybe_sent for row in again] == [True] * 3
    there = {
        row.row: Standing(
            goal.target, row.target_id, row.label, row.address, {c.field: c.new for c in row.sent}
        )
        for row in again
    }
    send, closed = sorted_out(again, there)
    assert not send
    assert [end.state for end in closed] == [RowState.DONE] * 3


async def test_a_bulk_write_that_always_collides_ends_the_run(
    town_hall: House, rough: Servers, clock: ManualClock
) -> None:
    goal, plan = await previewed(town_hall, rough, syncs.TO_ZENDESK)
    rough.control("POST", "fault", {"spec": f"{BULK[syncs.TO_ZENDESK]}:409", "times": None})
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.state, run.error_code) == (RunState.FAILED, "conflict")
    rough.quiet()
    run = await syncs.run(town_hall, goal, resume=run.id)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 3)


@pytest.mark.parametrize("asked", [{"full": True}, {"only": ("1",)}])
async def test_a_run_that_ended_before_its_plan_goes_on_reading_what_it_was_to_read(
    town_hall: House, rough: Servers, clock: ManualClock, asked: dict[str, Any]
) -> None:
    syncs.people(rough, 4)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    first = await syncs.run(town_hall, goal)
    assert (first.state, first.totals["updated"]) == (RunState.DONE, 4)
    if "only" in asked:
        rows = town_hall.store.plans.rows(first.plan or "", limit=10)
        asked = {"only": (rows[0].source_id,)}
    clock.advance(120)
    rough.control("POST", "fault", {"spec": "sailthru:* *:500", "times": None})
    broken = await syncs.run(town_hall, goal, **asked)
    assert (broken.state, broken.plan) == (RunState.FAILED, None)
    rough.quiet()
    clock.advance(120)
    run = await syncs.run(town_hall, goal, resume=broken.id)
    assert run.state is RunState.DONE
    assert sum(run.totals.values()) == (4 if "full" in asked else 1), run.totals


async def trouble_of(running: Awaitable[Run]) -> str:
    """What a run says of its trouble, or why not even that could be kept."""
    try:
        return (await running).error
    except StoreKnown as error:
        return error.title


class _Breaking:
    """A connection whose Nth statement from now on fails, as on a disk with a fault."""

    def __init__(self, real: sqlite3.Connection, left: list[int]) -> None:
        self._real = real
        self._left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, values: Any = ()) -> Any:
        if not sql.startswith(("PRAGMA", "ROLLBACK")):
            self._left[0] -= 1
            if self._left[0] == 0:
                raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(sql, values)

    def executemany(self, sql: str, values: Any) -> Any:
        self._left[0] -= 1
        if self._left[0] == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.executemany(sql, values)


def break_at(store: Store, number: int) -> list[int]:
    """From now on the Nth statement on our file fails; what is left of the count."""
    left = [number]
    database = store.fairlead
    opening = database._connected
    database.close()
    database._connected = lambda path: _Breaking(opening(path), left)  # type: ignore[method-assign, assignment, return-value]
    return left


@pytest.mark.parametrize("name", [syncs.BY_POSTS, syncs.TO_ZENDESK])
@pytest.mark.parametrize("number", [3, 19, 27, 43, 59, 83])
async def test_the_nth_statement_fails(
    rough: Servers, city_home: Path, name: str, number: int
) -> None:
    """Whatever statement fails, what was written is known afterwards and nothing is done twice."""
    syncs.people(rough, 3)
    async with opened(city_home, rough.document, clock=ManualClock(), for_runs=True) as house:
        goal = syncs.goal_for(house, name)
        left = break_at(house.store, number)
        with suppress(StoreKnown):
            run = await syncs.run(house, goal)
            assert run.state in (RunState.FAILED, RunState.DONE)
        assert left[0] <= 0, "the run has more statements than that"
    async with opened(city_home, rough.document, clock=ManualClock(), for_runs=True) as house:
        runs = house.store.runs.of_goal(goal.name, 1)
        resume = runs[0].id if runs and runs[0].state is not RunState.DONE else None
        done = await syncs.run(house, goal, resume=resume)
        assert done.state is RunState.DONE
        told = syncs.audited(house.store, goal.name)
        assert set(told.values()) == {1}
        assert len(told) == 3
        assert house.store.audit.verify().broken_at is None


@pytest.mark.parametrize("at", ["extracted", "planned", "claimed", "answered"])
async def test_a_full_disk_says_so_and_the_run_goes_on_later(
    town_hall: House, city: Servers, at: str
) -> None:
    syncs.people(city, 30)
    goal = syncs.goal_for(town_hall, syncs.TO_SAILTHRU)
    database = town_hall.store.fairlead

    def fill(passed: str) -> None:
        if passed == at:
            pages = database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
            database.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    assert "full" in await trouble_of(syncs.run(town_hall, goal, checkpoint=fill))
    database.close()
    (left,) = town_hall.store.runs.of_goal(goal.name)
    done = await syncs.run(town_hall, goal, resume=left.id)
    assert syncs.troubles_of(town_hall.store, city, done) == []
    assert done.totals["updated"] == 30


async def test_rows_of_an_export_that_cannot_be_read_are_rows_of_the_plan(
    town_hall: House, city: Servers
) -> None:
    syncs.people(city, 2)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    tools = tools_of(town_hall)
    lists = await Extract(tools).for_goal(goal)
    order = Order(goal, "Ada", lists, unread=("Loyal, line 7: 3 columns, not 9",))
    plan = await Planning(tools).make(order)
    assert plan.totals["parked"] == 1
    first = syncs.rows_of(town_hall.store, plan.id)[0]
    assert (first.why, first.cause) == (
        "Loyal, line 7: 3 columns, not 9",
        "a row of the export cannot be read",
    )
    run = await syncs.run(town_hall, goal, plan=plan.id)
    assert (run.totals["parked"], run.totals["updated"]) == (1, 2)


async def test_two_readings_of_one_list_take_nobody_away(town_hall: House, city: Servers) -> None:
    """Another process begins a newer export: that one tells who has left, not the older one."""
    made = syncs.people(city, 3)
    goal = syncs.goal_for(town_hall, syncs.TO_ZENDESK)
    await Extract(tools_of(town_hall)).for_goal(goal)
    feeds = town_hall.store.feeds
    feeds.set_cursor(f"list {syncs.LIST}", "newer-job vars")
    assert feeds.end_list(syncs.LIST, "older-job", 1.0, whole=True) == 0
    assert feeds.count(f"list {syncs.LIST}") == len(made)
    assert feeds.end_list(syncs.LIST, "newer-job", 1.0, whole=False) == 0
    assert feeds.count(f"list {syncs.LIST}") == len(made)
    feeds.set_cursor(f"list {syncs.LIST}", "newest-job vars")
    assert feeds.end_list(syncs.LIST, "newest-job", 1.0, whole=True) == len(made)


async def test_after_an_expired_cursor_only_what_is_new_is_read(
    town_hall: House, rough: Servers
) -> None:
    begun = town_hall.ground.clock.now()
    (one,) = syncs.people(rough, 1)
    goal = syncs.goal_for(town_hall, syncs.TICKETS)
    await syncs.run(town_hall, goal)
    for name in ("zendesk users", "zendesk tickets"):
        town_hall.store.feeds.set_cursor(name, "long-gone")
    syncs.ticket(rough, one.person)
    count = len(syncs.requests(rough))
    run = await syncs.run(town_hall, goal)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 1)
    asked = [r for r in syncs.requests(rough, count) if "/incremental/" in r["path"]]
    queries = [parse_qs(r["query"]) for r in asked]
    starts = [float(query["start_time"][0]) for query in queries if "start_time" in query]
    assert len(starts) == 2
    assert all(begun - 300 <= start <= begun for start in starts)


async def test_services_that_come_and_go(rough: Servers, city_home: Path) -> None:
    """Every half second both are away; the run goes on, and ends."""
    syncs.people(rough, 5)
    flapping = True

    async def flap() -> None:
        on = False
        while flapping:
            switch = {"zendesk": "on" if on else "off", "sailthru": "on" if on else "off"}
            await asyncio.to_thread(rough.control, "POST", "account", switch)
            on = not on
            await asyncio.sleep(0.2)

    async with opened(city_home, rough.document, clock=SystemClock()) as house:
        goal = syncs.goal_for(house, syncs.BY_POSTS)
        task = asyncio.create_task(flap())
        await to_the_end(house, goal)
        flapping = False
        await task
        rough.control("POST", "account", {"zendesk": "on", "sailthru": "on"})
        # Rows whose answer was lost, and that do not show, are the next run's.
        await to_the_end(house, goal)
        told = syncs.audited(house.store, goal.name)
        assert len(told) == 5
        assert set(told.values()) == {1}
        again = await syncs.run(house, goal, full=True)
        assert again.totals["unchanged"] == 5
