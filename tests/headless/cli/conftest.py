"""A command line for each test, connected to the sandbox by the environment's credentials."""

from pathlib import Path

import pytest

from tests.faults.servers import Servers
from tests.headless.cli.command import Command


@pytest.fixture
def fairlead(home: Path, servers: Servers) -> Command:
    return Command(home, servers.document, keyring=False)


@pytest.fixture
def as_agent(home: Path, servers: Servers) -> Command:
    return Command(home, servers.document, keyring=False, agent=True)
