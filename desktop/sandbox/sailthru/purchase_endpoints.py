"""The endpoints `purchase`, `return` and `event` (contract 2.6)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, user_not_found_error
from desktop.sandbox.sailthru.profile_updates import (
    find_or_create_profile,
    read_profile_key,
    require_valid_email,
)
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.smart_list_query import as_list

RESERVED_EVENT_NAMES = ("send", "cancel", "open", "click", "purchase", "daily")


class PurchaseEndpoints:
    """What people buy and do."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def post_purchase(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Record a purchase, complete or not."""
        email = require_valid_email(str(data.get("email") or ""))
        items = [item for item in as_list(data.get("items")) if isinstance(item, dict)]
        if not items:
            raise sailthru_error(400, 99, "No items in purchase")
        profile = find_or_create_profile(self.repository, {"id": email, "key": "email"})
        now = self.repository.state.now()
        incomplete = data.get("incomplete") in (1, "1", True)
        purchase: JsonObject = {
            "number": len(profile["purchases"]),
            "unique_id": f"{profile['sid'][:16]}{int(now * 1000) & 0xFFFFFFFF:08x}",
            "price": sum(
                _int_or_zero(it.get("price")) * _int_or_zero(it.get("qty") or 1) for it in items
            ),
            "qty": sum(_int_or_zero(item.get("qty") or 1) for item in items),
            "time": now,
            "items": items,
            "channel": data.get("channel") or "online",
        }
        profile["purchase_incomplete"] = [purchase] if incomplete else []
        if not incomplete:
            profile["purchases"] = [*profile["purchases"], purchase]
            profile["lifetime"]["lifetime_purchase"] += 1
            profile["lifetime"]["lifetime_purchase_price"] += purchase["price"]
        self.repository.save_profile(profile)
        shown = {
            "_id": purchase["unique_id"],
            "unique_id": purchase["unique_id"],
            "items": items,
            "price": purchase["price"],
            "qty": purchase["qty"],
            "time": self.repository.state.calendar.format_rfc2822(now),
            "channel": purchase["channel"],
            "purchase_keys": data.get("purchase_keys") or {},
        }
        return json_response({"purchase": shown})

    def get_purchase(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Refuse: nothing tells how a stored purchase is shown (contract 2.6)."""
        raise sailthru_error(404, 99, f"Purchase not found: {data.get('purchase_id')}")

    def post_return(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Accept a return."""
        require_valid_email(str(data.get("email") or ""))
        return json_response({"ok": True})

    def post_event(self, data: Mapping[str, Any]) -> SandboxResponse:
        """Accept a custom event; reserved names are refused."""
        name = str(data.get("event") or "")
        if not name:
            raise sailthru_error(400, 2, "Missing required parameter: event")
        if name in RESERVED_EVENT_NAMES:
            raise sailthru_error(400, 99, f"Reserved event name: {name}")
        key, value = read_profile_key(self.repository, data)
        if self.repository.find_profile(key, value) is None:
            raise user_not_found_error(400, key, value)
        return json_response({"ok": True})


def _int_or_zero(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
