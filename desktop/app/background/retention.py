"""Deletes cached customers and logs of run processes that are older than they may be kept."""

import asyncio
import logging

from desktop.app.container import WorkspaceServices
from desktop.app.run_log_files import delete_old_logs
from desktop.settings import settings_table

log = logging.getLogger(__name__)

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


async def delete_expired_data(services: WorkspaceServices) -> None:
    """Delete run logs after two weeks, and cached customers not opened for the setting's days."""
    now = services.context.clock.now()
    # Logs first, in a thread: a database that is busy must not keep them.
    await asyncio.to_thread(delete_old_logs, services.context.paths.logs, now)
    days = services.session.values.get(settings_table.CACHE_DAYS)
    deleted = await services.store.customer_cache.delete_not_opened_since(now - days * DAY_S)
    if deleted:
        log.info("Deleted %d cached records older than %d days", deleted, days)
