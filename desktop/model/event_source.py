"""A named source of events: files, a watched folder, a pipe or HTTP; whether it is unattended."""

from dataclasses import dataclass
from enum import Enum

from desktop.kit.errors import InvalidInput

DEFAULT_HOURLY_LIMIT = 500
MAX_HOURLY_LIMIT = 100_000
HOUR_S = 3_600.0
_LONGEST_NAME = 60
# They separate names and keys in FAIRLEAD_EVENTS_KEY, and a source from its file.
_RESERVED = frozenset("=,#/\\")


class EventSourceKind(Enum):
    """How the events of a source come in."""

    FILE = "file"
    FOLDER = "folder"
    PIPE = "pipe"
    HTTP = "http"

    @property
    def label(self) -> str:
        """The kind as the window and the command line show it."""
        return _LABELS[self]


_LABELS = {
    EventSourceKind.FILE: "Files and paste",
    EventSourceKind.FOLDER: "Watched folder",
    EventSourceKind.PIPE: "Pipe",
    EventSourceKind.HTTP: "HTTP",
}


@dataclass(frozen=True)
class UnattendedSwitch:
    """What an admin has switched on: at most so many events an hour, delivered by themselves.

    `left_out` are traits without a field in Zendesk that may be left out; an event with another
    such trait waits for a person.
    """

    hourly_limit: int = DEFAULT_HOURLY_LIMIT
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidInput for a wrong hourly limit of an event source."""
        if not 1 <= self.hourly_limit <= MAX_HOURLY_LIMIT:
            raise InvalidInput(
                f"A limit is a number from 1 to {MAX_HOURLY_LIMIT:,} events an hour.",
                "Nothing was switched.",
            )


@dataclass(frozen=True)
class EventSource:
    """A named source of events: its kind, folder, and who may deliver its events.

    `switch` is set while it is delivered by itself, as the audit proves; `distrust` is why a
    switch that stands in the database does not count. `used_this_hour` events were delivered so in
    the last hour. `trouble` is what kept its folder from being read, or its port from being
    served.
    """

    id: int
    name: str
    kind: EventSourceKind
    folder: str = ""
    added_at: float = 0.0
    switch: UnattendedSwitch | None = None
    switched_by: str = ""
    switched_by_key: str = ""
    distrust: str = ""
    used_this_hour: int = 0
    waiting: int = 0
    to_correct: int = 0
    last_event_at: float | None = None
    trouble: str = ""

    @property
    def is_unattended(self) -> bool:
        """Whether events of the source are delivered without a person."""
        return self.switch is not None

    @property
    def left_this_hour(self) -> int:
        """How many events may still be delivered by themselves within this hour."""
        return max(0, self.switch.hourly_limit - self.used_this_hour) if self.switch else 0


def parse_source_name(text: str) -> str:
    """Return the name of a source, normalised. Raises InvalidInput."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or _RESERVED & set(name):
        raise InvalidInput(
            f"“{name[:_LONGEST_NAME]}” can't be the name of a source.",
            f"A name has 1 to {_LONGEST_NAME} letters, none of {' '.join(sorted(_RESERVED))}",
            "Choose another.",
        )
    return name
