"""One customer's sheet: the parts as each service told them, with their age and state."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from desktop.kit.errors import AppError
from desktop.model.edit import Edit
from desktop.model.lookup_query import LookupQuery
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser

T = TypeVar("T")


class SheetPartState(Enum):
    """How a part stands. ABSENT: the service says there is none. OFF: not connected here."""

    NOT_ASKED = "not_asked"
    LOADING = "loading"
    READ = "read"
    ABSENT = "absent"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True)
class SheetPart(Generic[T]):
    """A value of one service, when it was read (Unix seconds), and how asking now stands.

    LOADING and FAILED may hold an older value: it is shown with its age.
    """

    value: T | None = None
    state: SheetPartState = SheetPartState.NOT_ASKED
    read_at: float | None = None
    error: AppError | None = None


CATALOGUE_MAX_AGE_S = 300.0


def is_stale(part: SheetPart[T], now: float) -> bool:
    """Whether something there is one of (lists, user fields) should be read again."""
    return part.value is None or part.read_at is None or now - part.read_at > CATALOGUE_MAX_AGE_S


@dataclass(frozen=True)
class TicketPage:
    """The newest tickets of a person; `more` when Zendesk has others behind them."""

    tickets: tuple[ZendeskTicket, ...]
    has_more: bool = False


@dataclass(frozen=True)
class CustomerMatch:
    """One of several customers that fit a query."""

    query: str
    title: str
    subtitle: str
    note: str = ""


@dataclass(frozen=True)
class AlternateProfile:
    """A further address of the person that has a Sailthru profile of its own."""

    address: str
    sid: str
    engagement: str | None = None
    last_open: float | None = None


@dataclass(frozen=True)
class CustomerSheet:
    """Everything one window shows of one customer.

    `matched_by` is the address or id by which Sailthru was found. `linked` is true where that
    was a choice somebody saved. `pending` are edits not yet closed, oldest first.
    """

    query: LookupQuery
    user: SheetPart[ZendeskUser] = field(default_factory=SheetPart)
    profile: SheetPart[SailthruProfile] = field(default_factory=SheetPart)
    tickets: SheetPart[TicketPage] = field(default_factory=SheetPart)
    lists: SheetPart[tuple[SailthruList, ...]] = field(default_factory=SheetPart)
    user_fields: SheetPart[tuple[UserFieldDefinition, ...]] = field(default_factory=SheetPart)
    ticket: ZendeskTicket | None = None
    matched_by: str = ""
    is_linked: bool = False
    other_profiles: tuple[AlternateProfile, ...] = ()
    matches: tuple[CustomerMatch, ...] = ()
    pending_edits: tuple[Edit, ...] = ()
    is_complete: bool = False

    @property
    def is_found(self) -> bool:
        """Whether any service knows this customer."""
        return self.user.value is not None or self.profile.value is not None

    @property
    def address(self) -> str:
        """The address to call this customer by; empty when none is known."""
        if self.user.value is not None and self.user.value.email:
            return self.user.value.email
        if self.profile.value is not None and self.profile.value.email:
            return self.profile.value.email
        return ""
