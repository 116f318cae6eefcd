"""What customers did: one entry for each thing, in order of time, and by what it is filtered."""

from dataclasses import dataclass, field
from enum import Enum


class CustomerAct(Enum):
    """A thing that customers do, or that was read of them; its place decides the order of ties."""

    TICKET = "ticket"
    SOLVED = "solved"
    CLOSED = "closed"
    RATED = "rated"
    OPENED = "opened"
    CLICKED = "clicked"
    OPTED_OUT = "opt-out"
    HEALTH = "health"
    VALUE = "value"
    EVENT = "event"

    @property
    def label(self) -> str:
        """The kind of a customer's activity as its list names it."""
        return _LABELS[self]

    @property
    def rank(self) -> int:
        """The activity's place among others of the same moment."""
        return _RANKS[self]


_LABELS = {
    CustomerAct.TICKET: "Wrote a ticket",
    CustomerAct.SOLVED: "Ticket solved",
    CustomerAct.CLOSED: "Ticket closed",
    CustomerAct.RATED: "Rated",
    CustomerAct.OPENED: "Last open",
    CustomerAct.CLICKED: "Last click",
    CustomerAct.OPTED_OUT: "Opt-out",
    CustomerAct.HEALTH: "Health changed",
    CustomerAct.VALUE: "Value changed",
    CustomerAct.EVENT: "Event",
}
_RANKS = {act: place for place, act in enumerate(CustomerAct)}
# Things of a ticket, which have an agent and words.
TICKET_ACTS = frozenset(
    {CustomerAct.TICKET, CustomerAct.SOLVED, CustomerAct.CLOSED, CustomerAct.RATED}
)


@dataclass(frozen=True)
class CustomerActivityFilter:
    """Which things are listed: their types (none: all), of whom, of which agent, with which words.

    `person`: an address, an id or the beginning of a name. `agent`: likewise, of the ticket's
    assignee; things without one are left out then. `phrase` stands in a ticket, a rating's comment
    or an event.
    """

    acts: frozenset[CustomerAct] = field(default_factory=frozenset)
    person: str = ""
    agent: str = ""
    phrase: str = ""

    @property
    def is_everything(self) -> bool:
        """Whether the filter of customers' activity leaves nothing out."""
        return self == CustomerActivityFilter()


@dataclass(frozen=True, order=True)
class ActivityPosition:
    """A place in the list, newest first: time (Unix seconds), rank of the thing, its row."""

    at: float
    rank: int
    row: int | str


@dataclass(frozen=True)
class CustomerActivity:
    """One thing that a customer did. `at` is in Unix seconds; of what was read: when.

    `person_id` is the Zendesk user, 0 where nobody is known. `title` says it in a line, `text` is
    what was written, whole. `agent` is the name of the ticket's assignee.
    """

    position: ActivityPosition
    act: CustomerAct
    person_id: int
    name: str
    email: str
    title: str
    text: str = ""
    ticket_id: int | None = None
    agent_id: int | None = None
    agent: str = ""
    sid: str = ""

    @property
    def at(self) -> float:
        """When the activity happened, or was read (Unix seconds)."""
        return self.position.at

    @property
    def id(self) -> str:
        """What tells an entry of the activity feed from every other one, over several readings."""
        return f"{self.act.value} {self.position.row} {self.position.at}"
