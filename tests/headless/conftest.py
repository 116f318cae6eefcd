"""What several rooms share: a real sandbox process, a workspace connected to it, a manual clock."""

import gc
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from desktop.app.container import WorkspaceServices
from desktop.kit.clock import Clock
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.collecting import one_worker_at_a_time
from tests.support.edit_cases import CustomerFactory
from tests.support.fresh_store import copy_new_databases
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

# The same examples each time, as all of the slice is seeded; `--hypothesis-profile=default` draws
# others. No time limit: how long one takes is the machine's affair.
settings.register_profile("slice", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("slice")

copy_new_databases()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    with one_worker_at_a_time(session.config):
        return (yield)


def pytest_collection_finish() -> None:
    """What is there before the first test stays: no collection need walk it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServers]:
    log = tmp_path_factory.mktemp("sandbox") / "requests.jsonl"
    servers = SandboxServers("--customers", "0", "--account", "job_ms=20", log=log)
    yield servers
    servers.stop()


@pytest.fixture
def sandbox(shared_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    """Without faults, also for whoever comes next."""
    yield shared_sandbox
    shared_sandbox.clear_faults()


@pytest.fixture(scope="session")
def prepared_home(shared_sandbox: SandboxServers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "home"
    create_workspace_home(folder, shared_sandbox.connection_document)
    return folder


@pytest.fixture
def home(prepared_home: Path, tmp_path: Path) -> Path:
    """A home of the test's own with a workspace connected to the sandbox."""
    folder = tmp_path / "home"
    shutil.copytree(prepared_home, folder)
    return folder


@pytest_asyncio.fixture
async def services(
    home: Path, sandbox: SandboxServers, clock: Clock
) -> AsyncIterator[WorkspaceServices]:
    """The connected house of that home, as an admin, with a manual clock."""
    async with open_workspace_services(home, sandbox.connection_document, clock=clock) as found:
        yield found


@pytest.fixture
def customers(sandbox: SandboxServers) -> CustomerFactory:
    return CustomerFactory(sandbox)


# A sandbox whose exports show everything at once, started anew for each test.


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
