"""One Qt application whose event loop is asyncio's too."""

from collections.abc import Callable

import pytest
import qasync
from PySide6.QtWidgets import QApplication


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], qasync.QEventLoop]]:
    app = QApplication.instance() or QApplication(["test"])
    return {"qt": lambda: qasync.QEventLoop(app)}
