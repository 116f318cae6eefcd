"""The clients of a workspace are as patient as whoever opens the connection."""

import asyncio

import pytest

from desktop.app.connection import RUN_WIRE, Connection, open_connection
from desktop.clients.caller import INTERACTIVE, Patience
from desktop.clients.state import ServiceState
from desktop.connect.desk import Desk
from desktop.connect.setup import run_setup
from desktop.kit.errors import RateLimited
from desktop.model.retry import Backoff
from tests.headless.connect.running_sandbox import RunningSandbox

# Leaves everything to others: after the first answer of a route no call is let through.
MODEST = Patience(Backoff(tries=1), patience_s=0.1, reserve=1.0)


async def twice(connection: Connection) -> None:
    sailthru, zendesk = connection.services.sailthru, connection.services.zendesk
    assert sailthru is not None
    assert zendesk is not None
    async with asyncio.timeout(30):
        for act in (sailthru.list_lists, zendesk.recent_tickets):
            await act()
            await act()


@pytest.mark.parametrize("patience", [INTERACTIVE, MODEST], ids=["a person", "a modest run"])
async def test_both_clients_have_the_patience(
    sandbox: RunningSandbox, desk: Desk, patience: Patience
) -> None:
    assert (await run_setup(sandbox.document, desk)).ok
    states: list[ServiceState] = []
    values = desk.settings.load().values
    opened = await open_connection(desk, values, states.append, patience=patience, wire=RUN_WIRE)
    try:
        if patience is INTERACTIVE:
            await twice(opened)
        else:
            sailthru, zendesk = opened.services.sailthru, opened.services.zendesk
            assert sailthru is not None
            assert zendesk is not None
            await sailthru.list_lists()
            with pytest.raises(RateLimited):
                await sailthru.list_lists()
            await zendesk.recent_tickets()
            with pytest.raises(RateLimited):
                await zendesk.recent_tickets()
    finally:
        await opened.close()
    assert len(states) == 2
