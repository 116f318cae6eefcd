"""Sends the requests of events, and decides what becomes of one that was refused or unanswered."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from desktop.events.live_zendesk_directory import LiveZendeskDirectory
from desktop.events.plan_membership import MEMBERSHIPS_PATH
from desktop.events.plan_organization import UPSERT_ORGANIZATION_PATH
from desktop.events.plan_user import UPDATE_MANY_PATH
from desktop.events.planned_request import PlannedRequest, RequestEffect
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Forbidden, ServiceError
from desktop.model.event_delivery import DeliveryState
from desktop.store.event_queue import EventQueue
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.sync.event_delivery_unit import DeliveryUnit
from desktop.sync.event_retries import FailureStreak, is_tried_again, stops_delivery, wait_after
from desktop.sync.sent_event_requests import made_record_id, write_of
from desktop.writing.event_requests import EventRequestGateway
from desktop.writing.outcomes import may_be_applied

# Requests under way at once: a window and other runs want some of the rate limit too.
_MAX_REQUESTS = 8
# Requests of one action: two at most, and each may collide with somebody else's write.
MAX_STEPS = 6
# A job is begun, asked for until it ends, and its users are read back.
_FEWEST_PER_JOB = 5
# A create that was refused is tried again so often, over all deliveries.
_MAX_CREATES = 6
# A user just created is not found by search for minutes.
_NOT_FOUND_YET_S = 60.0


@dataclass
class EventSender:
    """Sends requests of delivery units one by one, or as one job for many users.

    `postponed` are the events of this round that failed or wait: the rest of their actions comes
    after that. `jitter` gives [0, 1) and spreads the next tries of events that failed together.
    `may_import_users`: the account has not refused a job of new users so far.
    """

    queue: EventQueue
    writes: SentEventRequestRepository
    directory: LiveZendeskDirectory
    gateway: EventRequestGateway
    clock: Clock
    actor_signature: str
    jitter: Callable[[], float] = random.random
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_REQUESTS))
    failed_reads: FailureStreak = field(default_factory=FailureStreak)
    failed_writes: FailureStreak = field(default_factory=FailureStreak)
    postponed: set[int] = field(default_factory=set)
    may_import_users: bool = True

    async def update_users(self, jobs: Sequence[tuple[DeliveryUnit, PlannedRequest]]) -> None:
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
            self.failed_writes.note_success()
        except AppError as error:
            await self._set_back(units, error)
            if stops_delivery(error):
                raise
            if len(jobs) == 1 and is_tried_again(error):
                await self.postpone(units[0], error, self.failed_writes)
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
                await self.postpone(unit, error, self.failed_reads)
            return
        for unit, request in jobs:
            if error_text := errors.get(request.user_id or 0, ""):
                unit.refusals = MAX_STEPS
                unit.warnings = (error_text,)

    async def create_users(self, jobs: Sequence[tuple[DeliveryUnit, PlannedRequest]]) -> bool:
        """Create new users by one job, where the account may import users and they are several.

        False where nothing was sent: they are created one by one then. Who was not created, or of
        whom it is not known, is planned anew and created alone.
        """
        if not self.may_import_users or len(jobs) < _FEWEST_PER_JOB:
            return False
        units = [unit for unit, _ in jobs]
        await self._mark_sending(jobs)
        try:
            made = await self.gateway.create_users(
                [request.body["user"] for _, request in jobs if request.body]  # type: ignore[misc]
            )
        except AppError as error:
            self.may_import_users = not isinstance(error, Forbidden)
            await self._set_back(units, error)
            if stops_delivery(error):
                raise
            return True
        self.failed_writes.note_success()
        for unit, user_id in zip(units, made.ids, strict=True):
            unit.delivery = replace(unit.delivery, answer=f"job {made.job_id} ended")
            if user_id is not None:
                await self._settle_writes([unit], is_applied=True, record_id=user_id)
                unit.answered += 1
                unit.delivery = replace(unit.delivery, user_id=user_id)
        try:
            await self.directory.read_again([one for one in made.ids if one is not None])
        except AppError as error:
            if not is_tried_again(error):
                raise
            for unit in units:
                await self.postpone(unit, error, self.failed_reads)
        return True

    async def send(self, unit: DeliveryUnit, request: PlannedRequest) -> bool:
        """Send one request; False where that ended the unit. Raises what ends the delivery."""
        await self._mark_sending([(unit, request)])
        made_id: int | None = None
        try:
            async with self.slots:
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
                    user = self.directory.take_answer(answer.document, unit.fired.user_keys)
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
        self.failed_writes.note_success()
        return await self._read_again(unit, request)

    async def _take_refusal(
        self, unit: DeliveryUnit, request: PlannedRequest, error: AppError
    ) -> bool:
        """Decide on a refused request: True where it is planned anew."""
        await self._set_back([unit], error)
        if stops_delivery(error):
            raise error
        if is_tried_again(error):
            await self.postpone(unit, error, self.failed_writes)
            return False
        unit.refusals += 1
        unit.warnings = (str(error),)
        # What Zendesk does not offer (501) or does not allow it refuses again.
        if isinstance(error, Forbidden | ServiceError) or unit.refusals > 1:
            await self.end(unit, DeliveryState.PARKED, str(error))
            return False
        if request.effect is RequestEffect.CREATE and request.path.endswith("/users"):
            # Somebody has the address whom the search does not show yet.
            reason = f"{error} Tried again in a minute."
            later = replace(unit.delivery, state=DeliveryState.QUEUED, detail=reason)
            if unit.delivery.attempts < _MAX_CREATES:
                at = self.clock.now() + _NOT_FOUND_YET_S
                await self.queue.set_states([later], self.clock.now(), not_before=at)
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
                await self.postpone(unit, error, self.failed_reads)
                return False
        return True

    async def postpone(self, unit: DeliveryUnit, error: AppError, streak: FailureStreak) -> None:
        """Have an event tried again later, or give it up. Raises `error` where the service is away.

        Then no event has that counted.
        """
        if unit.event_id in self.postponed:
            return
        self.postponed.add(unit.event_id)
        if streak.is_away_after(unit.event_id):
            await self.queue.forgive(streak.event_ids - {unit.event_id})
            raise error
        state = DeliveryState.UNKNOWN if unit.is_maybe_sent else DeliveryState.QUEUED
        unit.delivery = replace(unit.delivery, state=state, detail=str(error))
        now, failures = self.clock.now(), unit.failures + 1
        wait_s = wait_after(error, failures, self.jitter(), now)
        if wait_s is not None:
            await self.queue.count_failure(unit.delivery, now, not_before=now + wait_s)
            return
        detail = f"Given up after {failures} tries: {error} Later events of this user wait for it."
        given_up = replace(unit.delivery, state=DeliveryState.PARKED, detail=detail)
        unit.delivery = given_up
        await self.queue.hold(given_up, now)

    async def _mark_sending(self, sent: Sequence[tuple[DeliveryUnit, PlannedRequest]]) -> None:
        marked = []
        for unit, request in sent:
            document = {"method": request.method, "path": request.path, "body": request.body}
            unit.delivery = replace(
                unit.delivery,
                request=msgspec.json.encode(document).decode(),
                actor=self.actor_signature,
                user_id=request.user_id or unit.delivery.user_id,
                attempts=unit.delivery.attempts + 1,
            )
            marked.append(unit.delivery)
        writes = [write_of(unit.event_id, request) for unit, request in sent]
        ids = await self.queue.mark_sending(marked, self.clock.now(), writes)
        for (unit, request), write_id in zip(sent, ids, strict=True):
            unit.write_id = write_id
            if request.summary not in unit.summaries:
                unit.summaries.append(request.summary)
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
        await self.queue.set_states([unit.delivery for unit in units], self.clock.now())

    async def end(self, unit: DeliveryUnit, state: DeliveryState, detail: str) -> None:
        """Close a unit: nothing more is sent of it by itself.

        What waits for a person holds its user's later events where they are built on it.
        """
        self.gateway.checkpoint("read back")
        unit.delivery = replace(unit.delivery, state=state, detail=detail)
        if state is DeliveryState.PARKED and unit.fired.kind.is_built_on:
            self.postponed.add(unit.event_id)
            await self.queue.hold(unit.delivery, self.clock.now())
        else:
            await self.queue.set_states([unit.delivery], self.clock.now())
        self.gateway.checkpoint("closed")
