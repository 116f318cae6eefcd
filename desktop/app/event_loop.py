"""Runs a coroutine on Qt's event loop by qasync, with callbacks batched; alone imports qasync."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any, TypeVar

import qasync  # type: ignore[import-untyped]
from PySide6.QtCore import QObject, QTimerEvent
from PySide6.QtWidgets import QApplication

from desktop.app.gui_thread_garbage_collector import GuiThreadGarbageCollector

T = TypeVar("T")

# For files, certificates and imports; the database has a thread of its own.
_WORKER_THREADS = 4
# Callbacks that are ready run in one go, but no longer than half a frame before Qt has its turn.
_MAX_TURN_S = 0.008


def run_on_qt_event_loop(app: QApplication, main: Coroutine[Any, Any, T]) -> T:
    """Run the window's async main on the Qt loop of `app`; Python collects on Qt's thread."""
    collector = GuiThreadGarbageCollector()
    try:
        with asyncio.Runner(loop_factory=lambda: QtEventLoop(app)) as runner:
            return runner.run(main)
    finally:
        collector.restore_automatic_collection()


class QtEventLoop(qasync.QEventLoop):  # type: ignore[misc]
    """qasync's loop with four worker threads and all ready callbacks run in one turn of Qt's loop.

    qasync itself starts a Qt timer for each callback, and a request takes thirty of them. In one
    turn a request is on its way before anything is drawn, and an answer is taken in before the
    next drawing.
    """

    def __init__(self, app: QApplication) -> None:
        self._ready_callbacks: _ReadyCallbacks | None = None
        # qasync calls `call_soon` while it is being built: None until then.
        super().__init__(app)
        self._ready_callbacks = _ReadyCallbacks()
        # qasync's own executor is made of QThreads, which must not outlive the application.
        self.set_default_executor(ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="work"))

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Queue a callback for Qt's next turn; before the batch is built, by qasync's own timer."""
        if self._ready_callbacks is None:
            handle: asyncio.Handle = super().call_soon(callback, *args, context=context)
            return handle
        if asyncio.iscoroutinefunction(callback) or not callable(callback):
            raise TypeError(f"{callback!r} is not a callback")
        handle = asyncio.Handle(callback, args, self, context)
        self._ready_callbacks.add(handle)
        return handle

    def close(self) -> None:
        """Close the Qt event loop; callbacks that are still queued never run."""
        if self._ready_callbacks is not None:
            self._ready_callbacks.discard_all()
        super().close()


class _ReadyCallbacks(QObject):
    """The queue of ready asyncio callbacks, worked by one zero-interval Qt timer in their order."""

    def __init__(self) -> None:
        super().__init__()
        self._handles: deque[asyncio.Handle] = deque()
        self._timer = 0

    def add(self, handle: asyncio.Handle) -> None:
        """Queue an asyncio callback for Qt's next turn, or for the batch that runs now."""
        self._handles.append(handle)
        if not self._timer:
            self._timer = self.startTimer(0)

    def discard_all(self) -> None:
        """Drop all queued asyncio callbacks and stop their Qt timer."""
        self._handles.clear()
        if self._timer:
            self.killTimer(self._timer)
            self._timer = 0

    def timerEvent(self, event: QTimerEvent) -> None:
        """Run the queued asyncio callbacks, also those added meanwhile, for 8 ms at most."""
        del event
        deadline = time.perf_counter() + _MAX_TURN_S
        while self._handles:
            handle = self._handles.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001 - what every loop calls
            if time.perf_counter() > deadline:
                break
        if not self._handles and self._timer:
            self.killTimer(self._timer)
            self._timer = 0
