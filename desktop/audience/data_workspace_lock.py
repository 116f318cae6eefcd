"""The lock of everybody's data: one process reads or purges it at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from desktop.kit.errors import ConflictError, StorageError
from desktop.settings.file_lock import hold_lock

_WAIT_S = 0.5


@asynccontextmanager
async def hold_data_workspace_lock(path: Path) -> AsyncIterator[None]:
    """Keep other processes from reading or purging everybody's data meanwhile. ConflictError."""
    is_held = False
    try:
        async with hold_lock(path, limit_s=_WAIT_S):
            is_held = True
            yield
    except StorageError as error:
        if is_held:
            raise
        raise ConflictError(
            "Everybody's data is being read or purged already.",
            "Another Fairlead does it; nothing was started.",
            "Wait for its end: `fairlead data status` says how far it is.",
        ) from error
