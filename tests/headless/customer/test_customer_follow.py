"""Following: the account's remaining calls, as the service's own headers tell them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.wiring import House
from tests.faults.home import make_home, opened
from tests.faults.servers import Servers


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Path]]:
    """A sandbox with Zendesk's own limits, a tenth of them, and a home set up on it."""
    servers = Servers("--customers", "0", "--rate-limits", "x0.1")
    home = tmp_path_factory.mktemp("narrow") / "home"
    make_home(home, servers.document)
    yield servers, home
    servers.stop()


@pytest_asyncio.fixture
async def scarce(narrow: tuple[Servers, Path]) -> AsyncIterator[House]:
    servers, home = narrow
    async with opened(home, servers.document) as house:
        yield house


def asked(servers: Servers) -> int:
    found = servers.control("GET", "requests")["requests"]
    return sum(count for request, count in found.items() if "/tickets/recent" in request)


async def test_below_half_of_the_account_s_calls_it_asks_no_more(
    scarce: House, narrow: tuple[Servers, Path]
) -> None:
    servers, _ = narrow
    zendesk = scarce.live.services.zendesk
    assert zendesk is not None
    servers.control("DELETE", "requests")
    await scarce.follow.ask()
    assert asked(servers) == 1, "with enough left it asks"
    calls = 0
    while scarce.live.budget_spare():
        await zendesk.show_user(7701)
        calls += 1
        assert calls < 100, "the headers never told"
    before = asked(servers)
    assert await scarce.follow.ask() is None
    assert asked(servers) == before
