"""View-models without a window: asyncio's own event loop, so that each test takes milliseconds."""

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    # Timers want an application; the windows of other tests in this process want this kind.
    app = QApplication.instance() or QApplication(["test"])
    assert app is not None
    return {"asyncio": asyncio.new_event_loop}
