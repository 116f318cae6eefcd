"""View-model of the Events page: simulates a file of events, delivers it, shows what became."""

from collections.abc import Sequence
from pathlib import Path

from desktop.kit.change_bus import ChangeBus
from desktop.kit.clock import Clock
from desktop.kit.text import format_count
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_actions_model import EventActionsModel
from desktop.viewmodels.events.event_clearing_model import EventClearingModel
from desktop.viewmodels.events.event_consequences import (
    EventConsequence,
    about_destination_off,
    describe_counts,
)
from desktop.viewmodels.events.event_correction_model import EventCorrectionModel
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.events.event_export import export_event_rows
from desktop.viewmodels.events.event_replay_model import EventReplayModel
from desktop.viewmodels.events.event_rollback_model import EventRollbackModel
from desktop.viewmodels.events.event_row import (
    EVENT_COLUMNS,
    EventFilter,
    EventRow,
)
from desktop.viewmodels.events.event_simulation_model import EventSimulationModel
from desktop.viewmodels.events.event_sources_model import EventSourcesModel
from desktop.viewmodels.events.simulated_source import (
    MAX_ROWS,
)
from desktop.viewmodels.events.simulation_input import (
    EventUseCases,
)
from desktop.viewmodels.events.stored_events_model import StoredEventsModel
from desktop.viewmodels.file_export import FileFormat
from desktop.viewmodels.list_model import GrowingListModel, ListState
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

# Stored events that drafts are previewed on where no file is open.
_PREVIEWED_EVENTS = 200
# They go to the delivery's process as an argument, whose length the system limits.
_MAX_LEFT_OUT = 500
# What lists stored events.
_STORED = (EventFilter.LOG, EventFilter.CORRECTION)


class EventsPageModel(TaskOwningModel):
    """The rows of the Events page, the consequences of a file, and its delivery."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        use_cases: EventUseCases,
        actions: EventActionsModel,
        sources: EventSourcesModel,
        clock: Clock,
        bus: ChangeBus,
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._use_cases = workspace, store, use_cases
        self.actions, self.sources, self._clock = actions, sources, clock
        self.table_model: GrowingListModel[EventRow] = GrowingListModel(EVENT_COLUMNS, self)
        self.event_filter = EventFilter.SIMULATION
        self.search_text = ""
        self._selected_id = ""
        self.stored = StoredEventsModel(store, bus)
        self.delivery = EventDeliveryModel(workspace, store, use_cases, clock)
        self.simulation = EventSimulationModel(
            *(workspace, store, use_cases, actions, self.delivery, clock)
        )
        self.replay = EventReplayModel(use_cases.preview_replay, self.delivery, clock)
        self.rollback = EventRollbackModel(use_cases.preview_rollback, self.delivery, clock)
        self.clearing = EventClearingModel(workspace, store.events, use_cases.clear, clock)
        self.correction = EventCorrectionModel(workspace, store, self.delivery)
        self.simulation.began.connect(self._on_simulation_began)
        self.simulation.rows_changed.connect(self._refresh_table)
        self.simulation.changed.connect(self.changed)
        self.delivery.ended.connect(self._on_delivery_ended)
        self.correction.changed.connect(self._refresh_table)
        self.correction.read_wanted.connect(self._read_again)
        self.stored.changed.connect(self._on_stored_read)
        self.stored.attention_changed.connect(self.changed)
        for part in self._parts:
            part.failed.connect(self.failed)
            part.message_posted.connect(self.message_posted)
        self.delivery.changed.connect(self.changed)
        self.sources.destination_switched.connect(self.changed)

    @property
    def _parts(self) -> tuple[TaskOwningModel, ...]:
        return self.simulation, self.stored, self.delivery, self.correction, self.clearing

    # What the page shows.

    def list_state(self) -> ListState:
        """Say whether the Events page has rows to show, and if not, why not."""
        allowed = check_view_permission(self._workspace)
        if not allowed.is_allowed:
            return ListState(text=allowed.reason)
        if (error := self.simulation.error) is not None:
            return ListState(text=str(error), action_label="Try again", has_failed=True)
        if self.simulation.is_simulating or self.stored.is_reading:
            return ListState(is_loading=True)
        if self.table_model.rowCount():
            return ListState(summary=self._summary())
        if self.search_text.strip():
            return ListState(text="Nothing matches.", action_label="Clear filters")
        return ListState(
            text=self._empty_text(), action_label="Open file…" if self.wants_source else ""
        )

    @property
    def wants_source(self) -> bool:
        """Whether the page waits for a file or a paste of events."""
        is_simulation = self.event_filter is EventFilter.SIMULATION
        return is_simulation and self.simulation.simulated is None

    def _empty_text(self) -> str:
        if self.event_filter is EventFilter.LOG:
            return "Nothing was delivered from this computer yet."
        if self.event_filter is EventFilter.CORRECTION:
            return "Nothing needs correction."
        if self.simulation.simulated is None:
            return (
                "Open a file of events, drop one here, or paste events (Ctrl+V): JSON lines, one"
                " object or an array, in the form of Segment and Customer.io. Nothing is written"
                " until you deliver."
            )
        return "Nothing would change: no action fires, or everything is so already."

    def _summary(self) -> str:
        if self.event_filter is not EventFilter.SIMULATION or self.simulation.simulated is None:
            return format_count(self.table_model.rowCount(), "row", "rows")
        counts = self.simulation.simulated.counts
        left = counts.requests - MAX_ROWS
        text = describe_counts(counts)
        return f"{text} · the first {MAX_ROWS:,} are listed" if left > 0 else text

    def consequences(self) -> tuple[EventConsequence, ...]:
        """Return what people will notice of the simulated source, or what needs correction."""
        if self.event_filter is EventFilter.CORRECTION:
            return self.correction.groups()
        if not self._is_simulation:
            return ()
        found = self.simulation.consequences()
        if self.sources.is_delivering:
            return found
        may_switch = not self.sources.destination_refusal()
        return about_destination_off(may_switch=may_switch), *found

    def detail(self) -> EventRow | None:
        """Return the selected row, with why other actions do not fire for its event."""
        row = self.table_model.row_at(self.table_model.place_of(self._selected_id))
        if row is None or self.simulation.simulated is None or not self._is_simulation:
            return row
        return self.simulation.simulated.explain(row)

    @property
    def _is_simulation(self) -> bool:
        return self.event_filter is EventFilter.SIMULATION

    @property
    def source_text(self) -> str:
        """What the page is about: progress, else the simulated source's name."""
        if self.simulation.progress or self.delivery.progress:
            return self.simulation.progress or self.delivery.progress
        paused = self.delivery.paused
        if paused is not None and self.simulation.simulated is None:
            return (
                f"{paused.name} is paused: {format_count(paused.waiting, 'event', 'events')} left"
            )
        return (
            self.simulation.simulated.source.name if self.simulation.simulated is not None else ""
        )

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Read what was delivered, and the actions, once the page is seen."""
        self.sources.set_visible(visible and self.event_filter is EventFilter.SOURCES)
        if not visible:
            return
        self.actions.refresh()
        self.delivery.refresh()
        self.stored.read_attention()
        if self.event_filter in _STORED:
            self.refresh()

    def refresh(self) -> None:
        """Read the stored events again, or simulate the same source again."""
        if self.event_filter in _STORED:
            self.simulation.error = None
            self.stored.read(self.event_filter)
        else:
            self.simulation.simulate_again()

    def set_filter(self, event_filter: EventFilter, text: str) -> None:
        """Show the rows of a filter that hold every word of `text`."""
        is_other = event_filter is not self.event_filter
        if is_other:
            self.correction.shown_cause = ""
        self.event_filter, self.search_text = event_filter, text
        if is_other:
            self.sources.set_visible(event_filter is EventFilter.SOURCES)
        if is_other and event_filter is EventFilter.ACTIONS:
            self.actions.refresh()
        elif is_other and event_filter in _STORED:
            self.stored.forget()
            self.stored.read(event_filter)
        self._refresh_table()

    def select(self, row_id: str) -> None:
        """Show the details of another row of the Events page."""
        if row_id != self._selected_id:
            self._selected_id = row_id
            self.correction.forget_fault()
            self.changed.emit()

    @property
    def can_tick(self) -> bool:
        """Whether the Events page's rows can be ticked."""
        return self._is_simulation and self.simulation.can_tick

    def toggle_tick(self, place: int) -> None:
        """Tick or untick an Events page request, with the others of its line and action."""
        if self.can_tick:
            self.simulation.toggle_tick(self.table_model.row_at(place))

    def select_place(self, place: int) -> None:
        """Show the details of the row at a place of the table."""
        row = self.table_model.row_at(place)
        self.select(row.id if row is not None else "")

    def export(self, path: str, file_format: str) -> None:
        """Write the rows shown to a file, in a format of FileFormat."""
        self.tasks.start_once(f"export {path}", self._export(Path(path), FileFormat(file_format)))

    async def close(self) -> None:
        """Close the models of the Events page; a delivery under way goes on."""
        for part in (*self._parts, self.replay, self.rollback, self.actions, self.sources):
            await part.close()
        await super().close()

    # How it comes about.

    def _on_simulation_began(self) -> None:
        self.event_filter, self._selected_id = EventFilter.SIMULATION, ""
        self._refresh_table()

    def _on_stored_read(self) -> None:
        if self.event_filter is EventFilter.CORRECTION:
            self.correction.set_rows(self.stored.rows or ())
        self._refresh_table()

    def _refresh_table(self) -> None:
        words = self.search_text.lower().split()
        self.table_model.show_rows([row for row in self._all_rows() if row.matches(words)])
        self.changed.emit()

    def _all_rows(self) -> Sequence[EventRow]:
        if not check_view_permission(self._workspace).is_allowed:
            return ()
        if self.event_filter is EventFilter.SIMULATION:
            return self.simulation.simulated.rows if self.simulation.simulated is not None else ()
        if self.event_filter is EventFilter.CORRECTION and self.stored.rows is not None:
            return self.correction.shown_rows()
        return self.stored.rows or ()

    def _on_delivery_ended(self) -> None:
        self.actions.refresh()
        self.stored.read_attention()
        if self.event_filter in _STORED:
            self._read_again()
        self.changed.emit()

    def _read_again(self) -> None:
        self.stored.read(self.event_filter)
        self.stored.read_attention()

    async def _export(self, path: Path, file_format: FileFormat) -> None:
        model = self.table_model
        rows = [row for n in range(model.rowCount()) if (row := model.row_at(n)) is not None]
        self.message_posted.emit(await export_event_rows(rows, path, file_format))
