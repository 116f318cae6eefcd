"""Runs a coroutine on Qt's event loop; the only place that knows qasync."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import qasync  # type: ignore[import-untyped]
from PySide6.QtWidgets import QApplication

T = TypeVar("T")


def run_with_qt(app: QApplication, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end with Qt's loop turning below it."""

    def factory() -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
        return loop

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)
