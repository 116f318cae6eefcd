"""View-model of stored events: the log, what needs correction, how many wait for a person."""

from PySide6.QtCore import Signal

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_row import CORRECTABLE, EventFilter, EventRow, delivery_rows
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel

_LOG_EVENTS = 500
# A delivery writes all the time; a count that is some seconds old is as good.
_COUNT_DELAY_MS = 3_000


class StoredEventsModel(TaskOwningModel):
    """Reads the stored events that a filter of the page lists."""

    attention_changed = Signal()  # `waiting_for_person` is another number

    def __init__(self, store: WorkspaceStore, bus: ChangeBus) -> None:
        super().__init__()
        self._store = store
        self.rows: tuple[EventRow, ...] | None = None
        self.waiting_for_person = 0
        self._count_timer = create_timer(self, _COUNT_DELAY_MS, self.read_attention)
        self._unsubscribe = bus.subscribe(self._on_changes)

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources of the rows that are listed, by name."""
        return tuple(sorted({row.source_name for row in self.rows or () if row.source_name}))

    @property
    def is_reading(self) -> bool:
        """Whether a list of stored events is being read."""
        return self.tasks.is_running("read")

    def read(self, event_filter: EventFilter) -> None:
        """Read the rows of a filter; those of another one are no longer shown."""
        self.tasks.start("read", self._read(event_filter))

    def forget(self) -> None:
        """Forget the stored events shown until they are read again."""
        self.rows = None
        self.tasks.cancel("read")

    def read_attention(self) -> None:
        """Count the stored events that wait for a person."""
        self.tasks.start_once("attention", self._read_attention())

    async def close(self) -> None:
        """Stop reading the Events page's stored events."""
        self._unsubscribe()
        self._count_timer.stop()
        await super().close()

    def _on_changes(self, changes: ChangeSet) -> None:
        is_due = changes.has_any(Topic.SYNC, Topic.SERVICE, Topic.PERMISSIONS)
        if is_due and not self._count_timer.isActive():
            self._count_timer.start()

    async def _read(self, event_filter: EventFilter) -> None:
        is_correction = event_filter is EventFilter.CORRECTION
        events = self._store.events
        found = await events.list_newest(_LOG_EVENTS, states=CORRECTABLE if is_correction else ())
        rows = [row for event in found for row in delivery_rows(event)]
        if is_correction:
            rows = [row for row in rows if row.delivery_state in CORRECTABLE]
            bad = await events.list_newest(_LOG_EVENTS, only_invalid=True)
            rows += [row for event in bad for row in delivery_rows(event)]
            rows.sort(key=lambda row: row.cause)
        self.rows = tuple(rows)
        # Once the task has ended, whose state the list tells.
        self.tasks.start_once("show", self._show())

    async def _show(self) -> None:
        await self.tasks.wait_for_prefix("read")
        self.changed.emit()

    async def _read_attention(self) -> None:
        counts = await self._store.events.count_states()
        count = counts.get("parked", 0) + counts.get("invalid", 0)
        if count != self.waiting_for_person:
            self.waiting_for_person = count
            self.attention_changed.emit()
