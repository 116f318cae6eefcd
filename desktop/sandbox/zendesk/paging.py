"""Both forms of paging (contract 11): cursor when `page[size]` is given, offset otherwise."""

import base64
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.zendesk.refusal import coded, refuse

PAGE = 100
DEEPEST = 10_000

Show = Callable[[Any], Record]


def number(call: Call, name: str, default: int) -> int:
    """Read a whole number from the query; 400 when it is none."""
    text = call.query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise coded(400, "InvalidPaginationParameter", f"{name} must be an integer")
    return int(text)


def link(call: Call, **changes: str | int) -> str:
    """Return the asked address with other parameters, absolute (contract 16)."""
    names = {name.replace("__", "[") + ("]" if "__" in name else "") for name in changes}
    kept = [pair for pair in parse_qsl(call.raw_query, True) if pair[0] not in names]
    for name, value in changes.items():
        kept.append((name.replace("__", "[") + ("]" if "__" in name else ""), str(value)))
    return f"{call.base_url}{call.path}?{urlencode(kept)}"


def encode_cursor(text: str) -> str:
    """Make a cursor nobody should look into."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> str:
    """Read a cursor; 400 when it is not one of ours."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise coded(400, "InvalidCursor", "The cursor is not valid") from error


def page_answer(
    call: Call,
    name: str,
    rows: Sequence[Any],
    show: Show = lambda row: row,
    *,
    side: Callable[[list[Any]], Record] | None = None,
    cursor_only: bool = False,
    offset_only: bool = False,
) -> Answer:
    """Answer with a page of rows, and sideloads for that page."""
    if "page[size]" in call.query or cursor_only:
        if offset_only:
            raise coded(400, "InvalidPaginationParameter", "page[size] is not supported here")
        return _by_cursor(call, name, rows, show, side)
    return _by_offset(call, name, rows, show, side)


def _by_cursor(
    call: Call,
    name: str,
    rows: Sequence[Any],
    show: Show,
    side: Callable[[list[Any]], Record] | None,
) -> Answer:
    size = number(call, "page[size]", PAGE)
    if not 1 <= size <= PAGE:
        raise coded(400, "InvalidPaginationParameter", "page[size] must be between 1 and 100")
    start = 0
    if after := call.query.get("page[after]"):
        start = int(_position(after))
    elif before := call.query.get("page[before]"):
        start = max(int(_position(before)) - size, 0)
    page = list(rows[start : start + size])
    end = start + len(page)
    more = end < len(rows)
    after_cursor = encode_cursor(f"at {end}")
    before_cursor = encode_cursor(f"at {start}")
    answer: Record = {name: [show(row) for row in page]}
    if side:
        answer |= side(page)
    answer["meta"] = {
        "has_more": more,
        "after_cursor": after_cursor if page else None,
        "before_cursor": before_cursor if page else None,
    }
    base = {"page__size": size}
    clean = _without(call, "page[after]", "page[before]")
    answer["links"] = {
        "prev": link(clean, **base, page__before=before_cursor) if start else None,
        "next": link(clean, **base, page__after=after_cursor) if more else None,
    }
    return said(answer)


def _position(cursor: str) -> str:
    text = decode_cursor(cursor)
    if not text.startswith("at ") or not text[3:].isdigit():
        raise coded(400, "InvalidCursor", "The cursor is not valid")
    return text[3:]


def _without(call: Call, *names: str) -> Call:
    from dataclasses import replace

    kept = [pair for pair in parse_qsl(call.raw_query, True) if pair[0] not in names]
    return replace(call, raw_query=urlencode(kept))


def _by_offset(
    call: Call,
    name: str,
    rows: Sequence[Any],
    show: Show,
    side: Callable[[list[Any]], Record] | None,
) -> Answer:
    page = max(number(call, "page", 1), 1)
    size = min(max(number(call, "per_page", PAGE), 1), PAGE)
    if page * size > DEEPEST:
        # Offset paging stops at 10,000 records (contract 11).
        raise coded(
            400,
            "InvalidPaginationDepth",
            "Invalid search: cannot access beyond 10000 results",
            "Use cursor pagination",
        )
    start = (page - 1) * size
    shown = list(rows[start : start + size])
    answer: Record = {name: [show(row) for row in shown]}
    if side:
        answer |= side(shown)
    more = start + len(shown) < len(rows)
    answer["next_page"] = link(call, page=page + 1, per_page=size) if more and shown else None
    answer["previous_page"] = link(call, page=page - 1, per_page=size) if page > 1 else None
    answer["count"] = len(rows)
    return said(answer)


def read_ids(call: Call, name: str) -> list[str]:
    """Read up to a hundred ids from a comma-separated parameter."""
    ids = [part.strip() for part in call.query.get(name, "").split(",") if part.strip()]
    if len(ids) > PAGE:
        raise refuse(400, "InvalidValue", f"{name}: at most 100 values are allowed")
    return ids
