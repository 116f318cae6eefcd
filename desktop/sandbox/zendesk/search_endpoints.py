"""/search, /search/count and /users/search (contract 7; export is in `export.py`)."""

import re
from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.error_responses import zendesk_error
from desktop.sandbox.zendesk.lazy_sequences import TruncatedRows
from desktop.sandbox.zendesk.pagination import MAX_PAGE_SIZE, page_link, page_response, read_integer
from desktop.sandbox.zendesk.permissions import require_agent
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.search_engine import SearchEngine
from desktop.sandbox.zendesk.search_query import organization_matches, parse_search_query
from desktop.sandbox.zendesk.ticket_read_endpoints import TicketReadEndpoints
from desktop.sandbox.zendesk.user_read_endpoints import UserReadEndpoints

MAX_RESULTS = 1_000
MAX_USER_RESULTS = 10_000
PHONE = re.compile(r"\+?[\d\s().\-]{7,}")


class SearchEndpoints:
    """Finding by query."""

    def __init__(
        self, repository: ZendeskRepository, users: UserReadEndpoints, tickets: TicketReadEndpoints
    ) -> None:
        self.repository = repository
        self.users = users
        self.tickets = tickets
        self.search_engine = SearchEngine(repository)

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/search", self.search)
        router.add("GET", "/api/v2/search/count", self.count)
        router.add("GET", "/api/v2/users/search", self.search_users)
        router.add("GET", "/api/v2/users/autocomplete", self.autocomplete)

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Search everything: a thousand results per query, whatever `count` says."""
        require_agent(request)
        if "page[size]" in request.query:
            raise zendesk_error(400, "invalid", "page[size] is not supported")
        page, size = (
            read_integer(request, "page", 1),
            min(read_integer(request, "per_page", MAX_PAGE_SIZE), MAX_PAGE_SIZE),
        )
        if page * size > MAX_RESULTS:
            # Although next_page may have pointed here (contract 7).
            raise zendesk_error(
                422,
                "invalid",
                "Invalid search: Requested response size was greater than Search Response Limits",
            )
        sort = request.query.get("sort_by", "")
        rows, total = self._results(request, MAX_RESULTS if sort else page * size)
        if sort in ("created_at", "updated_at"):
            descending = request.query.get("sort_order", "desc") == "desc"
            rows.sort(key=lambda row: str(row[sort]), reverse=descending)
        start = (page - 1) * size
        shown = rows[start : start + size]
        more = start + len(shown) < total and bool(shown)
        return json_response(
            {
                "results": shown,
                "facets": None,
                "next_page": page_link(request, page=page + 1, per_page=size) if more else None,
                "previous_page": page_link(request, page=page - 1, per_page=size)
                if page > 1
                else None,
                "count": total,
            }
        )

    def count(self, request: SandboxRequest) -> SandboxResponse:
        """Count the results."""
        require_agent(request)
        return json_response({"count": self._results(request, 1)[1]})

    def search_users(self, request: SandboxRequest) -> SandboxResponse:
        """Search users by query or by external id."""
        require_agent(request)
        if "external_id" in request.query:
            one = self.repository.user_by_external_id(request.query["external_id"])
            rows: Sequence[JsonObject] = [one] if one else []
        else:
            text = request.query.get("query", "").strip()
            if PHONE.fullmatch(text):
                # A number is one word however it is written.
                text = re.sub(r"[^+\d]", "", text)
            if not text:
                raise zendesk_error(400, "invalid", "Missing query parameter")
            # Only as many as this page needs are made; `count` tells of all.
            page, size = (
                read_integer(request, "page", 1),
                min(read_integer(request, "per_page", MAX_PAGE_SIZE), MAX_PAGE_SIZE),
            )
            found, total = self.search_engine.find_users(
                parse_search_query(text), min(page * size, MAX_USER_RESULTS)
            )
            rows = TruncatedRows(found, min(total, MAX_USER_RESULTS))
        return page_response(
            request,
            "users",
            rows,
            lambda user: self.users.serialize(request, user),
            side=lambda page: self.users.sideloads(request, page),
            offset_only=True,
        )

    def autocomplete(self, request: SandboxRequest) -> SandboxResponse:
        """Search users by the beginning of a name."""
        require_agent(request)
        text = request.query.get("name", "")
        rows, _ = (
            self.search_engine.find_users(parse_search_query(text), MAX_PAGE_SIZE)
            if text
            else ([], 0)
        )
        return page_response(
            request, "users", rows, lambda user: self.users.serialize(request, user)
        )

    def _results(self, request: SandboxRequest, most: int) -> tuple[list[JsonObject], int]:
        text = request.query.get("query", "")
        if not text.strip():
            raise zendesk_error(422, "invalid", "Query is required")
        query = parse_search_query(text)
        rows: list[JsonObject] = []
        total = 0
        types = query.types or ("user", "ticket", "organization")
        if "user" in types:
            found, number_found = self.search_engine.find_users(query, most)
            rows += [
                self.users.serialize(request, user) | {"result_type": "user"} for user in found
            ]
            total += number_found
        if "ticket" in types:
            found, number_found = self.search_engine.find_tickets(query, most)
            rows += [
                self.tickets.serialize(request, it) | {"result_type": "ticket"} for it in found
            ]
            total += number_found
        if "organization" in types:
            fit = [
                it for it in self.repository.all_organizations() if organization_matches(query, it)
            ]
            rows += [without_private_keys(it) | {"result_type": "organization"} for it in fit]
            total += len(fit)
        return rows[:most], total
