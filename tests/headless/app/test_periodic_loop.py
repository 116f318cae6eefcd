"""The periodic loop of background work: intervals by the clock, errors, and early waking."""

import asyncio

import pytest

from desktop.app.background.periodic import repeat_every
from desktop.kit.errors import StorageError
from tests.support.clocks import ManualClock


class Work:
    """Notes when it was called; raises or returns what it is given for each call."""

    def __init__(self, clock: ManualClock, *results: float | Exception | None) -> None:
        self._clock, self._results = clock, list(results)
        self.called_at: list[float] = []
        self.all_done = asyncio.Event()

    async def __call__(self) -> float | None:
        self.called_at.append(self._clock.monotonic() - 1000.0)
        if not self._results:
            self.all_done.set()
            return None
        result = self._results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


async def run_until_done(work: Work, clock: ManualClock, interval_s: float) -> list[float]:
    loop = asyncio.create_task(repeat_every(interval_s, work, clock, name="test"))
    await work.all_done.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    return work.called_at[:4]


async def test_periodic_work_runs_at_once_and_then_every_interval() -> None:
    clock = ManualClock()
    assert await run_until_done(Work(clock, None, None), clock, 15.0) == [0.0, 15.0, 30.0]


async def test_periodic_work_chooses_its_next_wait() -> None:
    clock = ManualClock()
    assert await run_until_done(Work(clock, 2.0, None), clock, 15.0) == [0.0, 2.0, 17.0]


async def test_periodic_work_goes_on_after_errors(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    work = Work(clock, StorageError("The disk is full."), RuntimeError("a mistake"))
    assert await run_until_done(work, clock, 1.0) == [0.0, 1.0, 2.0]
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "The disk is full." in caplog.text


class _EndlessClock(ManualClock):
    """A clock whose waits never end by themselves."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_periodic_work_is_woken_before_its_interval() -> None:
    clock, wake_up, calls = _EndlessClock(), asyncio.Event(), asyncio.Queue[None]()

    async def work() -> None:
        calls.put_nowait(None)

    loop = asyncio.create_task(repeat_every(60.0, work, clock, name="test", wake_up=wake_up))
    await calls.get()
    assert calls.empty()
    wake_up.set()
    await calls.get()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    await asyncio.sleep(0)
    # The waits go with the loop: nothing is left that could hold the window's end.
    assert asyncio.all_tasks() == {asyncio.current_task()}
