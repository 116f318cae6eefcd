"""Profiles and purchases as the API shows them (contract 2.1)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.call import Record
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.smart import as_list, engagement_of

DEFAULT = ("keys", "vars", "lists", "engagement", "optout_email")
KNOWN = (
    "activity",
    "device",
    "engagement",
    "keys",
    "lifetime",
    "lists",
    "optout_email",
    "optout_templates",
    "purchase_incomplete",
    "purchases",
    "smart_lists",
    "smart-lists",
    "sms_marketing_status",
    "sms_transactional_status",
    "vars",
)


def asked_fields(given: Any) -> dict[str, int]:
    """Read `fields`: names with 1 or, for purchases, how many."""
    if isinstance(given, Mapping):
        return {str(name): _count(value) for name, value in given.items() if _count(value)}
    return {str(name): 1 for name in as_list(given)}


def _count(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1


def show_profile(book: Book, profile: Record, fields: Mapping[str, int]) -> Record:
    """Return the fields asked for and nothing else, or the usual ones."""
    names = [name for name in fields if name in KNOWN] if fields else list(DEFAULT)
    shown: Record = {}
    for name in names:
        if name in ("smart_lists", "smart-lists"):
            key = "smart-lists" if book.world.account.smart_lists_dashed else "smart_lists"
            shown[key] = book.smart_lists_of(profile)
        else:
            value = _show_field(book, profile, name, fields.get(name, 1))
            if value is not None or name in ("lists", "optout_email"):
                shown[name] = value
    return shown


def _show_field(book: Book, profile: Record, name: str, count: int) -> Any:
    if name == "keys":
        return show_keys(book, profile)
    if name == "lists":
        dates = {
            one: book.world.calendar.rfc2822(joined)
            for one, joined in profile["lists"].items()
            if book.belongs(one, profile)
        }
        # Nobody's lists are null, not {} (contract 2.1, REC).
        return dates or None
    if name == "engagement":
        return engagement_of(profile)
    if name == "activity":
        return {key: book.world.calendar.rfc2822(at) for key, at in profile["activity"].items()}
    if name in ("purchases", "purchase_incomplete"):
        newest = sorted(profile[name], key=lambda it: float(it["time"]), reverse=True)
        # 1 is the usual "yes"; a greater number says how many (contract 2.1, ING only).
        chosen = newest[:count] if count > 1 else newest
        return [show_purchase(book, purchase) for purchase in chosen]
    if name.startswith("sms_"):
        return profile["sms_status"].get(name)
    return profile[name]


def show_keys(book: Book, profile: Record) -> Record:
    """Return the keys; extid and sms only where the account has them."""
    keys = {"sid": profile["sid"], "cookie": profile["cookie"], "email": profile["email"]}
    for name in ("extid", "sms"):
        if profile[name] and getattr(book.world.account, name):
            keys[name] = profile[name]
    return keys


def show_purchase(book: Book, purchase: Record) -> Record:
    """Return a purchase with its date in the account's zone."""
    return {
        "time": book.world.calendar.rfc2822(purchase["time"]),
        "price": purchase["price"],
        "qty": purchase["qty"],
        "items": purchase["items"],
        **{key: purchase[key] for key in ("channel", "unique_id") if key in purchase},
    }
