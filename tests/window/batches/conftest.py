"""Whole windows on the page Many at once: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.batch_page_driver import BatchPageDriver
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
def window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> BatchPageDriver:  # noqa: F811
    """An admin's window, whose batches are worked on by processes of their own."""
    return BatchPageDriver(home, sandbox)


@pytest.fixture
def agent_window(
    qapp: QApplication,
    home: WorkspaceHome,  # noqa: F811
    sandbox: LoggedSandbox,  # noqa: F811
) -> BatchPageDriver:
    """An agent's window: they may not change many customers at once."""
    return BatchPageDriver(home, sandbox, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
