"""A Zendesk organisation with its fields, and the membership of a user in one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json


@dataclass(frozen=True)
class ZendeskOrganization:
    """A Zendesk organisation; `fields` are the values of custom organisation fields by key."""

    id: int
    name: str
    external_id: str | None = None
    domain_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class OrganizationMembership:
    """A Zendesk user's membership in an organisation; one of a user's is the default one."""

    id: int
    user_id: int
    organization_id: int
    is_default: bool = False


@dataclass(frozen=True)
class TicketState:
    """What a Zendesk ticket has before events change it.

    `updated_stamp` is Zendesk's own text of the last change, which a safe update sends back.
    """

    id: int
    status: str
    requester_id: int | None
    organization_id: int | None
    tags: tuple[str, ...]
    external_id: str | None
    updated_stamp: str
