"""Plans a source of events without writing anything: which request each line becomes, and why."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from desktop.events.event import BadLine, Event
from desktop.events.event_action import ActionKind, CompiledAction, EventAction
from desktop.events.event_intake import DuplicateEvent, IntakeCounts
from desktop.events.plan_context import EventPlanContext, FiredAction
from desktop.events.plan_effects import PlanEffects
from desktop.events.plan_organization import plan_membership, plan_organization
from desktop.events.plan_ticket import plan_new_ticket, plan_ticket_update
from desktop.events.plan_user import plan_user
from desktop.events.plan_user_event import plan_user_event
from desktop.events.planned_request import (
    NoChange,
    Planned,
    PlannedRequest,
    PlanProblem,
    RequestEffect,
)
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.model.erased_people import (
    ERASED_LABEL,
    NOBODY_ERASED,
    SKIPPED_TEXT,
    ErasedPeople,
    person_keys,
)
from desktop.store.seen_id_table import SeenIdTable

# Events whose users are read together.
EVENTS_PER_STEP = 500
_PROBLEMS_NAMED = 10_000
_Planner = Callable[[FiredAction, EventPlanContext], Coroutine[Any, Any, list[Planned]]]
# In this order for one event: the user is there before joining, the organisation before both.
_PLANNERS: Mapping[ActionKind, _Planner] = {
    ActionKind.UPSERT_USER: plan_user,
    ActionKind.UPSERT_ORG: plan_organization,
    ActionKind.ORG_MEMBERSHIP: plan_membership,
    ActionKind.CREATE_TICKET: plan_new_ticket,
    ActionKind.UPDATE_TICKET: plan_ticket_update,
    ActionKind.TRACK_EVENT: plan_user_event,
}


@dataclass
class SimulationCounts:
    """Counts of a simulated source of events: intake, fired actions, requests.

    `actions` counts events by the action that fired, `no_action` those for which none did.
    """

    intake: IntakeCounts = field(default_factory=IntakeCounts)
    actions: Counter[ActionKind] = field(default_factory=Counter)
    no_action: int = 0
    requests: int = 0
    requests_by_kind: Counter[tuple[ActionKind, RequestEffect]] = field(default_factory=Counter)
    unchanged: int = 0
    problem_count: int = 0
    # The first ones: there may be a million.
    problems: list[PlanProblem] = field(default_factory=list)
    effects: PlanEffects = field(default_factory=PlanEffects)


def compile_actions(actions: Iterable[EventAction]) -> tuple[CompiledAction, ...]:
    """Compile actions in the order in which they fire for one event. Raises InvalidInput."""
    order = list(_PLANNERS)
    compiled = (action.compile() for action in actions)
    return tuple(sorted(compiled, key=lambda one: order.index(one.kind)))


def fire_actions(actions: Iterable[CompiledAction], event: Event) -> list[FiredAction]:
    """Return the actions that fire for an event, each with its mapped fields."""
    if not event.may_go_to_zendesk:
        return []
    return [
        FiredAction(action, event, action.mapping.apply(event.body))
        for action in actions
        if action.fires_for(event)
    ]


def explain_not_fired(actions: Iterable[CompiledAction], event: Event) -> Mapping[ActionKind, str]:
    """Return why each action that does not fire for an event does not, as a sentence."""
    if not event.may_go_to_zendesk:
        reason = "The event's integrations leave Zendesk out."
        return {action.kind: reason for action in actions}
    return {
        action.kind: f"{action.trigger.find_failing(event.body)} does not hold."
        if action.action.is_on
        else "The action is off."
        for action in actions
        if not action.fires_for(event)
    }


async def plan_fired(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the requests of one fired action; none about a person who was erased."""
    if context.erased.is_known_empty:
        return await _PLANNERS[fired.kind](fired, context)
    keys = person_keys_of(fired.event, [fired])
    if context.erased.is_erased(keys):
        return [NoChange(fired.line, fired.kind, ERASED_LABEL, SKIPPED_TEXT)]
    planned = await _PLANNERS[fired.kind](fired, context)
    if fired.kind is not ActionKind.UPSERT_ORG and any(map(_creates, planned)):
        # A ticket makes its requester too.
        refusal = context.erased.find_refusal(keys)
        return [fired.problem(refusal)] if refusal else planned
    return planned


def _creates(planned: Planned) -> bool:
    return isinstance(planned, PlannedRequest) and planned.effect is RequestEffect.CREATE


async def simulate(
    items: Iterator[Event | BadLine | DuplicateEvent],
    actions: Sequence[CompiledAction],
    directory: ZendeskDirectory,
    on_planned: Callable[[PlannedRequest | NoChange], None],
    on_event: Callable[[Event], None] = lambda _event: None,
    erased: ErasedPeople = NOBODY_ERASED,
    *,
    events_per_step: int = EVENTS_PER_STEP,
) -> SimulationCounts:
    """Plan all events of a source; each request goes to `on_planned` and is not held.

    `on_event` hears each valid event before its requests are planned; the users of
    `events_per_step` events are read together. Nothing is planned about `erased` people.

    Raises what the services raise; nothing is written.
    """
    counts = SimulationCounts()
    with closing(SeenIdTable()) as made:
        context = EventPlanContext(directory, made, counts.effects, erased)
        while step := list(islice(items, events_per_step)):
            # A window draws between two steps.
            await asyncio.sleep(0)
            fired: list[FiredAction] = []
            for item in step:
                counts.intake.add(item)
                if isinstance(item, Event):
                    on_event(item)
                    fired += _fire(item, actions, counts)
            await directory.prefetch([action.user_keys for action in fired])
            for action in fired:
                for planned in await plan_fired(action, context):
                    _count(planned, counts, on_planned)
    return counts


def _fire(
    event: Event, actions: Sequence[CompiledAction], counts: SimulationCounts
) -> list[FiredAction]:
    fired = fire_actions(actions, event)
    counts.no_action += not fired
    if not event.may_go_to_zendesk:
        counts.effects.not_for_zendesk.add(event.line)
    counts.actions.update(action.kind for action in fired)
    return fired


def person_keys_of(event: Event, fired: Iterable[FiredAction]) -> frozenset[str]:
    """Return the keys by which the person of an event is known again, should they be erased."""
    keys = [action.user_keys for action in fired]
    return person_keys(
        addresses=[*event.addresses, *(key.email for key in keys)],
        user_ids=[key.zendesk_id for key in keys],
        external_ids=[event.user_id, *(key.external_id for key in keys)],
    )


def _count(
    planned: Planned,
    counts: SimulationCounts,
    on_planned: Callable[[PlannedRequest | NoChange], None],
) -> None:
    if isinstance(planned, PlanProblem):
        counts.problem_count += 1
        if len(counts.problems) < _PROBLEMS_NAMED:
            counts.problems.append(planned)
        return
    if isinstance(planned, PlannedRequest):
        counts.requests += 1
        counts.requests_by_kind[planned.action, planned.effect] += 1
        counts.effects.add_request(planned)
    else:
        counts.unchanged += 1
    on_planned(planned)
