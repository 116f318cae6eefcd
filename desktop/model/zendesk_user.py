"""A Zendesk person (user), the organisation, and the fields an account defines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json


@dataclass(frozen=True)
class UserIdentity:
    """One way Zendesk knows a person: `type` is email or phone_number or another."""

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
    """A user field's definition; `type` is Zendesk's (checkbox, dropdown, text …)."""

    id: int
    key: str
    title: str
    type: str
    active: bool = True


@dataclass(frozen=True)
class ZendeskUser:
    """What Zendesk said about one user.

    `tags` is None where the account has user tags switched off. `identities` is empty until
    they were read (`identities_read`). Times are Unix seconds.
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
    created_at: float | None = None
    updated_at: float | None = None

    @property
    def emails(self) -> tuple[str, ...]:
        """All addresses, the primary one first, each once, lower-case."""
        ordered = [self.email] if self.email else []
        ordered += [i.value for i in self.identities if i.type == "email"]
        return tuple(dict.fromkeys(address.strip().lower() for address in ordered if address))


@dataclass(frozen=True)
class SignedInZendeskUser:
    """Who the Zendesk credentials belong to. `role` is end-user, agent or admin."""

    id: int
    name: str
    email: str | None
    role: str
