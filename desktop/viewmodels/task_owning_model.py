"""Base of view-models that own asyncio tasks."""

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.viewmodels.task_registry import TaskRegistry


class TaskOwningModel(QObject):
    """A view-model with named asyncio tasks; emits `failed` for what they raise."""

    changed = Signal()  # what is shown is new
    failed = Signal(object)  # AppError
    message_posted = Signal(str)  # one sentence: what was just done

    def __init__(self) -> None:
        super().__init__()
        self.tasks = TaskRegistry(self._on_error)

    async def close(self) -> None:
        """Cancel the view-model's asyncio tasks and wait for their end."""
        await self.tasks.close()

    def _on_error(self, error: AppError) -> None:
        self.failed.emit(error)
