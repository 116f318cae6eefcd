"""View-model of clearing delivered events by age: how many, which stay, and doing it."""

from collections.abc import Awaitable, Callable

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.event_delivery import KeptEvents
from desktop.model.permission import Permission, check_role
from desktop.settings.settings_table import EVENT_DAYS
from desktop.store.event_repository import EventRepository
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_DAY_S = 86_400.0


class EventClearingModel(TaskOwningModel):
    """The number of days that delivered events are kept, and what is older than that."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        events: EventRepository,
        clear: Callable[[int], Awaitable[int]],
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._events, self._clear = workspace, events, clear
        self._clock = clock
        self.days = 0
        self.found: KeptEvents | None = None

    def summary(self) -> str:
        """Say how many events are kept, and which of them would be cleared."""
        if self.found is None:
            return "Counting…"
        kept = format_count(self.found.kept, "event is", "events are")
        older = format_count(self.found.expired, "was delivered and is", "were delivered and are")
        return f"{kept} kept; {older} older."

    def staying(self) -> str:
        """Say which delivered events of the same age are not cleared, or ""."""
        if self.found is None or not self.found.old_waiting:
            return ""
        waits = format_count(self.found.old_waiting, "event", "events")
        return f"{waits} as old wait to be sent or corrected: they stay."

    def refusal(self) -> str:
        """Say why nothing can be cleared, or ""."""
        decision = check_role(Permission.RUNS, self._workspace.actor, self._workspace.rules)
        if not decision.is_allowed:
            return decision.reason
        if self.found is None:
            return "The events are being counted."
        return "" if self.found.expired else "No delivered event is older."

    def choose(self, days: int | None = None) -> None:
        """Count the events older than so many days; None: those of the setting."""
        self.days = self._workspace.values.get(EVENT_DAYS) if days is None else days
        self.found = None
        self.tasks.start("count", self._count())
        self.changed.emit()

    def clear(self) -> None:
        """Clear what was counted. It can't be undone."""
        if not self.refusal():
            self.tasks.start_once("clear", self._clear_now(self.days))

    async def _count(self) -> None:
        self.found = await self._events.count_kept(self._clock.now() - self.days * _DAY_S)
        self.changed.emit()

    async def _clear_now(self, days: int) -> None:
        try:
            cleared = await self._clear(days)
        except AppError as error:
            self.failed.emit(error)
            return
        count = format_count(cleared, "event", "events")
        self.message_posted.emit(f"{count} cleared. They are still known, and not sent again.")
        self.changed.emit()
