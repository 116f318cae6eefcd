"""Whole windows on the Audience page: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.support.audience_page_driver import AudiencePageDriver
from tests.support.window_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    home,
    make_window_fixture,
    open_windows_in_test_loop,
    prepared_homes,
    sandbox,
    shared_sandbox,
)

_HERE = Path(__file__).parent

window = make_window_fixture(AudiencePageDriver)
# An agent may neither search everybody nor see reports.
agent_window = make_window_fixture(AudiencePageDriver, agent=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    open_windows_in_test_loop(items, _HERE)
