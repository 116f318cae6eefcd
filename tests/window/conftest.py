"""One Qt application whose event loop is asyncio's too: the app's own."""

import gc
from collections.abc import Callable, Generator

import pytest
from PySide6.QtWidgets import QApplication

from desktop.app.event_loop import QtEventLoop
from tests.support.collecting import one_worker_at_a_time
from tests.support.window_fixtures import (  # noqa: F401 - one of each for all rooms with whole windows
    prepared_homes,
    shared_sandbox,
)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], QtEventLoop]]:
    app = QApplication.instance() or QApplication(["test"])
    return {"qt": lambda: QtEventLoop(app)}


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    with one_worker_at_a_time(session.config):
        return (yield)


def pytest_collection_finish() -> None:
    """What is there before the first test stays: no collection need walk it again.

    Every window is collected when it is closed, and what is left of it looked for.
    """
    gc.collect()
    gc.freeze()
