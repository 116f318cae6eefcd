"""Whole windows on the page Many at once: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.batch_page_driver import BatchPageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _forked_processes,
    _no_errors,
    home,
    make_window_fixture,
    open_windows_in_test_loop,
    prepared_homes,
    sandbox,
    shared_sandbox,
)

_HERE = Path(__file__).parent

window = make_window_fixture(BatchPageDriver)
agent_window = make_window_fixture(BatchPageDriver, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
