"""The events on which triggers and mappings are tried: of the open file, else the last stored."""

from collections.abc import Iterable
from dataclasses import dataclass

from desktop.events.event import Event
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.kit.text import format_count
from desktop.model.event_delivery import StoredEvent

# A trigger takes some microseconds for an event: ten milliseconds for all of these at each key.
MAX_SAMPLE_EVENTS = 2_000


@dataclass(frozen=True)
class EventSample:
    """Events to try triggers and mappings on; `source` is a file's name, or "" for stored ones."""

    events: tuple[Event, ...] = ()
    source: str = ""

    @property
    def title(self) -> str:
        """Whose the sample's events are: "the first 9 events of app.jsonl"."""
        if not self.events:
            return "no events yet"
        count = format_count(len(self.events), "event", "events")
        if not self.source:
            return f"the last {count} stored here"
        first = "the first " if len(self.events) == MAX_SAMPLE_EVENTS else ""
        return f"{first}{count} of {self.source}"


def sample_of_stored(stored: Iterable[StoredEvent]) -> EventSample:
    """Build the sample of events that are stored; erased ones and bad lines are left out."""
    items = (make_event(EventText(one.line, one.text)) for one in stored if one.text)
    return EventSample(tuple(item for item in items if isinstance(item, Event)))
