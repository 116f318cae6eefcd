"""A lock between processes, without Qt: held by the open file, gone when the process is."""

import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import StoreKnown
from desktop.settings.json_file import unreadable

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def held_briefly(path: Path, *, limit_s: float = 2.0) -> Iterator[None]:
    """Hold the lock for a few milliseconds' work; StoreKnown when it stays taken."""
    handle = _open(path)
    try:
        until = time.monotonic() + limit_s
        while not _try(handle):
            if time.monotonic() >= until:
                raise taken(path)
            time.sleep(0.005)
        yield
    finally:
        os.close(handle)


@asynccontextmanager
async def held(path: Path, *, limit_s: float, clock: Clock | None = None) -> AsyncIterator[None]:
    """Wait for the lock on the running loop, up to `limit_s`; StoreKnown when it stays taken."""
    # Imported here: the settings are read before the first paint, which waits for no loop.
    import asyncio

    ticking = clock or SystemClock()
    handle = await asyncio.to_thread(_open, path)
    try:
        until = ticking.monotonic() + limit_s
        while not _try(handle):
            if ticking.monotonic() >= until:
                raise taken(path)
            await ticking.sleep(0.05)
        yield
    finally:
        os.close(handle)


def taken(path: Path) -> StoreKnown:
    """Say that another process keeps the lock."""
    return StoreKnown(
        f"Another Fairlead process keeps {path.name} locked.",
        "It may hang.",
        "Try again in a minute; if it stays so, end the other process.",
    )


def _open(path: Path) -> int:
    # Never deleted: deleting a lock file lets two processes lock two files of one name.
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unreadable(path, error) from error
