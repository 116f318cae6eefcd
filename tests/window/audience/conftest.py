"""Whole windows on the Audience page: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.audience_page_driver import AudiencePageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    home,
    open_windows_in_test_loop,
    prepared_homes,
    sandbox,
    shared_sandbox,
)
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

_HERE = Path(__file__).parent


@pytest.fixture
def window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> AudiencePageDriver:  # noqa: F811
    """An admin's window, who may have this computer read everybody."""
    return AudiencePageDriver(home, sandbox)


@pytest.fixture
def agent_window(
    qapp: QApplication,
    home: WorkspaceHome,  # noqa: F811
    sandbox: LoggedSandbox,  # noqa: F811
) -> AudiencePageDriver:
    """An agent's window: they may not search everybody."""
    return AudiencePageDriver(home, sandbox, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
