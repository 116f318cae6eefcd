"""Whole windows: the fixtures, and an end while their loop still runs."""

from pathlib import Path

import pytest

from tests.window.desk_fixtures import (  # noqa: F401 - pytest finds fixtures by their names
    _no_errors,
    agent_desk,
    desk,
    home,
    inside_one_loop,
    sandbox,
)

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    inside_one_loop(items, _HERE)
