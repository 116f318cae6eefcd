"""Hears what other desks tell at once, by a thread that listens to the team store."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

# So often the team store is tried again, or a workspace that works alone is looked at.
RETRY_S = 20.0


async def hear_notices(
    services: WorkspaceServices, handlers: Mapping[str, Callable[[], None]]
) -> None:
    """Call the handler of each notice that comes, on this loop; all of them once it begins to hear.

    Returns when the connection was lost, or at once where there is none. A cancelled call ends its
    thread.
    """
    if await services.store.team.get() is None:
        return
    try:
        store = await services.team.open()
    except AppError:
        # The exchange tells of it.
        return
    if store is None:
        return
    from desktop.store.team.team_listener import TeamListener

    loop, listener = asyncio.get_running_loop(), TeamListener(store.database)

    def on_notice(notice: str) -> None:
        chosen = handlers.values() if not notice else filter(None, [handlers.get(notice)])
        for handler in chosen:
            # A window that closes has ended its loop.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(handler)

    listening = asyncio.ensure_future(asyncio.to_thread(listener.listen, on_notice))
    try:
        await asyncio.shield(listening)
    except AppError as error:
        log.info("Other desks are not heard: %s", error.code)
    except asyncio.CancelledError:
        listener.stop()
        with contextlib.suppress(AppError):
            await listening
        raise
