"""Runs a coroutine on Qt's event loop; the only place that knows qasync."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import qasync  # type: ignore[import-untyped]
from PySide6.QtWidgets import QApplication

from desktop.app.collector import Collector

T = TypeVar("T")

_THREADS = 4


def run_with_qt(app: QApplication, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end with Qt's loop turning below it."""

    def factory() -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
        # qasync's own executor is made of QThreads, which must not outlive the application.
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="work"))
        return loop

    collector = Collector()
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main)
    finally:
        collector.close()
