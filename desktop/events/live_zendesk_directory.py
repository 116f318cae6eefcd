"""Asks Zendesk for the users, organisations and tickets that events name, many at a time."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from desktop.clients.field_parser import FieldParser
from desktop.clients.zendesk.event_calls import ZendeskEventCalls, parse_organization
from desktop.clients.zendesk.wire_to_model import parse_user_with_sideloads
from desktop.events.event_action import OrganizationIdKind
from desktop.events.user_matching import UserKeys, UserMatch, match_user
from desktop.events.zendesk_directory import OrganizationMatch
from desktop.kit.errors import Forbidden, NotFound
from desktop.model.email_address import email_match_key
from desktop.model.zendesk_organization import (
    OrganizationMembership,
    TicketState,
    ZendeskOrganization,
)
from desktop.model.zendesk_ticket import UNSOLVED_STATUSES
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser

# Users and organisations held at a time; a source of a million events names more.
_MAX_HELD = 20_000
# Keys that were given a moment ago; forgotten earlier, an event waits until the search has them.
_MAX_RECENT = 200_000
# Searches under way at once: the window and other runs want some of the rate limit too.
_MAX_SEARCHES = 8
_IDS_PER_CALL = 100


class LiveZendeskDirectory:
    """A ZendeskDirectory that asks Zendesk: users by the hundred, by their external ids."""

    is_live = True

    def __init__(self, calls: ZendeskEventCalls) -> None:
        self._calls = calls
        self.user_fields: Sequence[UserFieldDefinition] | None = None
        self.organization_fields: Sequence[UserFieldDefinition] | None = None
        self.takes_user_events: bool | None = None
        self._users: dict[int, ZendeskUser | None] = {}
        self._by_email: dict[str, tuple[int, ...]] = {}
        self._by_external_id: dict[str, tuple[int, ...]] = {}
        self._organizations: dict[tuple[str, OrganizationIdKind], OrganizationMatch] = {}
        self._memberships: dict[int, tuple[OrganizationMembership, ...]] = {}
        # By keys that a search finds only minutes later.
        self._recent: dict[str, int] = {}
        self._created_organizations: dict[str, int] = {}
        self._search_slots = asyncio.Semaphore(_MAX_SEARCHES)

    async def load_fields(self) -> None:
        """Read the definitions of user fields and of organisation fields."""
        self.user_fields, self.organization_fields = await asyncio.gather(
            self._calls.client.list_user_fields(), self._calls.list_organization_fields()
        )

    async def prefetch(self, keys: Iterable[UserKeys]) -> None:
        """Read the users of many events: by external id first, then the addresses left."""
        for held in (self._users, self._by_email, self._by_external_id, self._memberships):
            if len(held) > _MAX_HELD:
                held.clear()
        if not self._users:
            # What points to a user that is not held would find nobody.
            self._by_email.clear()
            self._by_external_id.clear()
        wanted = [one for one in dict.fromkeys(keys) if not one.zendesk_id]
        external = {one.external_id.lower() for one in wanted if one.external_id}
        # A comma would split the id in two.
        asked = sorted(one for one in external - self._by_external_id.keys() if "," not in one)
        for start in range(0, len(asked), _IDS_PER_CALL):
            await self._read_external_ids(asked[start : start + _IDS_PER_CALL])
        emails = {one.email for one in wanted if one.email and not self._is_settled(one)}
        await asyncio.gather(*(self._search_email(one) for one in sorted(emails)))

    async def find_user(self, keys: UserKeys) -> UserMatch:
        """Find the user of an event, by what is held or by asking Zendesk."""
        by_id = None
        if keys.zendesk_id:
            by_id = await self._show_user(keys.zendesk_id)
            return match_user(keys, by_id, (), ())
        external = keys.external_id.lower()
        if external and external not in self._by_external_id:
            await self._search_external_id(external)
        by_external = self._held(self._by_external_id.get(external, ()))
        if keys.email and not self._is_settled(keys):
            await self._search_email(keys.email)
        if self._is_settled(keys):
            by_email: Sequence[ZendeskUser] = by_external
        else:
            by_email = self._held(self._by_email.get(email_match_key(keys.email), ()))
        match = match_user(keys, None, by_email if keys.email else (), by_external)
        return await self._match_recent(keys) if match.is_nobody else match

    async def _match_recent(self, keys: UserKeys) -> UserMatch:
        """Find the user of an event among those who got their keys a moment ago."""
        found: dict[bool, list[ZendeskUser]] = {True: [], False: []}
        for one in keys.seen_ids:
            if one in self._recent and (user := await self._show_user(str(self._recent[one]))):
                found[one.startswith("e ")].append(user)
        return match_user(keys, None, found[True], found[False])

    def remember_user(self, user: ZendeskUser) -> None:
        """Hold a user as an earlier event leaves it, also under a new external id."""
        if user.id in self._users:
            self._users[user.id] = user
        self._take_keys(UserKeys("", user.email or "", user.external_id or ""), user.id)

    def _take_keys(self, keys: UserKeys, user_id: int) -> None:
        if len(self._recent) > _MAX_RECENT:
            self._recent.clear()
        self._recent |= dict.fromkeys(keys.seen_ids, user_id)

    def forget_all(self) -> None:
        """Forget everything read, so that it is read anew; users created here stay known."""
        for held in (self._users, self._by_email, self._by_external_id):
            held.clear()
        self._memberships.clear()
        self._organizations.clear()

    def forget_organizations(self) -> None:
        """Forget the organisations that were found, or not."""
        self._organizations.clear()

    def forget_memberships(self, user_id: int) -> None:
        """Forget the cached organisation memberships of a Zendesk user, to ask anew."""
        self._memberships.pop(user_id, None)

    async def read_again(self, user_ids: Sequence[int]) -> None:
        """Read users anew by their ids, as a search would show them minutes later."""
        for user in await self._calls.client.show_users(user_ids):
            self._users[user.id] = user
            self.remember_user(user)

    def take_answer(self, document: Mapping[str, object], keys: UserKeys) -> ZendeskUser | None:
        """Take the user or organisation of Zendesk's answer to what created or changed it.

        Returns the user, where it is one.
        """
        organization = parse_organization(document.get("organization"), FieldParser(), "")
        if organization is not None and organization.external_id:
            self._created_organizations[organization.external_id.lower()] = organization.id
        if not isinstance(document.get("user"), dict):
            return None
        user = parse_user_with_sideloads(document, FieldParser())
        self._users[user.id] = user
        self._take_keys(keys, user.id)
        return user

    async def find_organization(self, id_: str, kind: OrganizationIdKind) -> OrganizationMatch:
        """Find an organisation by external id, by Zendesk's own id, or by either."""
        key = (id_.lower(), kind)
        if key not in self._organizations:
            if len(self._organizations) > _MAX_HELD:
                self._organizations.clear()
            self._organizations[key] = await self._search_organization(id_, kind)
        return self._organizations[key]

    async def memberships(self, user_id: int) -> Sequence[OrganizationMembership]:
        """Return all memberships of a user, read once."""
        if user_id not in self._memberships:
            self._memberships[user_id] = await self._calls.list_memberships(user_id)
        return self._memberships[user_id]

    async def working_tickets(self, user_id: int, organization_id: int) -> Sequence[int]:
        """Return the unsolved tickets that leave the organisation with their requester."""
        tickets = await self._calls.list_requested_tickets(user_id)
        return [
            ticket.id
            for ticket in tickets
            if ticket.organization_id == organization_id and ticket.status in UNSOLVED_STATUSES
        ]

    async def find_ticket(self, ticket_id: str, external_id: str) -> TicketState | None:
        """Ask Zendesk for the one ticket that an event names by its number or external id."""
        if ticket_id.isascii() and ticket_id.isdigit():
            try:
                return await self._calls.show_ticket(int(ticket_id))
            except NotFound:
                return None
        found = await self._calls.find_tickets(external_id) if external_id else ()
        return found[0] if len(found) == 1 else None

    async def check_user_events(self, user_id: int) -> bool:
        """Ask Zendesk for a user's events: an account without them refuses."""
        if self.takes_user_events is None:
            try:
                await self._calls.list_user_events(user_id)
                self.takes_user_events = True
            except (Forbidden, NotFound):
                self.takes_user_events = False
        return self.takes_user_events

    def _is_settled(self, keys: UserKeys) -> bool:
        """Whether the user of the external id has the address: it is nobody else's then."""
        held = self._held(self._by_external_id.get(keys.external_id.lower(), ()))
        wanted = email_match_key(keys.email) if keys.email else ""
        return any(wanted in map(email_match_key, user.emails) for user in held)

    def _held(self, ids: Iterable[int]) -> tuple[ZendeskUser, ...]:
        found = (self._users.get(id_) for id_ in ids)
        return tuple(user for user in found if user is not None and user.active)

    def _hold(self, users: Iterable[ZendeskUser]) -> tuple[int, ...]:
        made = {user.id: user for user in users}
        for id_, user in made.items():
            self._users.setdefault(id_, user)
        return tuple(made)

    async def _read_external_ids(self, ids: Sequence[str]) -> None:
        users = await self._calls.show_users_by_external_id(ids)
        self._by_external_id.update(dict.fromkeys(ids, ()))
        for user in users:
            key = (user.external_id or "").lower()
            self._by_external_id[key] = (*self._by_external_id.get(key, ()), *self._hold([user]))

    async def _search_external_id(self, external_id: str) -> None:
        users = await self._calls.client.find_by_external_id(external_id)
        self._by_external_id[external_id] = self._hold(users)

    async def _search_email(self, email: str) -> None:
        key = email_match_key(email)
        if key not in self._by_email:
            async with self._search_slots:
                self._by_email[key] = self._hold(await self._calls.client.find_by_email(email))

    async def _show_user(self, text: str) -> ZendeskUser | None:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            return None
        if int(text) not in self._users:
            try:
                self._users[int(text)] = await self._calls.client.show_user(int(text))
            except NotFound:
                self._users[int(text)] = None
        user = self._users[int(text)]
        return user if user is not None and user.active else None

    async def _search_organization(self, id_: str, kind: OrganizationIdKind) -> OrganizationMatch:
        found: dict[int, ZendeskOrganization] = {}
        if kind is not OrganizationIdKind.ZENDESK_ID:
            found |= {one.id: one for one in await self._calls.find_organizations(id_)}
        if kind is not OrganizationIdKind.EXTERNAL_ID and id_.isascii() and id_.isdigit():
            try:
                shown = await self._calls.show_organization(int(id_))
                found[shown.id] = shown
            except NotFound:
                pass
        if not found and id_.lower() in self._created_organizations:
            number = self._created_organizations[id_.lower()]
            return OrganizationMatch(await self._calls.show_organization(number))
        if len(found) > 1:
            names = " and ".join(f"{one.name} ({one.id})" for one in found.values())
            return OrganizationMatch(problem=f"“{id_}” means two organisations: {names}")
        return OrganizationMatch(next(iter(found.values()), None))
