"""Whole windows: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    agent_window,
    home,
    new_computer,
    open_windows_in_test_loop,
    prebuilding_window,
    sandbox,
    window,
)

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
