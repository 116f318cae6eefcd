"""Once a day: forgets customers who were not opened for longer than allowed, and what runs said."""

import asyncio
import logging

from desktop.app.run_logs import forget_old
from desktop.app.wiring import House
from desktop.kit.errors import AppError
from desktop.settings import table

log = logging.getLogger(__name__)

_DAY_S = 86_400.0


async def keep_house(house: House) -> None:
    """Purge now and then every day; ends by being cancelled."""
    while True:
        days = house.live.values.get(table.KEEP_DAYS)
        before = house.ground.clock.now() - days * _DAY_S
        try:
            gone = await house.store.lane.run(house.store.mirror.purge, before)
            if gone:
                log.info("Forgot %d kept records older than %d days", gone, days)
        except AppError as error:
            log.warning("What is kept could not be tidied: %s", error.title)
        await asyncio.to_thread(forget_old, house.ground.paths.logs, house.ground.clock.now())
        await asyncio.sleep(_DAY_S)
