"""Notices that a service is back: while one is away, it is asked now and then who is there."""

import asyncio
import logging

from desktop.app.workspace_session import WorkspaceSession
from desktop.clients.service_status import ServiceStatus
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_POLL_S = 15.0


async def retry_lost_connections(session: WorkspaceSession) -> None:
    """Ask only where something is away; ends by being cancelled."""
    while True:
        await asyncio.sleep(_POLL_S)
        away = any(
            state.status in (ServiceStatus.OFFLINE, ServiceStatus.SLOW)
            for state in session.service_states
        )
        unsure = session.connection_error is not None and session.connection_error.is_retryable
        if session.is_connected and (away or unsure):
            try:
                await session.identify()
            except AppError as error:
                log.info("Asking who is there failed: %s", error.code)
