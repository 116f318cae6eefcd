"""One sandbox for the room; each test has a workspace and a page of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.connect.setup import run_setup
from desktop.panels.theme.theme import Choice, Theme
from tests.window.activity.at_desk import AtDesk
from tests.window.at_work import RunningSandbox, end_quietly, make_house, soon

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    end_quietly(items, _HERE)


@pytest.fixture(scope="session")
def serving() -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    qapp.setQuitOnLastWindowClosed(False)
    return Theme(qapp, Choice.LIGHT)


@pytest.fixture
async def quiet_desk(theme: Theme, tmp_path: Path) -> AsyncIterator[AtDesk]:
    """Not connected: what needs no service."""
    house = make_house(tmp_path / "home")
    desk = AtDesk(house)
    yield desk
    await house.close()


@pytest.fixture
async def desk(theme: Theme, serving: RunningSandbox, tmp_path: Path) -> AsyncIterator[AtDesk]:
    serving.control("POST", "reset")
    house = make_house(tmp_path / "home")
    await soon(run_setup({**serving.document, "changes": True}, house.live.desk))
    house.live.reload()
    await soon(house.live.connect())
    desk = AtDesk(house)
    yield desk
    await house.close()
