"""Incremental exports: admins only, the last minute withheld (contract 8)."""

from collections.abc import Callable, Sequence
from itertools import islice

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.change_feed import ChangeFeed, FeedPosition, FeedRow, FeedSource
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error
from desktop.sandbox.zendesk.organization_endpoints import serialize_organization
from desktop.sandbox.zendesk.pagination import decode_cursor, encode_cursor, read_integer
from desktop.sandbox.zendesk.permissions import require_admin
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.ticket_read_endpoints import TicketReadEndpoints
from desktop.sandbox.zendesk.user_read_endpoints import UserReadEndpoints

MAX_PAGE_SIZE = 1000
START_TIME_MIN_AGE_S = 60

Serializer = Callable[[SandboxRequest, JsonObject], JsonObject]
Sideloader = Callable[[SandboxRequest, Sequence[JsonObject]], JsonObject]


class IncrementalExportEndpoints:
    """/incremental/…: cursor and time-based."""

    def __init__(
        self, repository: ZendeskRepository, users: UserReadEndpoints, tickets: TicketReadEndpoints
    ) -> None:
        self.repository = repository
        self.feed = ChangeFeed(repository)
        self.users = users
        self.tickets = tickets

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/incremental"
        router.add("GET", f"{path}/users/cursor", self.users_by_cursor)
        router.add("GET", f"{path}/tickets/cursor", self.tickets_by_cursor)
        router.add("GET", f"{path}/users", self.users_by_time)
        router.add("GET", f"{path}/tickets", self.tickets_by_time)
        router.add("GET", f"{path}/organizations", self.organizations)

    def users_by_cursor(self, request: SandboxRequest) -> SandboxResponse:
        """Export users; active false = deleted."""
        return self._by_cursor(
            request, "users", self.feed.users, self.users.serialize, self.users.sideloads
        )

    def tickets_by_cursor(self, request: SandboxRequest) -> SandboxResponse:
        """Export tickets by generated_timestamp; deleted ones too."""
        return self._by_cursor(
            request, "tickets", self.feed.tickets, self.tickets.serialize, self.tickets.sideloads
        )

    def users_by_time(self, request: SandboxRequest) -> SandboxResponse:
        """Export users by time."""
        return self._by_time(request, "users", self.feed.users, self.users.serialize)

    def tickets_by_time(self, request: SandboxRequest) -> SandboxResponse:
        """Export tickets by time."""
        return self._by_time(request, "tickets", self.feed.tickets, self.tickets.serialize)

    def organizations(self, request: SandboxRequest) -> SandboxResponse:
        """Export organizations; they have only this form."""
        records = sorted(
            ((it["_at"], it["id"], it) for it in self.repository.all_organizations()),
            key=lambda row: row[:2],
        )

        def source(after: FeedPosition, until: float) -> "list[FeedRow]":
            return [row for row in records if row[:2] > after and row[0] <= until]

        return self._by_time(
            request,
            "organizations",
            lambda after, until: iter(source(after, until)),
            serialize_organization,
        )

    def _page_size(self, request: SandboxRequest) -> int:
        return min(max(read_integer(request, "per_page", MAX_PAGE_SIZE), 1), MAX_PAGE_SIZE)

    def _shown_until(self, request: SandboxRequest) -> float:
        return request.received_at - self.repository.state.account.withheld

    def _start_time(self, request: SandboxRequest) -> float:
        text = request.query.get("start_time", "")
        if not text.isdigit():
            raise coded_error(
                400, "InvalidValue", "start_time is required and must be Unix seconds"
            )
        if float(text) > request.received_at - START_TIME_MIN_AGE_S:
            raise zendesk_error(
                422, "InvalidValue", "Too recent start_time. Use a start_time older than 1 minute"
            )
        return float(text)

    def _by_cursor(
        self,
        request: SandboxRequest,
        name: str,
        source: FeedSource,
        show: Serializer,
        side: Sideloader,
    ) -> SandboxResponse:
        require_admin(request)
        if cursor := request.query.get("cursor"):
            at, _, last = decode_cursor(cursor).removeprefix("feed ").partition("|")
            try:
                after = (float(at), int(last))
            except ValueError as error:
                raise coded_error(400, "InvalidCursor", "The cursor is not valid") from error
        else:
            after = (self._start_time(request), -1)
        size = self._page_size(request)
        rows = list(islice(source(after, self._shown_until(request)), size + 1))
        page = rows[:size]
        if request.query.get("exclude_deleted") == "true":
            shown = [row[2] for row in page if row[2].get("status") != "deleted"]
        else:
            shown = [row[2] for row in page]
        last_place = (page[-1][0], page[-1][1]) if page else after
        after_cursor = encode_cursor(f"feed {last_place[0]!r}|{last_place[1]}")
        after_url = f"{request.base_url}{request.path}?cursor={after_cursor}&per_page={size}"
        answer = {
            name: [show(request, record) for record in shown],
            **side(request, shown),
            "after_url": after_url,
            "after_cursor": after_cursor,
            "before_url": None,
            "before_cursor": request.query.get("cursor"),
            "end_of_stream": len(rows) <= size,
        }
        return json_response(answer)

    def _by_time(
        self, request: SandboxRequest, name: str, source: FeedSource, show: Serializer
    ) -> SandboxResponse:
        require_admin(request)
        start = self._start_time(request)
        size = self._page_size(request)
        rows = list(islice(source((start - 1e-6, -1), self._shown_until(request)), size + 1))
        page = rows[:size]
        # The next page begins at the last row's own second, so border rows come again.
        end_time = int(page[-1][0]) if page else int(start)
        more = len(rows) > size
        if more and end_time <= start:
            end_time = int(start) + 1
        following = f"{request.base_url}{request.path}?start_time={end_time}&per_page={size}"
        return json_response(
            {
                name: [show(request, row[2]) for row in page],
                "count": len(page),
                "end_time": end_time,
                "next_page": following,
                "end_of_stream": not more,
            }
        )
