"""When the open window asks by itself whether a service is back."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.app.background.reconnect import retry_lost_connections
from desktop.app.container import WorkspaceServices
from desktop.clients.service_status import ServiceState, ServiceStatus
from desktop.model.service import Service
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers


@pytest.mark.parametrize(
    ("status", "until_s", "asks"),
    [
        (ServiceStatus.LIVE, 0.0, False),
        (ServiceStatus.OFFLINE, 0.0, True),
        (ServiceStatus.FAILING, 0.0, True),
        (ServiceStatus.SLOW, 0.0, True),
        (ServiceStatus.LIMITED, 30.0, False),
        (ServiceStatus.LIMITED, -1.0, True),
        (ServiceStatus.SIGNED_OUT, 0.0, False),
    ],
)
@pytest.mark.parametrize("service", [Service.SAILTHRU, Service.SELL])
async def test_service_that_is_away_is_asked_whether_it_is_back(
    clock: ManualClock, service: Service, status: ServiceStatus, until_s: float, asks: bool
) -> None:
    asked = []

    async def identify() -> None:
        asked.append("identify")

    async def me() -> None:
        asked.append("sell")

    now = clock.now()
    state = ServiceState(service.title, status, now - 60, until=now + until_s)
    session = SimpleNamespace(
        service_states=(state,),
        connection_config=SimpleNamespace(clock=clock),
        connection_error=None,
        is_connected=True,
        identify=identify,
        clients=SimpleNamespace(sell=SimpleNamespace(me=me)),
    )
    await retry_lost_connections(cast("Any", session))
    assert ("identify" in asked) is asks
    assert ("sell" in asked) is (asks and service is Service.SELL)


async def test_account_told_to_these_keys_stays_though_settings_are_away(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    """Every remembered profile is gone from Sailthru: they say nothing more of the account."""
    session = services.session
    await session.identify()
    services.store.drafts_and_links.save_link.blocking(7701, "0" * 23 + "1", "Ada", 1.0)
    sandbox.add_fault("sailthru:GET /settings:reset", times=None)
    await session.identify()
    assert session.is_connected
    assert session.connection_error is None
    await session.connect()
    assert not session.is_connected
    assert "another account" in str(session.connection_error)
