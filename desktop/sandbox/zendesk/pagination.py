"""Both forms of paging (contract 11): cursor when `page[size]` is given, offset otherwise."""

import base64
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.zendesk.error_responses import coded_error, zendesk_error

MAX_PAGE_SIZE = 100
MAX_OFFSET_RESULTS = 10_000

Serializer = Callable[[Any], JsonObject]


def read_integer(request: SandboxRequest, name: str, default: int) -> int:
    """Read a whole number from the query; 400 when it is none."""
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise coded_error(400, "InvalidPaginationParameter", f"{name} must be an integer")
    return int(text)


def page_link(request: SandboxRequest, **changes: str | int) -> str:
    """Return the asked address with other parameters, absolute (contract 16)."""
    names = {name.replace("__", "[") + ("]" if "__" in name else "") for name in changes}
    kept = [pair for pair in parse_qsl(request.raw_query, True) if pair[0] not in names]
    for name, value in changes.items():
        kept.append((name.replace("__", "[") + ("]" if "__" in name else ""), str(value)))
    return f"{request.base_url}{request.path}?{urlencode(kept)}"


def encode_cursor(text: str) -> str:
    """Make a cursor nobody should look into."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> str:
    """Read a cursor; 400 when it is not one of ours."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise coded_error(400, "InvalidCursor", "The cursor is not valid") from error


def page_response(
    request: SandboxRequest,
    name: str,
    rows: Sequence[Any],
    show: Serializer = lambda row: row,
    *,
    side: Callable[[list[Any]], JsonObject] | None = None,
    cursor_only: bool = False,
    offset_only: bool = False,
) -> SandboxResponse:
    """Answer with a page of rows, and sideloads for that page."""
    if "page[size]" in request.query or cursor_only:
        if offset_only:
            raise coded_error(400, "InvalidPaginationParameter", "page[size] is not supported here")
        return _cursor_page(request, name, rows, show, side)
    return _offset_page(request, name, rows, show, side)


def _cursor_page(
    request: SandboxRequest,
    name: str,
    rows: Sequence[Any],
    show: Serializer,
    side: Callable[[list[Any]], JsonObject] | None,
) -> SandboxResponse:
    size = read_integer(request, "page[size]", MAX_PAGE_SIZE)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise coded_error(400, "InvalidPaginationParameter", "page[size] must be between 1 and 100")
    start = 0
    if after := request.query.get("page[after]"):
        start = int(_cursor_position(after))
    elif before := request.query.get("page[before]"):
        start = max(int(_cursor_position(before)) - size, 0)
    page = list(rows[start : start + size])
    end = start + len(page)
    more = end < len(rows)
    after_cursor = encode_cursor(f"at {end}")
    before_cursor = encode_cursor(f"at {start}")
    answer: JsonObject = {name: [show(row) for row in page]}
    if side:
        answer |= side(page)
    answer["meta"] = {
        "has_more": more,
        "after_cursor": after_cursor if page else None,
        "before_cursor": before_cursor if page else None,
    }
    base = {"page__size": size}
    clean = _without_parameters(request, "page[after]", "page[before]")
    answer["links"] = {
        "prev": page_link(clean, **base, page__before=before_cursor) if start else None,
        "next": page_link(clean, **base, page__after=after_cursor) if more else None,
    }
    return json_response(answer)


def _cursor_position(cursor: str) -> str:
    text = decode_cursor(cursor)
    if not text.startswith("at ") or not text[3:].isdigit():
        raise coded_error(400, "InvalidCursor", "The cursor is not valid")
    return text[3:]


def _without_parameters(request: SandboxRequest, *names: str) -> SandboxRequest:
    from dataclasses import replace

    kept = [pair for pair in parse_qsl(request.raw_query, True) if pair[0] not in names]
    return replace(request, raw_query=urlencode(kept))


def _offset_page(
    request: SandboxRequest,
    name: str,
    rows: Sequence[Any],
    show: Serializer,
    side: Callable[[list[Any]], JsonObject] | None,
) -> SandboxResponse:
    page = max(read_integer(request, "page", 1), 1)
    size = min(max(read_integer(request, "per_page", MAX_PAGE_SIZE), 1), MAX_PAGE_SIZE)
    if page * size > MAX_OFFSET_RESULTS:
        # Offset paging stops at 10,000 records (contract 11).
        raise coded_error(
            400,
            "InvalidPaginationDepth",
            "Invalid search: cannot access beyond 10000 results",
            "Use cursor pagination",
        )
    start = (page - 1) * size
    shown = list(rows[start : start + size])
    answer: JsonObject = {name: [show(row) for row in shown]}
    if side:
        answer |= side(shown)
    more = start + len(shown) < len(rows)
    answer["next_page"] = (
        page_link(request, page=page + 1, per_page=size) if more and shown else None
    )
    answer["previous_page"] = page_link(request, page=page - 1, per_page=size) if page > 1 else None
    answer["count"] = len(rows)
    return json_response(answer)


def read_ids(request: SandboxRequest, name: str) -> list[str]:
    """Read up to a hundred ids from a comma-separated parameter."""
    ids = [part.strip() for part in request.query.get(name, "").split(",") if part.strip()]
    if len(ids) > MAX_PAGE_SIZE:
        raise zendesk_error(400, "InvalidValue", f"{name}: at most 100 values are allowed")
    return ids
