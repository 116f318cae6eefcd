"""Signs in again while a service is offline or slow, so that the open window notices its return."""

from desktop.app.workspace_session import WorkspaceSession
from desktop.clients.service_status import ServiceStatus

POLL_S = 15.0


async def retry_lost_connections(session: WorkspaceSession) -> None:
    """Sign in again where a service is offline or slow, or the last sign-in got no answer.

    Nothing is sent while all is well: a desk that is open all day must not use up calls.
    """
    is_away = any(
        state.status in (ServiceStatus.OFFLINE, ServiceStatus.FAILING, ServiceStatus.SLOW)
        for state in session.service_states
    )
    error = session.connection_error
    if session.is_connected and (is_away or (error is not None and error.is_retryable)):
        await session.identify()
