"""Lists of the Sell sandbox: filters, order and pages of `GET /v2/…`.

A filter that a list does not know is ignored in silence (docs/zendesk-sell.md 4).
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.sell.error_responses import request_error
from desktop.sandbox.sell.record_kinds import SellKind
from desktop.sandbox.sell.repository import SellRepository, visible_record

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
_PAGING = ("page", "per_page", "sort_by", "includes")
RecordFilter = Callable[[JsonObject], bool]


def envelope(kind: str, record: JsonObject) -> JsonObject:
    """Wrap one record of the sandbox's Sell with its meta data."""
    return {
        "data": visible_record(record),
        "meta": {"version": record["_version"], "type": kind},
    }


def parse_count(query: Mapping[str, str], name: str, default: int, highest: int) -> int:
    """Parse a whole number of a query to the sandbox's Sell; raises its 400."""
    text = query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= highest:
        bounds = f"(must be between 1 and {highest}, given: {text})"
        raise request_error("invalid_param", f"{name} is invalid {bounds}")
    return number


def page_response(
    request: SandboxRequest, items: list[JsonObject], page: int, *, has_more: bool
) -> SandboxResponse:
    """Make a collection of the sandbox's Sell; `count` is this page's, not the total."""

    def link(number: int) -> str:
        query = urlencode(dict(request.query) | {"page": str(number)})
        return f"{request.base_url}{request.path}?{query}"

    links = {"self": link(page)}
    if page > 1:
        links |= {"first_page": link(1), "prev_page": link(page - 1)}
    if has_more:
        links["next_page"] = link(page + 1)
    meta = {"type": "collection", "count": len(items), "links": links}
    return json_response({"items": items, "meta": meta})


class SellListing:
    """Answers the lists of the sandbox's Sell."""

    def __init__(self, repository: SellRepository) -> None:
        self.repository = repository

    def respond(
        self, kind: SellKind, request: SandboxRequest, parent_id: int | None = None
    ) -> SandboxResponse:
        """Answer one page of a list of the sandbox's Sell."""
        page = parse_count(request.query, "page", 1, 999_999_999)
        size = parse_count(request.query, "per_page", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        start = (page - 1) * size
        taken = list(self.find(kind, request.query, parent_id, start, size + 1))
        items = [envelope(kind.name, record) for record in taken[:size]]
        return page_response(request, items, page, has_more=len(taken) > size)

    def find(
        self,
        kind: SellKind,
        query: Mapping[str, str],
        parent_id: int | None = None,
        start: int = 0,
        count: int | None = None,
    ) -> Iterator[JsonObject]:
        """Find records of a list of the sandbox's Sell in its order, `count` from `start` on."""
        end = None if count is None else start + count
        ids = self._sorted_ids(kind, query)
        filters = [*self._filters(kind, query)]
        if parent_id is not None:
            filters.append(lambda record: bool(record.get("_parent_id") == parent_id))
        if (text := query.get("ids")) is not None:
            wanted = {int(part) for part in text.split(",") if part.strip().isdigit()}
            ids = [found for found in ids if found in wanted]
        elif "email" in kind.filters and kind.name != "user" and "email" in query:
            wanted = {one["id"] for one in self.repository.by_email(kind.name, query["email"])}
            # Their own few are put in order, rather than everybody looked through.
            order = {found: place for place, found in enumerate(ids)} if len(wanted) > 1 else {}
            ids = sorted(wanted, key=lambda found: order.get(found, 0))
        if not filters:
            # A page of a hundred thousand is cut out before anybody is made.
            ids, start, end = ids[start:end], 0, None
        records = (self.repository.existing(kind.name, record_id) for record_id in ids)
        fitting = (
            record
            for record in records
            if record is not None and all(fits(record) for fits in filters)
        )
        yield from islice(fitting, start, end)

    def _sorted_ids(self, kind: SellKind, query: Mapping[str, str]) -> list[int]:
        field, colon, direction = query.get("sort_by", kind.default_sort).rpartition(":")
        if not colon:
            field, direction = direction, "asc"
        is_custom = field.startswith("custom_fields:") and bool(kind.custom_fields)
        known = {"id", "created_at", "updated_at", *kind.attributes, *kind.read_only}
        if direction not in ("asc", "desc") or (field not in known and not is_custom):
            raise request_error("invalid_param", f"sort_by is invalid: {query['sort_by']}")
        ids = self.repository.ids(kind.name, field)
        return ids if direction == "asc" else ids[::-1]

    def _filters(self, kind: SellKind, query: Mapping[str, str]) -> Iterator[RecordFilter]:
        for name, wanted in query.items():
            if name in _PAGING or name in ("ids", "email"):
                continue
            if name in kind.filters:
                yield self._attribute_filter(name, wanted)
            elif name.startswith("custom_fields[") and kind.custom_fields:
                field = name.removeprefix("custom_fields[").removesuffix("]")
                definitions = self.repository.custom_fields(kind.custom_fields)
                if any(d["name"] == field and d["_filterable"] for d in definitions):
                    yield self._custom_filter(field, wanted)

    def _attribute_filter(self, name: str, wanted: str) -> RecordFilter:
        if name.startswith("address["):
            part = name.removeprefix("address[").removesuffix("]")
            return lambda record: _text((record["address"] or {}).get(part)) == wanted.casefold()
        return lambda record: _text(record.get(name)) == wanted.casefold()

    def _custom_filter(self, field: str, wanted: str) -> RecordFilter:
        return lambda record: _text(record["custom_fields"].get(field)) == wanted.casefold()


def _text(value: Any) -> str:
    return "" if value is None else str(value).casefold()
