"""Delivers stored events to Zendesk: each user's in their order, users in parallel.

Stored → claimed → the actions that fire are chosen → for each: plan (which reads Zendesk) → send →
plan again, which shows nothing left to change → closed. Killed at any point, the next process plans
anew: what was applied is not sent again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import msgspec

from desktop.events.event import BadLine, Event
from desktop.events.event_action import ActionKind, CompiledAction
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.events.live_directory import LiveDirectory
from desktop.events.plan_context import EventPlanContext, FiredAction
from desktop.events.plan_joining import MEMBERSHIPS_PATH
from desktop.events.plan_organization import UPSERT_ORGANIZATION_PATH
from desktop.events.plan_user import UPDATE_MANY_PATH
from desktop.events.plan_user_event import KEPT_REASON
from desktop.events.planned_request import (
    NoChange,
    Planned,
    PlannedRequest,
    PlanProblem,
    RequestEffect,
)
from desktop.events.simulation import fire_actions, keys_of, person_keys_of, plan_fired
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    Forbidden,
    NotPermitted,
    RateLimited,
    ServiceError,
    ServiceUnreachable,
    StopsRun,
)
from desktop.model.erased_people import ErasedPeople
from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent
from desktop.model.permission import Actor
from desktop.store.event_repository import EventRepository
from desktop.store.seen_id_table import SeenIdTable
from desktop.sync.event_duplicates import is_applied_already, may_be_doubled
from desktop.writing.event_requests import EventRequestGateway
from desktop.writing.outcomes import may_be_applied

log = logging.getLogger(__name__)

EVENTS_PER_ROUND = 100
# Requests under way at once: a window and other runs want some of the rate limit too.
_MAX_REQUESTS = 8
# Requests of one action: two at most, and each may collide with somebody else's write.
_MAX_STEPS = 6
# Of one action, over all deliveries.
_MAX_ATTEMPTS = 10
# A user just created is not found by search for minutes.
_NOT_FOUND_YET_S = 60.0
_REMOVAL_REASON = "A removal is sent only when it is ticked (--removals)."


@dataclass(frozen=True)
class DeliveryOptions:
    """What a person has ticked for a delivery, and who delivers.

    `removal_source` and `removal_events` say whose removals were ticked; None and empty: all.
    """

    actor: Actor
    allows_removals: bool = False
    removal_source: int | None = None
    removal_events: frozenset[int] = frozenset()

    def allows_removal(self, event_id: int, source_id: int) -> bool:
        """Whether the removal that this event asks for was ticked."""
        is_named = not self.removal_events or event_id in self.removal_events
        return self.allows_removals and is_named and self.removal_source in (None, source_id)


@dataclass
class _Unit:
    """One action of one claimed event on its way."""

    fired: FiredAction
    delivery: EventDelivery
    source_id: int
    # The requests of this action that Zendesk has answered.
    answered: int = 0
    refusals: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def is_maybe_sent(self) -> bool:
        """Whether an earlier attempt may have been applied."""
        return self.delivery.state is DeliveryState.UNKNOWN


@dataclass
class EventDeliverer:
    """Delivers the stored events of one workspace; any number of processes may.

    `recheck` asks the service anew who delivers; `load_erased` says about whom nothing is sent.
    """

    events: EventRepository
    actions: Sequence[CompiledAction]
    directory: LiveDirectory
    gateway: EventRequestGateway
    clock: Clock
    options: DeliveryOptions
    recheck: Callable[[], Awaitable[None]]
    load_erased: Callable[[], Awaitable[ErasedPeople]]
    on_round: Callable[[], None] = lambda: None
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_REQUESTS))

    async def deliver(self) -> None:
        """Deliver every event that waits. Raises what ends the whole delivery; the rest waits."""
        try:
            while True:
                await self.recheck()
                if reason := self.gateway.find_refusal():
                    raise NotPermitted("The events may not be delivered.", reason)
                claimed = await self.events.claim(EVENTS_PER_ROUND, self.clock.now())
                if not claimed:
                    return
                self.gateway.checkpoint("claimed")
                await self._deliver_round(claimed)
                self.on_round()
        finally:
            await self.events.release()

    async def _deliver_round(self, claimed: Sequence[StoredEvent]) -> None:
        # Read anew: somebody may have changed a user since the last round.
        self.directory.forget_all()
        erased = await self.load_erased()
        units = await self._open(claimed, erased)
        with closing(SeenIdTable()) as made:
            context = EventPlanContext(self.directory, made, erased=erased)
            for action in self.actions:
                own = [unit for unit in units if unit.fired.kind is action.kind]
                if own:
                    await self._deliver_action(own, context)

    async def _open(self, claimed: Sequence[StoredEvent], erased: ErasedPeople) -> list[_Unit]:
        """Choose the actions of events that were not begun; return what is still to be done.

        The events of erased people are closed without their texts.
        """
        fired: dict[int, list[FiredAction]] = {}
        skipped = []
        for stored in claimed:
            event = make_event(EventText(stored.line, stored.text))
            fired[stored.id] = [] if isinstance(event, BadLine) else self._fire(event, stored)
            if isinstance(event, Event) and erased.is_erased(
                person_keys_of(event, fired[stored.id])
            ):
                skipped.append(stored.id)
        now = self.clock.now()
        new = [one.id for one in claimed if not one.is_opened or not fired[one.id]]
        chosen = {id_: [one.kind.value for one in fired[id_]] for id_ in new}
        await self.events.open_events(chosen, now)
        if skipped:
            await self.events.skip_erased(skipped)
        self.gateway.checkpoint("opened")
        wanted = [stored for stored in claimed if stored.id not in skipped]
        return [unit for stored in wanted for unit in _units_of(stored, fired[stored.id], now)]

    def _fire(self, event: Event, stored: StoredEvent) -> list[FiredAction]:
        if not stored.is_opened:
            return fire_actions(self.actions, event)
        # Chosen when it was begun: an action that was switched off since is still finished.
        begun = {delivery.action for delivery in stored.deliveries}
        return [
            FiredAction(action, event, action.mapping.apply(event.body))
            for action in self.actions
            if action.kind.value in begun
        ]

    async def _deliver_action(self, units: list[_Unit], context: EventPlanContext) -> None:
        """Deliver one action of many events; those about one person or group after each other."""
        await self.directory.prefetch([key for unit in units for key in keys_of(unit.fired)])
        waiting = units
        while waiting:
            wave, waiting = _split_by_identity(waiting)
            planned = await asyncio.gather(*(self._plan(unit, context) for unit in wave))
            jobs, singles, again = _split_by_way(zip(wave, planned, strict=True))
            waiting = [*again, *waiting]
            if jobs:
                await self._update_users(jobs)
            steps = [*((unit, None) for unit, _ in jobs), *singles]
            await _gather_or_stop(self._finish(unit, first, context) for unit, first in steps)

    async def _plan(self, unit: _Unit, context: EventPlanContext) -> list[Planned]:
        async with self._slots:
            try:
                return await plan_fired(unit.fired, context)
            except StopsRun:
                raise
            except AppError as error:
                return [unit.fired.problem(str(error))]

    async def _update_users(self, jobs: Sequence[tuple[_Unit, PlannedRequest]]) -> None:
        """Send the updates of many users as one job, and read them anew."""
        documents = [request.body["users"][0] for _, request in jobs if request.body]  # type: ignore[index]
        await self._mark_sending(jobs)
        try:
            errors = await self.gateway.update_users(documents)  # type: ignore[arg-type]
        except AppError as error:
            await self._set_back([unit for unit, _ in jobs], error)
            if isinstance(error, StopsRun) and not isinstance(error, Forbidden):
                raise
            # One row can spoil a call: singly each says what is wrong with it.
            for unit, request in jobs:
                await self._send(unit, request)
            return
        ids = [int(str(document["id"])) for document in documents]  # type: ignore[index,call-overload]
        await self.directory.read_again(ids)
        for unit, request in jobs:
            unit.answered += 1
            error_text = errors.get(request.user_id or 0, "")
            if error_text:
                unit.refusals = _MAX_STEPS
                unit.warnings = (error_text,)

    async def _finish(
        self, unit: _Unit, planned: list[Planned] | None, context: EventPlanContext
    ) -> None:
        """Send what an action still has to send, until a plan shows that nothing is left."""
        if unit.delivery.state.has_ended:
            return
        for _ in range(_MAX_STEPS):
            planned = planned if planned is not None else await self._plan(unit, context)
            request = next((one for one in planned if isinstance(one, PlannedRequest)), None)
            problem = next((one for one in planned if isinstance(one, PlanProblem)), None)
            if request is None or unit.refusals >= _MAX_STEPS:
                await self._close(unit, planned, problem)
                return
            if request.effect is RequestEffect.REMOVE and not self.options.allows_removal(
                unit.delivery.event_id, unit.source_id
            ):
                await self._end(unit, DeliveryState.SKIPPED, _REMOVAL_REASON)
                return
            try:
                is_there = may_be_doubled(request) and await is_applied_already(
                    request, self.gateway.calls, is_maybe_sent=unit.is_maybe_sent
                )
            except StopsRun:
                raise
            except AppError as error:
                await self._end(unit, DeliveryState.PARKED, str(error))
                return
            if is_there:
                await self._end(unit, DeliveryState.DONE, "Zendesk has it already.")
                return
            if not await self._send(unit, request):
                return
            if may_be_doubled(request):
                await self._end(unit, DeliveryState.DONE, request.summary)
                return
            planned = None
        reason = "; ".join(unit.warnings) or "Zendesk accepted it and does not show it."
        await self._end(unit, DeliveryState.PARKED, reason)

    async def _send(self, unit: _Unit, request: PlannedRequest) -> bool:
        """Send one request; False where that ended the unit. Raises what ends the delivery."""
        await self._mark_sending([(unit, request)])
        try:
            async with self._slots:
                if request.path == UPDATE_MANY_PATH and request.body is not None:
                    users = request.body["users"]
                    errors = await self.gateway.update_users(users)  # type: ignore[arg-type]
                    unit.warnings = tuple(filter(None, errors.values()))
                    unit.refusals += bool(unit.warnings)
                else:
                    answer = await self.gateway.send(
                        request.method, request.path, request.body, request.headers
                    )
                    user = self.directory.take_answer(answer.document, keys_of(unit.fired))
                    unit.delivery = replace(
                        unit.delivery,
                        request_id=answer.request_id,
                        user_id=user.id if user is not None else unit.delivery.user_id,
                    )
        except AppError as error:
            return await self._take_refusal(unit, request, error)
        unit.answered += 1
        await self._read_again(request)
        return True

    async def _take_refusal(self, unit: _Unit, request: PlannedRequest, error: AppError) -> bool:
        """Decide on a refused request: True where it is planned anew."""
        await self._set_back([unit], error)
        if isinstance(error, ServiceError) and unit.delivery.attempts >= _MAX_ATTEMPTS:
            # Zendesk answers others: one event that it stumbles over must not hold them up.
            await self._end(unit, DeliveryState.PARKED, str(error))
            return False
        if isinstance(error, StopsRun) and not isinstance(error, Forbidden):
            raise error
        if isinstance(error, NotPermitted):
            raise error
        unit.refusals += 1
        unit.warnings = (str(error),)
        if isinstance(error, Forbidden) or unit.refusals > 1:
            await self._end(unit, DeliveryState.PARKED, str(error))
            return False
        if request.effect is RequestEffect.CREATE and request.path.endswith("/users"):
            # Somebody has the address whom the search does not show yet.
            reason = f"{error} Tried again in a minute."
            later = replace(unit.delivery, state=DeliveryState.QUEUED, detail=reason)
            if unit.delivery.attempts < _MAX_STEPS:
                at = self.clock.now() + _NOT_FOUND_YET_S
                await self.events.set_states([later], self.clock.now(), not_before=at)
                return False
        await self._read_again(request, everything=True)
        return True

    async def _read_again(self, request: PlannedRequest, *, everything: bool = False) -> None:
        """Have the next plan read what a request has changed, or all that it was planned by."""
        if everything or request.path == UPSERT_ORGANIZATION_PATH:
            self.directory.forget_organizations()
        if request.user_id is None:
            return
        if everything or request.path.startswith(MEMBERSHIPS_PATH):
            self.directory.forget_memberships(request.user_id)
        if everything or request.path == UPDATE_MANY_PATH:
            await self.directory.read_again([request.user_id])

    async def _mark_sending(self, sent: Sequence[tuple[_Unit, PlannedRequest]]) -> None:
        marked = []
        for unit, request in sent:
            document = {"method": request.method, "path": request.path, "body": request.body}
            unit.delivery = replace(
                unit.delivery,
                request=msgspec.json.encode(document).decode(),
                actor=self.options.actor.signature,
                user_id=request.user_id or unit.delivery.user_id,
                attempts=unit.delivery.attempts + 1,
            )
            marked.append(unit.delivery)
        await self.events.mark_sending(marked, self.clock.now())
        self.gateway.checkpoint("marked")

    async def _set_back(self, units: Sequence[_Unit], error: AppError) -> None:
        """Store that requests were not applied, or that nobody knows whether they were."""
        unsure = may_be_applied(error)
        for unit in units:
            # What an earlier attempt may have done, a later refusal does not undo.
            is_open = unsure or unit.is_maybe_sent
            state = DeliveryState.UNKNOWN if is_open else DeliveryState.QUEUED
            unit.delivery = replace(unit.delivery, state=state, detail=str(error))
        await self.events.set_states([unit.delivery for unit in units], self.clock.now())

    async def _close(
        self, unit: _Unit, planned: Sequence[Planned], problem: PlanProblem | None
    ) -> None:
        if problem is not None:
            await self._end(unit, DeliveryState.PARKED, problem.reason)
        elif unit.refusals >= _MAX_STEPS:
            await self._end(unit, DeliveryState.PARKED, "; ".join(unit.warnings))
        elif unit.answered or unit.is_maybe_sent:
            await self._end(unit, DeliveryState.DONE, "Zendesk shows it.")
        else:
            reasons = [one.reason for one in planned if isinstance(one, NoChange)]
            is_kept = KEPT_REASON in reasons
            state = DeliveryState.KEPT if is_kept else DeliveryState.UNCHANGED
            await self._end(unit, state, "; ".join(reasons))

    async def _end(self, unit: _Unit, state: DeliveryState, detail: str) -> None:
        self.gateway.checkpoint("read back")
        unit.delivery = replace(unit.delivery, state=state, detail=detail)
        await self.events.set_states([unit.delivery], self.clock.now())
        self.gateway.checkpoint("closed")


def _units_of(stored: StoredEvent, fired: Sequence[FiredAction], now: float) -> Iterator[_Unit]:
    known = {one.action: one for one in stored.deliveries}
    for action in fired:
        name = action.kind.value
        delivery = known.get(name) or EventDelivery(
            stored.id, name, DeliveryState.QUEUED, updated_at=now
        )
        if not delivery.state.has_ended:
            yield _Unit(action, delivery, stored.source_id)


def _identity(unit: _Unit) -> frozenset[str]:
    """Return what two events must not share to be sent at once: a person, a group, a ticket."""
    mapped = unit.fired.mapped
    keys = {one for key in keys_of(unit.fired) for one in (*key.seen_ids, f"z {key.zendesk_id}")}
    if unit.fired.kind is ActionKind.UPSERT_ORG:
        keys.add(f"organization {str(mapped.get('external_id')).lower()}")
    if unit.fired.kind is ActionKind.UPDATE_TICKET:
        keys.add(f"ticket {mapped.get('ticket_id')} {mapped.get('external_id')}")
    return frozenset(keys - {"z "})


def _split_by_identity(units: Sequence[_Unit]) -> tuple[list[_Unit], list[_Unit]]:
    """Split units: those that share nothing with an earlier one, and the rest, in order."""
    wave: list[_Unit] = []
    waiting: list[_Unit] = []
    taken: set[str] = set()
    for unit in units:
        keys = _identity(unit)
        (waiting if keys & taken else wave).append(unit)
        taken |= keys
    return wave, waiting


def _split_by_way(
    planned: Iterator[tuple[_Unit, list[Planned]]],
) -> tuple[list[tuple[_Unit, PlannedRequest]], list[tuple[_Unit, list[Planned]]], list[_Unit]]:
    """Split planned units: updates of users for one job, singles, and those of a user once more."""
    jobs: list[tuple[_Unit, PlannedRequest]] = []
    singles: list[tuple[_Unit, list[Planned]]] = []
    again: list[_Unit] = []
    users: set[int | None] = set()
    for unit, steps in planned:
        first = next((one for one in steps if isinstance(one, PlannedRequest)), None)
        if first is None or first.path != UPDATE_MANY_PATH:
            singles.append((unit, steps))
        elif first.user_id in users:
            # Two events of one user in a job would be applied in any order.
            again.append(unit)
        else:
            users.add(first.user_id)
            jobs.append((unit, first))
    return jobs, singles, again


async def _gather_or_stop(steps: Iterator[Awaitable[None]]) -> None:
    """Let all steps end, then raise what stops the delivery, if anything does."""
    ended = await asyncio.gather(*steps, return_exceptions=True)
    for kind in (AuthenticationError, NotPermitted, ServiceUnreachable, RateLimited, BaseException):
        for one in ended:
            if isinstance(one, kind):
                raise one
