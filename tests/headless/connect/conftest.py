"""One sandbox for all tests of the room, and a desk of its own for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.connect.desk import Desk
from desktop.settings.paths import under
from desktop.settings.workspace import Workspaces
from desktop.vault.memory_vault import MemoryVault
from tests.headless.connect.running_sandbox import RunningSandbox


@pytest.fixture(scope="session")
def serving() -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(serving: RunningSandbox) -> Iterator[RunningSandbox]:
    account = serving.control("GET", "account")
    yield serving.quiet()
    serving.quiet()
    changed = {k: v for k, v in account.items() if serving.control("GET", "account")[k] != v}
    if changed:
        serving.control("POST", "account", changed)


@pytest.fixture
def workspaces(tmp_path: Path) -> Workspaces:
    paths = under(tmp_path / "home")
    paths.prepare()
    return Workspaces(paths)


@pytest.fixture
def desk(workspaces: Workspaces) -> Desk:
    return Desk(workspaces, workspaces.create("main"), MemoryVault(), person="ada")
