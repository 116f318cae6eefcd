"""Whole windows on the page Sync: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _forked_processes,
    _no_errors,
    home,
    make_window_fixture,
    open_windows_in_test_loop,
    sandbox,
)

_HERE = Path(__file__).parent

window = make_window_fixture(SyncPageDriver)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
