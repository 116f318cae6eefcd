"""Whether the operating system runs what is due while Fairlead is closed, and changing that."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.settings import sync_settings
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


class SystemTimer(Protocol):
    """The system's timer for this workspace. Every call may block; all raise AppErrors."""

    def install(self) -> str:
        """Install it; says what was done."""
        ...

    def remove(self) -> str:
        """Remove it; says what was done."""
        ...

    def is_installed(self) -> bool:
        """Whether it is there."""
        ...


@dataclass(frozen=True)
class SystemTimerView:
    """`action` is what the button does; `why_not` is empty where it may be pressed."""

    status_text: str
    action_label: str
    disabled_reason: str
    error: ErrorMessage


class SystemTimerModel(QObject):
    """`told` says what was done. Without a timer (a workspace that has none) nothing is offered."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(self, workspace: WorkspaceSettingsProtocol, timer: SystemTimer | None) -> None:
        super().__init__()
        self._workspace, self._timer = workspace, timer
        self.tasks = TaskRegistry(self._on_error)
        self._is_installed: bool | None = None
        self._is_busy = False
        self._error: ErrorMessage = NO_ERROR

    @property
    def is_available(self) -> bool:
        """Whether there is anything to press."""
        return self._timer is not None

    def view(self) -> SystemTimerView:
        """Build the row."""
        here = self._workspace.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
        why_not = ""
        if self._is_busy or self._is_installed is None:
            why_not = "The system is being asked."
        elif not here and not self._is_installed:
            why_not = "This computer does not run what is due."
        return SystemTimerView(
            status_text="While Fairlead is closed the system runs what is due."
            if self._is_installed
            else "While Fairlead is closed nothing runs.",
            action_label="Stop that" if self._is_installed else "Run also when closed",
            disabled_reason=why_not,
            error=self._error,
        )

    def load_status(self) -> None:
        """Ask the system."""
        if self._timer is not None and not self._is_busy and not self.tasks.is_running("look"):
            self.tasks.start("look", self._load_status(self._timer))

    def toggle_installed(self) -> None:
        """Install or remove it, whichever is the other."""
        if self._timer is None or self.view().disabled_reason:
            return
        self._is_busy, self._error = True, NO_ERROR
        act = self._timer.remove if self._is_installed else self._timer.install
        self.tasks.start("act", self._run_action(self._timer, act))
        self.changed.emit()

    def refresh(self) -> None:
        """The settings are others now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _load_status(self, timer: SystemTimer) -> None:
        self._is_installed = await asyncio.to_thread(timer.is_installed)
        self.changed.emit()

    async def _run_action(self, timer: SystemTimer, act: Callable[[], str]) -> None:
        words = await asyncio.to_thread(act)
        self._is_installed = await asyncio.to_thread(timer.is_installed)
        self._is_busy = False
        self.changed.emit()
        self.message_posted.emit(words)

    def _on_error(self, error: AppError) -> None:
        self._is_busy = False
        self._is_installed = bool(self._is_installed)
        self._error = to_error_message(error)
        self.changed.emit()
