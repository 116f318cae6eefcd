"""One customer's sheet: the parts as each service told them, with their age and state."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from desktop.kit.errors import AppError
from desktop.model.edit import Edit
from desktop.model.person import UserField, ZendeskPerson
from desktop.model.profile import SailthruList, SailthruProfile
from desktop.model.query import Query
from desktop.model.ticket import Ticket

T = TypeVar("T")


class PartState(Enum):
    """How a part stands. ABSENT: the service says there is none. OFF: not connected here."""

    NOT_ASKED = "not_asked"
    LOADING = "loading"
    READ = "read"
    ABSENT = "absent"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True)
class Part(Generic[T]):
    """A value of one service, when it was read (Unix seconds), and how asking now stands.

    LOADING and FAILED may hold an older value: it is shown with its age.
    """

    value: T | None = None
    state: PartState = PartState.NOT_ASKED
    read_at: float | None = None
    error: AppError | None = None


CATALOGUE_KEPT_S = 300.0


def too_old(part: Part[T], now: float) -> bool:
    """Whether something there is one of (lists, user fields) should be read again."""
    return part.value is None or part.read_at is None or now - part.read_at > CATALOGUE_KEPT_S


@dataclass(frozen=True)
class TicketPage:
    """The newest tickets of a person; `more` when Zendesk has others behind them."""

    tickets: tuple[Ticket, ...]
    more: bool = False


@dataclass(frozen=True)
class Match:
    """One of several customers that fit a query."""

    query: str
    title: str
    subtitle: str
    note: str = ""


@dataclass(frozen=True)
class OtherProfile:
    """A further address of the person that has a Sailthru profile of its own."""

    address: str
    sid: str
    engagement: str | None = None
    last_open: float | None = None


@dataclass(frozen=True)
class Sheet:
    """Everything one window shows of one customer.

    `matched_by` is the address or id by which Sailthru was found. `linked` is true where that
    was a choice somebody saved. `pending` are edits not yet closed, oldest first.
    """

    query: Query
    person: Part[ZendeskPerson] = field(default_factory=Part)
    profile: Part[SailthruProfile] = field(default_factory=Part)
    tickets: Part[TicketPage] = field(default_factory=Part)
    lists: Part[tuple[SailthruList, ...]] = field(default_factory=Part)
    fields: Part[tuple[UserField, ...]] = field(default_factory=Part)
    ticket: Ticket | None = None
    matched_by: str = ""
    linked: bool = False
    others: tuple[OtherProfile, ...] = ()
    matches: tuple[Match, ...] = ()
    pending: tuple[Edit, ...] = ()
    finished: bool = False

    @property
    def found(self) -> bool:
        """Whether any service knows this customer."""
        return self.person.value is not None or self.profile.value is not None

    @property
    def address(self) -> str:
        """The address to call this customer by; empty when none is known."""
        if self.person.value is not None and self.person.value.email:
            return self.person.value.email
        if self.profile.value is not None and self.profile.value.email:
            return self.profile.value.email
        return ""
