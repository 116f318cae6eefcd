"""Search v3 of the Sell sandbox: nested filters, a projection, cursors.

Facts: docs/zendesk-sell.md 9. Custom fields are named by id here, by name in v2.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.sell.error_responses import request_error
from desktop.sandbox.sell.payload import parse_json_body
from desktop.sandbox.sell.record_kinds import KINDS, SellKind
from desktop.sandbox.sell.repository import SellRepository, visible_record

_DEFAULT_SIZE, _MAX_SIZE = 50, 200
_DEPTH = 20
_CUSTOM = "custom_fields."


class SellSearchEndpoints:
    """The Search API of the sandbox's Sell, for contacts, leads and deals."""

    def __init__(self, repository: SellRepository) -> None:
        self.repository = repository

    def register(self, router: Router) -> None:
        """Register the Search API of the sandbox's Sell."""
        for kind in KINDS.values():
            if kind.is_searchable:
                router.add("POST", f"/v3/{kind.path}/search", self.search)

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Answer each of the searches in one request to the sandbox's Sell."""
        kind = next(k for k in KINDS.values() if f"/v3/{k.path}/search" == request.path)
        body = parse_json_body(request)
        asked = body.get("items") if isinstance(body, dict) else None
        if not isinstance(asked, list) or not asked:
            raise request_error("incorrect_payload", "items is an array of searches")
        return json_response({"items": [self._search_one(kind, item) for item in asked]})

    def _search_one(self, kind: SellKind, item: Any) -> JsonObject:
        data = item.get("data") if isinstance(item, dict) else None
        query = data.get("query", {}) if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(query, dict):
            raise request_error("incorrect_payload", "data.query is an object")
        start = _parse_start(data)
        size = data.get("per_page", _DEFAULT_SIZE)
        if type(size) is not int or not 0 <= size <= _MAX_SIZE:
            raise request_error("invalid_param", f"per_page is between 0 and {_MAX_SIZE}")
        names = self._projection(kind, query)
        fits = self._predicate(kind, query.get("filter"), 0)
        found = []
        for record_id in self.repository.ids(kind.name):
            record = self.repository.existing(kind.name, record_id)
            if record is not None and fits(record):
                found.append(record)
        page = found[start : start + size]
        links = {}
        if start + size < len(found):
            links["next_page"] = base64.urlsafe_b64encode(b"%d" % (start + size)).decode()
        return {
            "successful": True,
            "items": [
                {
                    "data": {"id": record["id"], "version": record["_version"]}
                    | {name: self._value(kind, record, name) for name in names},
                    "meta": {"type": kind.name},
                }
                for record in page
            ],
            "meta": {
                "type": "collection",
                "count": len(page),
                "total_count": len(found),
                "http_status": "200 OK",
                "links": links,
            },
        }

    def _projection(self, kind: SellKind, query: JsonObject) -> list[str]:
        listed = query.get("projection", [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise request_error("incorrect_payload", "projection is an array of names")
        names = [str(one.get("name")) for one in listed]
        for name in names:
            self._require_known(kind, name)
        return names

    def _require_known(self, kind: SellKind, name: str) -> None:
        known = {"id", "created_at", "updated_at", *kind.attributes, *kind.read_only}
        if name not in known and self._custom_name(kind, name) is None:
            raise request_error("incorrect_payload", f"unknown attribute: {name}")

    def _custom_name(self, kind: SellKind, name: str) -> str | None:
        definitions = self.repository.custom_fields(kind.custom_fields)
        return next((d["name"] for d in definitions if f"{_CUSTOM}{d['id']}" == name), None)

    def _value(self, kind: SellKind, record: JsonObject, name: str) -> Any:
        if name.startswith(_CUSTOM):
            return record["custom_fields"].get(self._custom_name(kind, name))
        return visible_record(record).get(name)

    def _predicate(self, kind: SellKind, given: Any, depth: int) -> Callable[[JsonObject], bool]:
        if given is None:
            return lambda _record: True
        if not isinstance(given, dict) or depth > _DEPTH:
            raise request_error("incorrect_payload", "filter is an object")
        given = given.get("filter", given)
        for word, combine in (("and", all), ("or", any)):
            if isinstance(parts := given.get(word), list):
                inner = [self._predicate(kind, part, depth + 1) for part in parts]
                return lambda record, inner=inner, combine=combine: combine(  # type: ignore[misc]
                    fits(record) for fits in inner
                )
        if "not" in given:
            excluded = self._predicate(kind, given["not"], depth + 1)
            return lambda record: not excluded(record)
        attribute, parameter = given.get("attribute"), given.get("parameter")
        if not isinstance(attribute, dict) or not isinstance(parameter, dict) or not parameter:
            raise request_error("incorrect_payload", "a filter has an attribute and a parameter")
        name = str(attribute.get("name"))
        self._require_known(kind, name)
        return lambda record: _fits(self._value(kind, record, name), parameter)


def _parse_start(data: JsonObject) -> int:
    places = [name for name in ("cursor", "page", "offset") if name in data]
    if len(places) > 1:
        raise request_error("invalid_param", "cursor, page and offset exclude each other")
    size = data.get("per_page", _DEFAULT_SIZE)
    if not places:
        return 0
    try:
        if places[0] == "cursor":
            return int(base64.urlsafe_b64decode(str(data["cursor"])))
        number = int(data[places[0]])
        return (number - 1) * int(size) if places[0] == "page" else number
    except (ValueError, binascii.Error, TypeError):
        raise request_error("invalid_param", f"{places[0]} is invalid") from None


def _fits(value: Any, parameter: JsonObject) -> bool:
    text = "" if value is None else str(value).casefold()
    for name, wanted in parameter.items():
        if name == "eq":
            met = text == str(wanted).casefold()
        elif name == "starts_with":
            met = text.startswith(str(wanted).casefold())
        elif name == "any" and isinstance(wanted, list):
            met = text in {str(one).casefold() for one in wanted}
        elif name == "is_null":
            met = (value is None) == bool(wanted)
        elif name == "range" and isinstance(wanted, dict):
            # Times, and texts: both are ordered as they are written.
            least, most = str(wanted.get("gte", "")), wanted.get("lte")
            met = text >= least.casefold() and (most is None or text <= str(most).casefold())
        else:
            raise request_error("incorrect_payload", f"unknown parameter: {name}")
        if not met:
            return False
    return True
