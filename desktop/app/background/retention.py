"""Deletes cached customers, activity and logs of run processes older than they may be kept."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from desktop.app.container import WorkspaceServices
from desktop.app.run_log_files import delete_old_logs
from desktop.kit.errors import ConflictError
from desktop.settings import settings_table

log = logging.getLogger(__name__)

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
_EVENTS_PER_STEP = 2_000


async def delete_expired_data(
    services: WorkspaceServices, list_open_ids: Callable[[], Sequence[str]] = tuple
) -> None:
    """Delete run logs after two weeks, cached customers, batches and events after their days.

    The customers open in a tab, by Zendesk user id or sid, count as opened now.
    """
    now = services.context.clock.now()
    # Logs first, in a thread: a database that is busy must not keep them.
    await asyncio.to_thread(delete_old_logs, services.context.paths.logs, now)
    days = services.session.values.get(settings_table.CACHE_DAYS)
    for one in list_open_ids():
        ids = (int(one), None) if one.isdigit() else (None, one)
        await services.store.customer_cache.mark_opened(person=ids[0], sid=ids[1], at=now)
    deleted = await services.store.customer_cache.delete_not_opened_since(now - days * DAY_S)
    await services.store.edit_batches.delete_older_than(now - days * DAY_S)
    await purge_old_activity(services)
    cleared = await clear_old_events(services)
    if cleared:
        log.info("Cleared %d delivered events", cleared)
    if deleted:
        log.info("Deleted %d cached records older than %d days", deleted, days)


async def purge_old_activity(services: WorkspaceServices) -> None:
    """Drop activity that is older than an admin has confirmed; cut short, the next call goes on."""
    if not services.has_everybody():
        return
    try:
        purged = sum((await services.retention.purge()).values())
    except ConflictError:
        # Everybody's data is being read: it is dropped with the next reading's end.
        return
    if purged:
        log.info("Dropped %d rows of activity older than they are kept", purged)


async def clear_old_events(services: WorkspaceServices, days: int | None = None) -> int:
    """Clear delivered events older than so many days, the setting's unless given; how many."""
    kept_days = services.session.values.get(settings_table.EVENT_DAYS) if days is None else days
    before = services.context.clock.now() - kept_days * DAY_S
    cleared = 0
    # In pieces: other processes write to the file too.
    while count := await services.store.events.clear_delivered(before, _EVENTS_PER_STEP):
        cleared += count
    return cleared
