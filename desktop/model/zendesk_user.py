"""A Zendesk user with identities and organisation, and the user fields an account defines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.json_value import Json


@dataclass(frozen=True)
class UserIdentity:
    """An address or number of a Zendesk user: `type` is email, phone_number or another."""

    id: int
    type: str
    value: str
    primary: bool = False
    verified: bool = False


@dataclass(frozen=True)
class Organization:
    """A Zendesk organisation."""

    id: int
    name: str


@dataclass(frozen=True)
class UserFieldDefinition:
    """The definition of a Zendesk user field; `type` is checkbox, dropdown, text ….

    `options` of a drop-down or multi-select are (value, label): a user's field holds the value.
    """

    id: int
    key: str
    title: str
    type: str
    active: bool = True
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ZendeskUser:
    """A Zendesk user: what the API returned about one.

    `tags` is None where the account has user tags switched off. `identities` is empty until
    they were read (`identities_read`). Times are Unix seconds. `time_zone` is Rails' name, such as
    “Berlin”, and `iana_time_zone` what others call it, “Europe/Berlin”.
    """

    id: int
    name: str
    email: str | None = None
    role: str = "end-user"
    phone: str | None = None
    external_id: str | None = None
    organization: Organization | None = None
    organization_id: int | None = None
    tags: tuple[str, ...] | None = None
    user_fields: Mapping[str, Json] = field(default_factory=dict)
    identities: tuple[UserIdentity, ...] = ()
    identities_read: bool = False
    suspended: bool = False
    verified: bool = False
    active: bool = True
    time_zone: str | None = None
    locale: str | None = None
    notes: str | None = None
    details: str | None = None
    created_at: float | None = None
    updated_at: float | None = None
    iana_time_zone: str | None = None

    @property
    def emails(self) -> tuple[str, ...]:
        """All addresses of the Zendesk user as spelled there, the primary one first."""
        ordered = [self.email] if self.email else []
        # The primary address is an identity too, and is listed once.
        ordered += [i.value for i in self.identities if i.type == "email"]
        spelled: dict[str, str] = {}
        for address in filter(None, ordered):
            spelled.setdefault(email_match_key(address), normalize_email(address))
        return tuple(spelled.values())


@dataclass(frozen=True)
class SignedInZendeskUser:
    """The user the Zendesk credentials belong to; `role` is end-user, agent or admin."""

    id: int
    name: str
    email: str | None
    role: str
