"""What is due: one catch-up, one runner, nobody paused unseen."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.app.due_starter import DueStarter
from desktop.app.runs import due_of
from desktop.app.verbs.syncing.due import run_due
from desktop.app.wiring import House
from desktop.kit.errors import AppError, Bug
from desktop.model.condition import Condition, Test
from desktop.model.goal import Goal, Source, SourceKind
from desktop.model.mapping import MappingRow
from desktop.model.run import RunState
from desktop.store.store import open_store
from desktop.sync.due import Due
from tests.faults.home import opened
from tests.faults.servers import ROOT, Servers
from tests.faults.town import ManualClock

START = 1_780_000_000.0
NOBODY = Source(SourceKind.ZENDESK_USERS, where=(Condition("email", Test.IS, "nobody@x.example"),))


def goal_named(name: str, schedule: str = "every 5 min") -> Goal:
    """A goal whose source is nobody: it reads, and stops because it is empty."""
    return Goal(
        name,
        name.capitalize(),
        NOBODY,
        mapping=(MappingRow("phone", "vars.phone"),),
        schedule=schedule,
        checked_at=1.0,
    )


def switched_on(house: House, name: str, schedule: str = "every 5 min") -> Goal:
    house.store.goals.save(goal_named(name, schedule), START)
    return house.goals.switch(name, on=True)


@pytest_asyncio.fixture
async def here(house: House) -> House:
    house.live.change({"sync.here": True})
    return house


async def test_nothing_runs_because_it_was_switched_on(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    due = due_of(here)
    assert due.look().due == ()
    clock.advance(299)
    assert due.look().due == ()
    clock.advance(1)
    (one,) = due.look().due
    assert (one.goal.name, one.at, one.before) == ("one", clock.now(), clock.now() - 300)


async def test_what_was_missed_is_one_run_and_one_claim(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    clock.advance(86_400 * 9 + 7)
    mine, theirs = due_of(here), due_of(here)
    (one,), (same,) = mine.look().due, theirs.look().due
    assert mine.claim(one)
    assert not theirs.claim(same)
    assert mine.look().due == ()
    # The next one keeps the distance from the planned time, not from when it was claimed.
    clock.advance(293)
    (following,) = mine.look().due
    assert following.at == one.at + 300


async def test_another_rule_or_switch_catches_nothing_up(here: House, clock: ManualClock) -> None:
    switched_on(here, "one", "daily 09:00")
    clock.advance(86_400 * 3)
    due = due_of(here)
    assert len(due.look().due) == 1
    here.goals.reschedule("one", "daily 10:00")
    assert due.look().due == ()
    clock.advance(86_400 * 3)
    here.goals.switch("one", on=False)
    assert due.look().due == ()
    here.goals.switch("one", on=True)
    assert due.look().due == ()


async def test_a_goal_nobody_has_looked_at_counts_from_now(here: House, clock: ManualClock) -> None:
    here.store.goals.save(replace(goal_named("one"), on=True), START)
    due = due_of(here)
    assert due.look().due == ()
    clock.advance(300)
    assert len(due.look().due) == 1


async def test_a_clock_that_was_ahead_stops_nothing(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    due = due_of(here)
    clock.advance(86_400 * 400)
    (one,) = due.look().due
    assert due.claim(one)
    clock.set_back(86_400 * 400)
    assert due.look().due == ()
    clock.advance(300)
    assert len(due.look().due) == 1
    # A little back is nothing: it waits until the clock has caught up.
    (two,) = due.look().due
    assert due.claim(two)
    clock.set_back(120)
    assert due.look().due == ()
    clock.advance(119)
    assert due.look().due == ()


async def test_a_start_that_failed_is_due_again(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    clock.advance(301)
    due = due_of(here)
    (one,) = due.look().due
    assert due.claim(one)
    due.give_back(one)
    assert due.look().due == (one,)


async def test_not_while_it_runs(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    clock.advance(301)
    run = here.store.runs.begin("one", "hand", "Lee", clock.now())
    due = due_of(here)
    assert due.look().due == ()
    here.store.runs.end(run.id, RunState.DONE, clock.now(), {})
    assert len(due.look().due) == 1


async def test_a_lost_sign_in_pauses_until_somebody_comes(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    switched_on(here, "two")
    clock.advance(300)
    due = due_of(here)
    assert due.claim(due.look().due[0])
    run = here.store.runs.begin("one", "schedule", "Lee", clock.now())
    here.store.runs.end(run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost")
    clock.advance(86_400)
    timetable = due.look()
    assert [one.goal.name for one in timetable.due] == ["two"]
    (paused,) = timetable.paused
    assert (paused.goal.name, paused.code) == ("one", "auth_lost")
    assert f"Run {run.id}" in paused.words
    # Resumed: what was missed meanwhile is one run.
    again = here.store.runs.take_over(run.id, "one")
    here.store.runs.end(again.id, RunState.DONE, clock.now(), {})
    assert [one.goal.name for one in due.look().due] == ["one", "two"]


async def test_switching_it_on_again_is_seeing_to_it(here: House, clock: ManualClock) -> None:
    switched_on(here, "one")
    clock.advance(300)
    run = here.store.runs.begin("one", "schedule", "Lee", clock.now())
    here.store.runs.end(run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost")
    clock.advance(60)
    assert len(due_of(here).look().paused) == 1
    here.goals.switch("one", on=False)
    here.goals.switch("one", on=True)
    clock.advance(300)
    timetable = due_of(here).look()
    assert ([one.goal.name for one in timetable.due], timetable.paused) == (["one"], ())


async def test_a_goal_that_was_changed_and_not_checked_says_so(
    here: House, clock: ManualClock
) -> None:
    goal = switched_on(here, "one")
    here.goals.save(replace(goal, mapping=(MappingRow("notes", "vars.notes"),)))
    clock.advance(900)
    timetable = due_of(here).look()
    assert timetable.due == ()
    assert [one.code for one in timetable.paused] == ["unchecked"]


RULES = st.sampled_from(["every 5 min", "hourly", "3 times a day from 09:00", "mon,thu 07:30"])


@settings(max_examples=60, deadline=None)
@given(RULES, st.lists(st.tuples(st.floats(1, 2e6), st.booleans()), min_size=1, max_size=12))
def test_every_planned_time_runs_at_most_once_and_the_last_always(
    tmp_path_factory: pytest.TempPathFactory, rule: str, steps: list[tuple[float, bool]]
) -> None:
    """Let time pass, look or do not look: each look gives one run at most, the newest."""
    store = open_store(tmp_path_factory.mktemp("due"))
    clock = ManualClock()
    due = Due(store, clock, lambda: "America/New_York")
    store.goals.save(replace(goal_named("one", rule), on=True), clock.now())
    began = clock.now()
    due.look()
    ran: list[float] = []
    try:
        for seconds, looks in [*steps, (2e6, True)]:
            clock.advance(seconds)
            if not looks:
                continue
            for one in due.look().due:
                assert due.claim(one)
                ran.append(one.at)
            assert due.look().due == ()
    finally:
        store.close()
    assert ran == sorted(set(ran))
    assert all(began < at <= clock.now() for at in ran)
    # Two million seconds are longer than any of these rules' distances.
    assert ran
    assert clock.now() - ran[-1] < 4 * 86_400


async def test_due_goals_run_one_after_another_and_one_failure_is_its_own(
    here: House, clock: ManualClock, servers: Servers
) -> None:
    for name in ("one", "two", "three"):
        switched_on(here, name)
    clock.advance(300)
    broken = here.store.goals.get("two")
    here.store.goals.save(
        replace(broken, source=Source(SourceKind.SAILTHRU_LISTS, lists=("there is none",))), START
    )
    outcomes, paused = await run_due(here)
    assert paused == ()
    found = {one.one.goal.name: one for one in outcomes}
    assert set(found) == {"one", "two", "three"}
    assert found["two"].run is None or found["two"].run.state is not RunState.DONE
    for name in ("one", "three"):
        run = found[name].run
        assert run is not None
        assert run.why == "schedule"
        assert here.store.runs.of_goal(name, 5) == (run,)
    assert await run_due(here) == ((), ())


async def test_away_nothing_is_claimed(here: House, clock: ManualClock, servers: Servers) -> None:
    switched_on(here, "one")
    clock.advance(300)
    servers.fault("zendesk:GET */users/me*:503", times=None)
    with pytest.raises(Exception) as away:  # noqa: PT011 - whichever of the retryable ones
        await run_due(here)
    assert getattr(away.value, "retryable", False), away.value
    servers.quiet()
    assert here.store.runs.of_goal("one", 5) == ()
    assert len(due_of(here).look().due) == 1


async def test_refused_the_history_says_so_and_it_is_paused(
    here: House, clock: ManualClock, servers: Servers
) -> None:
    switched_on(here, "one")
    clock.advance(300)
    servers.fault("zendesk:* *:401", times=None)
    outcomes, paused = await run_due(here)
    servers.quiet()
    (outcome,) = outcomes
    assert outcome.run is not None
    assert (outcome.run.state, outcome.run.error_code) == (RunState.FAILED, "auth_lost")
    assert outcome.code == 3
    assert [one.code for one in paused] == ["auth_lost"]
    clock.advance(600)
    outcomes, paused = await run_due(here)
    assert ([*outcomes], len(paused)) == ([], 1)


# An open window.


async def test_a_window_starts_what_is_due_once(here: House, clock: ManualClock) -> None:
    started: list[tuple[str, ...]] = []
    said: list[AppError] = []

    def start(*words: str) -> None:
        started.append(words)

    windows = [DueStarter(here, start, said.append) for _ in range(2)]
    switched_on(here, "one")
    assert await windows[0].look() == ()
    clock.advance(300)
    assert await windows[0].look() == ("one",)
    assert await windows[1].look() == ()
    assert started == [("run", "one", "--why", "schedule")]
    assert said == []
    # Another computer's business, a lost connection: nothing is claimed.
    clock.advance(300)
    here.live.change({"sync.here": False})
    assert await windows[0].look() == ()
    here.live.change({"sync.here": True})
    await here.live.disconnect()
    assert await windows[0].look() == ()
    assert len(due_of(here).look().due) == 1


async def test_a_process_that_does_not_start_is_said_and_tried_again(
    here: House, clock: ManualClock
) -> None:
    said: list[AppError] = []
    broken = [True]

    def start(*words: str) -> None:
        if broken:
            raise Bug("The sync could not be started.")

    window = DueStarter(here, start, said.append)
    switched_on(here, "one")
    clock.advance(300)
    assert await window.look() == ()
    assert [error.title for error in said] == ["The sync could not be started."]
    broken.clear()
    assert await window.look() == ("one",)


async def test_a_pause_is_said_once(here: House, clock: ManualClock) -> None:
    said: list[AppError] = []
    window = DueStarter(here, lambda *_words: None, said.append)
    switched_on(here, "one")
    clock.advance(300)
    run = here.store.runs.begin("one", "schedule", "Lee", clock.now())
    here.store.runs.end(run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost")
    await window.look()
    await window.look()
    assert [error.title for error in said] == ["“One” is paused."]


async def test_the_process_a_window_starts_leaves_a_run_by_schedule(
    home: Path, servers: Servers
) -> None:
    s, z = servers.document["sailthru"], servers.document["zendesk"]
    environ = {
        **{k: v for k, v in os.environ.items() if k in ("PATH", "LANG")},
        "HOME": str(home.parent),
        "FAIRLEAD_HOME": str(home),
        "FAIRLEAD_SAILTHRU_KEY": s["api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": s["api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": z["email"],
        "FAIRLEAD_ZENDESK_TOKEN": z["api_token"],
    }

    async def fairlead(*words: str) -> tuple[int, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "desktop", "sync", *words, "--json", env=environ, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert b"Traceback" not in err
        assert process.returncode is not None
        return process.returncode, json.loads(out)

    assert (await fairlead("due"))[1] == {"here": False, "due": [], "paused": []}
    assert await fairlead("here") == (0, {"here": False})
    assert await fairlead("here", "on") == (0, {"here": True})
    assert (await fairlead("add", "--preset", "zendesk-to-sailthru", "--on"))[0] == 0
    # Nothing because it was switched on.
    assert await fairlead("due") == (0, {"here": True, "due": [], "paused": []})
    async with opened(home, servers.document) as house:
        now = house.ground.clock.now()
        house.store.goals.count_from("zendesk-to-sailthru", now - 3 * 3600 - 5)
    code, found = await fairlead("due")
    (one,) = found["due"]
    assert (one["goal"], one["why"]) == ("zendesk-to-sailthru", "schedule")
    assert abs(one["due_at"] - (now - 5)) < 1
    waits = one["state"] != "done" or one["totals"]["parked"] > 0
    assert code == (3 if waits else 0)
    assert await fairlead("due") == (0, {"here": True, "due": [], "paused": []})
    started: list[tuple[str, ...]] = []
    async with opened(home, servers.document) as house:
        house.store.goals.count_from("zendesk-to-sailthru", now - 3600 - 5)
        assert await DueStarter(house, lambda *words: started.append(words), print).look()
    assert (await fairlead(*started[0]))[1]["why"] == "schedule"
    code, history = await fairlead("history", "zendesk-to-sailthru")
    assert [run["why"] for run in history["runs"]] == ["schedule", "schedule"]
    assert await fairlead("here", "off") == (0, {"here": False})
