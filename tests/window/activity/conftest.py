"""One sandbox for the room; each test has a workspace and a page of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.connect.workspace_setup import set_up_workspace
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from tests.support.activity_page_driver import ActivityPageDriver
from tests.support.window_sandbox import PageSandbox
from tests.support.window_workspace import (
    await_with_timeout,
    close_fixtures_in_loop,
    make_workspace_services,
)

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    close_fixtures_in_loop(items, _HERE)


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[PageSandbox]:
    sandbox = PageSandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> ApplicationTheme:
    qapp.setQuitOnLastWindowClosed(False)
    return ApplicationTheme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
async def offline_page(
    theme: ApplicationTheme, tmp_path: Path
) -> AsyncIterator[ActivityPageDriver]:
    """Not connected: what needs no service."""
    house = make_workspace_services(tmp_path / "home")
    desk = ActivityPageDriver(house)
    yield desk
    await house.close()


@pytest.fixture
async def activity_page(
    theme: ApplicationTheme, shared_sandbox: PageSandbox, tmp_path: Path
) -> AsyncIterator[ActivityPageDriver]:
    shared_sandbox.control("POST", "reset")
    house = make_workspace_services(tmp_path / "home")
    await await_with_timeout(
        set_up_workspace(
            {**shared_sandbox.connection_document, "changes": True}, house.session.connection_config
        )
    )
    house.session.reload_settings()
    await await_with_timeout(house.session.connect())
    desk = ActivityPageDriver(house)
    yield desk
    await house.close()
