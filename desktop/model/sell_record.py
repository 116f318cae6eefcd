"""Records of Zendesk Sell: contacts, leads, deals, users, the account, custom fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import ClassVar, TypeVar

from desktop.model.json_value import Json

# Announced by Zendesk on 2025-09-09 (docs/zendesk-sell.md 1).
SELL_END = date(2027, 8, 31)


class SellRecordKind(Enum):
    """The two kinds of people in Sell, which count their ids by themselves."""

    CONTACT = "contact"
    LEAD = "lead"

    @property
    def path(self) -> str:
        """The path of the kind's list in Sell's API."""
        return f"/v2/{self.value}s"


def sell_record_id(kind: SellRecordKind, number: int) -> str:
    """Return the id of a Sell contact or lead in syncs: `contact-2101`."""
    return f"{kind.value}-{number}"


def parse_sell_record_id(record_id: str) -> tuple[SellRecordKind, int] | None:
    """Return kind and number of a sync's id of a Sell record, or None."""
    name, _, number = record_id.partition("-")
    if not number.isascii() or not number.isdigit():
        return None
    return next(((kind, int(number)) for kind in SellRecordKind if kind.value == name), None)


@dataclass(frozen=True)
class SellPerson:
    """What a contact and a lead of Sell have in common; times are Unix seconds.

    `custom_fields` are keyed by name, as Sell's Core API has them; the name may be changed there,
    so syncs key them by id as well. `is_deleted`: only a feed knows that.
    """

    id: int
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    title: str | None = None
    owner_id: int | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, Json] = field(default_factory=dict)
    address: Mapping[str, Json] = field(default_factory=dict)
    created_at: float | None = None
    updated_at: float | None = None
    is_deleted: bool = False

    kind: ClassVar[SellRecordKind]

    @property
    def record_id(self) -> str:
        """A Sell person's id in syncs: `contact-2101`."""
        return sell_record_id(self.kind, self.id)

    @property
    def label(self) -> str:
        """How a Sell person is called in a line of text."""
        return self.full_name or self.email or f"{self.kind.value} {self.id}"

    @property
    def full_name(self) -> str:
        """First and last name of a Sell person in one line."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True)
class SellContact(SellPerson):
    """A contact of Sell: a person, or an organisation whose name is `name`."""

    kind = SellRecordKind.CONTACT
    name: str = ""
    is_organization: bool = False
    contact_id: int | None = None
    customer_status: str = "none"
    prospect_status: str = "none"
    billing_address: Mapping[str, Json] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a Sell contact is called in a line of text."""
        return self.name or super().label


@dataclass(frozen=True)
class SellLead(SellPerson):
    """A lead of Sell; `status` is any text."""

    kind = SellRecordKind.LEAD
    organization_name: str = ""
    status: str = ""

    @property
    def label(self) -> str:
        """How a Sell lead is called in a line of text."""
        return self.full_name or self.organization_name or super().label


@dataclass(frozen=True)
class SellDeal:
    """A deal of Sell; `value` is exact, in `currency`."""

    id: int
    name: str
    contact_id: int | None = None
    value: Decimal | None = None
    currency: str = ""
    stage_id: int | None = None
    owner_id: int | None = None
    hot: bool = False
    updated_at: float | None = None


@dataclass(frozen=True)
class SellUser:
    """A user of the Sell account; `role` is admin or user, `status` active or inactive."""

    id: int
    name: str
    email: str = ""
    role: str = ""
    status: str = ""


@dataclass(frozen=True)
class SellAccount:
    """The Sell account: its name, currency and time zone."""

    id: int
    name: str
    currency: str = ""
    time_zone: str = ""


@dataclass(frozen=True)
class SellCustomField:
    """The definition of a custom field of Sell; a rename keeps the id."""

    id: int
    name: str
    type: str = ""


def is_organization(person: SellPerson) -> bool:
    """Whether a Sell record is a contact that is an organisation, which no sync reads."""
    return isinstance(person, SellContact) and person.is_organization


Person = TypeVar("Person", bound=SellPerson)


def with_field_ids(person: Person, definitions: Iterable[SellCustomField]) -> Person:
    """Return a Sell record whose custom fields are keyed by id as well: a rename keeps the id."""
    by_name = {one.name: str(one.id) for one in definitions}
    ids = {by_name[name]: value for name, value in person.custom_fields.items() if name in by_name}
    return replace(person, custom_fields={**person.custom_fields, **ids}) if ids else person
