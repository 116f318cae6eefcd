"""A file lock between processes, held by an open file and gone with its process; needs no Qt."""

import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import StorageError
from desktop.settings.json_file import inaccessible_path_error

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def hold_lock_blocking(path: Path, *, limit_s: float = 2.0) -> Iterator[None]:
    """Hold a file lock for a few milliseconds. Raises StorageError when it stays taken."""
    handle = _open_lock_file(path)
    try:
        # Elapsed time, not the clock's: a clock set back would make a waiter wait for hours.
        until = time.monotonic() + limit_s
        while not _try_lock(handle):
            if time.monotonic() >= until:
                raise lock_taken_error(path)
            time.sleep(0.005)
        yield
    finally:
        os.close(handle)


@asynccontextmanager
async def hold_lock(
    path: Path, *, limit_s: float, clock: Clock | None = None
) -> AsyncIterator[None]:
    """Hold a file lock, waiting on the event loop. Raises StorageError when it stays taken."""
    # Imported here: the settings are read before the first paint, which waits for no loop.
    import asyncio

    ticking = clock or SystemClock()
    handle = await asyncio.to_thread(_open_lock_file, path)
    try:
        until = ticking.monotonic() + limit_s
        while not _try_lock(handle):
            if ticking.monotonic() >= until:
                raise lock_taken_error(path)
            await ticking.sleep(0.05)
        yield
    finally:
        os.close(handle)


def lock_taken_error(path: Path) -> StorageError:
    """Return the error for a file lock that another process does not give back."""
    return StorageError(
        f"Another Fairlead process keeps {path.name} locked.",
        "It may hang.",
        "Try again in a minute; if it stays so, end the other process.",
    )


def _open_lock_file(path: Path) -> int:
    # Never deleted: deleting a lock file lets two processes lock two files of one name.
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise inaccessible_path_error(path, error) from error
