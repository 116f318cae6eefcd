"""The Zendesk Support API client: typed calls for users, tickets, identities, fields, tags."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from desktop.clients.field_parser import FieldParser, OnFieldProblems
from desktop.clients.http_messages import HttpRequest
from desktop.clients.request_pipeline import RequestPipeline
from desktop.clients.service_errors import foreign_response_error, wrong_record_error
from desktop.clients.tolerant_call import ModelBuilder, call_tolerantly
from desktop.clients.zendesk import search_query, wire_to_model
from desktop.clients.zendesk.cursor_pagination import PAGE_SIZE, PageLoopDetector, next_cursor
from desktop.clients.zendesk.protocol import build_request, parse_response
from desktop.model.customer_sheet import TicketPage
from desktop.model.email_address import email_spellings
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.ticket_note import TicketComment
from desktop.model.zendesk_brand import ZendeskBrand
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import (
    Organization,
    SignedInZendeskUser,
    UserFieldDefinition,
    UserIdentity,
    ZendeskUser,
)

T = TypeVar("T")

# One answer instead of three calls (docs/zendesk.md 3).
_SIDELOADS = ("include", "identities,organizations")
_USER = "/api/v2/users/{id}"
_IDENTITIES = "/api/v2/users/{id}/identities"
_TICKET = "/api/v2/tickets/{id}"
_COMMENTS = "/api/v2/tickets/{id}/comments"
_IDENTITY = "/api/v2/users/{id}/identities/{identity_id}"
_TAGS = "/api/v2/users/{id}/tags"
_USER_FIELDS = "/api/v2/user_fields"
# Offset lists stop at 10,000 records too; no list that is read to its end here is longer.
_MAX_PAGES = 100
# Identities read one by one for a search that came without them.
_MAX_IDENTITY_READS = 5


class ZendeskClient:
    """Calls Zendesk's Support API of one account as one agent."""

    def __init__(self, pipeline: RequestPipeline, on_bad: OnFieldProblems | None = None) -> None:
        """`on_bad` is told of fields left out of Zendesk's answers; the log counts them anyway."""
        self.pipeline = pipeline
        self._on_bad = on_bad

    async def me(self) -> SignedInZendeskUser:
        """Ask Zendesk for `users/me`. Raises AuthenticationError for the anonymous user too."""
        return await self.send(
            build_request("GET", "/api/v2/users/me"), wire_to_model.parse_signed_in_user
        )

    async def search_users(self, query: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk's users by its query language; the first 100."""
        parameters = (("query", query), _SIDELOADS, ("per_page", "100"))
        return await self.send(
            build_request("GET", "/api/v2/users/search", query=parameters),
            wire_to_model.parse_users,
        )

    async def find_by_email(self, address: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for the users who have exactly this address, primary or not."""
        spellings = email_spellings(address) or (address,)
        queries = (self.search_users(search_query.email_query(one)) for one in spellings)
        by_id = {user.id: user for users in await asyncio.gather(*queries) for user in users}
        found = await self._with_identities(tuple(by_id.values()), address)
        return search_query.filter_by_email(found, address)

    async def find_by_phone(self, number: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for the users with this phone, with or without its country code."""
        query = search_query.phone_query(number)
        found = await self.search_users(query) if query else ()
        return search_query.filter_by_phone(found, number)

    async def find_by_name(self, text: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for users by these words; the last may be unfinished."""
        query = search_query.name_query(text)
        return await self.search_users(query) if query else ()

    async def find_by_email_part(self, part: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for up to 100 users with an address that begins so, by its index.

        Zendesk matches loosely: who has no such address is left out, except where the answer
        holds no second addresses.
        """
        query = search_query.email_part_query(part)
        found = await self.search_users(query) if query else ()
        wanted = part.strip().lower()
        return tuple(
            user
            for user in found
            if not user.identities_read or any(wanted in address for address in user.emails)
        )

    async def find_by_phone_end(self, digits: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for up to 100 users with a number that ends with these digits."""
        return await self.search_users(search_query.phone_end_query(digits))

    async def find_by_external_id(self, external_id: str) -> tuple[ZendeskUser, ...]:
        """Search Zendesk for the users with this external id; it ignores case."""
        parameters = (("external_id", external_id), _SIDELOADS)
        found = await self.send(
            build_request("GET", "/api/v2/users/search", query=parameters),
            wire_to_model.parse_users,
        )
        wanted = external_id.lower()
        return tuple(p for p in found if p.external_id and p.external_id.lower() == wanted)

    async def show_user(self, user_id: int) -> ZendeskUser:
        """Read one Zendesk user with identities and organisation. Raises NotFound."""
        request = build_request("GET", _USER, ids={"id": user_id}, query=(_SIDELOADS,))
        found = await self.send(request, wire_to_model.parse_user_with_sideloads)
        if found.id != user_id:
            raise wrong_record_error(Service.ZENDESK)
        return found

    async def show_users(self, ids: Sequence[int]) -> tuple[ZendeskUser, ...]:
        """Read these Zendesk users by calls of 100 each; those that do not exist are left out."""
        wanted = tuple(dict.fromkeys(ids))
        found: list[ZendeskUser] = []
        for start in range(0, len(wanted), PAGE_SIZE):
            asked = wanted[start : start + PAGE_SIZE]
            parameters = (("ids", ",".join(map(str, asked))), _SIDELOADS)
            request = build_request("GET", "/api/v2/users/show_many", query=parameters)
            users = await self.send(request, wire_to_model.parse_users)
            found += (user for user in users if user.id in asked)
        return tuple(found)

    async def list_identities(self, user_id: int) -> tuple[UserIdentity, ...]:
        """List all addresses and numbers of one Zendesk user."""
        return await self.read_all_pages(
            _IDENTITIES, {"id": user_id}, "identities", wire_to_model.parse_identity
        )

    async def add_email_identity(self, user_id: int, address: str) -> UserIdentity:
        """Add an address to a Zendesk user as a verified one, without a letter to it.

        Raises ValuesRejected where somebody else has it (docs/zendesk.md 3).
        """
        identity = {"type": "email", "value": address, "verified": True, "skip_verify_email": True}
        request = build_request(
            "POST", _IDENTITIES, ids={"id": user_id}, document={"identity": identity}
        )
        return await self.send(
            request,
            lambda d, n: wire_to_model.parse_one(d, "identity", wire_to_model.parse_identity, n),
        )

    async def make_identity_primary(self, user_id: int, identity_id: int) -> None:
        """Make an address of a Zendesk user the primary one; the former becomes a second one."""
        ids = {"id": user_id, "identity_id": identity_id}
        request = build_request("PUT", f"{_IDENTITY}/make_primary", ids=ids)
        # Read for its form: what a proxy answers is no success.
        await self.send(
            request,
            lambda d, n: wire_to_model.parse_many(d, "identities", wire_to_model.parse_identity, n),
        )

    async def delete_identity(self, user_id: int, identity_id: int) -> None:
        """Remove an address of a Zendesk user. Raises ValuesRejected for the primary one."""
        ids = {"id": user_id, "identity_id": identity_id}
        await self.send(build_request("DELETE", _IDENTITY, ids=ids), _parse_nothing)

    async def show_organization(self, organization_id: int) -> Organization:
        """Read one Zendesk organisation. Raises NotFound, and Forbidden for restricted agents."""
        request = build_request("GET", "/api/v2/organizations/{id}", ids={"id": organization_id})
        return await self.send(
            request,
            lambda d, n: wire_to_model.parse_one(
                d, "organization", wire_to_model.parse_organization, n
            ),
        )

    async def list_requested_tickets(self, user_id: int, limit: int = PAGE_SIZE) -> TicketPage:
        """List a Zendesk requester's tickets, the most recently updated first; at most 100."""
        # `sort`: beside page[size] Zendesk drops `sort_by` without a word (docs/zendesk.md 0).
        parameters = (("page[size]", str(max(1, min(limit, PAGE_SIZE)))), ("sort", "-updated_at"))
        request = build_request(
            "GET", "/api/v2/users/{id}/tickets/requested", ids={"id": user_id}, query=parameters
        )
        return await self.send(request, _parse_ticket_page)

    async def list_every_requested_ticket(self, user_id: int) -> tuple[ZendeskTicket, ...]:
        """List all tickets of a Zendesk requester, a hundred in a call."""
        return await self.read_all_pages(
            "/api/v2/users/{id}/tickets/requested",
            {"id": user_id},
            "tickets",
            wire_to_model.parse_ticket,
        )

    async def show_ticket(self, ticket_id: int) -> ZendeskTicket:
        """Read one Zendesk ticket. Raises NotFound."""
        request = build_request("GET", "/api/v2/tickets/{id}", ids={"id": ticket_id})
        found = await self.send(
            request,
            lambda d, n: wire_to_model.parse_one(d, "ticket", wire_to_model.parse_ticket, n),
        )
        if found.id != ticket_id:
            raise wrong_record_error(Service.ZENDESK)
        return found

    async def list_newest_comments(self, ticket_id: int) -> tuple[TicketComment, ...]:
        """Return up to a hundred comments of a Zendesk ticket, the newest first."""
        request = build_request(
            "GET",
            _COMMENTS,
            ids={"id": ticket_id},
            query=(("sort", "-created_at"), ("page[size]", str(PAGE_SIZE))),
        )
        return await self.send(
            request,
            lambda d, n: wire_to_model.parse_many(d, "comments", wire_to_model.parse_comment, n),
        )

    async def add_internal_comment(self, ticket_id: int, body: str) -> None:
        """Add a comment for agents alone to a Zendesk ticket. Raises ValuesRejected if closed.

        `public` is always said: without it a comment is as public as the ticket's first one, and
        Zendesk would mail it to the customer (docs/zendesk.md 4).
        """
        await self._update_ticket(ticket_id, {"comment": {"body": body, "public": False}})

    async def close_ticket(self, ticket_id: int) -> None:
        """Close a Zendesk ticket, which nobody can open again; the account's triggers may act."""
        await self._update_ticket(ticket_id, {"status": "closed"})

    async def _update_ticket(self, ticket_id: int, values: Mapping[str, Json]) -> None:
        """Update a Zendesk ticket; an answer that is not of this ticket is no success."""
        request = build_request(
            "PUT", _TICKET, ids={"id": ticket_id}, document={"ticket": dict(values)}
        )
        found = await self.send(
            request,
            lambda d, n: wire_to_model.parse_one(d, "ticket", wire_to_model.parse_ticket, n),
        )
        if found.id != ticket_id:
            raise wrong_record_error(Service.ZENDESK)

    async def list_recent_tickets(self) -> tuple[ZendeskTicket, ...]:
        """List up to five tickets that this agent viewed or created in Zendesk lately."""
        request = build_request("GET", "/api/v2/tickets/recent")
        return await self.send(
            request,
            lambda d, n: wire_to_model.parse_many(d, "tickets", wire_to_model.parse_ticket, n),
        )

    async def list_user_fields(self) -> tuple[UserFieldDefinition, ...]:
        """List the definitions of all Zendesk user fields."""
        return await self.read_all_pages(
            _USER_FIELDS, {}, "user_fields", wire_to_model.parse_user_field
        )

    async def list_brands(self) -> tuple[ZendeskBrand, ...]:
        """List the Zendesk account's brands that this agent may see."""
        return await self.read_all_pages("/api/v2/brands", {}, "brands", wire_to_model.parse_brand)

    async def create_user_field(
        self, key: str, title: str, *, kind: str = "checkbox", description: str = ""
    ) -> UserFieldDefinition:
        """Create a Zendesk user field. Raises Forbidden for everybody but admins."""
        document = {"type": kind, "key": key, "title": title, "description": description}
        request = build_request(
            "POST", _USER_FIELDS, document={"user_field": {**document, "active": True}}
        )
        return await self.send(
            request,
            lambda d, n: wire_to_model.parse_one(
                d, "user_field", wire_to_model.parse_user_field, n
            ),
        )

    async def update_user(
        self,
        user_id: int,
        *,
        user_fields: Mapping[str, Json] | None = None,
        **attributes: Json,
    ) -> ZendeskUser:
        """Update the given attributes of a Zendesk user (`name`, `notes` …) and nothing else.

        `email` adds a secondary address, `organization_id` removes other memberships and `tags`
        replaces the set (docs/zendesk.md 0, 3). The answer comes without sideloads.
        """
        wanted: dict[str, Json] = dict(attributes)
        if user_fields is not None:
            wanted["user_fields"] = dict(user_fields)
        request = build_request("PUT", _USER, ids={"id": user_id}, document={"user": wanted})
        return await self.send(request, wire_to_model.parse_user_with_sideloads)

    async def add_tags(self, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        """Add tags to a Zendesk user and return them all; Zendesk copies them onto tickets."""
        return await self._tags("PUT", user_id, tags)

    async def remove_tags(self, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        """Remove tags from a Zendesk user and return the remaining set."""
        return await self._tags("DELETE", user_id, tags)

    async def _tags(self, method: str, user_id: int, tags: Sequence[str]) -> tuple[str, ...]:
        request = build_request(method, _TAGS, ids={"id": user_id}, document={"tags": list(tags)})
        return await self.send(request, lambda d, n: n.texts(d.get("tags"), "tags"))

    async def _with_identities(
        self, users: tuple[ZendeskUser, ...], address: str
    ) -> tuple[ZendeskUser, ...]:
        """Read the identities of those Zendesk users who may have `address` as a second one."""
        matched = {p.id for p in search_query.filter_by_email(users, address)}
        unread = [p for p in users if not p.identities_read and p.id not in matched]
        read = await asyncio.gather(
            *(self.list_identities(p.id) for p in unread[:_MAX_IDENTITY_READS])
        )
        known = {p.id: found for p, found in zip(unread, read, strict=False)}
        return tuple(
            replace(p, identities=known[p.id], identities_read=True) if p.id in known else p
            for p in users
        )

    async def read_all_pages(
        self,
        template: str,
        ids: Mapping[str, int | str],
        name: str,
        make: "wire_to_model.RecordParser[wire_to_model.T]",
    ) -> "tuple[wire_to_model.T, ...]":
        """Read a whole Zendesk list by its cursor; `name` is the list's key in the answers."""
        found: dict[int, wire_to_model.T] = {}
        cursor: str | None = None
        detector = PageLoopDetector(
            max_empty_pages=0, max_pages=_MAX_PAGES, remembers_all_rows=True
        )
        while True:
            parameters = [("page[size]", str(PAGE_SIZE))]
            if cursor is not None:
                parameters.append(("page[after]", cursor))
            items, following = await self.send(
                build_request("GET", template, ids=ids, query=parameters),
                lambda d, n: (wire_to_model.parse_many(d, name, make, n), next_cursor(d)),
            )
            rows = frozenset(item.id for item in items)
            detector.check_page(cursor, rows, following, is_last=following is None)
            found.update((item.id, item) for item in items)
            if following is None:
                return tuple(found.values())
            cursor = following

    async def send(self, request: HttpRequest, make: ModelBuilder[T]) -> T:
        """Send a Zendesk request and return what `make` builds of the answer's object.

        The exports and the bulk calls of `incremental_export.py` and `bulk_jobs.py` go this way
        too.
        """
        return await call_tolerantly(self.pipeline, request, parse_response, make, self._on_bad)


def _parse_nothing(document: Mapping[str, object], _parser: FieldParser) -> None:
    """Take Zendesk's answer without content; one that has some is a proxy's."""
    if document:
        raise foreign_response_error(Service.ZENDESK, 200)


def _parse_ticket_page(document: Mapping[str, object], parser: FieldParser) -> TicketPage:
    tickets = wire_to_model.parse_many(document, "tickets", wire_to_model.parse_ticket, parser)
    meta = parser.mapping(document.get("meta"), "meta")
    more = meta.get("has_more") is True or document.get("next_page") is not None
    return TicketPage(tickets, more)
