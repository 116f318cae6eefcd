"""Time as a parameter: wall time in UTC seconds, and a monotonic clock for waits."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests bring one that moves only when told."""

    def now(self) -> float:
        """Unix seconds (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> float:
        """Unix seconds (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        # Imported here: a clock is made before the first paint, which waits for no loop.
        import asyncio

        await asyncio.sleep(max(0.0, seconds))


def utc_datetime(at: float) -> datetime:
    """Unix seconds as an aware datetime."""
    return datetime.fromtimestamp(at, UTC)


def iso_timestamp(at: float) -> str:
    """Unix seconds as `2026-11-21T10:42:00Z`."""
    return utc_datetime(at).strftime("%Y-%m-%dT%H:%M:%SZ")
