"""Base of the settings cards' models: one action at a time, its busy text, the last error."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.task_registry import TaskRegistry


class CardModel(QObject):
    """A settings card's model; `changed`: another view, `message_posted`: how an action ended."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.tasks = TaskRegistry(self._on_error)
        self._busy_text = ""  # empty: nothing is under way
        self._error: ErrorMessage = NO_ERROR

    def refresh(self) -> None:
        """Rebuild a settings card's view: settings, permissions or connection changed."""
        self.changed.emit()

    async def close(self) -> None:
        """Cancel what a settings card has under way and wait for its end."""
        await self.tasks.close()

    def _start_work(
        self, name: str, coroutine: Coroutine[Any, Any, None], busy_text: str = "Working…"
    ) -> None:
        """Run an action of a settings card; a second one meanwhile is dropped."""
        if self._busy_text:
            # A coroutine that never ran would be complained of when it is collected.
            coroutine.close()
            return
        self._busy_text, self._error = busy_text, NO_ERROR
        self.tasks.start(name, coroutine)
        self.changed.emit()

    def _finish_work(self, message: str = "") -> None:
        self._busy_text = ""
        self.changed.emit()
        if message:
            self.message_posted.emit(message)

    def _on_error(self, error: AppError) -> None:
        self._error = to_error_message(error)
        self._finish_work()
