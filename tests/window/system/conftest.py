"""A display, a home that is set up, and the program in processes of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.virtual_display import FairleadProcess, VirtualDisplay
from tests.support.window_fixtures import home, sandbox  # noqa: F401 - pytest finds them by name
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # These start processes that draw: one worker runs them, the other goes on meanwhile.
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session")
def display() -> Iterator[VirtualDisplay]:
    display = VirtualDisplay()
    yield display
    display.stop()


@pytest.fixture
def program(
    display: VirtualDisplay,
    home: WorkspaceHome,  # noqa: F811 - the fixture imported above
    sandbox: LoggedSandbox,  # noqa: F811 - likewise
) -> Iterator[FairleadProcess]:
    asyncio.run(home.set_up(sandbox.connection_document))
    program = FairleadProcess(display, home.folder, sandbox.connection_document)
    yield program
    program.stop()
