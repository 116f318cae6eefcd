"""kill -9 at each point of a run, presets in turn; in full: `python -m tests.faults`."""

import random
from collections.abc import Iterator

import pytest

from tests.faults.edit_crashes import APPLIED_UNANSWERED
from tests.faults.sell_run_crashes import SAMPLED_CASES, SellRunCrashes
from tests.faults.sync_run_crashes import RunCrashHarness, seeded_run_cases
from tests.support import sync_cases


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunCrashHarness]:
    found = RunCrashHarness(tmp_path_factory.mktemp("run-yard"))
    yield found
    found.close()


@pytest.mark.parametrize(("name", "point"), list(seeded_run_cases()))
def test_run_killed_at_each_checkpoint_resumes(
    crash_harness: RunCrashHarness, name: str, point: str
) -> None:
    tally = crash_harness.kill_at_checkpoint(name, point)
    assert (tally.kills, tally.problems) == (1, [])


@pytest.mark.parametrize(
    "name",
    [
        sync_cases.TICKETS_TO_PROFILES,
        sync_cases.TO_SAILTHRU_BY_POSTS,
        sync_cases.SAILTHRU_TO_ZENDESK,
    ],
)
def test_run_killed_before_response_starts_new_run(
    crash_harness: RunCrashHarness, name: str
) -> None:
    assert crash_harness.kill_at_checkpoint(name, APPLIED_UNANSWERED, resume=False).problems == []


@pytest.mark.parametrize(
    "name",
    [
        sync_cases.ZENDESK_TO_SAILTHRU,
        sync_cases.TO_SAILTHRU_BY_POSTS,
        sync_cases.HIGH_VALUE_TAGGING,
    ],
)
def test_change_elsewhere_after_kill_is_kept(crash_harness: RunCrashHarness, name: str) -> None:
    assert crash_harness.kill_then_change_elsewhere(name, APPLIED_UNANSWERED).problems == []


@pytest.mark.parametrize("point", ["read back", APPLIED_UNANSWERED])
def test_increment_killed_run_counts_once(crash_harness: RunCrashHarness, point: str) -> None:
    assert crash_harness.kill_then_count_increments(point).problems == []


def test_negative_controls_overwrite_and_duplicate(crash_harness: RunCrashHarness) -> None:
    assert (
        crash_harness.kill_then_change_elsewhere(
            sync_cases.TO_SAILTHRU_BY_POSTS, APPLIED_UNANSWERED, naive=True
        ).overwritten
        == 1
    )
    assert crash_harness.kill_then_count_increments(APPLIED_UNANSWERED, naive=True).doubled > 0


@pytest.mark.parametrize("turn", range(2))
def test_run_killed_at_random_resumes(crash_harness: RunCrashHarness, turn: int) -> None:
    assert crash_harness.kill_at_random(random.Random(turn)).problems == []


@pytest.mark.parametrize(
    ("name", "point"),
    [(sync_cases.TO_SAILTHRU_BY_POSTS, "claimed")],
)
def test_computer_suspended_during_run_completes(
    crash_harness: RunCrashHarness, name: str, point: str
) -> None:
    assert crash_harness.suspend_at_checkpoint(name, point).problems == []


@pytest.mark.parametrize("name", [sync_cases.TO_SAILTHRU_BY_POSTS, sync_cases.SAILTHRU_TO_ZENDESK])
def test_two_computers_run_same_sync(crash_harness: RunCrashHarness, name: str) -> None:
    assert crash_harness.run_on_two_computers(name).problems == []


@pytest.fixture(scope="module")
def sell_crashes(crash_harness: RunCrashHarness) -> SellRunCrashes:
    return SellRunCrashes(crash_harness)


@pytest.mark.parametrize(("name", "point"), SAMPLED_CASES)
def test_run_with_sell_killed_makes_nobody_twice(
    sell_crashes: SellRunCrashes, name: str, point: str
) -> None:
    tally = sell_crashes.kill(name, point)
    assert (tally.kills, tally.problems) == (1, [])
