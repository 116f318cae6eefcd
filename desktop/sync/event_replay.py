"""Shows what delivered events would send once more: what Zendesk lacks of them, nothing else."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.event import Event
from desktop.events.event_action import CompiledAction
from desktop.events.plan_context import EventPlanContext
from desktop.events.planned_request import Planned, PlannedRequest, PlanProblem
from desktop.events.simulation import plan_fired
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.model.erased_people import ErasedPeople
from desktop.model.event_delivery import StoredEvent
from desktop.store.seen_id_table import SeenIdTable
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.sync.event_delivery_unit import begun_actions, event_of
from desktop.sync.event_duplicates import is_applied_already, may_be_doubled
from desktop.sync.sent_event_requests import settle_increments
from desktop.sync.superseded_event_values import with_newer_values

_EVENTS_PER_STEP = 200


@dataclass(frozen=True)
class ReplayRow:
    """What an action of a stored event would send again; `is_there`: Zendesk has it already."""

    stored: StoredEvent
    planned: Planned
    is_there: bool = False

    @property
    def is_sent(self) -> bool:
        """Whether the event's replay would send something."""
        return isinstance(self.planned, PlannedRequest) and not self.is_there

    @property
    def is_problem(self) -> bool:
        """Whether the event's replay can't be sent."""
        return isinstance(self.planned, PlanProblem)

    @property
    def text(self) -> str:
        """What the event's replay does to Zendesk, or why nothing."""
        if self.is_there:
            return "Zendesk has it already."
        if isinstance(self.planned, PlannedRequest):
            return self.planned.summary
        return self.planned.reason

    @property
    def state(self) -> str:
        """The state of an event's replay: `send`, `there`, `unchanged` or `problem`."""
        if self.is_there:
            return "there"
        if self.is_problem:
            return "problem"
        return "send" if self.is_sent else "unchanged"


@dataclass(frozen=True)
class ReplayPreview:
    """What a replay of `events` would do; `overtaken` users have later events than those."""

    events: int
    rows: tuple[ReplayRow, ...]
    overtaken: int

    @property
    def sent_events(self) -> list[int]:
        """The events of which something would be sent again, in their order."""
        return sorted({row.stored.id for row in self.rows if row.is_sent})

    @property
    def failing_events(self) -> list[int]:
        """The events of which something can't be sent, in their order."""
        return sorted({row.stored.id for row in self.rows if row.is_problem})

    @property
    def has_rest(self) -> bool:
        """Whether Zendesk has all of some event already."""
        return self.events > len({*self.sent_events, *self.failing_events})


@dataclass
class EventReplay:
    """Plans stored events as they were delivered, against Zendesk as it is now."""

    actions: Sequence[CompiledAction]
    directory: ZendeskDirectory
    calls: ZendeskEventCalls
    writes: SentEventRequestRepository
    erased: ErasedPeople

    async def preview(self, events: Sequence[StoredEvent]) -> list[ReplayRow]:
        """Return what each action of the events would send. Raises what the service raises."""
        rows: list[ReplayRow] = []
        with closing(SeenIdTable()) as made:
            context = EventPlanContext(self.directory, made, erased=self.erased)
            for start in range(0, len(events), _EVENTS_PER_STEP):
                rows += await self._preview_step(events[start : start + _EVENTS_PER_STEP], context)
        return rows

    async def _preview_step(
        self, events: Sequence[StoredEvent], context: EventPlanContext
    ) -> list[ReplayRow]:
        fired = [
            (stored, action)
            for stored in events
            if isinstance(event := event_of(stored), Event)
            for action in begun_actions(self.actions, event, stored)
        ]
        await self.directory.prefetch([action.user_keys for _, action in fired])
        rows = []
        for stored, action in fired:
            operators = action.compiled.action.operators
            writes = await self.writes.list_of(stored.id, action.kind.value)
            left = await with_newer_values(action, stored.id, self.actions, self.writes, context)
            for planned in await plan_fired(left, context):
                settled = settle_increments(planned, operators, writes)
                is_there = (
                    isinstance(settled, PlannedRequest)
                    and may_be_doubled(settled)
                    and await is_applied_already(settled, self.calls, is_maybe_sent=True)
                )
                rows.append(ReplayRow(stored, settled, is_there))
        return rows
