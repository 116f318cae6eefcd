"""Signs in again while a service is away or was limited, so that the window notices its return."""

import contextlib

from desktop.app.workspace_session import WorkspaceSession
from desktop.clients.service_status import ServiceStatus
from desktop.kit.errors import AppError
from desktop.model.service import Service

POLL_S = 15.0
_AWAY = (ServiceStatus.OFFLINE, ServiceStatus.FAILING, ServiceStatus.SLOW)


async def retry_lost_connections(session: WorkspaceSession) -> None:
    """Sign in again where a service is offline or slow, or the last sign-in got no answer.

    Nothing is sent while all is well: a desk that is open all day must not use up calls.
    """
    now = session.connection_config.clock.now()
    away = {
        state.service
        for state in session.service_states
        if state.status in _AWAY
        # Over its rate limit: until then it takes no call, and afterwards none may come by itself.
        or (state.status is ServiceStatus.LIMITED and state.until <= now)
    }
    error = session.connection_error
    if not session.is_connected or not (away or (error is not None and error.is_retryable)):
        return
    await session.identify()
    sell = session.clients.sell
    if sell is not None and Service.SELL.title in away:
        # Signing in asks the other two alone; until the next customer Sell would stay offline.
        with contextlib.suppress(AppError):
            await sell.me()
