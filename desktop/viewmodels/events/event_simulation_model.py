"""View-model of a simulated file or paste of events: its consequences, ticks, and its delivery."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.events.planned_fields import PlannedField
from desktop.events.planned_request import NoChange, PlannedRequest
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.admin_center import field_creation_refusal, user_fields_address
from desktop.model.workspace_kind import CONFIRM_OVER, needs_confirmation
from desktop.settings import settings_table
from desktop.settings.effective_workspace_kind import effective_workspace_kind
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_actions_model import EventActionsModel
from desktop.viewmodels.events.event_consequences import EventConsequence, build_consequences
from desktop.viewmodels.events.event_delivery_estimate_text import describe_estimate
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.events.event_row import EventRow
from desktop.viewmodels.events.event_sample import EventSample
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
from desktop.viewmodels.syncs.plan_view import WriteConfirmation
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

# Stored events that drafts are previewed on where no file is open.
_PREVIEWED_EVENTS = 200
# They go to the delivery's process as an argument, whose length the system limits.
_MAX_LEFT_OUT = 500


class EventSimulationModel(TaskOwningModel):
    """The source that is simulated; `simulated` is None while it is read, and before the first."""

    began = Signal()  # another source, or the same one again
    rows_changed = Signal()
    preview_shown = Signal()  # a simulation with drafts has ended

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        use_cases: EventUseCases,
        actions: EventActionsModel,
        delivery: EventDeliveryModel,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._use_cases = workspace, store, use_cases
        self._actions, self._delivery, self._clock = actions, delivery, clock
        self.simulated: SimulatedSource | None = None
        self.progress = ""
        self.error: AppError | None = None
        self._request: SimulationRequest | None = None  # shown, or being simulated
        self._before: SimulatedSource | None = None  # its ticks are kept
        self._is_delivered = False
        self._ignored: set[str] = set()  # keys of consequences
        actions.saved.connect(self._on_actions_saved)
        delivery.rows_changed.connect(self._on_rows_changed)
        delivery.ended.connect(self._on_delivery_ended)

    # What the page shows.

    @property
    def is_simulating(self) -> bool:
        """Whether a file or paste is being read and planned."""
        return self.tasks.is_running("simulate")

    def consequences(self) -> tuple[EventConsequence, ...]:
        """Return what people will notice of the simulated source."""
        if self.simulated is None:
            return ()
        found = build_consequences(self.simulated, self._clock.now())
        shown = (one for one in found if one.key not in self._ignored)
        # What is being delivered, or was, can't be chosen any more.
        return tuple(shown if self.can_tick else (replace(one, actions=()) for one in shown))

    @property
    def can_tick(self) -> bool:
        """Whether rows can be ticked: those of a source that was not delivered yet."""
        is_new = self.simulated is not None and not self._is_delivered
        return is_new and not self._delivery.is_running

    def creation_refusal(self) -> str:
        """Say why the person at work may not have fields created in Zendesk, or ""."""
        return field_creation_refusal(self._workspace.actor)

    @property
    def user_fields_address(self) -> str:
        """The page of Zendesk's Admin Center where user fields are, or ""."""
        return user_fields_address(self._workspace.values.get(settings_table.ZENDESK_BASE_URL))

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
        return describe_estimate(
            self.simulated.ticked_counts,
            listed_count,
            limit,
            imports_users=self.simulated.result.imports_users,
        )

    def delivery_refusal(self) -> str:
        """Say why the simulated source cannot be delivered now, or ""."""
        if self.simulated is None:
            return "Open a file or paste events first."
        if reason := self._delivery.refusal():
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

    def delivery_confirmation(self) -> WriteConfirmation | None:
        """Build the question before many requests are delivered in production; None: none."""
        count = self.delivered_count
        if not needs_confirmation(effective_workspace_kind(self._workspace.values), count):
            return None
        requests = format_count(count, "request", "requests")
        return WriteConfirmation(
            f"Deliver {requests}?",
            f"This is production: {requests} go to Zendesk. More than {CONFIRM_OVER} are asked"
            " about once more.",
            "",
            f"Deliver {count:,}",
            str(count),
        )

    # What people do.

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
        self.error, self._is_delivered = None, False
        if self._request is None or self._request.source != request.source:
            self._ignored.clear()
        self._request, self._before = request, self.simulated or self._before
        self.simulated, self._delivery.progress = None, ""
        self.tasks.cancel("simulate")
        self.tasks.start("simulate", self._simulate(request))
        self.began.emit()

    def preview_drafts(self) -> None:
        """Simulate the open source, else the last stored events, with the drafts of actions."""
        if not self._actions.preview_refusal():
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

    def simulate_again(self) -> None:
        """Simulate the same source again, where there is one."""
        self.error = None
        if self._request is not None:
            self.simulate(self._request)

    def set_sends_removals(self, *, on: bool) -> None:
        """Tick all removals of the simulated source, or untick them."""
        if self.simulated is not None:
            self._set_ticks(self.simulated.removal_keys, on=on)

    def toggle_tick(self, row: EventRow | None) -> None:
        """Tick or untick the request of a row, with the others of its line and action."""
        if row is not None and row.is_ticked is not None:
            self._set_ticks([row.key], on=not row.is_ticked)

    def ignore(self, key: str) -> None:
        """Put a consequence away; what it says stays so."""
        self._ignored.add(key)
        self.changed.emit()

    def deliver(self) -> None:
        """Deliver the simulated source by a process of its own, which outlives the window."""
        simulated = self.simulated
        if self.delivery_refusal() or simulated is None:
            return
        self.tasks.start_once("deliver", self._deliver(simulated))
        self.changed.emit()

    # How it comes about.

    def _set_ticks(self, keys: Iterable[tuple[int, str]], *, on: bool) -> None:
        if self.simulated is None or not self.can_tick:
            return
        self.simulated = self.simulated.with_ticks(keys, on=on)
        self.rows_changed.emit()

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
            self.error = error
        except OSError as error:
            self._show_failure(error)
        else:
            made = build_simulated_source(request, result, stamp, planned)
            self.simulated = made.with_ticks_of(self._before)
            if request.source.is_deliverable:
                self._actions.set_sample(EventSample(result.events, request.source.name))
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
            if not await self._actions.are_in_force(simulated.result.actions):
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
            self._delivery.deliver(order, total)
        except OSError as error:
            self._show_failure(error)
        finally:
            self.changed.emit()

    async def _preview_drafts(self) -> None:
        await self._actions.wait_until_kept()
        request = self._request
        if request is None or self.simulated is None:
            stored = await self._store.events.list_newest(_PREVIEWED_EVENTS)
            kept = tuple(one for one in stored if one.text and not one.reason)
            title = f"The last {format_count(len(kept), 'stored event', 'stored events')}"
            request = SimulationRequest(SimulationInput(title, stored=kept))
        self.simulate(replace(request, with_drafts=True))
        await self.tasks.wait_for_prefix("simulate")
        if self.simulated is not None and self.simulated.request.with_drafts:
            await self._actions.mark_previewed()
            self.preview_shown.emit()

    def _on_actions_saved(self) -> None:
        # What is shown is what will be delivered.
        if self._request is not None and not self._delivery.is_running and not self._is_delivered:
            self.leave_drafts()

    async def _show_after_task(self) -> None:
        """Show the rows once the task before has ended, whose state the list tells."""
        await self.tasks.wait_for_prefix("simulate")
        self.rows_changed.emit()

    def _on_rows_changed(self) -> None:
        watch = self._delivery.watch
        if watch is not None and self.simulated is not None:
            self.simulated = self.simulated.with_states(watch.states)
            self.rows_changed.emit()

    def _on_delivery_ended(self, is_source: bool) -> None:
        self._is_delivered = self._is_delivered or is_source

    def _show_failure(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self.failed.emit(error)
        else:
            reason = getattr(error, "strerror", None) or "it can't be read"
            self.message_posted.emit(f"The file can't be opened: {reason}.")
