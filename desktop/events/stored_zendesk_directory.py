"""Answers what events ask about Zendesk from what earlier syncs kept on this computer."""

from collections.abc import Iterable, Sequence

from desktop.events.event_action import OrganizationIdKind
from desktop.events.user_matching import UserKeys, UserMatch, match_user
from desktop.events.zendesk_directory import OrganizationMatch
from desktop.model.match_keys import hash_email
from desktop.model.zendesk_organization import OrganizationMembership, TicketState
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser
from desktop.store.workspace_store import WorkspaceStore


class StoredZendeskDirectory:
    """A ZendeskDirectory of the users that syncs have read; organisations are not kept."""

    is_live = False

    def __init__(self, store: WorkspaceStore, fields: Sequence[UserFieldDefinition] | None) -> None:
        self._store = store
        self.user_fields = fields
        self.organization_fields: Sequence[UserFieldDefinition] | None = None
        self.takes_user_events: bool | None = None
        # Of the keys that were prefetched last: one call of the database's thread for all of them.
        self._matches: dict[UserKeys, UserMatch] = {}

    async def prefetch(self, keys: Iterable[UserKeys]) -> None:
        """Find the users of many events among the kept ones."""
        self._matches = await self._store.run(self._match_all, tuple(dict.fromkeys(keys)))

    async def find_user(self, keys: UserKeys) -> UserMatch:
        """Find the user of an event among the kept ones."""
        if keys not in self._matches:
            self._matches |= await self._store.run(self._match_all, (keys,))
        return self._matches[keys]

    def _match_all(self, keys: Sequence[UserKeys]) -> dict[UserKeys, UserMatch]:
        users, wanted = self._store.zendesk_users, [one for one in keys if not one.zendesk_id]
        hashes = {one: hash_email(one.email) for one in wanted}
        by_email = users.find_by_email_hash.blocking(hashes.values())
        by_external = users.find_by_external_id.blocking(one.external_id for one in wanted)
        return {
            one: match_user(
                one,
                next(iter(self._read([int(one.zendesk_id)])), None)
                if one.zendesk_id.isascii() and one.zendesk_id.isdigit()
                else None,
                self._read(by_email.get(hashes.get(one, ""), ())),
                () if one.zendesk_id else self._read(by_external.get(one.external_id.lower(), ())),
            )
            for one in keys
        }

    def _read(self, ids: Sequence[int]) -> tuple[ZendeskUser, ...]:
        if not ids:
            return ()
        found = map(self._store.feeds.get_user.blocking, ids)
        return tuple(user for user in found if user is not None and user.active)

    def remember_user(self, user: ZendeskUser) -> None:
        """Do nothing: offline each event is compared with what is kept."""

    async def find_organization(self, id_: str, kind: OrganizationIdKind) -> OrganizationMatch:
        """Return no organisation: earlier syncs have stored users only."""
        del id_, kind
        return OrganizationMatch()

    async def memberships(self, user_id: int) -> Sequence[OrganizationMembership]:
        """Return no membership: earlier syncs have stored users only."""
        del user_id
        return ()

    async def working_tickets(self, user_id: int, organization_id: int) -> Sequence[int]:
        """Return nothing: which organisation a ticket belongs to is not kept."""
        del user_id, organization_id
        return ()

    async def find_ticket(self, ticket_id: str, external_id: str) -> TicketState | None:
        """Return a ticket of which only the number is known."""
        del external_id
        if not (ticket_id.isascii() and ticket_id.isdigit()):
            return None
        return TicketState(int(ticket_id), "", None, None, (), None, "")

    async def check_user_events(self, user_id: int) -> bool:
        """Return True: whether the account takes events is told when it is asked."""
        del user_id
        return True
