"""Whole windows on the page Sync: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.window.desk import Home, Sandbox
from tests.window.desk_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    home,
    inside_one_loop,
    sandbox,
)
from tests.window.syncs.sync_desk import SyncDesk

_HERE = Path(__file__).parent


@pytest.fixture
def desk(qapp: QApplication, home: Home, sandbox: Sandbox) -> SyncDesk:  # noqa: F811
    """An admin's window on the page Sync."""
    return SyncDesk(home, sandbox)


@pytest.fixture
def agent_desk(qapp: QApplication, home: Home, sandbox: Sandbox) -> SyncDesk:  # noqa: F811
    """An agent's, who may not run syncs."""
    return SyncDesk(home, sandbox, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    inside_one_loop(items, _HERE)
