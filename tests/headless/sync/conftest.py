"""A sandbox whose exports show everything at once, started anew for each test, with a house."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services


@pytest.fixture(scope="session")
def shared_sync_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServers]:
    log = tmp_path_factory.mktemp("sync") / "requests.jsonl"
    servers = SandboxServers("--customers", "0", *sync_cases.SANDBOX_FLAGS, log=log)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def sync_home(
    shared_sync_sandbox: SandboxServers, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("sync-template") / "home"
    create_workspace_home(folder, shared_sync_sandbox.connection_document)
    return folder


@pytest.fixture
def sync_sandbox(shared_sync_sandbox: SandboxServers) -> SandboxServers:
    """The services as they were started."""
    sync_cases.reset_sandbox(shared_sync_sandbox)
    return shared_sync_sandbox


@pytest.fixture
def sync_home_copy(sync_home: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(sync_home, folder)
    return folder


@pytest_asyncio.fixture
async def sync_services(
    sync_sandbox: SandboxServers, sync_home_copy: Path, clock: ManualClock
) -> AsyncIterator[WorkspaceServices]:
    """The connected house of an admin there."""
    async with open_workspace_services(
        sync_home_copy, sync_sandbox.connection_document, clock=clock, for_runs=True
    ) as house:
        yield house
