"""A command line for each test, connected to the sandbox, and records that events name."""

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
