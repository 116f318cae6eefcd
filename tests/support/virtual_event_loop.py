"""An event loop whose time is not the computer's: it jumps to the next thing that is due."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


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
