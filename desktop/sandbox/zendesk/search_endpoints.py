"""The search endpoints of the Zendesk sandbox: /search, /search/export and /users/search.

Facts: docs/zendesk.md 7.
"""

from collections.abc import Sequence
from dataclasses import replace

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import HOUR
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error
from desktop.sandbox.zendesk.lazy_sequences import TruncatedRecords
from desktop.sandbox.zendesk.pagination import (
    MAX_EXPORT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    PageableRows,
    decode_cursor,
    encode_cursor,
    offset_navigation,
    page_link,
    page_response,
    read_integer,
)
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import API, RestResource
from desktop.sandbox.zendesk.search_engine import SearchEngine, may_match
from desktop.sandbox.zendesk.search_query import (
    SearchQuery,
    organization_matches,
    parse_search_query,
    ticket_matches,
    user_matches,
)
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID

# /search ends after a thousand results, whatever `count` says; /users/search after ten thousand.
MAX_RESULTS = 1_000
MAX_USER_RESULTS = 10_000
EXPORT_CURSOR_LIFETIME_S = HOUR
# A page of an export never looks at more rows: it may be empty although there is more.
MAX_EXPORT_ROWS_SCANNED = 5_000
_MATCHERS = {
    "user": user_matches,
    "ticket": ticket_matches,
    "organization": organization_matches,
}


class SearchEndpoints:
    """The sandbox's Zendesk endpoints that find records by a query."""

    def __init__(self, repository: ZendeskRepository, resources: dict[str, RestResource]) -> None:
        self.repository = repository
        # Record type, as queries name it → its resource.
        self.resources = resources
        self.search_engine = SearchEngine(repository)

    def add_routes(self, router: Router) -> None:
        """Register the search endpoints of the sandbox's Zendesk."""
        router.add("GET", f"{API}search", self.search)
        router.add("GET", f"{API}search/count", self.count)
        router.add("GET", f"{API}search/export", self.export)
        router.add("GET", f"{API}users/search", self.search_users)

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /search with records of all types."""
        require_role(request, "agent")
        if "page[size]" in request.query:
            raise zendesk_error(400, "invalid", "page[size] is not supported")
        number, size = _page_and_size(request)
        if number * size > MAX_RESULTS:
            # Although next_page may have pointed here.
            message = (
                "Invalid search: Requested response size was greater than Search Response Limits"
            )
            raise zendesk_error(422, "invalid", message)
        sort = request.query.get("sort_by", "")
        rows, total = self._results(request, MAX_RESULTS if sort else number * size)
        if sort in ("created_at", "updated_at"):
            is_descending = request.query.get("sort_order", "desc") == "desc"
            rows.sort(key=lambda row: str(row[sort]), reverse=is_descending)
        start = (number - 1) * size
        page = rows[start : start + size]
        has_more = start + len(page) < total and bool(page)
        navigation = offset_navigation(request, number, size, total, has_more=has_more)
        return json_response({"results": page, "facets": None, **navigation})

    def count(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /search/count with the number of records of a query."""
        require_role(request, "agent")
        return json_response({"count": self._results(request, 1)[1]})

    def _results(self, request: SandboxRequest, most: int) -> tuple[list[JsonObject], int]:
        """Return up to `most` serialized search results of the sandbox, and their total."""
        text = request.query.get("query", "")
        if not text.strip():
            raise zendesk_error(422, "invalid", "Query is required")
        query = parse_search_query(text)
        types = query.types or tuple(_MATCHERS)
        rows: list[JsonObject] = []
        total = 0
        for kind, find in (
            ("user", self.search_engine.find_users),
            ("ticket", self.search_engine.find_tickets),
        ):
            if kind in types:
                found, count = find(query, most)
                rows += [self._serialize(request, kind, record) for record in found]
                total += count
        if "organization" in types:
            organizations = self.repository.all_organizations()
            found = [it for it in organizations if organization_matches(query, it)]
            rows += [without_private_keys(it) | {"result_type": "organization"} for it in found]
            total += len(found)
        return rows[:most], total

    def _serialize(self, request: SandboxRequest, kind: str, record: JsonObject) -> JsonObject:
        return self.resources[kind].serialize(request, record) | {"result_type": kind}

    # Users

    def search_users(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /users/search by query or external id, offset paging only."""
        require_role(request, "agent")
        if "external_id" in request.query:
            user = self.repository.user_by_external_id(request.query["external_id"])
            return self._user_page(request, [user] if user else [])
        text = request.query.get("query", "").strip()
        if not text:
            raise zendesk_error(400, "invalid", "Missing query parameter")
        # Only as many as this page needs are made; `count` tells of all.
        number, size = _page_and_size(request)
        most = min(number * size, MAX_USER_RESULTS)
        found, total = self.search_engine.find_users(parse_search_query(text), most)
        return self._user_page(request, TruncatedRecords(found, min(total, MAX_USER_RESULTS)))

    def _user_page(self, request: SandboxRequest, rows: PageableRows) -> SandboxResponse:
        users = self.resources["user"]
        return page_response(
            request,
            "users",
            rows,
            lambda user: users.serialize(request, user),
            side=lambda page: users.sideloads(request, page),
            only="offset",
        )

    # Export

    def export(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /search/export with a page; its cursor dies after an hour.

        Rows come in order of ids: for generated people not quite the order of `created_at`.
        """
        require_role(request, "agent")
        kind = request.query.get("filter[type]", "")
        if kind not in _MATCHERS:
            raise zendesk_error(422, "invalid", "filter[type] is required")
        size = read_integer(request, "page[size]", MAX_PAGE_SIZE)
        if not 1 <= size <= MAX_EXPORT_PAGE_SIZE:
            raise zendesk_error(400, "invalid", "page[size] must be between 1 and 1000")
        # zenpy sends type: inside the query as well: it is ignored here.
        query = replace(parse_search_query(request.query.get("query", "")), types=())
        start = _export_position(request)
        rows, end, has_more = self._export_page(kind, query, start, size)
        expires_at = request.received_at + EXPORT_CURSOR_LIFETIME_S
        after = encode_cursor(f"export {end}|{expires_at:.0f}")
        following = page_link(request, {"page[after]": after}) if has_more else None
        return json_response(
            {
                "results": [self._serialize(request, kind, row) for row in rows],
                "facets": None,
                "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": None},
                "links": {"prev": None, "next": following},
            }
        )

    def _export_page(
        self, kind: str, query: SearchQuery, start: int, size: int
    ) -> tuple[list[JsonObject], int, bool]:
        """Return a page of the sandbox's search export: rows, next position, and if more.

        Positions count the individual records first, then the generated people.
        """
        ids = self._individual_ids(kind)
        generated = self.repository.state.generated_people.size if kind != "organization" else 0
        rows: list[JsonObject] = []
        position, end = start, len(ids) + generated
        while position < end and len(rows) < size and position - start < MAX_EXPORT_ROWS_SCANNED:
            if position < len(ids):
                candidates = self._individual_record(kind, ids[position])
            else:
                candidates = self._generated_records(kind, position - len(ids), query)
            rows += [record for record in candidates if _MATCHERS[kind](query, record)]
            position += 1
        return rows, position, position < end

    def _individual_ids(self, kind: str) -> list[int]:
        seed, repository = self.repository.seed_data, self.repository
        if kind == "user":
            return sorted({*seed.fixture_people, *repository.users.overrides})
        if kind == "ticket":
            return sorted({*seed.fixture_tickets, *repository.tickets.overrides})
        return repository.organization_ids()

    def _individual_record(self, kind: str, record_id: int) -> Sequence[JsonObject]:
        if kind == "user":
            record = self.repository.existing_user(record_id)
        else:
            record = self.resources[kind].get(record_id)
        return [record] if record is not None else []

    def _generated_records(self, kind: str, index: int, query: SearchQuery) -> Sequence[JsonObject]:
        person = self.repository.state.generated_people.person(index)
        if kind == "ticket":
            return list(self.repository.unchanged_tickets_of(person))
        is_changed = FIRST_GENERATED_USER_ID + index in self.repository.users.overrides
        if is_changed or not may_match(query, person):
            return []
        return [self.repository.seed_data.generated_user(person)]


def _page_and_size(request: SandboxRequest) -> tuple[int, int]:
    size = min(read_integer(request, "per_page", MAX_PAGE_SIZE), MAX_PAGE_SIZE)
    return read_integer(request, "page", 1), size


def _export_position(request: SandboxRequest) -> int:
    cursor = request.query.get("page[after]")
    if not cursor:
        return 0
    position, _, expires_at = decode_cursor(cursor).removeprefix("export ").partition("|")
    if not position.isdigit() or not expires_at.isdigit():
        raise coded_error(400, "InvalidCursor", "The cursor is not valid")
    if float(expires_at) < request.received_at:
        raise coded_error(400, "CursorExpired", "The cursor has expired")
    return int(position)
