"""kill -9 at each named point with each kind of edit, at random, and the controls that must fail.

The full counts are `python -m tests.faults`; this is a seeded slice of the same.
"""

import random
from collections.abc import Iterator

import pytest

from tests.faults.edit_crashes import (
    ALL_CHECKPOINTS,
    APPLIED_UNANSWERED,
    EditCrashHarness,
    changed_elsewhere_cases,
)
from tests.support.edit_cases import EDIT_CASES


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


@pytest.mark.parametrize("kind", EDIT_CASES)
def test_edit_killed_at_each_checkpoint_is_neither_lost_nor_duplicated(
    crash_harness: EditCrashHarness, kind: str
) -> None:
    for point in ALL_CHECKPOINTS:
        tally = crash_harness.kill_at_checkpoint(kind, point)
        assert (tally.kills, tally.problems) == (1, [])


@pytest.mark.parametrize("kind", dict(changed_elsewhere_cases()))
def test_change_elsewhere_after_kill_is_not_overwritten(
    crash_harness: EditCrashHarness, kind: str
) -> None:
    for name, point in changed_elsewhere_cases():
        if name == kind:
            assert crash_harness.kill_then_change_elsewhere(kind, point).problems == []


@pytest.mark.parametrize("turn", range(20))
def test_edit_killed_at_random_is_neither_lost_nor_duplicated(
    crash_harness: EditCrashHarness, turn: int
) -> None:
    assert crash_harness.kill_at_random(random.Random(turn)).problems == []


def test_negative_control_resend_without_reading_overwrites(
    crash_harness: EditCrashHarness,
) -> None:
    assert (
        crash_harness.kill_then_change_elsewhere(
            "opt-out", APPLIED_UNANSWERED, naive=True
        ).overwritten
        == 1
    )


def test_negative_control_without_claims_sends_twice(crash_harness: EditCrashHarness) -> None:
    assert crash_harness.send_without_claims(10) > 0
