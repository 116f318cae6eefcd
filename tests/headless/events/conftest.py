"""A command line for each test, connected to the sandbox, and records that events name."""

import shutil
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def fairlead(home: Path, sandbox: SandboxServers) -> FairleadCommand:
    return FairleadCommand(home, sandbox.connection_document, keyring=False)


@pytest.fixture
def as_agent(home: Path, sandbox: SandboxServers) -> FairleadCommand:
    return FairleadCommand(home, sandbox.connection_document, keyring=False, agent=True)


@pytest.fixture
def records(sandbox: SandboxServers) -> EventRecords:
    return EventRecords(sandbox)


@pytest.fixture
def as_second_desk(prepared_home: Path, sandbox: SandboxServers, tmp_path: Path) -> FairleadCommand:
    """Another computer with a workspace of the same account."""
    folder = tmp_path / "second" / "home"
    shutil.copytree(prepared_home, folder)
    return FairleadCommand(folder, sandbox.connection_document, keyring=False)
