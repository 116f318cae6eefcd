"""One sandbox for the room; each test begins on a computer that knows nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from desktop.panels.theme.theme import Choice, Theme
from tests.window.at_work import RunningSandbox, end_quietly, make_house
from tests.window.wizard.first_start import FirstStart, NoBrowser

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
def browser() -> Iterator[NoBrowser]:
    taker = NoBrowser()
    QDesktopServices.setUrlHandler("http", taker, "open")
    yield taker
    QDesktopServices.unsetUrlHandler("http")


@pytest.fixture
async def start(theme: Theme, tmp_path: Path) -> AsyncIterator[FirstStart]:
    house = make_house(tmp_path / "home")
    yield FirstStart(house)
    await house.close()
