"""Whole windows: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.reports_page_driver import ReportsPageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    agent_window,
    home,
    make_window_fixture,
    new_computer,
    open_windows_in_test_loop,
    prebuilding_window,
    sandbox,
    window,
)

_HERE = Path(__file__).parent

# Whose computer keeps the data of everybody.
everybody_window = make_window_fixture(ReportsPageDriver)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
