"""A sandbox whose exports show everything at once, started anew for each test, with a house."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.wiring import House
from tests.faults import syncs
from tests.faults.home import make_home, opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock


@pytest.fixture(scope="session")
def sync_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    log = tmp_path_factory.mktemp("sync") / "requests.jsonl"
    servers = Servers("--customers", "0", *syncs.FLAGS, log=log)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def sync_home(sync_servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sync-template") / "home"
    make_home(folder, sync_servers.document)
    return folder


@pytest.fixture
def city(sync_servers: Servers) -> Servers:
    """The services as they were started."""
    syncs.reset(sync_servers)
    return sync_servers


@pytest.fixture
def city_home(sync_home: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(sync_home, folder)
    return folder


@pytest_asyncio.fixture
async def town_hall(city: Servers, city_home: Path, clock: ManualClock) -> AsyncIterator[House]:
    """The connected house of an admin there."""
    async with opened(city_home, city.document, clock=clock, for_runs=True) as house:
        yield house
