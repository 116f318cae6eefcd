"""Delivers stored events to Zendesk: each user's in their order, users in parallel.

Stored → claimed → the actions that fire are chosen → for each: plan (which reads Zendesk) → send →
plan again, which shows nothing left to change → closed. Killed at any point, the next process plans
anew: what was applied is not sent again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

from desktop.events.event import BadLine, Event
from desktop.events.event_action import CompiledAction
from desktop.events.live_zendesk_directory import LiveZendeskDirectory
from desktop.events.plan_context import EventPlanContext, FiredAction, find_missing_fields
from desktop.events.plan_user_event import KEPT_REASON
from desktop.events.planned_request import (
    NoChange,
    Planned,
    PlannedRequest,
    PlanProblem,
    RequestEffect,
)
from desktop.events.simulation import fire_actions, person_keys_of, plan_fired
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    NotPermitted,
)
from desktop.model.erased_people import ErasedPeople
from desktop.model.event_delivery import EDITED_TEXT, DeliveryState, StoredEvent
from desktop.model.field_mapping import MappingOperator
from desktop.store.event_queue import EventQueue
from desktop.store.seen_id_table import SeenIdTable
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.sync.event_delivery_unit import (
    DeliveryUnit,
    PlanResult,
    ReadFailure,
    begun_actions,
    creations_of,
    event_of,
    first_request,
    split_by_identity,
    split_by_way,
    units_of,
)
from desktop.sync.event_duplicates import is_applied_already, may_be_doubled
from desktop.sync.event_retries import (
    is_tried_again,
    stops_delivery,
)
from desktop.sync.event_sender import MAX_STEPS, EventSender
from desktop.sync.sent_event_requests import settle_increments
from desktop.sync.superseded_event_values import with_newer_values
from desktop.writing.event_requests import EventRequestGateway

log = logging.getLogger(__name__)

EVENTS_PER_ROUND = 100
# So long a delivery waits for events that failed; later ones are left to the next delivery.
_PATIENCE_S = 15.0
_REMOVAL_REASON = "A removal is sent only when it is ticked: `fairlead events retry --removals`."


@dataclass(frozen=True)
class DeliveryOptions:
    """What a person has ticked for a delivery.

    `removal_source` and `removal_events` say whose removals were ticked; None and empty: all.
    """

    allows_removals: bool = False
    removal_source: int | None = None
    removal_events: frozenset[int] = frozenset()

    def allows_removal(self, event_id: int, source_id: int) -> bool:
        """Whether the removal that this event asks for was ticked."""
        is_named = not self.removal_events or event_id in self.removal_events
        return self.allows_removals and is_named and self.removal_source in (None, source_id)


@dataclass
class EventDeliverer:
    """Delivers the stored events of one workspace; any number of processes may.

    `recheck` asks the service anew who delivers; `load_erased` says about whom nothing is sent.
    """

    queue: EventQueue
    writes: SentEventRequestRepository
    sender: EventSender
    actions: Sequence[CompiledAction]
    directory: LiveZendeskDirectory
    gateway: EventRequestGateway
    clock: Clock
    options: DeliveryOptions
    recheck: Callable[[], Awaitable[None]]
    load_erased: Callable[[], Awaitable[ErasedPeople]]
    on_round: Callable[[], None] = lambda: None
    # To deliver by itself: the named sources that may be, asked before each round.
    find_unattended: Callable[[], Awaitable[Collection[int]]] | None = None

    async def deliver(self) -> None:
        """Deliver every event that waits. Raises what ends the whole delivery; the rest waits.

        An event that fails for a reason that passes is tried again as long as that is near; what
        is left then is for the next delivery.
        """
        try:
            while True:
                await self.recheck()
                if reason := self.gateway.find_refusal():
                    raise NotPermitted("The events may not be delivered.", reason)
                sources = await self.find_unattended() if self.find_unattended else None
                asked_at = self.clock.now()
                claimed = await self.queue.claim(EVENTS_PER_ROUND, asked_at, unattended=sources)
                if claimed:
                    self.gateway.checkpoint("claimed")
                    await self._deliver_round(claimed)
                    self.on_round()
                elif not await self._wait_for_next_try(asked_at):
                    return
        finally:
            await self.queue.release()

    async def _wait_for_next_try(self, asked_at: float) -> bool:
        """Wait for the next event that failed; False where there is none, or it is far off."""
        at = await self.queue.find_next_try()
        # What was due when the queue was asked, and not given, is held back by something else.
        if at is None or not asked_at < at <= self.clock.now() + _PATIENCE_S:
            return False
        await self.clock.sleep(max(at - self.clock.now(), 0.0))
        return True

    async def _deliver_round(self, claimed: Sequence[StoredEvent]) -> None:
        # Read anew: somebody may have changed a user since the last round.
        self.directory.forget_all()
        self.sender.postponed.clear()
        erased = await self.load_erased()
        units = await self._open(claimed, erased)
        with closing(SeenIdTable()) as made:
            context = EventPlanContext(self.directory, made, erased=erased)
            for action in self.actions:
                own = [unit for unit in units if unit.fired.kind is action.kind]
                if own:
                    await self._deliver_action(own, context)

    async def _open(
        self, claimed: Sequence[StoredEvent], erased: ErasedPeople
    ) -> list[DeliveryUnit]:
        """Choose the actions of events that were not begun; return what is still to be done.

        The events of erased people are closed without their texts.
        """
        fired: dict[int, list[FiredAction]] = {}
        skipped = []
        for stored in claimed:
            event = event_of(stored)
            fired[stored.id] = [] if isinstance(event, BadLine) else self._fire(event, stored)
            if isinstance(event, Event) and erased.is_erased(
                person_keys_of(event, fired[stored.id])
            ):
                skipped.append(stored.id)
        now = self.clock.now()
        new = [one.id for one in claimed if not one.is_opened or not fired[one.id]]
        chosen = {id_: [one.kind.value for one in fired[id_]] for id_ in new}
        await self.queue.open_events(chosen, now)
        if skipped:
            await self.queue.skip_erased(skipped)
        self.gateway.checkpoint("opened")
        wanted = [stored for stored in claimed if stored.id not in skipped]
        return [unit for stored in wanted for unit in units_of(stored, fired[stored.id], now)]

    def _fire(self, event: Event, stored: StoredEvent) -> list[FiredAction]:
        if not stored.is_opened:
            return fire_actions(self.actions, event)
        return begun_actions(self.actions, event, stored)

    async def _deliver_action(self, units: list[DeliveryUnit], context: EventPlanContext) -> None:
        """Deliver one action of many events; those about one person or group after each other."""
        waiting = [
            unit
            for unit in units
            if unit.event_id not in self.sender.postponed and await self._may_go_by_itself(unit)
        ]
        await self._prefetch(waiting)
        while waiting:
            wave, waiting = split_by_identity(waiting)
            planned = await _gather_or_stop(self._plan(unit, context) for unit in wave)
            jobs, singles, again = split_by_way(zip(wave, planned, strict=True))
            waiting = [*again, *waiting]
            if jobs:
                await self.sender.update_users(jobs)
            sent = [*jobs, *await self._create_together(creations_of(singles), context)]
            steps: list[tuple[DeliveryUnit, PlanResult | None]] = [(unit, None) for unit, _ in sent]
            ended = {unit.event_id for unit, _ in sent}
            steps += [one for one in singles if one[0].event_id not in ended]
            await _gather_or_stop(self._finish(unit, first, context) for unit, first in steps)

    async def _create_together(
        self, creates: list[tuple[DeliveryUnit, PlannedRequest]], context: EventPlanContext
    ) -> list[tuple[DeliveryUnit, PlannedRequest]]:
        """Create new users by one job; return those who were sent so."""
        if not await self.sender.create_users(creates):
            return []
        for unit, _ in creates:
            if not unit.answered:
                # The next plan would take the user for made.
                context.forget_new_user(unit.fired.user_keys)
        return creates

    async def _may_go_by_itself(self, unit: DeliveryUnit) -> bool:
        """Whether nobody has to decide about an event first; its user's later ones wait else."""
        if unit.is_edited:
            await self._hold(unit, EDITED_TEXT)
            return False
        if unit.left_out is None:
            return True
        missing = set(find_missing_fields(unit.fired, self.directory)) - unit.left_out
        if not missing:
            return True
        names = ", ".join(f"“{one}”" for one in sorted(missing))
        detail = f"Zendesk has no field {names}: create it, or retry to leave it out."
        await self._hold(unit, detail)
        return False

    async def _hold(self, unit: DeliveryUnit, detail: str) -> None:
        unit.delivery = replace(unit.delivery, state=DeliveryState.PARKED, detail=detail)
        self.sender.postponed.add(unit.event_id)
        await self.queue.hold(unit.delivery, self.clock.now())

    async def _prefetch(self, units: Sequence[DeliveryUnit]) -> None:
        try:
            await self.directory.prefetch([unit.fired.user_keys for unit in units])
        except AppError as error:
            if not is_tried_again(error):
                raise
            # One address that Zendesk stumbles over spoils the reading of a hundred: each event
            # then reads its own user, and fails alone.
            log.info("Users of events could not be read together: %s", error.code)

    async def _plan(self, unit: DeliveryUnit, context: EventPlanContext) -> PlanResult:
        async with self.sender.slots:
            try:
                if not unit.is_compared:
                    unit.fired = await with_newer_values(
                        unit.fired, unit.event_id, self.actions, self.writes, context
                    )
                    unit.is_compared = True
                planned = await self._leave_out_added(unit, await plan_fired(unit.fired, context))
            except AppError as error:
                if stops_delivery(error):
                    raise
                if is_tried_again(error):
                    return ReadFailure(error)
                return [unit.fired.problem(str(error))]
        self.sender.failed_reads.note_success()
        return planned

    async def _leave_out_added(self, unit: DeliveryUnit, planned: list[Planned]) -> list[Planned]:
        operators = unit.fired.compiled.action.operators
        if MappingOperator.SUM not in operators.values() or not unit.delivery.attempts:
            return planned
        writes = await self.writes.list_of(unit.event_id, unit.delivery.action)
        return [settle_increments(one, operators, writes) for one in planned]

    async def _finish(
        self, unit: DeliveryUnit, planned: PlanResult | None, context: EventPlanContext
    ) -> None:
        """Send what an action still has to send, until a plan shows that nothing is left."""
        if unit.delivery.state.has_ended or unit.event_id in self.sender.postponed:
            return
        for _ in range(MAX_STEPS):
            planned = planned if planned is not None else await self._plan(unit, context)
            if isinstance(planned, ReadFailure):
                await self.sender.postpone(unit, planned.error, self.sender.failed_reads)
                return
            request = first_request(planned)
            problem = next((one for one in planned if isinstance(one, PlanProblem)), None)
            if request is None or unit.refusals >= MAX_STEPS:
                await self._close(unit, planned, problem)
                return
            if request.effect is RequestEffect.REMOVE and not self.options.allows_removal(
                unit.delivery.event_id, unit.source_id
            ):
                await self.sender.end(unit, DeliveryState.SKIPPED, _REMOVAL_REASON)
                return
            try:
                is_there = (
                    may_be_doubled(request)
                    and unit.looks_for_duplicates
                    and await is_applied_already(
                        request, self.gateway.calls, is_maybe_sent=unit.is_maybe_sent
                    )
                )
            except AppError as error:
                if stops_delivery(error):
                    raise
                if is_tried_again(error):
                    await self.sender.postpone(unit, error, self.sender.failed_reads)
                else:
                    await self.sender.end(unit, DeliveryState.PARKED, str(error))
                return
            if is_there:
                await self.sender.end(unit, DeliveryState.DONE, "Zendesk has it already.")
                return
            answered = unit.answered
            if not await self.sender.send(unit, request):
                return
            # A refusal is planned anew, and sent again.
            if may_be_doubled(request) and unit.answered > answered:
                await self.sender.end(unit, DeliveryState.DONE, request.summary)
                return
            planned = None
        reason = "; ".join(unit.warnings) or "Zendesk accepted it and does not show it."
        await self.sender.end(unit, DeliveryState.PARKED, reason)

    async def _close(
        self, unit: DeliveryUnit, planned: Sequence[Planned], problem: PlanProblem | None
    ) -> None:
        if problem is not None or unit.refusals >= MAX_STEPS:
            reason = problem.reason if problem is not None else "; ".join(unit.warnings)
            await self.sender.end(unit, DeliveryState.PARKED, reason)
            return
        reasons = [one.reason for one in planned if isinstance(one, NoChange)]
        if unit.answered or unit.is_maybe_sent:
            # Of what another process has sent nobody here knows more than that.
            said = unit.summaries or ["Zendesk shows it"]
            said += reasons if unit.fired.newer else []
            await self.sender.end(unit, DeliveryState.DONE, "; ".join(said))
        else:
            is_kept = KEPT_REASON in reasons
            state = DeliveryState.KEPT if is_kept else DeliveryState.UNCHANGED
            await self.sender.end(unit, state, "; ".join(reasons))


_Result = TypeVar("_Result")


async def _gather_or_stop(steps: Iterable[Awaitable[_Result]]) -> list[_Result]:
    """Let all steps end, then raise what stops the delivery, if anything does."""
    ended = await asyncio.gather(*steps, return_exceptions=True)
    for kind in (AuthenticationError, NotPermitted, BaseException):
        for one in ended:
            if isinstance(one, kind):
                raise one
    return [one for one in ended if not isinstance(one, BaseException)]
