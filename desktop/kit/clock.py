"""The `Clock` protocol: wall time, a monotonic clock and sleeping, replaceable in tests."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time for the whole program; tests pass one that moves only when told."""

    def now(self) -> float:
        """Return the clock's wall time in Unix seconds (UTC)."""
        ...

    def monotonic(self) -> float:
        """Return the clock's seconds that never jump back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on the clock for `seconds` without blocking the event loop."""
        ...


class SystemClock:
    """The `Clock` of the operating system."""

    def now(self) -> float:
        """Return the system clock's wall time in Unix seconds (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Return the system clock's seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep by the system clock on the running event loop; a negative time is none."""
        # Imported here: a clock is made before the first paint, which waits for no loop.
        import asyncio

        # A deadline that has passed gives a negative time, which asyncio takes for the loop's
        # next turn.
        await asyncio.sleep(max(0.0, seconds))


def utc_datetime(at: float) -> datetime:
    """Return Unix seconds as a datetime that is aware of being UTC."""
    return datetime.fromtimestamp(at, UTC)


def iso_timestamp(at: float) -> str:
    """Return Unix seconds as ISO 8601 text, such as `2026-11-21T10:42:00Z`."""
    return utc_datetime(at).strftime("%Y-%m-%dT%H:%M:%SZ")
