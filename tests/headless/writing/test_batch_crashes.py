"""kill -9 at each named point of a batch and of its undo: each change stands exactly once."""

from collections.abc import Iterator

import pytest

from tests.faults.agent_work import Batch, kill_work
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS
from tests.faults.edit_crashes import EditCrashHarness

_BEFORE_SENDING = [(point, 1) for point in ("created", "found", "looked up", "planned", "applied")]
# Each point once, of one customer or another; the full counts are `python -m tests.faults`.
_WHILE_SENDING = [
    (point, number % Batch.people + 1) for number, point in enumerate(DELIVERY_CHECKPOINTS[1:])
]
_UNDOING = [("undo asked", 1), ("undo queued", 1), ("undo queued", 3), ("undone", 1)]


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


@pytest.mark.parametrize(("point", "turn"), [*_BEFORE_SENDING, *_WHILE_SENDING])
def test_batch_killed_at_each_point_goes_on_and_each_change_stands_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    counts = kill_work(crash_harness, "batch", point, turn)
    assert (counts.wanted, counts.lost, counts.doubled, counts.problems) == (3, 0, 0, [])


@pytest.mark.parametrize(("point", "turn"), [*_UNDOING, ("sending", 2), ("answered", 3)])
def test_undo_of_a_batch_killed_at_each_point_goes_on_and_stands_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    counts = kill_work(crash_harness, "batch undo", point, turn)
    assert (counts.wanted, counts.lost, counts.doubled, counts.problems) == (3, 0, 0, [])
