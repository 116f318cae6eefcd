"""Following: the account's remaining calls, as the service's own headers tell them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services


@pytest.fixture(scope="module")
def low_rate_limit(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[SandboxServers, Path]]:
    """A sandbox with Zendesk's own limits, a tenth of them, and a home set up on it."""
    servers = SandboxServers("--customers", "0", "--rate-limits", "x0.1")
    home = tmp_path_factory.mktemp("narrow") / "home"
    create_workspace_home(home, servers.connection_document)
    yield servers, home
    servers.stop()


@pytest_asyncio.fixture
async def low_rate_limit_services(
    low_rate_limit: tuple[SandboxServers, Path],
) -> AsyncIterator[WorkspaceServices]:
    servers, home = low_rate_limit
    async with open_workspace_services(home, servers.connection_document) as house:
        yield house


def asked(servers: SandboxServers) -> int:
    found = servers.control("GET", "requests")["requests"]
    return sum(count for request, count in found.items() if "/tickets/recent" in request)


async def test_follow_stops_below_half_of_rate_limit(
    low_rate_limit_services: WorkspaceServices, low_rate_limit: tuple[SandboxServers, Path]
) -> None:
    servers, _ = low_rate_limit
    zendesk = low_rate_limit_services.session.clients.zendesk
    assert zendesk is not None
    low_rate_limit_services.session.change_settings({"follow.desks": 1})
    servers.control("DELETE", "requests")
    await low_rate_limit_services.follow.poll()
    assert asked(servers) == 1, "with enough left it asks"
    calls = 0
    while low_rate_limit_services.session.has_spare_rate_budget():
        await zendesk.show_user(7701)
        calls += 1
        assert calls < 100, "the headers never told"
    before = asked(servers)
    assert await low_rate_limit_services.follow.poll() is None
    assert asked(servers) == before
