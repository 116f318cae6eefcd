"""Pagination of the Zendesk sandbox: by cursor when `page[size]` is given, by offset otherwise.

Facts: docs/zendesk.md 11.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error

MAX_PAGE_SIZE = 100
# Offset paging ends here, whatever `count` says.
MAX_OFFSET_RESULTS = 10_000
# The exports have pages of their own size.
MAX_EXPORT_PAGE_SIZE = 1000

RowSerializer = Callable[[Any], JsonObject]
Sideloader = Callable[[list[Any]], JsonObject]


class PageableRows(Protocol):
    """A list of the sandbox's Zendesk that can be counted and sliced before it is made."""

    def __len__(self) -> int: ...
    def __getitem__(self, places: slice, /) -> Sequence[Any]: ...


def read_integer(request: SandboxRequest, name: str, default: int) -> int:
    """Parse a whole number in a query to the sandbox's Zendesk; a 400 when it is none."""
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise coded_error(400, "InvalidPaginationParameter", f"{name} must be an integer")
    return int(text)


def read_ids(request: SandboxRequest, name: str) -> list[str]:
    """Parse ids in a query to the sandbox's Zendesk; more than a hundred are refused."""
    ids = [part.strip() for part in request.query.get(name, "").split(",") if part.strip()]
    if len(ids) > MAX_PAGE_SIZE:
        raise zendesk_error(400, "InvalidValue", f"{name}: at most 100 values are allowed")
    return ids


def page_link(request: SandboxRequest, changes: dict[str, Any], *dropped: str) -> str:
    """Return the sandbox request's absolute address with other parameters, for page links."""
    gone = {*changes, *dropped}
    kept = [pair for pair in parse_qsl(request.raw_query, True) if pair[0] not in gone]
    return f"{request.base_url}{request.path}?{urlencode([*kept, *changes.items()])}"


def encode_cursor(text: str) -> str:
    """Encode a position as an opaque cursor of the sandbox's Zendesk."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> str:
    """Decode a cursor of the sandbox's Zendesk; raises a 400 when it is none."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise coded_error(400, "InvalidCursor", "The cursor is not valid") from error


def page_response(
    request: SandboxRequest,
    name: str,
    rows: PageableRows,
    show: RowSerializer = lambda row: row,
    *,
    side: Sideloader | None = None,
    only: str = "",
) -> SandboxResponse:
    """Answer as the sandbox's Zendesk with a page of rows and its sideloads.

    `only` is "cursor" or "offset" where an endpoint has one form of paging.
    """
    has_cursor = "page[size]" in request.query
    if has_cursor and only == "offset":
        raise coded_error(400, "InvalidPaginationParameter", "page[size] is not supported here")
    if has_cursor or only == "cursor":
        page, navigation = _cursor_page(request, rows)
    else:
        page, navigation = _offset_page(request, rows)
    answer: JsonObject = {name: [show(row) for row in page]}
    return json_response(answer | (side(page) if side else {}) | navigation)


def _cursor_page(request: SandboxRequest, rows: PageableRows) -> tuple[list[Any], JsonObject]:
    size = read_integer(request, "page[size]", MAX_PAGE_SIZE)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise coded_error(400, "InvalidPaginationParameter", "page[size] must be between 1 and 100")
    start = 0
    if after := request.query.get("page[after]"):
        start = _cursor_position(after)
    elif before := request.query.get("page[before]"):
        start = max(_cursor_position(before) - size, 0)
    page = list(rows[start : start + size])
    end = start + len(page)
    has_more = end < len(rows)
    cursors = {"before": encode_cursor(f"at {start}"), "after": encode_cursor(f"at {end}")}

    def link(direction: str) -> str:
        changes = {"page[size]": size, f"page[{direction}]": cursors[direction]}
        return page_link(request, changes, "page[after]", "page[before]")

    return page, {
        "meta": {
            "has_more": has_more,
            "after_cursor": cursors["after"] if page else None,
            "before_cursor": cursors["before"] if page else None,
        },
        "links": {
            "prev": link("before") if start else None,
            "next": link("after") if has_more else None,
        },
    }


def _cursor_position(cursor: str) -> int:
    text = decode_cursor(cursor)
    if not text.startswith("at ") or not text[3:].isdigit():
        raise coded_error(400, "InvalidCursor", "The cursor is not valid")
    return int(text[3:])


def _offset_page(request: SandboxRequest, rows: PageableRows) -> tuple[list[Any], JsonObject]:
    number = max(read_integer(request, "page", 1), 1)
    size = min(max(read_integer(request, "per_page", MAX_PAGE_SIZE), 1), MAX_PAGE_SIZE)
    if number * size > MAX_OFFSET_RESULTS:
        raise coded_error(
            400,
            "InvalidPaginationDepth",
            "Invalid search: cannot access beyond 10000 results",
            "Use cursor pagination",
        )
    start = (number - 1) * size
    page = list(rows[start : start + size])
    has_more = bool(page) and start + len(page) < len(rows)
    return page, offset_navigation(request, number, size, len(rows), has_more=has_more)


def offset_navigation(
    request: SandboxRequest, number: int, size: int, count: int, *, has_more: bool
) -> JsonObject:
    """Return the sandbox's `next_page`, `previous_page` and `count` of an offset page."""

    def link(page: int) -> str:
        return page_link(request, {"page": page, "per_page": size})

    return {
        "next_page": link(number + 1) if has_more else None,
        "previous_page": link(number - 1) if number > 1 else None,
        "count": count,
    }
