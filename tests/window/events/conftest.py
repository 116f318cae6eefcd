"""Whole windows on the Events page: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.events_page_driver import EventsPageDriver
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

window = make_window_fixture(EventsPageDriver)
agent_window = make_window_fixture(EventsPageDriver, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
