"""Delivers stored events to Zendesk: each user's in their order, users in parallel.

Stored → claimed → the actions that fire are chosen → for each: plan (which reads Zendesk) → send →
plan again, which shows nothing left to change → closed. Killed at any point, the next process plans
anew: what was applied is not sent again.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from desktop.events.event import BadLine, Event
from desktop.events.event_action import CompiledAction
from desktop.events.live_directory import LiveDirectory
from desktop.events.plan_context import EventPlanContext, FiredAction, find_missing_fields
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
    ServiceError,
)
from desktop.model.erased_people import ErasedPeople
from desktop.model.event_delivery import DeliveryState, StoredEvent
from desktop.model.field_mapping import MappingOperator
from desktop.model.permission import Actor
from desktop.store.event_repository import EventRepository
from desktop.store.event_write_repository import EventWriteRepository
from desktop.store.seen_id_table import SeenIdTable
from desktop.sync.event_delivery_unit import (
    DeliveryUnit,
    PlanResult,
    ReadFailure,
    begun_actions,
    event_of,
    first_request,
    split_by_identity,
    split_by_way,
    units_of,
)
from desktop.sync.event_duplicates import is_applied_already, may_be_doubled
from desktop.sync.event_retries import (
    FailureStreak,
    is_tried_again,
    stops_delivery,
    wait_after,
)
from desktop.sync.event_writes import made_record_id, settle_increments, write_of
from desktop.writing.event_requests import EventRequestGateway
from desktop.writing.outcomes import may_be_applied

log = logging.getLogger(__name__)

EVENTS_PER_ROUND = 100
# Requests under way at once: a window and other runs want some of the rate limit too.
_MAX_REQUESTS = 8
# Requests of one action: two at most, and each may collide with somebody else's write.
_MAX_STEPS = 6
# A create that was refused is tried again so often, over all deliveries.
_MAX_CREATES = 6
# So long a delivery waits for events that failed; later ones are left to the next delivery.
_PATIENCE_S = 15.0
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
class EventDeliverer:
    """Delivers the stored events of one workspace; any number of processes may.

    `recheck` asks the service anew who delivers; `load_erased` says about whom nothing is sent.
    """

    events: EventRepository
    writes: EventWriteRepository
    actions: Sequence[CompiledAction]
    directory: LiveDirectory
    gateway: EventRequestGateway
    clock: Clock
    options: DeliveryOptions
    recheck: Callable[[], Awaitable[None]]
    load_erased: Callable[[], Awaitable[ErasedPeople]]
    on_round: Callable[[], None] = lambda: None
    # To deliver by itself: the named sources that may be, asked before each round.
    find_unattended: Callable[[], Awaitable[Collection[int]]] | None = None
    # [0, 1): spreads the next tries of events that failed together.
    jitter: Callable[[], float] = random.random
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_REQUESTS))
    _failed_reads: FailureStreak = field(default_factory=FailureStreak)
    _failed_writes: FailureStreak = field(default_factory=FailureStreak)
    # Events of this round that failed: the rest of their actions comes after that.
    _postponed: set[int] = field(default_factory=set)

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
                claimed = await self.events.claim(
                    EVENTS_PER_ROUND, self.clock.now(), unattended=sources
                )
                if claimed:
                    self.gateway.checkpoint("claimed")
                    await self._deliver_round(claimed)
                    self.on_round()
                elif not await self._wait_for_next_try():
                    return
        finally:
            await self.events.release()

    async def _wait_for_next_try(self) -> bool:
        """Wait for the next event that failed; False where there is none, or it is far off."""
        at = await self.events.find_next_try()
        wait_s = None if at is None else at - self.clock.now()
        if wait_s is None or not 0 < wait_s <= _PATIENCE_S:
            return False
        await self.clock.sleep(wait_s)
        return True

    async def _deliver_round(self, claimed: Sequence[StoredEvent]) -> None:
        # Read anew: somebody may have changed a user since the last round.
        self.directory.forget_all()
        self._postponed.clear()
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
        await self.events.open_events(chosen, now)
        if skipped:
            await self.events.skip_erased(skipped)
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
            if unit.event_id not in self._postponed and await self._may_go_by_itself(unit)
        ]
        await self._prefetch(waiting)
        while waiting:
            wave, waiting = split_by_identity(waiting)
            planned = await _gather_or_stop(self._plan(unit, context) for unit in wave)
            jobs, singles, again = split_by_way(zip(wave, planned, strict=True))
            waiting = [*again, *waiting]
            if jobs:
                await self._update_users(jobs)
            steps: list[tuple[DeliveryUnit, PlanResult | None]] = [(unit, None) for unit, _ in jobs]
            steps += singles
            await _gather_or_stop(self._finish(unit, first, context) for unit, first in steps)

    async def _may_go_by_itself(self, unit: DeliveryUnit) -> bool:
        """Whether nobody has to decide about an event first; its user's later ones wait else."""
        if unit.left_out is None:
            return True
        missing = set(find_missing_fields(unit.fired, self.directory)) - unit.left_out
        if not missing:
            return True
        names = ", ".join(f"“{one}”" for one in sorted(missing))
        detail = f"Zendesk has no field {names}: create it, or retry to leave it out."
        unit.delivery = replace(unit.delivery, state=DeliveryState.PARKED, detail=detail)
        self._postponed.add(unit.event_id)
        await self.events.hold(unit.delivery, self.clock.now())
        return False

    async def _prefetch(self, units: Sequence[DeliveryUnit]) -> None:
        try:
            await self.directory.prefetch([key for unit in units for key in keys_of(unit.fired)])
        except AppError as error:
            if not is_tried_again(error):
                raise
            # One address that Zendesk stumbles over spoils the reading of a hundred: each event
            # then reads its own user, and fails alone.
            log.info("Users of events could not be read together: %s", error.code)

    async def _plan(self, unit: DeliveryUnit, context: EventPlanContext) -> PlanResult:
        async with self._slots:
            try:
                planned = await self._leave_out_added(unit, await plan_fired(unit.fired, context))
            except AppError as error:
                if stops_delivery(error):
                    raise
                if is_tried_again(error):
                    return ReadFailure(error)
                return [unit.fired.problem(str(error))]
        self._failed_reads.note_success()
        return planned

    async def _leave_out_added(self, unit: DeliveryUnit, planned: list[Planned]) -> list[Planned]:
        operators = unit.fired.compiled.action.operators
        if MappingOperator.SUM not in operators.values() or not unit.delivery.attempts:
            return planned
        writes = await self.writes.list_of(unit.event_id, unit.delivery.action)
        return [settle_increments(one, operators, writes) for one in planned]

    async def _update_users(self, jobs: Sequence[tuple[DeliveryUnit, PlannedRequest]]) -> None:
        """Send the updates of many users as one job, and read them anew.

        Of a job that failed each user is planned anew and sent alone: one row can spoil a call.
        """
        documents = [request.body["users"][0] for _, request in jobs if request.body]  # type: ignore[index]
        ids = [int(str(document["id"])) for document in documents]  # type: ignore[index,call-overload]
        units = [unit for unit, _ in jobs]
        await self._mark_sending(jobs)
        errors: Mapping[int, str] = {}
        try:
            updates = await self.gateway.update_users(documents)  # type: ignore[arg-type]
            errors = updates.errors
            self._failed_writes.note_success()
        except AppError as error:
            await self._set_back(units, error)
            if stops_delivery(error):
                raise
            if len(jobs) == 1 and is_tried_again(error):
                await self._postpone(units[0], error, self._failed_writes)
                return
        else:
            await self._settle_writes(units, is_applied=True)
            for unit in units:
                unit.answered += 1
                unit.delivery = replace(unit.delivery, answer=f"job {updates.job_id} ended")
        try:
            await self.directory.read_again(ids)
        except AppError as error:
            if not is_tried_again(error):
                raise
            for unit in units:
                await self._postpone(unit, error, self._failed_reads)
            return
        for unit, request in jobs:
            if error_text := errors.get(request.user_id or 0, ""):
                unit.refusals = _MAX_STEPS
                unit.warnings = (error_text,)

    async def _finish(
        self, unit: DeliveryUnit, planned: PlanResult | None, context: EventPlanContext
    ) -> None:
        """Send what an action still has to send, until a plan shows that nothing is left."""
        if unit.delivery.state.has_ended or unit.event_id in self._postponed:
            return
        for _ in range(_MAX_STEPS):
            planned = planned if planned is not None else await self._plan(unit, context)
            if isinstance(planned, ReadFailure):
                await self._postpone(unit, planned.error, self._failed_reads)
                return
            request = first_request(planned)
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
                    await self._postpone(unit, error, self._failed_reads)
                else:
                    await self._end(unit, DeliveryState.PARKED, str(error))
                return
            if is_there:
                await self._end(unit, DeliveryState.DONE, "Zendesk has it already.")
                return
            answered = unit.answered
            if not await self._send(unit, request):
                return
            # A refusal is planned anew, and sent again.
            if may_be_doubled(request) and unit.answered > answered:
                await self._end(unit, DeliveryState.DONE, request.summary)
                return
            planned = None
        reason = "; ".join(unit.warnings) or "Zendesk accepted it and does not show it."
        await self._end(unit, DeliveryState.PARKED, reason)

    async def _send(self, unit: DeliveryUnit, request: PlannedRequest) -> bool:
        """Send one request; False where that ended the unit. Raises what ends the delivery."""
        await self._mark_sending([(unit, request)])
        made_id: int | None = None
        try:
            async with self._slots:
                if request.path == UPDATE_MANY_PATH and request.body is not None:
                    users = request.body["users"]
                    updates = await self.gateway.update_users(users)  # type: ignore[arg-type]
                    unit.warnings = tuple(filter(None, updates.errors.values()))
                    unit.refusals += bool(unit.warnings)
                    unit.delivery = replace(unit.delivery, answer=f"job {updates.job_id} ended")
                else:
                    answer = await self.gateway.send(
                        request.method, request.path, request.body, request.headers
                    )
                    made_id = made_record_id(answer.document)
                    user = self.directory.take_answer(answer.document, keys_of(unit.fired))
                    unit.delivery = replace(
                        unit.delivery,
                        request_id=answer.request_id,
                        answer=f"HTTP {answer.status}",
                        user_id=user.id if user is not None else unit.delivery.user_id,
                    )
        except AppError as error:
            return await self._take_refusal(unit, request, error)
        unit.answered += 1
        await self._settle_writes([unit], is_applied=True, record_id=made_id)
        self._failed_writes.note_success()
        return await self._read_again(unit, request)

    async def _take_refusal(
        self, unit: DeliveryUnit, request: PlannedRequest, error: AppError
    ) -> bool:
        """Decide on a refused request: True where it is planned anew."""
        await self._set_back([unit], error)
        if stops_delivery(error):
            raise error
        if is_tried_again(error):
            await self._postpone(unit, error, self._failed_writes)
            return False
        unit.refusals += 1
        unit.warnings = (str(error),)
        # What Zendesk does not offer (501) or does not allow it refuses again.
        if isinstance(error, Forbidden | ServiceError) or unit.refusals > 1:
            await self._end(unit, DeliveryState.PARKED, str(error))
            return False
        if request.effect is RequestEffect.CREATE and request.path.endswith("/users"):
            # Somebody has the address whom the search does not show yet.
            reason = f"{error} Tried again in a minute."
            later = replace(unit.delivery, state=DeliveryState.QUEUED, detail=reason)
            if unit.delivery.attempts < _MAX_CREATES:
                at = self.clock.now() + _NOT_FOUND_YET_S
                await self.events.set_states([later], self.clock.now(), not_before=at)
                return False
        return await self._read_again(unit, request, everything=True)

    async def _read_again(
        self, unit: DeliveryUnit, request: PlannedRequest, *, everything: bool = False
    ) -> bool:
        """Have the next plan read what a request has changed, or all that it was planned by.

        False where that failed and the event is tried again later.
        """
        if everything or request.path == UPSERT_ORGANIZATION_PATH:
            self.directory.forget_organizations()
        if request.user_id is None:
            return True
        if everything or request.path.startswith(MEMBERSHIPS_PATH):
            self.directory.forget_memberships(request.user_id)
        if everything or request.path == UPDATE_MANY_PATH:
            try:
                await self.directory.read_again([request.user_id])
            except AppError as error:
                if not is_tried_again(error):
                    raise
                await self._postpone(unit, error, self._failed_reads)
                return False
        return True

    async def _postpone(self, unit: DeliveryUnit, error: AppError, streak: FailureStreak) -> None:
        """Have an event tried again later, or give it up. Raises `error` where the service is away.

        Then no event has that counted.
        """
        if unit.event_id in self._postponed:
            return
        self._postponed.add(unit.event_id)
        if streak.is_away_after(unit.event_id):
            await self.events.forgive(streak.event_ids - {unit.event_id})
            raise error
        state = DeliveryState.UNKNOWN if unit.is_maybe_sent else DeliveryState.QUEUED
        unit.delivery = replace(unit.delivery, state=state, detail=str(error))
        now, failures = self.clock.now(), unit.failures + 1
        wait_s = wait_after(error, failures, self.jitter(), now)
        if wait_s is not None:
            await self.events.count_failure(unit.delivery, now, not_before=now + wait_s)
            return
        detail = f"Given up after {failures} tries: {error} Later events of this user wait for it."
        given_up = replace(unit.delivery, state=DeliveryState.PARKED, detail=detail)
        unit.delivery = given_up
        await self.events.hold(given_up, now)

    async def _mark_sending(self, sent: Sequence[tuple[DeliveryUnit, PlannedRequest]]) -> None:
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
        writes = [write_of(unit.event_id, request) for unit, request in sent]
        ids = await self.events.mark_sending(marked, self.clock.now(), writes)
        for (unit, _), write_id in zip(sent, ids, strict=True):
            unit.write_id = write_id
        self.gateway.checkpoint("marked")

    async def _settle_writes(
        self, units: Sequence[DeliveryUnit], *, is_applied: bool, record_id: int | None = None
    ) -> None:
        ids = [unit.write_id for unit in units]
        await self.writes.settle(ids, is_applied=is_applied, record_id=record_id)

    async def _set_back(self, units: Sequence[DeliveryUnit], error: AppError) -> None:
        """Store that requests were not applied, or that nobody knows whether they were."""
        unsure = may_be_applied(error)
        if not unsure:
            await self._settle_writes(units, is_applied=False)
        for unit in units:
            # What an earlier attempt may have done, a later refusal does not undo.
            is_open = unsure or unit.is_maybe_sent
            state = DeliveryState.UNKNOWN if is_open else DeliveryState.QUEUED
            unit.delivery = replace(
                unit.delivery,
                state=state,
                detail=str(error),
                is_maybe_sent=is_open,
                answer=f"HTTP {error.status}" if error.status else "",
                request_id=error.request_id or unit.delivery.request_id,
            )
        await self.events.set_states([unit.delivery for unit in units], self.clock.now())

    async def _close(
        self, unit: DeliveryUnit, planned: Sequence[Planned], problem: PlanProblem | None
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

    async def _end(self, unit: DeliveryUnit, state: DeliveryState, detail: str) -> None:
        self.gateway.checkpoint("read back")
        unit.delivery = replace(unit.delivery, state=state, detail=detail)
        await self.events.set_states([unit.delivery], self.clock.now())
        self.gateway.checkpoint("closed")


_Result = TypeVar("_Result")


async def _gather_or_stop(steps: Iterable[Awaitable[_Result]]) -> list[_Result]:
    """Let all steps end, then raise what stops the delivery, if anything does."""
    ended = await asyncio.gather(*steps, return_exceptions=True)
    for kind in (AuthenticationError, NotPermitted, BaseException):
        for one in ended:
            if isinstance(one, kind):
                raise one
    return [one for one in ended if not isinstance(one, BaseException)]
