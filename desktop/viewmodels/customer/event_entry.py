"""One event of a customer as the timeline shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventEntry:
    """When an event of a customer happened (Unix seconds), and what the timeline says of it."""

    at: float
    text: str
