"""Notices what other processes have committed, by SQLite's data_version, once a second."""

import asyncio
import logging

from desktop.app.wiring import House
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_EVERY_S = 1.0


async def watch(house: House) -> None:
    """Tell the bus; ends by being cancelled."""
    seen: tuple[int, int] | None = None
    while True:
        try:
            version = house.store.version()
        except AppError as error:
            log.warning("The store could not be asked: %s", error.title)
            version = seen or (0, 0)
        if seen is not None and version != seen:
            house.bus.publish(Changes.of(Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT, Topic.SYNC))
        seen = version
        await asyncio.sleep(_EVERY_S)
