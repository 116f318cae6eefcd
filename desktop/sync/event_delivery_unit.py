"""One action of one claimed event on its way to Zendesk, and which of them may go at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from desktop.events.event import BadLine, Event
from desktop.events.event_action import ActionKind, CompiledAction
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.events.plan_context import FiredAction
from desktop.events.plan_user import UPDATE_MANY_PATH, USERS_PATH
from desktop.events.planned_request import Planned, PlannedRequest
from desktop.kit.errors import AppError
from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent


@dataclass(frozen=True)
class ReadFailure:
    """Planning could not read Zendesk for a reason that passes."""

    error: AppError


PlanResult = list[Planned] | ReadFailure


@dataclass
class DeliveryUnit:
    """One action of one claimed event on its way.

    `failures` are those of its event before this attempt. `left_out` is set where it is delivered
    by itself: the traits without a field that may be left out. `is_edited`: its event was changed
    by other means than Fairlead. `write_id` is what is kept of the request under way. `answered`
    requests of this action were answered by Zendesk, `refusals` refused.
    `is_compared`: what later events have given anew is left out of `fired`. `summaries` say what
    was sent.
    """

    fired: FiredAction
    delivery: EventDelivery
    source_id: int
    failures: int = 0
    left_out: frozenset[str] | None = None
    is_edited: bool = False
    write_id: int = 0
    answered: int = 0
    refusals: int = 0
    warnings: tuple[str, ...] = ()
    is_compared: bool = False
    summaries: list[str] = field(default_factory=list)

    @property
    def event_id(self) -> int:
        """The stored event that the action fires for."""
        return self.delivery.event_id

    @property
    def looks_for_duplicates(self) -> bool:
        """Whether what can't be compared is looked for before it is sent.

        Two events of a user without a time may be alike: then only where one may have been sent.
        """
        is_told_apart = self.fired.kind is not ActionKind.TRACK_EVENT
        return self.is_maybe_sent or is_told_apart or self.fired.event.has_own_time

    @property
    def is_maybe_sent(self) -> bool:
        """Whether an earlier attempt may have been applied."""
        return self.delivery.is_maybe_sent


def units_of(
    stored: StoredEvent, fired: Sequence[FiredAction], now: float
) -> Iterator[DeliveryUnit]:
    """Yield what is still to be delivered of a claimed event."""
    known = {one.action: one for one in stored.deliveries}
    for action in fired:
        name = action.kind.value
        delivery = known.get(name) or EventDelivery(
            stored.id, name, DeliveryState.QUEUED, updated_at=now
        )
        if not delivery.state.has_ended:
            yield DeliveryUnit(
                action,
                delivery,
                stored.source_id,
                stored.failures,
                stored.left_out,
                stored.is_edited,
            )


def split_by_identity(
    units: Sequence[DeliveryUnit],
) -> tuple[list[DeliveryUnit], list[DeliveryUnit]]:
    """Split units: those that share nothing with an earlier one, and the rest, in order."""
    wave: list[DeliveryUnit] = []
    waiting: list[DeliveryUnit] = []
    taken: set[str] = set()
    for unit in units:
        keys = _identity(unit)
        (waiting if keys & taken else wave).append(unit)
        taken |= keys
    return wave, waiting


def _identity(unit: DeliveryUnit) -> frozenset[str]:
    """Return what two events must not share to be sent at once: a person, a group, a ticket."""
    mapped = unit.fired.mapped
    user = unit.fired.user_keys
    keys = {*user.seen_ids, f"z {user.zendesk_id}"}
    if unit.fired.kind is ActionKind.UPSERT_ORG:
        keys.add(f"organization {str(mapped.get('external_id')).lower()}")
    if unit.fired.kind is ActionKind.UPDATE_TICKET:
        keys.add(f"ticket {mapped.get('ticket_id')} {mapped.get('external_id')}")
    return frozenset(keys - {"z "})


def split_by_way(
    planned: Iterator[tuple[DeliveryUnit, PlanResult]],
) -> tuple[
    list[tuple[DeliveryUnit, PlannedRequest]],
    list[tuple[DeliveryUnit, PlanResult]],
    list[DeliveryUnit],
]:
    """Split planned units: updates of users for one job, singles, and those of a user once more."""
    jobs: list[tuple[DeliveryUnit, PlannedRequest]] = []
    singles: list[tuple[DeliveryUnit, PlanResult]] = []
    again: list[DeliveryUnit] = []
    users: set[int | None] = set()
    for unit, steps in planned:
        first = None if isinstance(steps, ReadFailure) else first_request(steps)
        if first is None or first.path != UPDATE_MANY_PATH:
            singles.append((unit, steps))
        elif first.user_id in users:
            # Two events of one user in a job would be applied in any order.
            again.append(unit)
        else:
            users.add(first.user_id)
            jobs.append((unit, first))
    return jobs, singles, again


def creations_of(
    singles: Iterable[tuple[DeliveryUnit, PlanResult]],
) -> list[tuple[DeliveryUnit, PlannedRequest]]:
    """Return those of planned units that create a user."""
    return [
        (unit, request)
        for unit, steps in singles
        if not isinstance(steps, ReadFailure)
        and (request := first_request(steps)) is not None
        and request.path == USERS_PATH
    ]


def first_request(planned: Sequence[Planned]) -> PlannedRequest | None:
    """Return the first request of a plan, or None."""
    return next((one for one in planned if isinstance(one, PlannedRequest)), None)


def event_of(stored: StoredEvent) -> Event | BadLine:
    """Return a stored event; one that says no time happened when it came in."""
    event = make_event(EventText(stored.line, stored.text))
    if isinstance(event, Event) and event.at is None:
        return replace(event, at=stored.received_at, has_own_time=False)
    return event


def begun_actions(
    actions: Iterable[CompiledAction], event: Event, stored: StoredEvent
) -> list[FiredAction]:
    """Return the actions chosen when a stored event was begun, also one that is off now."""
    begun = {delivery.action for delivery in stored.deliveries}
    return [
        FiredAction(action, event, action.mapping.apply(event.body))
        for action in actions
        if action.kind.value in begun
    ]
