"""Whole windows on the Reports page: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.reports_page_driver import ReportsPageDriver
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
def window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> ReportsPageDriver:  # noqa: F811
    """An admin's window, of a computer that keeps everybody."""
    return ReportsPageDriver(home, sandbox)


@pytest.fixture
def agent_window(
    qapp: QApplication,
    home: WorkspaceHome,  # noqa: F811
    sandbox: LoggedSandbox,  # noqa: F811
) -> ReportsPageDriver:
    """An agent's window: they may not see reports."""
    return ReportsPageDriver(home, sandbox, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
