"""Profiles and purchases as the API shows them (contract 2.1)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.smart_list_query import as_list, engagement_of

DEFAULT_FIELDS = ("keys", "vars", "lists", "engagement", "optout_email")
KNOWN_FIELDS = (
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


def parse_fields(given: Any) -> dict[str, int]:
    """Read `fields`: names with 1 or, for purchases, how many."""
    if isinstance(given, Mapping):
        return {str(name): _count(value) for name, value in given.items() if _count(value)}
    return {str(name): 1 for name in as_list(given)}


def _count(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1


def serialize_profile(
    repository: SailthruRepository, profile: JsonObject, fields: Mapping[str, int]
) -> JsonObject:
    """Return the fields asked for and nothing else, or the usual ones."""
    names = [name for name in fields if name in KNOWN_FIELDS] if fields else list(DEFAULT_FIELDS)
    shown: JsonObject = {}
    for name in names:
        if name in ("smart_lists", "smart-lists"):
            key = "smart-lists" if repository.state.account.smart_lists_dashed else "smart_lists"
            shown[key] = repository.smart_lists_of(profile)
        else:
            value = _serialize_field(repository, profile, name, fields.get(name, 1))
            if value is not None or name in ("lists", "optout_email"):
                shown[name] = value
    return shown


def _serialize_field(
    repository: SailthruRepository, profile: JsonObject, name: str, count: int
) -> Any:
    if name == "keys":
        return serialize_keys(repository, profile)
    if name == "lists":
        dates = {
            one: repository.state.calendar.format_rfc2822(joined)
            for one, joined in profile["lists"].items()
            if repository.is_list_member(one, profile)
        }
        # Nobody's lists are null, not {} (contract 2.1, REC).
        return dates or None
    if name == "engagement":
        return engagement_of(profile)
    if name == "activity":
        return {
            key: repository.state.calendar.format_rfc2822(at)
            for key, at in profile["activity"].items()
        }
    if name in ("purchases", "purchase_incomplete"):
        newest = sorted(profile[name], key=lambda it: float(it["time"]), reverse=True)
        # 1 is the usual "yes"; a greater number says how many (contract 2.1, ING only).
        chosen = newest[:count] if count > 1 else newest
        return [serialize_purchase(repository, purchase) for purchase in chosen]
    if name.startswith("sms_"):
        return profile["sms_status"].get(name)
    return profile[name]


def serialize_keys(repository: SailthruRepository, profile: JsonObject) -> JsonObject:
    """Return the keys; extid and sms only where the account has them."""
    keys = {"sid": profile["sid"], "cookie": profile["cookie"], "email": profile["email"]}
    for name in ("extid", "sms"):
        if profile[name] and getattr(repository.state.account, name):
            keys[name] = profile[name]
    return keys


def serialize_purchase(repository: SailthruRepository, purchase: JsonObject) -> JsonObject:
    """Return a purchase with its date in the account's zone."""
    return {
        "time": repository.state.calendar.format_rfc2822(purchase["time"]),
        "price": purchase["price"],
        "qty": purchase["qty"],
        "items": purchase["items"],
        **{key: purchase[key] for key in ("channel", "unique_id") if key in purchase},
    }
