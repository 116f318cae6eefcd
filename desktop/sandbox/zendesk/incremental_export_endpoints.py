"""The sandbox's /incremental: exports of users, tickets and organizations by cursor or time.

Facts: docs/zendesk.md 8.
"""

from functools import partial
from itertools import islice
from typing import Any

from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.change_feed import ChangeFeed, FeedPosition, FeedRow, FeedSource
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error
from desktop.sandbox.zendesk.pagination import (
    MAX_EXPORT_PAGE_SIZE,
    decode_cursor,
    encode_cursor,
    read_integer,
)
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import API, RestResource

START_TIME_MIN_AGE_S = 60


class IncrementalExportEndpoints:
    """The sandbox's incremental exports; the newest changes are withheld for a minute."""

    def __init__(self, repository: ZendeskRepository, resources: dict[str, RestResource]) -> None:
        self.repository = repository
        feed = ChangeFeed(repository)
        self._exports: list[tuple[RestResource, FeedSource]] = [
            (resources["user"], feed.users),
            (resources["ticket"], feed.tickets),
            (resources["organization"], feed.organizations),
        ]

    def add_routes(self, router: Router) -> None:
        """Register both forms of the sandbox's exports; organizations have the one by time."""
        for resource, source in self._exports:
            path = f"{API}incremental/{resource.description.plural}"
            router.add("GET", path, partial(self._export_by_time, resource, source))
            if resource.description.name != "organization":
                by_cursor = partial(self._export_by_cursor, resource, source)
                router.add("GET", f"{path}/cursor", by_cursor)

    def _read_page(
        self, request: SandboxRequest, source: FeedSource, after: FeedPosition
    ) -> tuple[list[FeedRow], int, bool]:
        """Return a page of the sandbox's export: rows, its size, and whether there are more."""
        asked = read_integer(request, "per_page", MAX_EXPORT_PAGE_SIZE)
        size = min(max(asked, 1), MAX_EXPORT_PAGE_SIZE)
        shown_until = request.received_at - self.repository.state.account.withheld
        rows = list(islice(source(after, shown_until), size + 1))
        return rows[:size], size, len(rows) > size

    def _export_by_cursor(
        self, resource: RestResource, source: FeedSource, request: SandboxRequest
    ) -> SandboxResponse:
        require_role(request, "admin")
        cursor = request.query.get("cursor")
        after = _cursor_position(cursor) if cursor else (_start_time(request), -1)
        page, size, has_more = self._read_page(request, source, after)
        records = [record for _, record in page]
        if request.query.get("exclude_deleted") == "true":
            records = [record for record in records if record.get("status") != "deleted"]
        last = page[-1][0] if page else after
        # repr of a float is exact: a rounded time would repeat or skip rows.
        after_cursor = encode_cursor(f"feed {last[0]!r}|{last[1]}")
        address = f"{request.base_url}{request.path}"
        answer: dict[str, Any] = {
            resource.description.plural: [resource.serialize(request, it) for it in records],
            **resource.sideloads(request, records),
            "after_url": f"{address}?cursor={after_cursor}&per_page={size}",
            "after_cursor": after_cursor,
            "before_url": None,
            "before_cursor": cursor,
            "end_of_stream": not has_more,
        }
        return json_response(answer)

    def _export_by_time(
        self, resource: RestResource, source: FeedSource, request: SandboxRequest
    ) -> SandboxResponse:
        require_role(request, "admin")
        start = _start_time(request)
        page, size, has_more = self._read_page(request, source, (start - 1e-6, -1))
        # The next page begins at the last row's own second, so border rows come again.
        end_time = int(page[-1][0][0]) if page else int(start)
        if has_more and end_time <= start:
            end_time = int(start) + 1
        address = f"{request.base_url}{request.path}"
        return json_response(
            {
                resource.description.plural: [resource.serialize(request, it) for _, it in page],
                "count": len(page),
                "end_time": end_time,
                "next_page": f"{address}?start_time={end_time}&per_page={size}",
                "end_of_stream": not has_more,
            }
        )


def _start_time(request: SandboxRequest) -> float:
    text = request.query.get("start_time", "")
    if not text.isdigit():
        message = "start_time is required and must be Unix seconds"
        raise coded_error(400, "InvalidValue", message)
    if float(text) > request.received_at - START_TIME_MIN_AGE_S:
        message = "Too recent start_time. Use a start_time older than 1 minute"
        raise zendesk_error(422, "InvalidValue", message)
    return float(text)


def _cursor_position(cursor: str) -> FeedPosition:
    at, _, last = decode_cursor(cursor).removeprefix("feed ").partition("|")
    try:
        return float(at), int(last)
    except ValueError as error:
        raise coded_error(400, "InvalidCursor", "The cursor is not valid") from error
