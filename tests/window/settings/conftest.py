"""One sandbox for the room; each test has a connected workspace and the page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.panels.theme.theme import Choice, Theme
from tests.window.at_work import RunningSandbox, end_quietly, make_house
from tests.window.settings.settings_desk import Office, connected, document

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    end_quietly(items, _HERE)


@pytest.fixture(scope="session")
def serving() -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(serving: RunningSandbox) -> RunningSandbox:
    serving.control("POST", "reset")
    return serving


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    qapp.setQuitOnLastWindowClosed(False)
    return Theme(qapp, Choice.LIGHT)


@pytest.fixture
async def admin(theme: Theme, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Office]:
    house = make_house(tmp_path / "home")
    yield await connected(house, document(sandbox))
    await house.close()


@pytest.fixture
async def agent(theme: Theme, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Office]:
    house = make_house(tmp_path / "home")
    yield await connected(house, document(sandbox, "agent_"))
    await house.close()
