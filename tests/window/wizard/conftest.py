"""One sandbox for the room; each test begins on a computer that knows nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from tests.support.setup_wizard_driver import BrowserRecorder, SetupWizardDriver
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import close_fixtures_in_loop, make_workspace_services

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    close_fixtures_in_loop(items, _HERE)


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[PageSandbox]:
    sandbox = PageSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(shared_sandbox: PageSandbox) -> PageSandbox:
    shared_sandbox.control("POST", "reset")
    return shared_sandbox


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> ApplicationTheme:
    qapp.setQuitOnLastWindowClosed(False)
    return ApplicationTheme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def browser_recorder() -> Iterator[BrowserRecorder]:
    taker = BrowserRecorder()
    QDesktopServices.setUrlHandler("http", taker, "open")
    yield taker
    QDesktopServices.unsetUrlHandler("http")


@pytest.fixture
async def wizard(theme: ApplicationTheme, tmp_path: Path) -> AsyncIterator[SetupWizardDriver]:
    house = make_workspace_services(tmp_path / "home")
    yield SetupWizardDriver(house)
    await house.close()
