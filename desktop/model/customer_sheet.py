"""The customer sheet: each part as its service told it, with its age and its loading state."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from desktop.kit.errors import AppError
from desktop.model.edit import Edit
from desktop.model.email_address import email_spellings
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, record_query
from desktop.model.name_splitting import full_name_of_vars
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.sell_customer_records import SellCustomerRecords
from desktop.model.service import Service
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser

T = TypeVar("T")


# So many customers are offered to choose from; one more is kept, to know that there are more.
MAX_MATCHES = 20


class SheetPartState(Enum):
    """State of a customer sheet's part; ABSENT: the service has none, OFF: not connected."""

    NOT_ASKED = "not_asked"
    LOADING = "loading"
    READ = "read"
    ABSENT = "absent"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True)
class SheetPart(Generic[T]):
    """A customer sheet's part: value, when it was read (Unix seconds), state of reading.

    LOADING and FAILED may hold an older value: it is shown with its age.
    """

    value: T | None = None
    state: SheetPartState = SheetPartState.NOT_ASKED
    read_at: float | None = None
    error: AppError | None = None


# Syncs from Sailthru read lists; who is on none is read by none of them.
NO_LIST_HINT = "High-value tagging reads lists and does not see who is on none."

# Lists and user fields change rarely; reading them costs a call per look-up otherwise.
CATALOGUE_MAX_AGE_S = 300.0


def is_stale(part: SheetPart[T], now: float) -> bool:
    """Whether a sheet's lists or user fields are older than five minutes, to be read again."""
    return part.value is None or part.read_at is None or now - part.read_at > CATALOGUE_MAX_AGE_S


@dataclass(frozen=True)
class TicketPage:
    """A sheet's page of a requester's newest tickets; `has_more`: Zendesk has older ones."""

    tickets: tuple[ZendeskTicket, ...]
    has_more: bool = False


@dataclass(frozen=True)
class CustomerMatch:
    """A customer who matches a look-up query, one of several, with the query that opens them.

    `subtitle` is the address, else the number; `note` says what is odd about the record (deleted,
    suspended, an agent). `opened_at` (Unix seconds) is set where the customer is kept here.
    """

    query: str
    title: str
    subtitle: str
    note: str = ""
    organization: str = ""
    newest_ticket: ZendeskTicket | None = None
    opened_at: float | None = None


def match_of_user(
    user: ZendeskUser,
    newest_ticket: ZendeskTicket | None = None,
    *,
    opened_at: float | None = None,
) -> CustomerMatch:
    """Convert a Zendesk user to a match of a look-up, one of the customers to choose from."""
    note = "" if user.role == "end-user" else user.role
    if user.suspended:
        note = "suspended"
    if not user.active:
        note = "deleted or merged"
    reach = user.email or user.phone or ""
    return CustomerMatch(
        record_query(Service.ZENDESK, str(user.id)),
        user.name.strip() or reach or f"Zendesk {user.id}",
        reach,
        note,
        user.organization.name if user.organization is not None else "",
        newest_ticket,
        opened_at,
    )


def match_of_profile(profile: SailthruProfile, *, opened_at: float | None = None) -> CustomerMatch:
    """Convert a Sailthru profile to a match of a look-up, one of the customers to choose from."""
    return CustomerMatch(
        record_query(Service.SAILTHRU, profile.sid),
        full_name_of_vars(profile.vars) or profile.email or profile.sid,
        profile.email or "",
        opened_at=opened_at,
    )


@dataclass(frozen=True)
class AlternateProfile:
    """Another Sailthru profile that may be the sheet's customer, mostly at another address.

    `is_by_phone`: only the phone number says so, which people share. `optout` None: not read.
    """

    address: str
    sid: str
    engagement: str | None = None
    last_open: float | None = None
    optout: OptOutLevel | None = None
    is_by_phone: bool = False


@dataclass(frozen=True)
class CustomerSheet:
    """The whole state of one customer's look-up, frozen: what a window shows of them.

    `sell` arrives on its own, also after the sheet is complete. `matched_by` is the address or id
    by which Sailthru was found. `is_linked` where that was a choice somebody saved.
    `pending_edits` are edits not yet closed, oldest first.
    """

    query: LookupQuery
    user: SheetPart[ZendeskUser] = field(default_factory=SheetPart)
    profile: SheetPart[SailthruProfile] = field(default_factory=SheetPart)
    tickets: SheetPart[TicketPage] = field(default_factory=SheetPart)
    lists: SheetPart[tuple[SailthruList, ...]] = field(default_factory=SheetPart)
    user_fields: SheetPart[tuple[UserFieldDefinition, ...]] = field(default_factory=SheetPart)
    sell: SheetPart[SellCustomerRecords] = field(default_factory=SheetPart)
    ticket: ZendeskTicket | None = None
    matched_by: str = ""
    is_linked: bool = False
    other_profiles: tuple[AlternateProfile, ...] = ()
    matches: tuple[CustomerMatch, ...] = ()
    pending_edits: tuple[Edit, ...] = ()
    is_complete: bool = False

    @property
    def is_found(self) -> bool:
        """Whether Zendesk or Sailthru knows the sheet's customer."""
        return self.user.value is not None or self.profile.value is not None

    @property
    def target_ids(self) -> tuple[str, ...]:
        """Every id of the sheet's customer in edits and the audit: sid, user id, addresses."""
        user, profile = self.user.value, self.profile.value
        addresses = list(user.emails) if user else []
        if self.query.kind is LookupQueryKind.EMAIL:
            addresses.append(self.query.value)
        ids = [profile.sid] if profile else []
        ids += [str(user.id)] if user else []
        ids += [key for address in addresses for key in email_spellings(address)]
        return tuple(dict.fromkeys(ids))

    @property
    def display_name(self) -> str:
        """What the sheet's customer is called: a name, else address or id, else what was typed."""
        user, profile = self.user.value, self.profile.value
        # Zendesk's name first: it is the one agents know from their tickets.
        if user is not None and user.name.strip():
            return user.name
        if profile is not None:
            return full_name_of_vars(profile.vars) or profile.email or profile.sid
        return self.address or self.query.value

    @property
    def address(self) -> str:
        """The address of the sheet's customer, Zendesk's first; empty when none is known."""
        if self.user.value is not None and self.user.value.email:
            return self.user.value.email
        if self.profile.value is not None and self.profile.value.email:
            return self.profile.value.email
        return ""
