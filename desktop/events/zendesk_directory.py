"""What the planning of events asks about Zendesk: users, organisations, tickets, fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop.events.event_action import OrganizationIdKind
from desktop.events.user_matching import UserKeys, UserMatch
from desktop.model.zendesk_organization import (
    OrganizationMembership,
    TicketState,
    ZendeskOrganization,
)
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser


@dataclass(frozen=True)
class OrganizationMatch:
    """The organisation that an event's id means, or a problem; neither: there is none."""

    organization: ZendeskOrganization | None = None
    problem: str = ""


class ZendeskDirectory(Protocol):
    """What the planning of events asks about Zendesk.

    Fields are those that Zendesk defines; None: not known. `is_live` is false where what is kept
    on this computer answers.
    """

    is_live: bool
    user_fields: Sequence[UserFieldDefinition] | None
    organization_fields: Sequence[UserFieldDefinition] | None
    # Whether the account takes events of users; None: not known yet.
    takes_user_events: bool | None

    async def prefetch(self, keys: Iterable[UserKeys]) -> None:
        """Read the users of many events at once."""
        ...

    async def find_user(self, keys: UserKeys) -> UserMatch:
        """Find the Zendesk user that an event is about."""
        ...

    def remember_user(self, user: ZendeskUser) -> None:
        """Take a user as an earlier event leaves it."""
        ...

    async def find_organization(self, id_: str, kind: OrganizationIdKind) -> OrganizationMatch:
        """Find the organisation of an event's company or group id."""
        ...

    async def memberships(self, user_id: int) -> Sequence[OrganizationMembership]:
        """Return all organisation memberships of a Zendesk user."""
        ...

    async def working_tickets(self, user_id: int, organization_id: int) -> Sequence[int]:
        """Return the unsolved tickets of a user in an organisation, by number."""
        ...

    async def find_ticket(self, ticket_id: str, external_id: str) -> TicketState | None:
        """Find the one ticket of a number or external id; None for none or several."""
        ...

    async def check_user_events(self, user_id: int) -> bool:
        """Whether the account takes events of users, asked once by those of this user."""
        ...
