"""“Test connections”: every connection and permission, one line each, as they are found out."""

from PySide6.QtCore import QObject, Signal

from desktop.connect.connection_check import ConnectionCheck, are_needed_checks_ok
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.doctor import run_doctor
from desktop.kit.errors import AppError
from desktop.viewmodels import time_format
from desktop.viewmodels.settings.connection_check_view import (
    ConnectionCheckView,
    build_check_view,
    summarise_checks,
)
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.task_registry import TaskRegistry


class ConnectionTestModel(QObject):
    """`changed` after each line."""

    changed = Signal()

    def __init__(self, connection_config: ConnectionConfig) -> None:
        super().__init__()
        self._connection_config = connection_config
        self.tasks = TaskRegistry(self._on_error)
        self._checks: list[ConnectionCheck] = []
        self.is_busy = False
        self._tested_at: float | None = None
        self.error: ErrorMessage = NO_ERROR

    def check_views(self) -> tuple[ConnectionCheckView, ...]:
        """Give all lines so far."""
        return tuple(build_check_view(check) for check in self._checks)

    def status_note(self) -> tuple[str, str]:
        """How the test stands, and the tone of saying so."""
        checks = tuple(self._checks)
        words = summarise_checks(checks, running=self.is_busy)
        if self._tested_at is not None and not self.is_busy:
            words = f"{words}, tested {time_format.format_time_of_day(self._tested_at)}"
        return words, "muted" if self.is_busy or are_needed_checks_ok(checks) else "bad"

    def start_test(self) -> None:
        """Begin; while a test runs a second one is not begun."""
        if self.is_busy:
            return
        self.is_busy, self.error = True, NO_ERROR
        self._checks.clear()
        self.tasks.start("test", self._run_test())
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _run_test(self) -> None:
        await run_doctor(self._connection_config, self._on_check)
        self.is_busy, self._tested_at = False, self._connection_config.clock.now()
        self.changed.emit()

    def _on_check(self, check: ConnectionCheck) -> None:
        self._checks.append(check)
        self.changed.emit()

    def _on_error(self, error: AppError) -> None:
        self.is_busy, self.error = False, to_error_message(error)
        self.changed.emit()
