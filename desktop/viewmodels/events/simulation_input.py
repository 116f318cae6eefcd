"""What the Events page simulates and delivers: a file, a paste, or what is stored already."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from desktop.events.event import BadLine, Event
from desktop.events.event_action import CompiledAction
from desktop.events.event_intake import DuplicateEvent, read_events
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.events.planned_fields import PlannedField
from desktop.events.planned_request import NoChange, PlannedRequest
from desktop.events.simulation import SimulationCounts
from desktop.model.event_delivery import StoredEvent
from desktop.store.sent_event_request_repository import EventSelection
from desktop.sync.event_replay import ReplayPreview
from desktop.sync.event_rollback import RollbackPreview

EventItem = Event | BadLine | DuplicateEvent
PlannedListener = Callable[[PlannedRequest | NoChange], None]


@dataclass(frozen=True)
class SimulationInput:
    """Where simulated events come from: a file's path, a paste's bytes, or stored events."""

    name: str
    path: Path | None = None
    text: bytes = b""
    stored: tuple[StoredEvent, ...] = ()

    @property
    def is_deliverable(self) -> bool:
        """Whether it can be delivered; what is stored already is not stored once more."""
        return not self.stored

    def stamp(self) -> tuple[int, int]:
        """Return a file's time of change and size, by which a change is told. Raises OSError."""
        if self.path is None:
            return 0, 0
        found = self.path.stat()
        return found.st_mtime_ns, found.st_size

    def open(self) -> BinaryIO:
        """Open the events' bytes. Raises OSError."""
        return self.path.open("rb") if self.path is not None else BytesIO(self.text)

    def iterate(self, source: BinaryIO) -> Iterator[EventItem]:
        """Yield the events of `source`, as `open` gave it, or the stored ones."""
        if self.stored:
            return (make_event(EventText(one.line, one.text)) for one in self.stored)
        return read_events(source)


@dataclass(frozen=True)
class SimulationRequest:
    """What is simulated: with drafts of actions, and as if these fields were there, or without."""

    source: SimulationInput
    with_drafts: bool = False
    user_fields: tuple[PlannedField, ...] = ()
    organization_fields: tuple[PlannedField, ...] = ()


@dataclass(frozen=True)
class SimulationResult:
    """What a simulation found beside its requests.

    `kept_at` is when the users it was compared with were read (Unix seconds) where Zendesk did not
    answer, else None. `known` are line and state of events that are stored already. `events` are
    the first ones, to try triggers on; `actions` are those that it fired by. `imports_users`:
    whether the account creates new users by jobs, None: not known yet.
    """

    counts: SimulationCounts
    is_live: bool = True
    kept_at: float | None = None
    known: tuple[tuple[int, str], ...] = ()
    events: tuple[Event, ...] = ()
    actions: tuple[CompiledAction, ...] = ()
    imports_users: bool | None = None


class DeliveryProcess(Protocol):
    """A process that delivers events; it outlives the window."""

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process that delivers events; None while it runs."""
        ...

    def last_output(self) -> str:
        """Return what it said last: why it could not deliver."""
        ...


@dataclass(frozen=True)
class DeliveryOrder:
    """What somebody has let be delivered: the events, removals, and the fields to create.

    `left_out` are line and action of what was unticked.
    """

    source: SimulationInput
    removals: bool = False
    left_out: tuple[tuple[int, str], ...] = ()
    user_fields: tuple[PlannedField, ...] = ()
    organization_fields: tuple[PlannedField, ...] = ()

    @property
    def left_out_option(self) -> str:
        """What was unticked, as `fairlead events deliver --leave-out` takes it."""
        return ",".join(f"{line}:{action}" for line, action in self.left_out)


@dataclass(frozen=True)
class EventUseCases:
    """What the Events page can have done.

    `simulate` hears of each planned request, and how many lines were read so far. `start_delivery`
    takes an order, `start_retry` stored events and whether what was not ticked goes out,
    `start_waiting` the source whose removals may go out, and whether they do. `start_replay` sends
    delivered events once more, removals too where that is said; `start_rollback` sets back what
    they changed. `clear` clears delivered events older than so many days, and says how many.
    """

    simulate: Callable[
        [SimulationRequest, PlannedListener, Callable[[int], None]], Awaitable[SimulationResult]
    ]
    start_delivery: Callable[[DeliveryOrder], DeliveryProcess]
    start_retry: Callable[[Sequence[int], bool], DeliveryProcess]
    start_waiting: Callable[[int, bool], DeliveryProcess]
    preview_replay: Callable[[EventSelection], Awaitable[ReplayPreview]]
    start_replay: Callable[[EventSelection, bool], DeliveryProcess]
    preview_rollback: Callable[[EventSelection], Awaitable[RollbackPreview]]
    start_rollback: Callable[[EventSelection], DeliveryProcess]
    clear: Callable[[int], Awaitable[int]]
