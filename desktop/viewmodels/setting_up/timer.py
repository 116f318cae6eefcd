"""Whether the operating system runs what is due while Fairlead is closed, and changing that."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.kit.text import translate
from desktop.settings import sync_settings
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.tasks import Tasks


class SystemTimer(Protocol):
    """The system's timer for this workspace. Every call may block; all raise AppErrors."""

    def install(self) -> str:
        """Install it; says what was done."""
        ...

    def remove(self) -> str:
        """Remove it; says what was done."""
        ...

    def installed(self) -> bool:
        """Whether it is there."""
        ...


@dataclass(frozen=True)
class TimerView:
    """`action` is what the button does; `why_not` is empty where it may be pressed."""

    words: str
    action: str
    why_not: str
    trouble: Trouble


class TimerModel(QObject):
    """`told` says what was done. Without a timer (a workspace that has none) nothing is offered."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, office: SettingsOffice, timer: SystemTimer | None) -> None:
        super().__init__()
        self._office, self._timer = office, timer
        self.tasks = Tasks(self._on_trouble)
        self._installed: bool | None = None
        self._busy = False
        self._trouble: Trouble = NONE

    @property
    def offered(self) -> bool:
        """Whether there is anything to press."""
        return self._timer is not None

    def view(self) -> TimerView:
        """Build the row."""
        here = self._office.values.get(sync_settings.RUN_HERE)
        why_not = ""
        if self._busy or self._installed is None:
            why_not = translate("Timer", "The system is being asked.")
        elif not here and not self._installed:
            why_not = translate("Timer", "This computer does not run what is due.")
        return TimerView(
            words=translate("Timer", "While Fairlead is closed the system runs what is due.")
            if self._installed
            else translate("Timer", "While Fairlead is closed nothing runs."),
            action=translate("Timer", "Stop that")
            if self._installed
            else translate("Timer", "Run also when closed"),
            why_not=why_not,
            trouble=self._trouble,
        )

    def look(self) -> None:
        """Ask the system."""
        if self._timer is not None and not self._busy and not self.tasks.runs("look"):
            self.tasks.start("look", self._look(self._timer))

    def press(self) -> None:
        """Install or remove it, whichever is the other."""
        if self._timer is None or self.view().why_not:
            return
        self._busy, self._trouble = True, NONE
        act = self._timer.remove if self._installed else self._timer.install
        self.tasks.start("act", self._act(self._timer, act))
        self.changed.emit()

    def refresh(self) -> None:
        """The settings are others now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _look(self, timer: SystemTimer) -> None:
        self._installed = await asyncio.to_thread(timer.installed)
        self.changed.emit()

    async def _act(self, timer: SystemTimer, act: Callable[[], str]) -> None:
        words = await asyncio.to_thread(act)
        self._installed = await asyncio.to_thread(timer.installed)
        self._busy = False
        self.changed.emit()
        self.told.emit(words)

    def _on_trouble(self, error: AppError) -> None:
        self._busy = False
        self._installed = bool(self._installed)
        self._trouble = trouble_of(error)
        self.changed.emit()
