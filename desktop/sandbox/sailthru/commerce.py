"""The endpoints `purchase`, `return` and `event` (contract 2.6)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.call import Answer, Record, said
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.profile_edit import check_email, find_or_new, read_key
from desktop.sandbox.sailthru.refusal import refuse, user_not_found
from desktop.sandbox.sailthru.smart import as_list

RESERVED = ("send", "cancel", "open", "click", "purchase", "daily")


class Commerce:
    """What people buy and do."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def post_purchase(self, data: Mapping[str, Any]) -> Answer:
        """Record a purchase, complete or not."""
        email = check_email(str(data.get("email") or ""))
        items = [item for item in as_list(data.get("items")) if isinstance(item, dict)]
        if not items:
            raise refuse(400, 99, "No items in purchase")
        profile = find_or_new(self.book, {"id": email, "key": "email"})
        now = self.book.world.now()
        incomplete = data.get("incomplete") in (1, "1", True)
        purchase: Record = {
            "number": len(profile["purchases"]),
            "unique_id": f"{profile['sid'][:16]}{int(now * 1000) & 0xFFFFFFFF:08x}",
            "price": sum(_whole(it.get("price")) * _whole(it.get("qty") or 1) for it in items),
            "qty": sum(_whole(item.get("qty") or 1) for item in items),
            "time": now,
            "items": items,
            "channel": data.get("channel") or "online",
        }
        profile["purchase_incomplete"] = [purchase] if incomplete else []
        if not incomplete:
            profile["purchases"] = [*profile["purchases"], purchase]
            profile["lifetime"]["lifetime_purchase"] += 1
            profile["lifetime"]["lifetime_purchase_price"] += purchase["price"]
        self.book.save(profile)
        shown = {
            "_id": purchase["unique_id"],
            "unique_id": purchase["unique_id"],
            "items": items,
            "price": purchase["price"],
            "qty": purchase["qty"],
            "time": self.book.world.calendar.rfc2822(now),
            "channel": purchase["channel"],
            "purchase_keys": data.get("purchase_keys") or {},
        }
        return said({"purchase": shown})

    def get_purchase(self, data: Mapping[str, Any]) -> Answer:
        """Refuse: nothing tells how a stored purchase is shown (contract 2.6)."""
        raise refuse(404, 99, f"Purchase not found: {data.get('purchase_id')}")

    def post_return(self, data: Mapping[str, Any]) -> Answer:
        """Accept a return."""
        check_email(str(data.get("email") or ""))
        return said({"ok": True})

    def post_event(self, data: Mapping[str, Any]) -> Answer:
        """Accept a custom event; reserved names are refused."""
        name = str(data.get("event") or "")
        if not name:
            raise refuse(400, 2, "Missing required parameter: event")
        if name in RESERVED:
            raise refuse(400, 99, f"Reserved event name: {name}")
        key, value = read_key(self.book, data)
        if self.book.find(key, value) is None:
            raise user_not_found(400, key, value)
        return said({"ok": True})


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
