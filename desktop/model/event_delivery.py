"""An event as it is stored before delivery, and how far each of its actions has been delivered."""

from dataclasses import dataclass
from enum import Enum

# Of an event that its proof does not speak of; a retry vouches for what it says now.
EDITED_TEXT = (
    "It is not certain that Fairlead stored this event as it stands. Read it, then retry or ignore"
    " it."
)
# Why nothing is sent while somebody has disconnected Events, from a named source or from none.
EVENTS_LEFT_TEXT = (
    "Events are disconnected here, so what came in waits. An admin can connect them again."
)
# Before the id of an organisation whose events name no user. No userId begins with a blank.
GROUP_KEY_PREFIX = " group "
# Why nothing is sent while the destination is switched off.
DESTINATION_OFF_TEXT = (
    "Delivery of events to Zendesk is switched off, so they wait. An admin switches it on: Events,"
    " Sources, or `fairlead events destination on`."
)
# Of a delivery that somebody has unticked.
LEFT_OUT_TEXT = "It was unticked, and not sent."


class DeliveryState(Enum):
    """How far the delivery of one action of an event is.

    UNKNOWN: sent, and no answer came. KEPT: saved on this computer, as Zendesk takes no events of
    users. SKIPPED: a removal that nobody has ticked, or of somebody who was erased. PARKED: it
    waits for a person.
    """

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    SKIPPED = "skipped"
    PARKED = "parked"

    @property
    def has_ended(self) -> bool:
        """Whether an event in this state is sent no more, unless a person retries it."""
        return self not in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class NewStoredEvent:
    """An event or a bad line to be stored; `reason` is why it can't be read, "" for an event.

    `user_key`: events of one key are delivered in their order. `left_out` are actions that somebody
    has unticked: they are not delivered with the event.
    """

    line: int
    message_id: str
    user_key: str
    text: str
    reason: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventDelivery:
    """How far one action of a stored event is; `request` is the JSON of what was sent last.

    `user_id` is the Zendesk user it is about, once that is known. `is_maybe_sent`: a request went
    out whose result nobody knows; later refusals don't change that. `answer` is what Zendesk
    answered last, "" for nothing.
    """

    event_id: int
    action: str
    state: DeliveryState
    request: str = ""
    detail: str = ""
    request_id: str = ""
    attempts: int = 0
    user_id: int | None = None
    actor: str = ""
    updated_at: float = 0.0
    is_maybe_sent: bool = False
    answer: str = ""


@dataclass(frozen=True)
class StoredEvent:
    """A stored event with its deliveries, in the order of its actions.

    `is_opened`: its actions were chosen. `reason` is why an invalid one can't be read. `failures`
    counts what passed by itself mostly; `not_before` is its next try (Unix seconds). `is_held`: it
    waits for a person, and later events of its user wait for it. `waits_for` is the id of the
    earlier event of the same user that comes first, 0 for none. `ignored` is why it is never sent.
    `named_source` is the source that somebody has named, 0 for none. `left_out` is set where it was
    claimed to be delivered by itself: the traits without a field that may be left out. `is_edited`:
    somebody has written it into the database by other means than Fairlead, or changed it there.
    """

    id: int
    source_id: int
    source_name: str
    line: int
    message_id: str
    text: str
    reason: str = ""
    is_opened: bool = False
    received_at: float = 0.0
    deliveries: tuple[EventDelivery, ...] = ()
    failures: int = 0
    not_before: float = 0.0
    is_held: bool = False
    waits_for: int = 0
    ignored: str = ""
    named_source: int = 0
    left_out: frozenset[str] | None = None
    is_edited: bool = False


@dataclass(frozen=True)
class KeptEvents:
    """How many events are kept with their texts; older than a time, those that were delivered.

    `old_waiting` are as old, and wait to be sent or corrected: nothing clears them.
    """

    kept: int = 0
    expired: int = 0
    old_waiting: int = 0
