"""The form in which events are stored before delivery: text, message id, whose order they keep."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice

import msgspec

from desktop.events.event import BadLine, Event
from desktop.events.event_intake import DuplicateEvent
from desktop.model.event_delivery import NewStoredEvent

# Events stored in one transaction.
_EVENTS_PER_STEP = 500


def stored_steps(
    items: Iterable[Event | BadLine | DuplicateEvent],
) -> Iterator[list[NewStoredEvent]]:
    """Yield events as they are stored, so many at a time as one transaction takes."""
    forms = map(stored_form, items)
    while step := list(islice(forms, _EVENTS_PER_STEP)):
        yield step


def stored_form(item: Event | BadLine | DuplicateEvent) -> NewStoredEvent:
    """Return an event as it is stored; of a duplicate the message id finds the first one.

    A bad line has no message id: the hash of its text keeps the same file from storing it twice.
    """
    if isinstance(item, DuplicateEvent):
        item = item.event
    if isinstance(item, BadLine):
        digest = blake2b(f"{item.line} {item.text}".encode(), digest_size=16).hexdigest()
        return NewStoredEvent(item.line, f"bad-{digest}", "", item.text, item.reason)
    # As it was understood: mended once, it needs no mending again.
    text = msgspec.json.encode({**item.body, "messageId": item.message_id}).decode()
    return NewStoredEvent(item.line, item.message_id, item.user_key, text)
