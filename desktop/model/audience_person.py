"""A person of the audience as one row, and the columns that a list of them can have."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from desktop.model.audience_condition import CUSTOM_PREFIX, AudienceCondition, find_field
from desktop.model.json_value import Json
from desktop.model.service import Service


@dataclass(frozen=True)
class AudiencePerson:
    """One person of the data workspace; times are Unix seconds.

    `id` is the Zendesk user id, below 0 of who is known to Sailthru alone. `sid` None: no profile
    of theirs was read; `is_ambiguous`: several speak for them. What a profile does not say is None,
    and so is the opt-out level, which no export tells.
    """

    id: int
    name: str
    email: str
    phone: str
    external_id: str
    organization: str
    locale: str
    created_at: float | None
    ticket_count: int
    open_count: int
    last_ticket_id: int | None
    last_ticket_at: float | None
    last_ticket_status: str | None
    last_rating: str | None
    last_rating_at: float | None
    sid: str | None
    is_ambiguous: bool
    engagement: str | None
    health: str | None
    value_segment: int | None
    value_amount: float | None
    optout: str | None
    last_open_at: float | None
    last_click_at: float | None
    profile_read_at: float | None
    lists: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    # Values of the account's own user fields, by their keys.
    user_fields: Mapping[str, Json] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    @property
    def is_in_zendesk(self) -> bool:
        """Whether the person is a user of Zendesk; else they are known to Sailthru alone."""
        return self.id > 0

    @property
    def query(self) -> str:
        """What the search field finds the person by: an address, or an id of a service."""
        return self.email or (str(self.id) if self.is_in_zendesk else self.sid or "")

    @property
    def known_in(self) -> str:
        """Which services know the person, as the field `known_in` says it."""
        if not self.is_in_zendesk:
            return "sailthru"
        return "both" if self.is_profile_read else "zendesk"

    @property
    def is_profile_read(self) -> bool:
        """Whether a Sailthru profile of the person was read."""
        return self.sid is not None


class AudienceColumn(Enum):
    """A column of a list of people; the value is its name on the command line."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL_ID = "external_id"
    ID = "id"
    ORGANIZATION = "organization"
    LOCALE = "locale"
    CREATED = "created"
    TAGS = "tags"
    TICKETS = "tickets"
    OPEN_TICKETS = "open_tickets"
    LAST_TICKET = "last_ticket"
    RATING = "rating"
    VALUE = "value"
    PREDICTED = "predicted"
    HEALTH = "health"
    LISTS = "lists"
    OPTOUT = "optout"
    ENGAGEMENT = "engagement"
    LAST_OPEN = "last_open"
    LAST_CLICK = "last_click"
    SID = "sid"

    @property
    def label(self) -> str:
        """The heading of this column in the people table, the export and the command line."""
        return _LABELS[self]

    @property
    def service(self) -> Service:
        """The service that tells the column."""
        return Service.SAILTHRU if self in _OF_SAILTHRU else Service.ZENDESK

    @property
    def is_sortable(self) -> bool:
        """Whether people can be sorted by the column."""
        return self not in (AudienceColumn.TAGS, AudienceColumn.LISTS, AudienceColumn.SID)


@dataclass(frozen=True)
class UserFieldColumn:
    """A user field of the account as a column; `value` is its name, as conditions write it."""

    value: str

    @property
    def key(self) -> str:
        """The Zendesk key of the user field that an audience column shows."""
        return self.value.removeprefix(CUSTOM_PREFIX)

    @property
    def label(self) -> str:
        """The title of the user field in Zendesk, else its key."""
        return find_field(self.value).label

    @property
    def service(self) -> Service:
        """The service that tells the column."""
        return Service.ZENDESK

    @property
    def is_sortable(self) -> bool:
        """Whether people can be sorted by the column."""
        return False


PeopleColumn = AudienceColumn | UserFieldColumn


def parse_people_column(name: str) -> PeopleColumn:
    """Parse the name of a column; `field.KEY` is a user field. Raises ValueError for others."""
    if name.startswith(CUSTOM_PREFIX) and len(name) > len(CUSTOM_PREFIX):
        return UserFieldColumn(name)
    return AudienceColumn(name.lower())


def parse_saved_columns(names: str) -> tuple[PeopleColumn, ...]:
    """Parse names of columns, separated by commas; unknown ones are left out."""
    found = []
    for name in names.split(","):
        with suppress(ValueError):
            found.append(parse_people_column(name))
    return tuple(found)


_C = AudienceColumn
_LABELS: Mapping[AudienceColumn, str] = MappingProxyType(
    {
        _C.NAME: "Person", _C.EMAIL: "E-mail", _C.PHONE: "Phone", _C.EXTERNAL_ID: "External id",
        _C.ID: "Zendesk id", _C.ORGANIZATION: "Organisation", _C.LOCALE: "Language",
        _C.CREATED: "Created", _C.TAGS: "Tags", _C.TICKETS: "Tickets", _C.OPEN_TICKETS: "Open",
        _C.LAST_TICKET: "Last ticket", _C.RATING: "Rating", _C.VALUE: "Value",
        _C.PREDICTED: "Predicted", _C.HEALTH: "Health", _C.LISTS: "Lists", _C.OPTOUT: "Opt-out",
        _C.ENGAGEMENT: "Engagement", _C.LAST_OPEN: "Last open", _C.LAST_CLICK: "Last click",
        _C.SID: "Sailthru id",
    }
)  # fmt: skip
_OF_SAILTHRU = frozenset(
    {
        _C.VALUE, _C.PREDICTED, _C.HEALTH, _C.LISTS, _C.OPTOUT, _C.ENGAGEMENT, _C.LAST_OPEN,
        _C.LAST_CLICK, _C.SID,
    }
)  # fmt: skip
DEFAULT_COLUMNS = (
    _C.NAME, _C.EMAIL, _C.ORGANIZATION, _C.LAST_TICKET, _C.OPEN_TICKETS, _C.RATING, _C.VALUE,
    _C.HEALTH, _C.LISTS, _C.OPTOUT,
)  # fmt: skip


@dataclass(frozen=True)
class AudienceOrder:
    """By which column people are sorted; who has no value comes last either way."""

    column: AudienceColumn = AudienceColumn.LAST_TICKET
    is_descending: bool = True


@dataclass(frozen=True)
class AudiencePosition:
    """The place of one person in an order: their value of the column, and their id."""

    value: str | float | None
    id: int


@dataclass(frozen=True)
class ConditionCount:
    """How many people one condition picks by itself, and of how many it was not read."""

    people: int
    not_read: int = 0


@dataclass(frozen=True)
class AudienceCoverage:
    """How old the people of the audience are, and of how many a profile was read.

    `people` are all who are listed, `zendesk_users` those of them who are users of Zendesk. Times
    are Unix seconds: since when each service's data can be older; None: never read whole.
    `users_read` is how far a first reading is, `users_expected` how many users Zendesk says there
    are.
    """

    people: int
    zendesk_users: int
    profiles: int
    zendesk_at: float | None
    sailthru_at: float | None
    users_read: int = 0
    users_expected: int | None = None
    lists: tuple[str, ...] = ()

    @property
    def is_first_read(self) -> bool:
        """Whether Zendesk was not read to its end yet."""
        return self.zendesk_at is None


@dataclass(frozen=True)
class ConditionEvidence:
    """Whether one person fits a condition; `excerpt` is the text that a phrase has matched."""

    condition: AudienceCondition
    is_met: bool
    excerpt: str = ""
