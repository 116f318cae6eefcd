"""The house of a sync: connected to a sandbox whose exports show everything at once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services


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
