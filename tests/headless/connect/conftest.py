"""One sandbox for all tests of the room, and a desk of its own for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.connect.connection_config import ConnectionConfig
from desktop.settings.paths import paths_under
from desktop.settings.workspace import WorkspaceRegistry
from desktop.vault.memory_vault import MemoryVault
from tests.support.setup_sandbox import SetupSandbox


@pytest.fixture(scope="session")
def serving() -> Iterator[SetupSandbox]:
    sandbox = SetupSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(serving: SetupSandbox) -> Iterator[SetupSandbox]:
    account = serving.control("GET", "account")
    yield serving.clear_faults()
    serving.clear_faults()
    changed = {k: v for k, v in account.items() if serving.control("GET", "account")[k] != v}
    if changed:
        serving.control("POST", "account", changed)


@pytest.fixture
def workspaces(tmp_path: Path) -> WorkspaceRegistry:
    paths = paths_under(tmp_path / "home")
    paths.create_folders()
    return WorkspaceRegistry(paths)


@pytest.fixture
def desk(workspaces: WorkspaceRegistry) -> ConnectionConfig:
    return ConnectionConfig(
        workspaces, workspaces.create("main"), MemoryVault(), computer_user="ada"
    )
