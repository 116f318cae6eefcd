"""kill -9 at named points of the work of an agent: it goes on, and each change stands once.

A change of address step by step, a note, a pause and its end. The full counts are
`python -m tests.faults`.
"""

from collections.abc import Iterator

import pytest

from tests.faults.agent_work import FAULTS, WORKS, AddressChange, answer_work_with_fault, kill_work
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS
from tests.faults.edit_crashes import CrashCounts, EditCrashHarness

# Each point once, and those around the request for every step.
_KILLS = [("enqueued", 1)] + [
    (point, turn)
    for number, point in enumerate(DELIVERY_CHECKPOINTS[1:])
    for turn in range(1, AddressChange.step_count + 1)
    if point in ("sending", "answered", "closed") or turn == number % AddressChange.step_count + 1
]


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


@pytest.mark.parametrize(("point", "turn"), _KILLS)
def test_email_change_killed_at_each_point_goes_on_and_stands_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    assert kill_work(crash_harness, "address", point, turn) == CrashCounts(1, wanted=3)


@pytest.mark.parametrize("name", ["note", "pause", "pause end"])
@pytest.mark.parametrize("point", ["sending", "answered", "kept"])
def test_note_and_pause_killed_around_their_request_stand_once(
    crash_harness: EditCrashHarness, name: str, point: str
) -> None:
    assert kill_work(crash_harness, name, point, 1) == CrashCounts(1, wanted=1)


@pytest.mark.parametrize(("point", "turn"), [("answered", 4), ("sending", 5)])
def test_email_change_killed_at_its_steps_at_sell_stands_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    counts = kill_work(crash_harness, "address with Sell", point, turn)
    assert counts == CrashCounts(1, wanted=5)


@pytest.mark.parametrize("name", ["undo just in time", "undo just late"])
def test_undo_killed_at_the_end_of_the_undo_time_is_never_undone_and_sent(
    crash_harness: EditCrashHarness, name: str
) -> None:
    assert kill_work(crash_harness, name, "undo asked", 1) == CrashCounts(1, wanted=1)


# Those that were applied without an answer, for each work: the others are a matter of the outbox.
@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("fault", ["reset-after", "500-after"])
def test_work_that_was_applied_without_an_answer_stands_once(
    crash_harness: EditCrashHarness, name: str, fault: str
) -> None:
    assert fault in FAULTS
    counts = answer_work_with_fault(crash_harness, name, WORKS[name].writes[-1], fault)
    assert (counts.lost, counts.doubled, counts.problems) == (0, 0, [])
