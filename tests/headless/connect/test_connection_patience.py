"""The clients of a workspace are as patient as whoever opens the connection."""

import asyncio

import pytest

from desktop.app.service_connections import (
    RUN_TRANSPORT_OPTIONS,
    ServiceConnections,
    open_service_connections,
)
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RetryPolicy
from desktop.clients.service_status import ServiceState
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import RateLimited
from desktop.model.retry_backoff import ExponentialBackoff
from tests.support.setup_sandbox import SetupSandbox

# Leaves everything to others: after the first answer of a route no call is let through.
MODEST = RetryPolicy(ExponentialBackoff(max_attempts=1), max_wait_s=0.1, reserved_share=1.0)


async def twice(connection: ServiceConnections) -> None:
    sailthru, zendesk = connection.clients.sailthru, connection.clients.zendesk
    assert sailthru is not None
    assert zendesk is not None
    async with asyncio.timeout(30):
        for act in (sailthru.list_lists, zendesk.list_recent_tickets):
            await act()
            await act()


@pytest.mark.parametrize(
    "patience", [INTERACTIVE_RETRY_POLICY, MODEST], ids=["a person", "a modest run"]
)
async def test_clients_use_callers_patience(
    sandbox: SetupSandbox, desk: ConnectionConfig, patience: RetryPolicy
) -> None:
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    states: list[ServiceState] = []
    values = desk.settings_file.load().values
    opened = await open_service_connections(
        desk, values, states.append, retry_policy=patience, transport_options=RUN_TRANSPORT_OPTIONS
    )
    try:
        if patience is INTERACTIVE_RETRY_POLICY:
            await twice(opened)
        else:
            sailthru, zendesk = opened.clients.sailthru, opened.clients.zendesk
            assert sailthru is not None
            assert zendesk is not None
            await sailthru.list_lists()
            with pytest.raises(RateLimited):
                await sailthru.list_lists()
            await zendesk.list_recent_tickets()
            with pytest.raises(RateLimited):
                await zendesk.list_recent_tickets()
    finally:
        await opened.close()
    assert len(states) == 2
