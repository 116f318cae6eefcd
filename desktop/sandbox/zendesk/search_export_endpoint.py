"""/search/export: one type, cursor paging without an end, a cursor that dies (contract 7).

Rows come in order of ids, which for the crowd is not quite the order of `created_at`. A page may
be empty although there is more, because a page never looks at more than a slice of the crowd.
"""

from dataclasses import replace

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error
from desktop.sandbox.zendesk.organization_endpoints import serialize_organization
from desktop.sandbox.zendesk.pagination import decode_cursor, encode_cursor, page_link, read_integer
from desktop.sandbox.zendesk.permissions import require_agent
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.search_engine import may_match
from desktop.sandbox.zendesk.search_query import (
    SearchQuery,
    organization_matches,
    parse_search_query,
    ticket_matches,
    user_matches,
)
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID
from desktop.sandbox.zendesk.ticket_read_endpoints import TicketReadEndpoints
from desktop.sandbox.zendesk.user_read_endpoints import UserReadEndpoints

MAX_PAGE_SIZE = 1000
CURSOR_LIFETIME_S = 3600
MAX_ROWS_SCANNED = 5_000


class SearchExportEndpoint:
    """/search/export."""

    def __init__(
        self, repository: ZendeskRepository, users: UserReadEndpoints, tickets: TicketReadEndpoints
    ) -> None:
        self.repository = repository
        self.users = users
        self.tickets = tickets

    def add_routes(self, router: Router) -> None:
        """Serve the path."""
        router.add("GET", "/api/v2/search/export", self.export)

    def export(self, request: SandboxRequest) -> SandboxResponse:
        """Return a page of everything that fits."""
        require_agent(request)
        kind = request.query.get("filter[type]", "")
        if kind not in ("user", "ticket", "organization"):
            raise zendesk_error(422, "invalid", "filter[type] is required")
        size = read_integer(request, "page[size]", 100)
        if not 1 <= size <= MAX_PAGE_SIZE:
            raise zendesk_error(400, "invalid", "page[size] must be between 1 and 1000")
        # zenpy sends type: inside the query as well (contract 16): it is ignored here.
        query = replace(parse_search_query(request.query.get("query", "")), types=())
        start = self._start_position(request)
        rows, end, more = self._page(kind, query, start, size)
        after = encode_cursor(f"export {end}|{request.received_at + CURSOR_LIFETIME_S:.0f}")
        return json_response(
            {
                "results": [self._serialize(request, kind, row) for row in rows],
                "facets": None,
                "meta": {"has_more": more, "after_cursor": after, "before_cursor": None},
                "links": {
                    "prev": None,
                    "next": page_link(request, page__after=after) if more else None,
                },
            }
        )

    def _start_position(self, request: SandboxRequest) -> int:
        cursor = request.query.get("page[after]")
        if not cursor:
            return 0
        place, _, dies = decode_cursor(cursor).removeprefix("export ").partition("|")
        if not place.isdigit() or not dies.isdigit():
            raise coded_error(400, "InvalidCursor", "The cursor is not valid")
        if float(dies) < request.received_at:
            raise coded_error(400, "CursorExpired", "The cursor has expired")
        return int(place)

    def _page(
        self, kind: str, query: SearchQuery, start: int, size: int
    ) -> tuple[list[JsonObject], int, bool]:
        """Return rows, the place to go on at, and whether there is more.

        Places count the single records first, then the crowd's numbers.
        """
        singles = self._individual_ids(kind)
        crowd = self.repository.state.generated_people.size if kind != "organization" else 0
        rows: list[JsonObject] = []
        place, end = start, len(singles) + crowd
        while place < end and len(rows) < size and place - start < MAX_ROWS_SCANNED:
            if place < len(singles):
                found = self._matching_individual(kind, singles[place], query)
            else:
                found = self._matching_generated(kind, place - len(singles), query)
            rows += found
            place += 1
        return rows, place, place < end

    def _individual_ids(self, kind: str) -> list[int]:
        base, book = self.repository.seed_data, self.repository
        if kind == "user":
            return sorted({*base.fixture_people, *book.users.overrides})
        if kind == "ticket":
            return sorted({*base.fixture_tickets, *book.tickets.overrides})
        return book.organization_ids()

    def _matching_individual(self, kind: str, key: int, query: SearchQuery) -> list[JsonObject]:
        if kind == "user":
            user = self.repository.existing_user(key)
            return [user] if user and user_matches(query, user) else []
        if kind == "ticket":
            ticket = self.repository.existing_ticket(key)
            return [ticket] if ticket and ticket_matches(query, ticket) else []
        record = self.repository.organizations.get(key)
        return [record] if record and organization_matches(query, record) else []

    def _matching_generated(self, kind: str, index: int, query: SearchQuery) -> list[JsonObject]:
        person = self.repository.state.generated_people.person(index)
        if kind == "user":
            if FIRST_GENERATED_USER_ID + index in self.repository.users.overrides or not may_match(
                query, person
            ):
                return []
            user = self.repository.seed_data.generated_user(person)
            return [user] if user_matches(query, user) else []
        tickets = (
            self.repository.seed_data.generated_ticket(person, slot)
            for slot in range(person.ticket_count)
        )
        return [
            ticket
            for ticket in tickets
            if ticket and ticket["id"] not in self.repository.tickets.overrides
            if ticket_matches(query, ticket)
        ]

    def _serialize(self, request: SandboxRequest, kind: str, row: JsonObject) -> JsonObject:
        if kind == "user":
            return self.users.serialize(request, row) | {"result_type": "user"}
        if kind == "ticket":
            return self.tickets.serialize(request, row) | {"result_type": "ticket"}
        return serialize_organization(request, row) | {"result_type": "organization"}
