"""What is due: one catch-up, one runner, nobody paused unseen."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.app.background.due_runs import DueRunStarter
from desktop.app.commands.sync_subcommands import scheduled_runs
from desktop.app.commands.sync_subcommands.scheduled_runs import (
    DueResults,
    DueRunResult,
    run_due_syncs,
)
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_due_sync_finder
from desktop.kit.errors import AppError, ConflictError, InternalError, ServiceUnreachable
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingRow
from desktop.model.sync import SourceKind, Sync, SyncSource
from desktop.model.sync_run import RunState
from desktop.store.team.team_errors import TeamStoreAway
from desktop.sync.due_syncs import DueSync, DueSyncFinder, PausedSync
from tests.support.cli_command import FairleadCommand
from tests.support.clocks import ManualClock
from tests.support.fresh_store import open_fresh_store
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import AUDIT_KEY, open_workspace_services

START = 1_780_000_000.0
NOBODY = SyncSource(
    SourceKind.ZENDESK_USERS,
    where=(FieldCondition("email", ConditionOperator.IS, "nobody@x.example"),),
)


def sync_named(name: str, schedule: str = "every 5 min") -> Sync:
    """A goal whose source is nobody: it reads, and stops because it is empty."""
    return Sync(
        name,
        name.capitalize(),
        NOBODY,
        mapping=(MappingRow("phone", "vars.phone"),),
        schedule=schedule,
        checked_at=1.0,
    )


def switched_on(house: WorkspaceServices, name: str, schedule: str = "every 5 min") -> Sync:
    house.store.syncs.save.blocking(sync_named(name, schedule), START)
    return house.syncs.set_enabled(name, on=True)


@pytest_asyncio.fixture
async def enabled_computer(services: WorkspaceServices) -> WorkspaceServices:
    services.session.change_settings({"sync.here": True})
    return services


async def test_due_newly_enabled_sync_does_not_run(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    due = build_due_sync_finder(enabled_computer)
    assert due.find().due == ()
    clock.advance(299)
    assert due.find().due == ()
    clock.advance(1)
    (one,) = due.find().due
    assert (one.sync.name, one.due_at, one.previous_due_at) == (
        "one",
        clock.now(),
        clock.now() - 300,
    )


async def test_due_missed_times_give_one_run_and_one_claim(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(86_400 * 9 + 7)
    mine, theirs = build_due_sync_finder(enabled_computer), build_due_sync_finder(enabled_computer)
    (one,), (same,) = mine.find().due, theirs.find().due
    assert mine.claim(one)
    assert not theirs.claim(same)
    assert mine.find().due == ()
    # The next one keeps the distance from the planned time, not from when it was claimed.
    (state,) = enabled_computer.syncs.list_states()
    assert state.next_run_at == one.due_at + 300
    clock.advance(293)
    (following,) = mine.find().due
    assert following.due_at == one.due_at + 300


async def test_due_changed_schedule_or_switch_gives_no_catch_up(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one", "daily 09:00")
    clock.advance(86_400 * 3)
    due = build_due_sync_finder(enabled_computer)
    assert len(due.find().due) == 1
    enabled_computer.syncs.set_schedule("one", "daily 10:00")
    assert due.find().due == ()
    clock.advance(86_400 * 3)
    enabled_computer.syncs.set_enabled("one", on=False)
    assert due.find().due == ()
    enabled_computer.syncs.set_enabled("one", on=True)
    assert due.find().due == ()


async def test_due_sync_never_checked_counts_from_now(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    enabled_computer.store.syncs.save.blocking(replace(sync_named("one"), on=True), START)
    due = build_due_sync_finder(enabled_computer)
    assert due.find().due == ()
    clock.advance(300)
    assert len(due.find().due) == 1


async def test_due_clock_set_back_blocks_nothing(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    due = build_due_sync_finder(enabled_computer)
    clock.advance(86_400 * 400)
    (one,) = due.find().due
    assert due.claim(one)
    clock.correct_wall_clock(-86_400 * 400)
    assert due.find().due == ()
    clock.advance(300)
    assert len(due.find().due) == 1
    # A little back is nothing: it waits until the clock has caught up.
    (two,) = due.find().due
    assert due.claim(two)
    clock.correct_wall_clock(-120)
    assert due.find().due == ()
    clock.advance(119)
    assert due.find().due == ()


async def test_due_failed_start_is_due_again(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(301)
    due = build_due_sync_finder(enabled_computer)
    (one,) = due.find().due
    ticket = due.claim(one)
    assert ticket is not None
    due.release_claim(one, ticket)
    assert due.find().due == (one,)


async def test_due_running_sync_is_not_started(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(301)
    run = enabled_computer.store.runs.begin.blocking("one", "manual", "Lee", clock.now())
    due = build_due_sync_finder(enabled_computer)
    assert due.find().due == ()
    enabled_computer.store.runs.end.blocking(run.id, RunState.DONE, clock.now(), {})
    assert len(due.find().due) == 1


async def test_due_lost_sign_in_pauses_until_resolved(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    switched_on(enabled_computer, "two")
    clock.advance(300)
    due = build_due_sync_finder(enabled_computer)
    assert due.claim(due.find().due[0])
    run = enabled_computer.store.runs.begin.blocking("one", "schedule", "Lee", clock.now())
    enabled_computer.store.runs.end.blocking(
        run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost"
    )
    clock.advance(86_400)
    timetable = due.find()
    assert [one.sync.name for one in timetable.due] == ["two"]
    (paused,) = timetable.paused
    assert (paused.sync.name, paused.code) == ("one", "auth_lost")
    assert f"Run {run.id}" in paused.message
    # Resumed: what was missed meanwhile is one run.
    again = enabled_computer.store.runs.take_over.blocking(run.id, "one")
    enabled_computer.store.runs.end.blocking(again.id, RunState.DONE, clock.now(), {})
    assert [one.sync.name for one in due.find().due] == ["one", "two"]


async def test_due_enabling_again_ends_pause(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(300)
    run = enabled_computer.store.runs.begin.blocking("one", "schedule", "Lee", clock.now())
    enabled_computer.store.runs.end.blocking(
        run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost"
    )
    clock.advance(60)
    assert len(build_due_sync_finder(enabled_computer).find().paused) == 1
    enabled_computer.syncs.set_enabled("one", on=False)
    enabled_computer.syncs.set_enabled("one", on=True)
    clock.advance(300)
    timetable = build_due_sync_finder(enabled_computer).find()
    assert ([one.sync.name for one in timetable.due], timetable.paused) == (["one"], ())


async def test_due_changed_unchecked_sync_is_reported(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    goal = switched_on(enabled_computer, "one")
    enabled_computer.syncs.save_sync(
        replace(goal, mapping=(MappingRow("phone", "vars.phone_again"),))
    )
    clock.advance(900)
    timetable = build_due_sync_finder(enabled_computer).find()
    assert timetable.due == ()
    assert [one.code for one in timetable.paused] == ["unchecked"]


RULES = st.sampled_from(["every 5 min", "hourly", "3 times a day from 09:00", "mon,thu 07:30"])


@settings(max_examples=60, deadline=None)
@given(RULES, st.lists(st.tuples(st.floats(1, 2e6), st.booleans()), min_size=1, max_size=12))
def test_due_every_scheduled_time_runs_at_most_once(
    tmp_path_factory: pytest.TempPathFactory, rule: str, steps: list[tuple[float, bool]]
) -> None:
    """Let time pass, look or do not look: each look gives one run at most, the newest."""
    store = open_fresh_store(tmp_path_factory.mktemp("due"))
    clock = ManualClock()
    due = DueSyncFinder(store, clock, lambda: "America/New_York")
    store.syncs.save.blocking(replace(sync_named("one", rule), on=True), clock.now())
    began = clock.now()
    due.find()
    ran: list[float] = []
    try:
        for seconds, looks in [*steps, (2e6, True)]:
            clock.advance(seconds)
            if not looks:
                continue
            for one in due.find().due:
                assert due.claim(one)
                ran.append(one.due_at)
            assert due.find().due == ()
    finally:
        store.close()
    assert ran == sorted(set(ran))
    assert all(began < at <= clock.now() for at in ran)
    # Two million seconds are longer than any of these rules' distances.
    assert ran
    assert clock.now() - ran[-1] < 4 * 86_400


async def test_due_syncs_run_in_sequence_and_fail_independently(
    enabled_computer: WorkspaceServices, clock: ManualClock, sandbox: SandboxServers
) -> None:
    for name in ("one", "two", "three"):
        switched_on(enabled_computer, name)
    clock.advance(300)
    broken = enabled_computer.store.syncs.get.blocking("two")
    enabled_computer.store.syncs.save.blocking(
        replace(broken, source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=("there is none",))),
        START,
    )
    outcomes, paused = await run_due_syncs(enabled_computer)
    assert paused == ()
    found = {one.due_sync.sync.name: one for one in outcomes}
    assert set(found) == {"one", "two", "three"}
    assert found["two"].run is None or found["two"].run.state is not RunState.DONE
    for name in ("one", "three"):
        run = found[name].run
        assert run is not None
        assert run.trigger == "schedule"
        assert enabled_computer.store.runs.list_runs.blocking(name, 5) == (run,)
    assert await run_due_syncs(enabled_computer) == ((), ())


async def test_due_on_disabled_computer_claims_nothing(
    enabled_computer: WorkspaceServices, clock: ManualClock, sandbox: SandboxServers
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(300)
    sandbox.add_fault("zendesk:GET */users/me*:503", times=None)
    with pytest.raises(Exception) as away:  # noqa: PT011 - whichever of the retryable ones
        await run_due_syncs(enabled_computer)
    assert getattr(away.value, "is_retryable", False), away.value
    sandbox.clear_faults()
    assert enabled_computer.store.runs.list_runs.blocking("one", 5) == ()
    assert len(build_due_sync_finder(enabled_computer).find().due) == 1


async def test_due_team_store_that_goes_away_after_the_first_leaves_its_result(
    enabled_computer: WorkspaceServices, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        switched_on(enabled_computer, name)
    clock.advance(300)
    claim, claimed = scheduled_runs.claim_due_run, list[str]()

    async def claim_or_fail(
        services: WorkspaceServices, finder: DueSyncFinder, due: DueSync
    ) -> str | None:
        if claimed:
            raise TeamStoreAway("The team store can't be reached.")
        claimed.append(due.sync.name)
        return await claim(services, finder, due)

    monkeypatch.setattr(scheduled_runs, "claim_due_run", claim_or_fail)
    outcomes, _ = await run_due_syncs(enabled_computer)
    assert [one.error and one.error.code for one in outcomes] == [None, "team_store_away"]
    with pytest.raises(TeamStoreAway):
        await run_due_syncs(enabled_computer)


async def test_due_refused_run_is_in_history_and_paused(
    enabled_computer: WorkspaceServices, clock: ManualClock, sandbox: SandboxServers
) -> None:
    switched_on(enabled_computer, "one")
    clock.advance(300)
    sandbox.add_fault("zendesk:* *:401", times=None)
    outcomes, paused = await run_due_syncs(enabled_computer)
    sandbox.clear_faults()
    (outcome,) = outcomes
    assert outcome.run is not None
    assert (outcome.run.state, outcome.run.error_code) == (RunState.FAILED, "auth_lost")
    assert outcome.exit_code == 3
    assert [one.code for one in paused] == ["auth_lost"]
    clock.advance(600)
    outcomes, paused = await run_due_syncs(enabled_computer)
    assert ([*outcomes], len(paused)) == ([], 1)


@pytest.mark.parametrize(
    ("errors", "is_paused", "code"),
    [
        ([], False, 0),
        ([], True, 3),
        ([ServiceUnreachable("x")], False, 4),
        ([ServiceUnreachable("x"), ConflictError("x")], False, 3),
        ([ServiceUnreachable("x")], True, 3),
        ([ServiceUnreachable("x"), InternalError("x"), ConflictError("x")], True, 1),
    ],
)
def test_worst_of_what_was_due_is_the_exit_code(
    errors: list[AppError], is_paused: bool, code: int
) -> None:
    one = DueSync(sync_named("one"), START, START - 300)
    paused = (PausedSync(sync_named("two"), "unchecked", "Check it first."),) if is_paused else ()
    found = DueResults(tuple(DueRunResult(one, error=error) for error in errors), paused)
    assert found.exit_code == code
    assert len(found.text_lines()) == max(len(errors) + len(paused), 1)
    assert ("two is paused. Check it first." in found.text_lines()) == is_paused
    assert [row["code"] for row in found.as_json()["paused"]] == ["unchecked"] * len(paused)


# An open window.


async def test_due_window_starts_each_sync_once(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    started: list[tuple[str, ...]] = []
    said: list[AppError] = []

    def start(*words: str) -> None:
        started.append(words)

    windows = [DueRunStarter(enabled_computer, start, said.append) for _ in range(2)]
    switched_on(enabled_computer, "one")
    assert await windows[0].start_due_runs() == ()
    clock.advance(300)
    assert await windows[0].start_due_runs() == ("one",)
    assert await windows[1].start_due_runs() == ()
    assert [words[:-1] for words in started] == [("run", "one", "--due-ticket")]
    assert said == []
    # Another computer's business, a lost connection: nothing is claimed.
    clock.advance(300)
    enabled_computer.session.change_settings({"sync.here": False})
    assert await windows[0].start_due_runs() == ()
    enabled_computer.session.change_settings({"sync.here": True})
    await enabled_computer.session.disconnect()
    assert await windows[0].start_due_runs() == ()
    assert len(build_due_sync_finder(enabled_computer).find().due) == 1


async def test_due_process_start_failure_is_reported_and_retried(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    said: list[AppError] = []
    broken = [True]

    def start(*words: str) -> None:
        if broken:
            raise InternalError("The sync could not be started.")

    window = DueRunStarter(enabled_computer, start, said.append)
    switched_on(enabled_computer, "one")
    clock.advance(300)
    assert await window.start_due_runs() == ()
    assert [error.title for error in said] == ["The sync could not be started."]
    broken.clear()
    assert await window.start_due_runs() == ("one",)


async def test_due_pause_is_reported_once(
    enabled_computer: WorkspaceServices, clock: ManualClock
) -> None:
    said: list[AppError] = []
    window = DueRunStarter(enabled_computer, lambda *_words: None, said.append)
    switched_on(enabled_computer, "one")
    clock.advance(300)
    run = enabled_computer.store.runs.begin.blocking("one", "schedule", "Lee", clock.now())
    enabled_computer.store.runs.end.blocking(
        run.id, RunState.FAILED, clock.now(), {}, error="x", error_code="auth_lost"
    )
    await window.start_due_runs()
    await window.start_due_runs()
    assert [error.title for error in said] == ["“One” is paused."]


async def test_due_process_started_by_window_records_scheduled_run(
    home: Path, sandbox: SandboxServers
) -> None:
    command = FairleadCommand(home, sandbox.connection_document, keyring=False)
    command.environ["FAIRLEAD_AUDIT_KEY"] = AUDIT_KEY

    async def fairlead(*words: str) -> tuple[int, Any]:
        done = await asyncio.to_thread(command, "sync", *words, "--json")
        assert "Traceback" not in done.stderr
        return done.exit_code, done.json

    assert (await fairlead("due"))[1] == {"here": False, "due": [], "paused": []}
    assert await fairlead("here") == (0, {"here": False})
    assert await fairlead("here", "on") == (0, {"here": True})
    assert (await fairlead("add", "--preset", "zendesk-to-sailthru", "--on"))[0] == 0
    # Nothing because it was switched on.
    assert await fairlead("due") == (0, {"here": True, "due": [], "paused": []})
    async with open_workspace_services(home, sandbox.connection_document) as house:
        now = house.context.clock.now()
        house.store.syncs.set_last_due.blocking("zendesk-to-sailthru", now - 3 * 3600 - 5)
    code, found = await fairlead("due")
    (one,) = found["due"]
    assert (one["sync"], one["why"]) == ("zendesk-to-sailthru", "schedule")
    assert abs(one["due_at"] - (now - 5)) < 1
    waits = one["state"] != "done" or one["totals"]["parked"] > 0
    assert code == (3 if waits else 0)
    assert await fairlead("due") == (0, {"here": True, "due": [], "paused": []})
    started: list[tuple[str, ...]] = []
    async with open_workspace_services(home, sandbox.connection_document) as house:
        house.store.syncs.set_last_due.blocking("zendesk-to-sailthru", now - 3600 - 5)
        assert await DueRunStarter(
            house, lambda *words: started.append(words), print
        ).start_due_runs()
    assert (await fairlead(*started[0]))[1]["why"] == "schedule"
    code, history = await fairlead("history", "zendesk-to-sailthru")
    assert [run["why"] for run in history["runs"]] == ["schedule", "schedule"]
    assert await fairlead("here", "off") == (0, {"here": False})
