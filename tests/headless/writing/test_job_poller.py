"""Waiting for a bulk job: patience counts since it last moved, or since its start."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from desktop.kit.errors import NotFound
from desktop.writing.job_poller import POLL_WAITS_S, wait_for_job
from tests.support.clocks import ManualClock


@dataclass(frozen=True)
class FakeJob:
    progress: int | None = None
    has_ended: bool = False


def polled(*jobs: FakeJob | NotFound) -> Iterator[FakeJob | NotFound]:
    yield from jobs
    while True:
        yield jobs[-1]


async def wait(
    clock: ManualClock, *jobs: FakeJob | NotFound, begun: FakeJob | None = None
) -> FakeJob | None:
    answers = polled(*jobs)

    async def poll() -> FakeJob:
        answer = next(answers)
        if isinstance(answer, NotFound):
            raise answer
        return answer

    return await wait_for_job(poll, clock, 60.0, begun)


DONE = FakeJob(has_ended=True)
STILL = FakeJob()
# Half a minute and more at the longest wait between two polls.
MOVING = tuple(FakeJob(n // 7) for n in range(70))


@pytest.mark.parametrize(
    ("jobs", "ended"),
    [
        ((DONE,), True),
        ((STILL, STILL, DONE), True),
        ((STILL,), False),
        ((NotFound("x"),), False),
        ((STILL, NotFound("x")), False),
        # It moves all the time: far longer than its patience in all.
        ((*MOVING, DONE), True),
        ((FakeJob(3),), False),
        # A number that goes up and down, or comes and goes, is no progress.
        ((FakeJob(3), FakeJob(2), FakeJob()) * 40, False),
    ],
)
async def test_job_ends_or_is_given_up(
    jobs: tuple[FakeJob | NotFound, ...], ended: bool, clock: ManualClock
) -> None:
    assert (await wait(clock, *jobs) is DONE) is ended


async def test_patience_without_progress_counts_from_the_start(clock: ManualClock) -> None:
    began = clock.monotonic()
    assert await wait(clock, STILL) is None
    assert 60.0 < clock.monotonic() - began <= 60.0 + POLL_WAITS_S[-1]


async def test_job_that_had_ended_when_begun_is_not_polled(clock: ManualClock) -> None:
    assert await wait(clock, NotFound("x"), begun=DONE) is DONE


async def test_begun_job_is_polled_after_a_wait(clock: ManualClock) -> None:
    began = clock.monotonic()
    assert await wait(clock, DONE, begun=STILL) is DONE
    assert clock.monotonic() - began == pytest.approx(POLL_WAITS_S[0])
