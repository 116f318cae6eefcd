"""The demo as a process of its own: started from the welcome page or the palette, and watched."""

import os
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.app.detached_run_process import DetachedProcess, start_detached
from desktop.app.relaunch_command import relaunch_command
from desktop.kit.errors import AppError, InternalError

_POLL_INTERVAL_MS = 500


class DemoProcess(QObject):
    """At most one demo at a time; it has its own sandbox and home, and outlives this window."""

    running_changed = Signal(bool)
    failed = Signal(AppError)

    def __init__(self, logs: Path, parent: QObject) -> None:
        """`logs` is the folder for the demo process's output."""
        super().__init__(parent)
        self._logs = logs
        self._process: DetachedProcess | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_INTERVAL_MS)
        self._timer.timeout.connect(self._on_poll)

    @property
    def is_running(self) -> bool:
        """Whether the demo process that this window started is still open."""
        return self._process is not None

    def start(self) -> None:
        """Start `fairlead demo`, unless it runs already."""
        if self._process is not None:
            return
        try:
            self._process = start_detached(relaunch_command("demo"), self._logs, "demo", os.environ)
        except OSError as error:
            self.failed.emit(_demo_error(f"The system did not start it: {error.strerror}."))
            return
        self._timer.start()
        self.running_changed.emit(True)

    def stop_watching(self) -> None:
        """Leave the demo process to itself: this window closes."""
        self._timer.stop()

    def _on_poll(self) -> None:
        process = self._process
        if process is None or not process.has_exited:
            return
        self._timer.stop()
        self._process = None
        self.running_changed.emit(False)
        if process.exit_code:
            self.failed.emit(_demo_error(process.last_output()))


def _demo_error(what_happened: str) -> InternalError:
    return InternalError(
        "The demo did not start.",
        what_happened,
        "Try `fairlead demo` in a terminal.",
    )
