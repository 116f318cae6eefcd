"""The endpoints `purchase` and `event` of the Sailthru sandbox.

Facts: docs/sailthru.md 2.6.
"""

from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxResponse, json_response
from desktop.sandbox.sailthru.error_responses import sailthru_error, user_not_found_error
from desktop.sandbox.sailthru.profile_updates import (
    find_or_create_profile,
    read_profile_key,
    require_valid_email,
)
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.smart_list_query import as_list

RESERVED_EVENT_NAMES = ("send", "cancel", "open", "click", "purchase", "daily")


class PurchaseEndpoints:
    """Endpoints of the sandbox's Sailthru for purchases and custom events of a profile."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def post_purchase(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /purchase of the sandbox; an incomplete one replaces the abandoned cart."""
        data, email = call.data, require_valid_email(call.text("email"))
        items = [item for item in as_list(data.get("items")) if isinstance(item, dict)]
        if not items:
            raise sailthru_error(400, 99, "No items in purchase")
        profile = find_or_create_profile(self.repository, {"id": email, "key": "email"})
        now = self.repository.state.now()
        # (price in cents, quantity) of each item; one item without a quantity.
        amounts = [(_number(it.get("price")), _number(it.get("qty") or 1)) for it in items]
        purchase: JsonObject = {
            "number": len(profile["purchases"]),
            "unique_id": f"{profile['sid'][:16]}{int(now * 1000) & 0xFFFFFFFF:08x}",
            "price": sum(price * quantity for price, quantity in amounts),
            "qty": sum(quantity for _, quantity in amounts),
            "time": now,
            "items": items,
            "channel": data.get("channel") or "online",
        }
        is_incomplete = data.get("incomplete") in (1, "1", True)
        profile["purchase_incomplete"] = [purchase] if is_incomplete else []
        if not is_incomplete:
            profile["purchases"] = [*profile["purchases"], purchase]
            profile["lifetime"]["lifetime_purchase"] += 1
            profile["lifetime"]["lifetime_purchase_price"] += purchase["price"]
        self.repository.save_profile(profile)
        shown = {name: it for name, it in purchase.items() if name != "number"}
        shown["_id"] = purchase["unique_id"]
        shown["time"] = self.repository.state.calendar.format_rfc2822(now)
        shown["purchase_keys"] = data.get("purchase_keys") or {}
        return json_response({"purchase": shown})

    def post_event(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /event of the sandbox's Sailthru: a custom event of a known profile."""
        name = call.require("event")
        if name in RESERVED_EVENT_NAMES:
            raise sailthru_error(400, 99, f"Reserved event name: {name}")
        key, value = read_profile_key(self.repository, call.data)
        if self.repository.find_profile(key, value) is None:
            raise user_not_found_error(400, key, value)
        return json_response({"ok": True})


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
