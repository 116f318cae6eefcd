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
def shared_sandbox() -> Iterator[SetupSandbox]:
    sandbox = SetupSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(shared_sandbox: SetupSandbox) -> Iterator[SetupSandbox]:
    account = shared_sandbox.control("GET", "account")
    yield shared_sandbox.forget_test()
    shared_sandbox.forget_test()
    changed = {k: v for k, v in account.items() if shared_sandbox.control("GET", "account")[k] != v}
    if changed:
        shared_sandbox.control("POST", "account", changed)


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
