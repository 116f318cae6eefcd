"""Whole windows on the page Sync: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    home,
    open_windows_in_test_loop,
    sandbox,
)
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

_HERE = Path(__file__).parent


@pytest.fixture
def window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> SyncPageDriver:  # noqa: F811
    """An admin's window on the page Sync."""
    return SyncPageDriver(home, sandbox)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
