"""Notices what other processes have committed, by SQLite's data_version, once a second."""

import asyncio
import logging

from desktop.app.container import WorkspaceServices
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_POLL_S = 1.0


async def publish_database_changes(services: WorkspaceServices) -> None:
    """Tell the bus; ends by being cancelled."""
    seen: tuple[int, int] | None = None
    while True:
        try:
            version = services.store.data_versions()
        except AppError as error:
            log.warning("The store could not be asked: %s", error.title)
            version = seen or (0, 0)
        if seen is not None and version != seen:
            services.bus.publish(
                ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT, Topic.SYNC)
            )
        seen = version
        await asyncio.sleep(_POLL_S)
