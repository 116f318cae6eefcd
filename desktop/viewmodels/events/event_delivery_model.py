"""View-model of deliveries of events: one at a time, by a process of its own; pause and resume."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.permission import Permission, check_permission
from desktop.settings.data_source_records import why_events_stay
from desktop.store.event_pause_repository import PausedSource
from desktop.store.sent_event_request_repository import EventSelection
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_delivery_watch import ROLLBACK_TITLE, EventDeliveryWatch
from desktop.viewmodels.events.simulation_input import (
    DeliveryOrder,
    DeliveryProcess,
    EventUseCases,
)
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_POLL_MS = 500
_WAITING = ("queued", "sending", "unknown", "not begun")


class EventDeliveryModel(TaskOwningModel):
    """The delivery under way, or the source that was paused last."""

    rows_changed = Signal()  # `watch.states` are others
    ended = Signal(bool)  # whether it was a source's first delivery

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        use_cases: EventUseCases,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._use_cases = workspace, store, use_cases
        self._clock = clock
        self.watch: EventDeliveryWatch | None = None
        self.paused: PausedSource | None = None
        self.is_pausing = False
        self.progress = ""
        self._order: DeliveryOrder | None = None  # delivered last from this window
        self._poll_timer = create_timer(self, _POLL_MS, self._poll, repeats=True)

    # What the page shows.

    @property
    def is_running(self) -> bool:
        """Whether a delivery of events is under way."""
        return self.watch is not None

    def refusal(self) -> str:
        """Say why nothing can be delivered now, or ""."""
        if reason := self.write_refusal():
            return reason
        return why_events_stay(self._workspace.values)

    def write_refusal(self) -> str:
        """Say why nothing about events can be written to Zendesk now, or ""."""
        decision = check_permission(Permission.RUNS, self._workspace.actor, self._workspace.rules)
        if not decision.is_allowed:
            return decision.reason
        return "A delivery is under way." if self.is_running else ""

    def pause_refusal(self) -> str:
        """Say why the delivery cannot be paused, or gone on with, now; or ""."""
        if self.watch is None:
            return self.refusal()
        if self.is_pausing:
            return "Requests under way end first."
        if self.watch.source_id is None:
            return "It has only begun: its events are being stored."
        return ""

    # What people do.

    def refresh(self) -> None:
        """Read whether the delivery of an event source is paused."""
        if not self.is_running:
            self.tasks.start_once("paused", self._read_paused())

    def deliver(self, order: DeliveryOrder, total: int) -> None:
        """Deliver a file or paste of `total` actions. Raises OSError."""
        if self._start(lambda: self._use_cases.start_delivery(order), order.source.name, total):
            self._order = order

    def retry(self, event_ids: Sequence[int], *, with_unticked: bool) -> None:
        """Queue stored events again and deliver them."""
        if event_ids:
            self._start(lambda: self._use_cases.start_retry(event_ids, with_unticked))

    def replay(self, chosen: EventSelection, *, with_removals: bool) -> None:
        """Send delivered events once more, where Zendesk lacks what they did."""
        self._start(lambda: self._use_cases.start_replay(chosen, with_removals))

    def roll_back(self, chosen: EventSelection) -> None:
        """Set back what delivered events changed, also while events wait."""
        if not self.write_refusal():
            self._begin(lambda: self._use_cases.start_rollback(chosen), ROLLBACK_TITLE)

    def deliver_waiting(self, source_id: int) -> None:
        """Deliver the stored events that wait, leaving removals out."""
        self._start(lambda: self._use_cases.start_waiting(source_id, False))

    def pause(self) -> None:
        """Hold back what is not sent yet; requests under way end first."""
        if self.watch is not None and not self.pause_refusal():
            self.is_pausing = True
            self.progress = "Pausing: requests under way end first…"
            self.changed.emit()
            self.tasks.start_once("pause", self._pause(self.watch.source_id or 0))

    def resume(self) -> None:
        """Go on with the source that was paused last, its removals as they were ticked here."""
        if self.paused is not None and not self.refusal():
            self.tasks.start_once("resume", self._resume(self.paused))

    async def close(self) -> None:
        """Stop watching the process that delivers events; it goes on."""
        self._poll_timer.stop()
        await super().close()

    # How it comes about.

    def _start(
        self,
        start: Callable[[], DeliveryProcess],
        source_name: str = "",
        total: int = 0,
        source_id: int | None = None,
    ) -> bool:
        if self.refusal():
            return False
        return self._begin(start, "Delivering…", source_name, total, source_id)

    def _begin(
        self,
        start: Callable[[], DeliveryProcess],
        title: str,
        source_name: str = "",
        total: int = 0,
        source_id: int | None = None,
    ) -> bool:
        try:
            process = start()
        except AppError as error:
            self.failed.emit(error)
            return False
        self.is_pausing, self.progress = False, title
        now = self._clock.now
        queries = self._store.event_queries
        self.watch = EventDeliveryWatch(
            process, queries, source_name, total, now(), now, source_id, title=title
        )
        self._poll_timer.start()
        self.changed.emit()
        return True

    def _poll(self) -> None:
        self.tasks.start_once("poll", self._poll_once())

    async def _poll_once(self) -> None:
        watch = self.watch
        if watch is None:
            self._poll_timer.stop()
            return
        # Asked first: what it writes last is read after its end.
        is_running = watch.is_running
        if await watch.poll():
            self.rows_changed.emit()
        if not is_running:
            await self._end(watch)
        elif not self.is_pausing:
            self.progress = watch.describe_progress()
        self.changed.emit()

    async def _end(self, watch: EventDeliveryWatch) -> None:
        self._poll_timer.stop()
        self.watch, self.is_pausing = None, False
        if watch.is_rollback:
            self.progress = "" if watch.has_failed else watch.process.last_output()
        else:
            await self._describe_end(watch)
        if watch.has_failed:
            self.failed.emit(watch.error)
        self.message_posted.emit(self.progress)
        self.ended.emit(bool(watch.source_name))

    async def _describe_end(self, watch: EventDeliveryWatch) -> None:
        counts = await self._store.events.count_states(watch.source_id)
        waiting = sum(counts.get(name, 0) for name in _WAITING)
        parked = counts.get("parked", 0)
        await self._read_paused()
        words = [f"{counts.get('done', 0):,} done"]
        words += [f"{parked:,} to correct"] if parked else []
        if self.paused is not None:
            words += [f"{self.paused.waiting:,} left: paused"]
        elif waiting:
            words += [f"{waiting:,} left: deliver again"]
        self.progress = f"Delivered: {', '.join(words)}."

    def author(self) -> tuple[str, float]:
        """Return who is at work, as the audit keeps it, and the moment (Unix seconds)."""
        return self._workspace.actor.signature, self._clock.now()

    async def _pause(self, source_id: int) -> None:
        await self._store.event_pauses.pause(source_id, *self.author())

    async def _resume(self, paused: PausedSource) -> None:
        await self._store.event_pauses.resume(paused.id, *self.author())
        order = self._order
        is_own = order is not None and order.source.name == paused.name
        removals = is_own and order is not None and order.removals
        self._start(
            lambda: self._use_cases.start_waiting(paused.id, removals),
            paused.name,
            paused.waiting,
            paused.id,
        )

    async def _read_paused(self) -> None:
        found = await self._store.event_pauses.list_paused()
        self.paused = found[0] if found else None
        self.changed.emit()
