"""Model of the settings' row for the system's timer, which runs due syncs with Fairlead closed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from desktop.kit.errors import AppError
from desktop.settings import sync_settings
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


class SystemTimer(Protocol):
    """What the timer row needs of the operating system's timer; every call may block."""

    def install(self) -> str:
        """Install the system's timer for the timer row; return what was done. Raises AppError."""
        ...

    def remove(self) -> str:
        """Remove the system's timer for the timer row; return what was done. Raises AppError."""
        ...

    def is_installed(self) -> bool:
        """Whether the timer row's system timer is installed. Raises AppError."""
        ...


@dataclass(frozen=True)
class SystemTimerView:
    """View of the timer row; `action_label` is its button, `disabled_reason` empty where it may."""

    status_text: str
    action_label: str
    disabled_reason: str
    error: ErrorMessage


class SystemTimerModel(CardModel):
    """Model of the timer row; without a timer (the demo) it offers nothing."""

    def __init__(self, workspace: WorkspaceSettingsProtocol, timer: SystemTimer | None) -> None:
        super().__init__()
        self._workspace, self._timer = workspace, timer
        self._is_installed: bool | None = None  # None: the system was not asked yet

    @property
    def is_available(self) -> bool:
        """Whether this workspace may have a timer row."""
        return self._timer is not None

    def view(self) -> SystemTimerView:
        """Build the view of the timer row."""
        here = self._workspace.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
        reason = ""
        if self._busy_text or self._is_installed is None:
            reason = "Checking…"
        elif not here and not self._is_installed:
            reason = "Scheduled syncs don't run on this computer."
        return SystemTimerView(
            status_text="Scheduled syncs also run while Fairlead is closed."
            if self._is_installed
            else "Nothing runs while Fairlead is closed.",
            action_label="Stop that" if self._is_installed else "Run also when closed",
            disabled_reason=reason,
            error=self._error,
        )

    def load_status(self) -> None:
        """Ask the operating system, for the timer row, whether the timer is installed."""
        if self._timer is not None and not self._busy_text:
            self.tasks.start_once("status", self._load_status(self._timer))

    def toggle_installed(self) -> None:
        """Install the system's timer from its row, or remove it where it is installed."""
        if self._timer is None or self.view().disabled_reason:
            return
        action = self._timer.remove if self._is_installed else self._timer.install
        self._start_work("toggle", self._run_action(self._timer, action))

    async def _load_status(self, timer: SystemTimer) -> None:
        self._is_installed = await asyncio.to_thread(timer.is_installed)
        self.changed.emit()

    async def _run_action(self, timer: SystemTimer, action: Callable[[], str]) -> None:
        # systemctl, launchctl and schtasks may take seconds.
        message = await asyncio.to_thread(action)
        self._is_installed = await asyncio.to_thread(timer.is_installed)
        self._finish_work(message)

    def _on_error(self, error: AppError) -> None:
        # Not asked successfully yet: offering to install is the safe guess.
        self._is_installed = bool(self._is_installed)
        super()._on_error(error)
