"""What a customer did by one event, in a few words."""

from desktop.events.event import Event
from desktop.kit.text import shorten

_MAX_NAME_LENGTH = 40
_TEXTS = {
    "track": "Did “{name}”",
    "page": "Viewed “{name}”",
    "screen": "Viewed “{name}”",
    "group": "Group “{name}”",
}


def describe_event(event: Event) -> str:
    """Return what an event says that its user did: “Did “Order Completed””."""
    name = event.body.get("groupId" if event.type == "group" else "event") or event.body.get("name")
    shown = shorten(str(name), _MAX_NAME_LENGTH) if name else ""
    if event.type in _TEXTS and shown:
        return _TEXTS[event.type].format(name=shown)
    return "Told who they are" if event.type == "identify" else f"Event {event.type}"
