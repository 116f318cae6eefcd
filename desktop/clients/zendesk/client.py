"""The Zendesk client: what can be asked and done, typed; HTTP, retries and budgets are below."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from desktop.clients.caller import Caller
from desktop.clients.exchange import Request
from desktop.clients.field import Notes, OnBad
from desktop.clients.noting import Make, call_noting
from desktop.clients.zendesk import search, translate
from desktop.clients.zendesk.cursor import PAGE_SIZE, Circle, next_cursor
from desktop.clients.zendesk.errors import someone_else
from desktop.clients.zendesk.protocol import build, decipher
from desktop.model.json_value import Json
from desktop.model.person import Identity, Organization, UserField, ZendeskMe, ZendeskPerson
from desktop.model.ticket import Ticket

T = TypeVar("T")

_SIDELOADS = ("include", "identities,organizations")
_USER = "/api/v2/users/{id}"
_IDENTITIES = "/api/v2/users/{id}/identities"
_TAGS = "/api/v2/users/{id}/tags"
_USER_FIELDS = "/api/v2/user_fields"
# Identities read one by one for a search that came without them.
_MOST_UNREAD = 5


@dataclass(frozen=True)
class TicketPage:
    """The most recently touched tickets; `total` counts all of them where Zendesk says so."""

    tickets: tuple[Ticket, ...]
    has_more: bool
    total: int | None = None


class ZendeskClient:
    """One account, as one agent."""

    def __init__(self, caller: Caller, on_bad: OnBad | None = None) -> None:
        """`on_bad` hears of fields left out of an answer; they are logged by count anyway."""
        self._caller = caller
        self._on_bad = on_bad

    async def me(self) -> ZendeskMe:
        """Whose credentials these are. Raises AuthLost also for the anonymous user."""
        return await self.call(build("GET", "/api/v2/users/me"), translate.me)

    async def search_users(self, query: str) -> tuple[ZendeskPerson, ...]:
        """The first 100 users for a query in Zendesk's search language."""
        asked = (("query", query), _SIDELOADS, ("per_page", "100"))
        return await self.call(build("GET", "/api/v2/users/search", query=asked), translate.people)

    async def find_by_email(self, address: str) -> tuple[ZendeskPerson, ...]:
        """The users who have exactly this address, primary or not."""
        found = await self.search_users(search.email_query(address))
        return search.with_email(await self._with_identities(found, address), address)

    async def find_by_phone(self, number: str) -> tuple[ZendeskPerson, ...]:
        """The users with this phone number, with or without its country code."""
        queries = search.phone_queries(number)
        answers = await asyncio.gather(*(self.search_users(query) for query in queries))
        once = {person.id: person for people in answers for person in people}
        return search.with_phone(once.values(), number)

    async def find_by_name(self, text: str) -> tuple[ZendeskPerson, ...]:
        """The users Zendesk finds for these words, the last of which may be unfinished."""
        query = search.name_query(text)
        return await self.search_users(query) if query else ()

    async def find_by_external_id(self, external_id: str) -> tuple[ZendeskPerson, ...]:
        """The users with this external id; Zendesk ignores case."""
        asked = (("external_id", external_id), _SIDELOADS)
        found = await self.call(build("GET", "/api/v2/users/search", query=asked), translate.people)
        wanted = external_id.lower()
        return tuple(p for p in found if p.external_id and p.external_id.lower() == wanted)

    async def show_user(self, user_id: int) -> ZendeskPerson:
        """One user with identities and organisation. Raises NotFound."""
        request = build("GET", _USER, ids={"id": user_id}, query=(_SIDELOADS,))
        found = await self.call(request, translate.one_person)
        if found.id != user_id:
            raise someone_else()
        return found

    async def show_users(self, ids: Sequence[int]) -> tuple[ZendeskPerson, ...]:
        """Those of up to 100 users that exist."""
        if not ids:
            return ()
        asked = (("ids", ",".join(str(i) for i in dict.fromkeys(ids))), _SIDELOADS)
        request = build("GET", "/api/v2/users/show_many", query=asked)
        wanted = set(ids)
        return tuple(p for p in await self.call(request, translate.people) if p.id in wanted)

    async def identities(self, user_id: int) -> tuple[Identity, ...]:
        """All addresses and numbers of one user."""
        return await self._pages(_IDENTITIES, {"id": user_id}, "identities", translate.identity)

    async def organization(self, organization_id: int) -> Organization:
        """One organisation. Raises NotFound, and Forbidden for restricted agents."""
        request = build("GET", "/api/v2/organizations/{id}", ids={"id": organization_id})
        return await self.call(
            request, lambda d, n: translate.one(d, "organization", translate.organization, n)
        )

    async def tickets_of(self, user_id: int, limit: int = PAGE_SIZE) -> TicketPage:
        """A requester's tickets, the most recently touched first; at most 100."""
        # `sort`, not `sort_by`: beside page[size] the latter is dropped silently (contract 0.10).
        asked = (("page[size]", str(max(1, min(limit, PAGE_SIZE)))), ("sort", "-updated_at"))
        request = build(
            "GET", "/api/v2/users/{id}/tickets/requested", ids={"id": user_id}, query=asked
        )
        return await self.call(request, _ticket_page)

    async def ticket(self, ticket_id: int) -> Ticket:
        """One ticket. Raises NotFound."""
        request = build("GET", "/api/v2/tickets/{id}", ids={"id": ticket_id})
        found = await self.call(
            request, lambda d, n: translate.one(d, "ticket", translate.ticket, n)
        )
        if found.id != ticket_id:
            raise someone_else()
        return found

    async def recent_tickets(self) -> tuple[Ticket, ...]:
        """Up to five tickets this agent viewed or made lately, as Zendesk orders them."""
        request = build("GET", "/api/v2/tickets/recent")
        return await self.call(
            request, lambda d, n: translate.many(d, "tickets", translate.ticket, n)
        )

    async def user_fields(self) -> tuple[UserField, ...]:
        """The definitions of all user fields."""
        return await self._pages(_USER_FIELDS, {}, "user_fields", translate.user_field)

    async def create_user_field(
        self, key: str, title: str, *, kind: str = "checkbox", description: str = ""
    ) -> UserField:
        """Define a user field. Raises Forbidden for everybody but admins."""
        document = {"type": kind, "key": key, "title": title, "description": description}
        request = build("POST", _USER_FIELDS, document={"user_field": {**document, "active": True}})
        return await self.call(
            request, lambda d, n: translate.one(d, "user_field", translate.user_field, n)
        )

    async def update_user(
        self,
        user_id: int,
        *,
        user_fields: Mapping[str, Json] | None = None,
        **attributes: Json,
    ) -> ZendeskPerson:
        """Change what is given (`name`, `notes` …) and nothing else.

        `email` adds a secondary address, `organization_id` removes other memberships and `tags`
        replaces the set (contract zendesk 0.5, 0.8, 3). The answer comes without sideloads.
        """
        wanted: dict[str, Json] = dict(attributes)
        if user_fields is not None:
            wanted["user_fields"] = dict(user_fields)
        request = build("PUT", _USER, ids={"id": user_id}, document={"user": wanted})
        return await self.call(request, translate.one_person)

    async def add_tags(self, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        """Add tags; gives the whole set. They spread to the person's tickets."""
        return await self._tags("PUT", user_id, tags)

    async def remove_tags(self, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        """Remove tags; gives the whole set."""
        return await self._tags("DELETE", user_id, tags)

    async def _tags(self, method: str, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        request = build(method, _TAGS, ids={"id": user_id}, document={"tags": list(tags)})
        return await self.call(request, _tag_set)

    async def _with_identities(
        self, people: tuple[ZendeskPerson, ...], address: str
    ) -> tuple[ZendeskPerson, ...]:
        """`people` with identities read for those who may have `address` as a second one."""
        matched = {p.id for p in search.with_email(people, address)}
        unread = [p for p in people if not p.identities_read and p.id not in matched]
        read = await asyncio.gather(*(self.identities(p.id) for p in unread[:_MOST_UNREAD]))
        known = {p.id: found for p, found in zip(unread, read, strict=False)}
        return tuple(
            replace(p, identities=known[p.id], identities_read=True) if p.id in known else p
            for p in people
        )

    async def _pages(
        self,
        template: str,
        ids: Mapping[str, int | str],
        name: str,
        make: "translate.Make[translate.T]",
    ) -> "tuple[translate.T, ...]":
        found: dict[int, translate.T] = {}
        cursor: str | None = None
        circle = Circle()
        while True:
            asked = [("page[size]", str(PAGE_SIZE))]
            if cursor is not None:
                asked.append(("page[after]", cursor))
            items, cursor = await self.call(
                build("GET", template, ids=ids, query=asked),
                lambda d, n: (translate.many(d, name, make, n), next_cursor(d)),
            )
            circle.seen(cursor, {item.id for item in items})
            found.update((item.id, item) for item in items)
            if cursor is None:
                return tuple(found.values())

    async def call(self, request: Request, make: Make[T]) -> T:
        """Send a request and give what `make` builds of the answer's object.

        The exports and the bulk calls of `export.py` and `bulk.py` go this way too.
        """
        return await call_noting(self._caller, request, decipher, make, self._on_bad)


def _ticket_page(document: Mapping[str, object], notes: Notes) -> TicketPage:
    tickets = translate.many(document, "tickets", translate.ticket, notes)
    meta = notes.mapping(document.get("meta"), "meta")
    more = meta.get("has_more") is True or document.get("next_page") is not None
    return TicketPage(tickets, more, notes.whole(document.get("count"), "count"))


def _tag_set(document: Mapping[str, object], notes: Notes) -> tuple[str, ...]:
    listed = notes.sequence(document.get("tags"), "tags")
    read = (notes.text(tag, f"tags[{place}]") for place, tag in enumerate(listed))
    return tuple(tag for tag in read if tag)
