"""The endpoint `content` of the Sailthru sandbox: the account's catalogue, by URL or SKU.

Facts: docs/sailthru.md 2.7. Whether a single item can be deleted, and what becomes of a price with
decimals, is unknown: refused.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall

_KEYS = ("url", "sku")
_DEFAULT_COUNT = 20
_MAX_COUNT = 20_000
_ATTRIBUTES = (
    "title", "date", "expire_date", "vars", "images", "location", "description", "site_name",
    "author", "spider", "price", "sale_price", "inventory", "availability", "override_exclude",
)  # fmt: skip
_WHOLE_NUMBERS = ("price", "sale_price", "inventory")
_AVAILABILITIES = ("preorder", "backorder")


class ContentEndpoints:
    """Endpoint of the sandbox's Sailthru for items of content."""

    def __init__(self, repository: SailthruRepository) -> None:
        self._items = repository.content
        self._state = repository.state

    def get(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /content of the sandbox: one item, or the newest ones."""
        data = call.data
        if "id" not in data and "url" not in data:
            count = data.get("items", _DEFAULT_COUNT)
            if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= _MAX_COUNT:
                raise sailthru_error(400, 99, "Invalid value for items")
            newest = sorted(self._all(), key=lambda item: item["changed"], reverse=True)
            return json_response({"content": [_shown(item) for item in newest[:count]]})
        key, value = self._key(data)
        found = self._find(key, value)
        if found is None:
            raise sailthru_error(404, 99, f"Content not found: {value}")
        return json_response(_shown(found))

    def post(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /content of the sandbox: an item is made by its URL, or changed."""
        data = call.data
        key, value = self._key(data)
        keys = data.get("keys") or {}
        if not isinstance(keys, dict):
            raise sailthru_error(400, 99, "Invalid value for keys")
        found = self._find(key, value)
        url = value if key == "url" else str(data.get("url") or keys.get("url") or "")
        if found is None:
            if not url:
                raise sailthru_error(400, 99, "You may not insert a content without url")
            found = {"url": _require_url(url), "tags": []}
        item = found | {name: data[name] for name in _ATTRIBUTES if name in data}
        for name in _WHOLE_NUMBERS:
            if name in data and (not isinstance(data[name], int) or isinstance(data[name], bool)):
                raise sailthru_error(400, 99, f"Invalid value for {name}")
        if data.get("availability") not in (None, *_AVAILABILITIES):
            raise sailthru_error(400, 99, "Invalid value for availability")
        if "tags" in data:
            tags = data["tags"]
            words = tags.split(",") if isinstance(tags, str) else tags
            item["tags"] = [str(word).strip() for word in words if str(word).strip()]
        sku = value if key == "sku" else keys.get("sku")
        if sku:
            item["sku"] = str(sku)
        item["changed"] = self._state.now()
        self._items.put(item["url"], item)
        return json_response({"content": [_shown(item)]})

    def _key(self, data: Mapping[str, Any]) -> tuple[str, str]:
        if "id" not in data and data.get("url"):
            return "url", _require_url(str(data["url"]))
        value = str(data.get("id") or "")
        if not value:
            raise sailthru_error(400, 99, "Missing required parameter: id/url")
        key = str(data.get("key") or "url")
        if key not in _KEYS:
            raise sailthru_error(400, 99, f"Content is not enabled for {key} lookup")
        return key, _require_url(value) if key == "url" else value

    def _find(self, key: str, value: str) -> JsonObject | None:
        if key == "url":
            return self._items.get(value)
        return next((item for item in self._all() if item.get("sku") == value), None)

    def _all(self) -> list[JsonObject]:
        return [item for _url, item in self._items.existing_overrides()]


def _require_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise sailthru_error(400, 99, f"Invalid Url: {value}")
    return value


def _shown(item: JsonObject) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "changed"}
