"""Records of Zendesk Sell: contacts, leads, deals, users, the account, custom fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from desktop.model.json_value import Json

# Announced by Zendesk on 2025-09-09 (docs/zendesk-sell.md 1).
SELL_END = date(2027, 8, 31)


@dataclass(frozen=True)
class SellPerson:
    """What a contact and a lead of Sell have in common; times are Unix seconds.

    `custom_fields` are keyed by name, as Sell's Core API has them; the name may be changed there.
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

    @property
    def full_name(self) -> str:
        """First and last name of a Sell person in one line."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True)
class SellContact(SellPerson):
    """A contact of Sell: a person, or an organisation whose name is `name`."""

    name: str = ""
    is_organization: bool = False
    contact_id: int | None = None
    customer_status: str = "none"
    prospect_status: str = "none"
    billing_address: Mapping[str, Json] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a Sell contact is called in a line of text."""
        return self.name or self.full_name or self.email or f"contact {self.id}"


@dataclass(frozen=True)
class SellLead(SellPerson):
    """A lead of Sell; `status` is any text."""

    organization_name: str = ""
    status: str = ""

    @property
    def label(self) -> str:
        """How a Sell lead is called in a line of text."""
        return self.full_name or self.organization_name or self.email or f"lead {self.id}"


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
