"""Notices that a service is back: while one is away, it is asked now and then who is there."""

import asyncio
import logging

from desktop.app.live import Live
from desktop.clients.state import Status
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_EVERY_S = 15.0


async def feel_pulse(live: Live) -> None:
    """Ask only where something is away; ends by being cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        away = any(state.status in (Status.OFFLINE, Status.SLOW) for state in live.states)
        unsure = live.trouble is not None and live.trouble.retryable
        if live.connected and (away or unsure):
            try:
                await live.identify()
            except AppError as error:
                log.info("Asking who is there failed: %s", error.code)
