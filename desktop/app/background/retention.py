"""Once a day: forgets customers who were not opened for longer than allowed, and what runs said."""

import asyncio
import logging

from desktop.app.container import WorkspaceServices
from desktop.app.run_log_files import delete_old_logs
from desktop.kit.errors import AppError
from desktop.settings import settings_table

log = logging.getLogger(__name__)

_DAY_S = 86_400.0


async def enforce_retention(services: WorkspaceServices) -> None:
    """Purge now and then every day; ends by being cancelled."""
    while True:
        days = services.session.values.get(settings_table.CACHE_DAYS)
        before = services.context.clock.now() - days * _DAY_S
        try:
            gone = await services.store.customer_cache.delete_not_opened_since(before)
            if gone:
                log.info("Forgot %d kept records older than %d days", gone, days)
        except AppError as error:
            log.warning("What is kept could not be tidied: %s", error.title)
        await asyncio.to_thread(
            delete_old_logs, services.context.paths.logs, services.context.clock.now()
        )
        await asyncio.sleep(_DAY_S)
