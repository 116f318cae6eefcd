"""The house of a sync: connected to a sandbox whose exports show everything at once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services


@pytest.fixture
def sync_home_copy(sync_home: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(sync_home, folder)
    return folder


@pytest.fixture(scope="session")
def sell_home(
    shared_sync_sandbox: SandboxServers, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home that is connected to Sell too."""
    folder = tmp_path_factory.mktemp("sell-template") / "home"
    document = shared_sync_sandbox.connection_document
    create_workspace_home(folder, document, sell=document["sell"])
    return folder


@pytest_asyncio.fixture
async def sell_services(
    sync_sandbox: SandboxServers, sell_home: Path, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[WorkspaceServices]:
    """The connected house of an admin there, with Sell."""
    folder = tmp_path / "home"
    shutil.copytree(sell_home, folder)
    async with open_workspace_services(
        folder, sync_sandbox.connection_document, clock=clock, for_runs=True
    ) as house:
        yield house


@pytest_asyncio.fixture
async def sync_services(
    sync_sandbox: SandboxServers, sync_home_copy: Path, clock: ManualClock
) -> AsyncIterator[WorkspaceServices]:
    """The connected house of an admin there."""
    async with open_workspace_services(
        sync_home_copy, sync_sandbox.connection_document, clock=clock, for_runs=True
    ) as house:
        yield house
