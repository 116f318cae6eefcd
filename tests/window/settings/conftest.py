"""One sandbox for the room; each test has a connected workspace and the page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from tests.support.settings_page_driver import SettingsPageDriver, connect_workspace, setup_document
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
async def admin_page(
    theme: ApplicationTheme, sandbox: PageSandbox, tmp_path: Path
) -> AsyncIterator[SettingsPageDriver]:
    house = make_workspace_services(tmp_path / "home")
    yield await connect_workspace(house, setup_document(sandbox))
    await house.close()


@pytest.fixture
async def agent_page(
    theme: ApplicationTheme, sandbox: PageSandbox, tmp_path: Path
) -> AsyncIterator[SettingsPageDriver]:
    house = make_workspace_services(tmp_path / "home")
    yield await connect_workspace(house, setup_document(sandbox, "agent_"))
    await house.close()
