"""Time for tests: clocks that move when told, and an event loop that waits for nothing."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from desktop.kit.clock import SystemClock

T = TypeVar("T")


class ManualClock:
    """Moves only when told; whoever sleeps moves it, and `slept` keeps for how long."""

    def __init__(self, now: float = 1_780_000_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._monotonic += seconds

    def correct_wall_clock(self, seconds: float) -> None:
        """Somebody corrects the computer's clock, forward or back; waits go on."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


# Above the longest wait between two tries of a request, below the background loops' intervals.
_LONGEST_SHORTENED_S = 4.0


class OffsetClock:
    """The computer's time moved on by `offset_s`; a wait between two tries is short.

    A longer wait, of a background loop, ends when its time has come on this clock.
    """

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now(self) -> float:
        return time.time() + self.offset_s

    def monotonic(self) -> float:
        return time.monotonic() + self.offset_s

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        await asyncio.sleep(min(max(seconds, 0.0), 0.05))
        while seconds > _LONGEST_SHORTENED_S and self.monotonic() < until:  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.05)


class ShortSleepClock(SystemClock):
    """The computer's clock, whose sleeps last `longest_s` at most, however long is asked for."""

    def __init__(self, longest_s: float = 0.01) -> None:
        self._longest_s = longest_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, self._longest_s))


class _InstantSelector(selectors.SelectSelector):
    """Never waits; tells how long it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            # A rounding error must not make the loop ask again for nothing.
            self.now += timeout + 1e-9
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Ends at once whatever sleeps in it."""

    def __init__(self) -> None:
        self._jumping = _InstantSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class EventLoopClock:
    """The clock of the running loop; a minute begins at every multiple of 60."""

    def now(self) -> float:
        return asyncio.get_running_loop().time() + 1_795_257_000.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, in no time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work)
