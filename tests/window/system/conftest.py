"""A display, a home that is set up, and the program in processes of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.window.desk import Home, Sandbox
from tests.window.desk_fixtures import home, sandbox  # noqa: F401 - pytest finds them by name
from tests.window.system.xvfb import Display, Program

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # These start processes that draw: one worker runs them, the other goes on meanwhile.
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    display = Display()
    yield display
    display.stop()


@pytest.fixture
def program(display: Display, home: Home, sandbox: Sandbox) -> Iterator[Program]:  # noqa: F811
    asyncio.run(home.set_up(sandbox.document))
    program = Program(display, home.folder, sandbox.document)
    yield program
    program.stop()
