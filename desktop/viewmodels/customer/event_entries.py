"""Entries of the timeline about events of the customer: what they did, where, what became of it."""

from collections.abc import Iterable

from desktop.events.event import Event
from desktop.events.event_description import describe_event
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.model.event_delivery import DeliveryState, StoredEvent
from desktop.viewmodels.customer.event_entry import EventEntry

MAX_EVENTS = 50


def build_event_entries(stored: Iterable[StoredEvent]) -> tuple[EventEntry, ...]:
    """Build the timeline's entries of a customer's stored events; bad lines are left out."""
    found = []
    for one in stored:
        event = make_event(EventText(one.line, one.text))
        if isinstance(event, Event):
            at = event.at if event.at is not None else one.received_at
            found.append(
                EventEntry(at, f"{describe_event(event)}, {one.source_name}{_ending(one)}")
            )
    return tuple(found)


def _ending(stored: StoredEvent) -> str:
    states = {delivery.state for delivery in stored.deliveries}
    if DeliveryState.PARKED in states:
        return ": needs correction"
    if not stored.is_opened or any(not state.has_ended for state in states):
        return ": not in Zendesk yet"
    return ""
