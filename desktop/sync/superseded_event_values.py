"""Which values of an event a later one has given anew: of the same user, and delivered already.

Events that were retried, corrected or replayed come after later ones; they must not win over them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from desktop.events.event import Event, identifier_text
from desktop.events.event_action import ActionKind, CompiledAction
from desktop.events.plan_context import EventPlanContext, FiredAction
from desktop.events.superseded_trait_values import given_values, without_joined
from desktop.model.event_delivery import DeliveryState, StoredEvent
from desktop.model.sent_event_request import SentEventRequest
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.sync.event_delivery_unit import begun_actions, event_of

# What only adds takes nothing away from a newer value.
_ADDING = {ActionKind.CREATE_TICKET, ActionKind.TRACK_EVENT}
_DELIVERED = {DeliveryState.DONE, DeliveryState.UNCHANGED}


async def with_newer_values(
    fired: FiredAction,
    event_id: int,
    actions: Sequence[CompiledAction],
    writes: SentEventRequestRepository,
    context: EventPlanContext,
) -> FiredAction:
    """Return an action of a stored event that leaves out what later events have given anew.

    Raises what reading the event's user or organisation raises.
    """
    if fired.kind in _ADDING:
        return fired
    user = (await context.find_user(fired.user_keys)).user
    user_id = user.id if user is not None else None
    organization_id = None
    if fired.kind is ActionKind.UPSERT_ORG and (
        id_ := identifier_text(fired.mapped.get("external_id"))
    ):
        kind = fired.compiled.action.options.organization_id
        organization = (await context.directory.find_organization(id_, kind)).organization
        organization_id = organization.id if organization is not None else None
    events, requests = await writes.list_newer(event_id, user_id, organization_id)
    if not events and not requests:
        return fired
    newer = {name for write in requests for name in _written(write)}
    for later in (one for stored in events for one in _delivered_actions(stored, actions)):
        newer |= given_values(later, fired, context.directory)
    return replace(fired, newer=without_joined(fired, newer))


def _delivered_actions(
    stored: StoredEvent, actions: Sequence[CompiledAction]
) -> Iterator[FiredAction]:
    delivered = {
        one.action for one in stored.deliveries if one.state in _DELIVERED or one.is_maybe_sent
    }
    event = event_of(stored)
    if isinstance(event, Event):
        begun = begun_actions(actions, event, stored)
        yield from (one for one in begun if one.kind.value in delivered)


def _written(write: SentEventRequest) -> Iterator[str]:
    if write.record == "membership":
        yield f"membership {write.record_id}"
    for change in write.changes:
        yield f"{write.record} {change.field}"
