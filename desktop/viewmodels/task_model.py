"""Base of view-models that have tasks under way."""

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.viewmodels.task_registry import TaskRegistry


class TaskModel(QObject):
    """A view-model with named tasks; what they raise is told by `failed`."""

    changed = Signal()  # what is shown is new
    failed = Signal(object)  # AppError
    message_posted = Signal(str)  # one sentence: what was just done

    def __init__(self) -> None:
        super().__init__()
        self.tasks = TaskRegistry(self._on_error)

    async def close(self) -> None:
        """Cancel what runs and wait for its end."""
        await self.tasks.close()

    def _on_error(self, error: AppError) -> None:
        self.failed.emit(error)
