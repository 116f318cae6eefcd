"""View-model of the Events page: simulates a file of events, delivers it, shows what became."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.events.planned_fields import PlannedField
from desktop.events.planned_request import NoChange, PlannedRequest
from desktop.kit.change_bus import ChangeBus
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.admin_center import field_creation_refusal, user_fields_address
from desktop.settings import settings_table
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.actions_model import ActionsModel
from desktop.viewmodels.events.delivery_estimate_text import describe_estimate
from desktop.viewmodels.events.event_clearing_model import EventClearingModel
from desktop.viewmodels.events.event_consequences import (
    EventConsequence,
    build_consequences,
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
from desktop.viewmodels.events.event_sample import EventSample
from desktop.viewmodels.events.event_sources_model import EventSourcesModel
from desktop.viewmodels.events.simulated_source import (
    MAX_ROWS,
    SimulatedSource,
    build_simulated_source,
)
from desktop.viewmodels.events.simulation_input import (
    DeliveryOrder,
    EventUseCases,
    SimulationInput,
    SimulationRequest,
)
from desktop.viewmodels.events.stored_events_model import StoredEventsModel
from desktop.viewmodels.file_export import FileFormat
from desktop.viewmodels.list_model import GrowingListModel, ListState
from desktop.viewmodels.task_model import TaskModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

# Stored events that drafts are previewed on where no file is open.
_PREVIEWED_EVENTS = 200
# They go to the delivery's process as an argument, whose length the system limits.
_MAX_LEFT_OUT = 500
# What lists stored events.
_STORED = (EventFilter.LOG, EventFilter.CORRECTION)


class EventsPageModel(TaskModel):
    """The rows of the Events page, the consequences of a file, and its delivery."""

    preview_shown = Signal()  # a simulation with drafts has ended

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        use_cases: EventUseCases,
        actions: ActionsModel,
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
        self.simulated: SimulatedSource | None = None
        self.progress = ""
        self._request: SimulationRequest | None = None  # shown, or being simulated
        self._before: SimulatedSource | None = None  # its ticks are kept
        self._is_delivered = False
        self._ignored: set[str] = set()  # keys of consequences
        self._selected_id = ""
        self._error: AppError | None = None
        self.stored = StoredEventsModel(store, bus)
        self.delivery = EventDeliveryModel(workspace, store, use_cases, clock)
        self.replay = EventReplayModel(use_cases.preview_replay, self.delivery, clock)
        self.rollback = EventRollbackModel(use_cases.preview_rollback, self.delivery, clock)
        self.clearing = EventClearingModel(workspace, store.events, use_cases.clear, clock)
        self.correction = EventCorrectionModel(workspace, store, self.delivery)
        actions.saved.connect(self._on_actions_saved)
        self.delivery.rows_changed.connect(self._on_rows_changed)
        self.delivery.ended.connect(self._on_delivery_ended)
        self.correction.changed.connect(self._refresh_table)
        self.correction.read_wanted.connect(self._read_again)
        self.stored.changed.connect(self._on_stored_read)
        self.stored.attention_changed.connect(self.changed)
        for part in (self.stored, self.delivery, self.correction, self.clearing):
            part.failed.connect(self.failed)
            part.message_posted.connect(self.message_posted)
        self.delivery.changed.connect(self.changed)

    # What the page shows.

    def list_state(self) -> ListState:
        """Say whether the Events page has rows to show, and if not, why not."""
        allowed = check_view_permission(self._workspace)
        if not allowed.is_allowed:
            return ListState(text=allowed.reason)
        if self._error is not None:
            return ListState(text=str(self._error), action_label="Try again", has_failed=True)
        if self.is_simulating or self.stored.is_reading:
            return ListState(is_loading=True)
        if self.table_model.rowCount():
            return ListState(summary=self._summary())
        if self.search_text.strip():
            return ListState(text="Nothing matches.", action_label="Clear filters")
        return ListState(text=self._empty_text())

    @property
    def is_simulating(self) -> bool:
        """Whether a file or paste is being read and planned."""
        return self.tasks.is_running("simulate")

    def _empty_text(self) -> str:
        if self.event_filter is EventFilter.LOG:
            return "Nothing was delivered from this computer yet."
        if self.event_filter is EventFilter.CORRECTION:
            return "Nothing needs correction."
        if self.simulated is None:
            return (
                "Open a file of events, drop one here, or paste events (Ctrl+V): JSON lines, one"
                " object or an array, in the form of Segment and Customer.io. Nothing is written"
                " until you deliver."
            )
        return "Nothing would change: no action fires, or everything is so already."

    def _summary(self) -> str:
        if self.event_filter is not EventFilter.SIMULATION or self.simulated is None:
            return format_count(self.table_model.rowCount(), "row", "rows")
        counts = self.simulated.counts
        left = counts.requests - MAX_ROWS
        text = describe_counts(counts)
        return f"{text} · the first {MAX_ROWS:,} are listed" if left > 0 else text

    def consequences(self) -> tuple[EventConsequence, ...]:
        """Return what people will notice of the simulated source, or what needs correction."""
        if self.event_filter is EventFilter.CORRECTION:
            return self.correction.groups()
        if self.simulated is None or self.event_filter is not EventFilter.SIMULATION:
            return ()
        found = build_consequences(self.simulated, self._clock.now())
        shown = (one for one in found if one.key not in self._ignored)
        # What is being delivered, or was, can't be chosen any more.
        return tuple(shown if self.can_tick else (replace(one, actions=()) for one in shown))

    def creation_refusal(self) -> str:
        """Say why the person at work may not have fields created in Zendesk, or ""."""
        return field_creation_refusal(self._workspace.actor)

    @property
    def user_fields_address(self) -> str:
        """The page of Zendesk's Admin Center where user fields are, or ""."""
        return user_fields_address(self._workspace.values.get(settings_table.ZENDESK_BASE_URL))

    def detail(self) -> EventRow | None:
        """Return the selected row, with why other actions do not fire for its event."""
        row = self.table_model.row_at(self.table_model.place_of(self._selected_id))
        if row is None or self.simulated is None or not self._is_simulation:
            return row
        return self.simulated.explain(row)

    @property
    def _is_simulation(self) -> bool:
        return self.event_filter is EventFilter.SIMULATION

    @property
    def source_text(self) -> str:
        """What the page is about: progress, else the simulated source's name."""
        if self.progress or self.delivery.progress:
            return self.progress or self.delivery.progress
        paused = self.delivery.paused
        if paused is not None and self.simulated is None:
            return (
                f"{paused.name} is paused: {format_count(paused.waiting, 'event', 'events')} left"
            )
        return self.simulated.source.name if self.simulated is not None else ""

    @property
    def delivered_count(self) -> int:
        """How many requests a delivery of the simulated source sends: those ticked."""
        if self.simulated is None or self._is_delivered:
            return 0
        return self.simulated.ticked_counts.requests

    def estimate(self) -> str:
        """Describe how long the delivery takes and which limit makes it long, or ""."""
        if self.simulated is None or self.delivery_refusal():
            return ""
        counts = self.simulated.counts
        limit = self._workspace.follow_budget().limit
        listed_count = counts.requests + counts.problem_count
        return describe_estimate(self.simulated.ticked_counts, listed_count, limit)

    def delivery_refusal(self) -> str:
        """Say why the simulated source cannot be delivered now, or ""."""
        if self.simulated is None:
            return "Open a file or paste events first."
        if reason := self.delivery.refusal():
            return reason
        if self.tasks.is_running("deliver"):
            return "The delivery begins."
        if self.simulated.request.with_drafts:
            return "This shows drafts: save them first, or simulate again without them."
        if not self.simulated.source.is_deliverable:
            return "These events are stored already."
        if self._is_delivered:
            return "This was delivered. Open a file, or paste events."
        if not self.simulated.result.is_live:
            return "Zendesk can't be reached: simulate again once it can."
        if not self.delivered_count:
            return "There is nothing to deliver."
        if len(self.simulated.left_out) > _MAX_LEFT_OUT:
            return f"At most {_MAX_LEFT_OUT:,} actions can be left out. Tick some again."
        return ""

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

    def open_file(self, path: str) -> None:
        """Simulate a file; the one before is no longer shown."""
        self.simulate(SimulationRequest(SimulationInput(Path(path).name, path=Path(path))))

    def paste(self, text: str) -> None:
        """Simulate pasted events: lines, one object, or an array."""
        if text.strip():
            source = SimulationInput("Pasted events", text=text.encode())
            self.simulate(SimulationRequest(source))
        else:
            self.message_posted.emit("There is no text to paste. Copy events first.")

    def simulate(self, request: SimulationRequest) -> None:
        """Simulate a source; the one before is no longer shown."""
        self.event_filter = EventFilter.SIMULATION
        self._error, self._is_delivered = None, False
        if self._request is None or self._request.source != request.source:
            self._ignored.clear()
        self._request, self._before = request, self.simulated or self._before
        self.simulated, self._selected_id, self.delivery.progress = None, "", ""
        self.tasks.cancel("simulate")
        self.tasks.start("simulate", self._simulate(request))
        self._refresh_table()

    def preview_drafts(self) -> None:
        """Simulate the open source, else the last stored events, with the drafts of actions."""
        if not self.actions.preview_refusal():
            self.tasks.start_once("preview", self._preview_drafts())

    def leave_drafts(self) -> None:
        """Simulate the same source as it would be delivered now, without drafts."""
        if self._request is not None:
            self.simulate(replace(self._request, with_drafts=False))

    def set_created_fields(
        self,
        user_fields: Sequence[PlannedField] | None = None,
        organization_fields: Sequence[PlannedField] | None = None,
    ) -> None:
        """Plan as if Zendesk had these fields, which the delivery creates; None leaves them."""
        if self._request is None:
            return
        request = self._request
        if user_fields is not None:
            request = replace(request, user_fields=tuple(user_fields))
        if organization_fields is not None:
            request = replace(request, organization_fields=tuple(organization_fields))
        self.simulate(request)

    def refresh(self) -> None:
        """Read the stored events again, or simulate the same source again."""
        self._error = None
        if self.event_filter not in _STORED:
            if self._request is not None:
                self.simulate(self._request)
            return
        self.stored.read(self.event_filter)

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

    @property
    def can_tick(self) -> bool:
        """Whether rows can be ticked: those of a source that was not delivered yet."""
        is_shown = self.event_filter is EventFilter.SIMULATION and self.simulated is not None
        return is_shown and not self.delivery.is_running and not self._is_delivered

    def set_sends_removals(self, *, on: bool) -> None:
        """Tick all removals of the simulated source, or untick them."""
        if self.simulated is not None:
            self._set_ticks(self.simulated.removal_keys, on=on)

    def toggle_tick(self, place: int) -> None:
        """Tick or untick the request of a row, with the others of its line and action."""
        row = self.table_model.row_at(place)
        if row is not None and row.is_ticked is not None:
            self._set_ticks([row.key], on=not row.is_ticked)

    def _set_ticks(self, keys: Iterable[tuple[int, str]], *, on: bool) -> None:
        if self.simulated is None or not self.can_tick:
            return
        self.simulated = self.simulated.with_ticks(keys, on=on)
        self._refresh_table()

    def ignore(self, key: str) -> None:
        """Put a consequence away; what it says stays so."""
        self._ignored.add(key)
        self.changed.emit()

    def select(self, row_id: str) -> None:
        """Show the details of another row."""
        if row_id != self._selected_id:
            self._selected_id = row_id
            self.correction.forget_fault()
            self.changed.emit()

    def select_place(self, place: int) -> None:
        """Show the details of the row at a place of the table."""
        row = self.table_model.row_at(place)
        self.select(row.id if row is not None else "")

    def deliver(self) -> None:
        """Deliver the simulated source by a process of its own, which outlives the window."""
        simulated = self.simulated
        if self.delivery_refusal() or simulated is None:
            return
        self.tasks.start_once("deliver", self._deliver(simulated))
        self.changed.emit()

    def export(self, path: str, file_format: str) -> None:
        """Write the rows shown to a file, in a format of FileFormat."""
        self.tasks.start_once(f"export {path}", self._export(Path(path), FileFormat(file_format)))

    async def close(self) -> None:
        """Stop watching; a delivery under way goes on."""
        for part in (
            *(self.stored, self.delivery, self.replay, self.rollback, self.clearing),
            *(self.correction, self.actions, self.sources),
        ):
            await part.close()
        await super().close()

    # How it comes about.

    async def _simulate(self, request: SimulationRequest) -> None:
        planned: list[PlannedRequest] = []

        def take(one: PlannedRequest | NoChange) -> None:
            if isinstance(one, PlannedRequest) and len(planned) < MAX_ROWS:
                planned.append(one)

        def tell(lines: int) -> None:
            self.progress = f"Reading {request.source.name}: {lines:,} lines so far"
            self.changed.emit()

        try:
            stamp = request.source.stamp()
            result = await self._use_cases.simulate(request, take, tell)
        except AppError as error:
            self._error = error
        except OSError as error:
            self._show_failure(error)
        else:
            made = build_simulated_source(request, result, stamp, planned)
            self.simulated = made.with_ticks_of(self._before)
            if request.source.is_deliverable:
                self.actions.set_sample(EventSample(result.events, request.source.name))
        self.progress = ""
        self.tasks.start_once("show", self._show_after_task())

    async def _deliver(self, simulated: SimulatedSource) -> None:
        """Deliver what was simulated, or simulate it again where something is different by now."""
        request = simulated.request
        try:
            if request.source.stamp() != simulated.stamp:
                self.message_posted.emit("The file has changed since: simulated again.")
                self.simulate(request)
                return
            # Another window, or the command line, may have saved others.
            if not await self.actions.are_in_force(simulated.result.actions):
                self.message_posted.emit("The actions were changed since: simulated again.")
                self.simulate(request)
                return
            order = DeliveryOrder(
                request.source,
                simulated.sends_removals,
                simulated.left_out,
                request.user_fields,
                request.organization_fields,
            )
            total = self.delivered_count + simulated.counts.unchanged
            self.delivery.deliver(order, total)
        except OSError as error:
            self._show_failure(error)
        finally:
            self.changed.emit()

    async def _preview_drafts(self) -> None:
        await self.actions.wait_until_kept()
        request = self._request
        if request is None or self.simulated is None:
            stored = await self._store.events.list_newest(_PREVIEWED_EVENTS)
            kept = tuple(one for one in stored if one.text and not one.reason)
            title = f"The last {format_count(len(kept), 'stored event', 'stored events')}"
            request = SimulationRequest(SimulationInput(title, stored=kept))
        self.simulate(replace(request, with_drafts=True))
        await self.tasks.wait_for_prefix("simulate")
        if self.simulated is not None and self.simulated.request.with_drafts:
            await self.actions.mark_previewed()
            self.preview_shown.emit()

    def _on_actions_saved(self) -> None:
        # What is shown is what will be delivered.
        if self._request is not None and not self.delivery.is_running and not self._is_delivered:
            self.leave_drafts()

    async def _show_after_task(self) -> None:
        """Show the rows once the task before has ended, whose state the list tells."""
        await self.tasks.wait_for_prefix("simulate")
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
            return self.simulated.rows if self.simulated is not None else ()
        if self.event_filter is EventFilter.CORRECTION and self.stored.rows is not None:
            return self.correction.shown_rows()
        return self.stored.rows or ()

    def _on_rows_changed(self) -> None:
        watch = self.delivery.watch
        if watch is None or self.simulated is None:
            return
        self.simulated = self.simulated.with_states(watch.states)
        if self.event_filter is EventFilter.SIMULATION:
            self._refresh_table()

    def _on_delivery_ended(self, is_source: bool) -> None:
        self._is_delivered = self._is_delivered or is_source
        self.actions.refresh()
        self.stored.read_attention()
        if self.event_filter in _STORED:
            self._read_again()
        self.changed.emit()

    def _read_again(self) -> None:
        self.stored.read(self.event_filter)
        self.stored.read_attention()

    def _show_failure(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self.failed.emit(error)
        else:
            reason = getattr(error, "strerror", None) or "it can't be read"
            self.message_posted.emit(f"The file can't be opened: {reason}.")

    async def _export(self, path: Path, file_format: FileFormat) -> None:
        model = self.table_model
        rows = [row for n in range(model.rowCount()) if (row := model.row_at(n)) is not None]
        self.message_posted.emit(await export_event_rows(rows, path, file_format))
