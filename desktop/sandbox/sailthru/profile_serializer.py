"""Serializer of the Sailthru sandbox: profiles and purchases by the fields that a call asks for.

Facts: docs/sailthru.md 2.1.
"""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.smart_list_query import as_list, engagement_of

DEFAULT_FIELDS = ("keys", "vars", "lists", "engagement", "optout_email")
KNOWN_FIELDS = (
    *DEFAULT_FIELDS,
    *("activity", "device", "lifetime", "optout_templates", "purchase_incomplete", "purchases"),
    # Both spellings occur in the vendor's own pages.
    *("smart_lists", "smart-lists", "sms_marketing_status", "sms_transactional_status"),
)


def parse_fields(given: Any) -> dict[str, int]:
    """Parse `fields` of a call to the sandbox's Sailthru: names with 1, or how many."""
    if isinstance(given, Mapping):
        counts = {str(name): _count(value) for name, value in given.items()}
        return {name: count for name, count in counts.items() if count}
    return {str(name): 1 for name in as_list(given)}


def _count(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1


def serialize_profile(
    repository: SailthruRepository, profile: JsonObject, fields: Mapping[str, int]
) -> JsonObject:
    """Return the asked fields of a profile at the sandbox's Sailthru, or the default ones."""
    names = [name for name in fields if name in KNOWN_FIELDS] if fields else list(DEFAULT_FIELDS)
    shown: JsonObject = {}
    for name in names:
        if name in ("smart_lists", "smart-lists"):
            key = "smart-lists" if repository.state.account.smart_lists_dashed else "smart_lists"
            shown[key] = repository.smart_lists_of(profile)
        else:
            value = _serialize_field(repository, profile, name, fields.get(name, 1))
            if name == "optout_email" and value == "none":
                value = repository.state.account.optout_none
                if value == "absent":
                    continue
                value = None if value == "null" else value
            if value is not None or name in ("lists", "optout_email"):
                shown[name] = value
    return shown


def _serialize_field(
    repository: SailthruRepository, profile: JsonObject, name: str, count: int
) -> Any:
    format_date = repository.state.calendar.format_rfc2822
    if name == "keys":
        return serialize_keys(repository, profile)
    if name == "lists":
        joined = profile["lists"].items()
        dates = {
            one: format_date(at) for one, at in joined if repository.is_list_member(one, profile)
        }
        # Recorded: the lists of a profile without any are null, not {}.
        return dates or None
    if name == "engagement":
        return engagement_of(profile)
    if name == "activity":
        return {key: format_date(at) for key, at in profile["activity"].items()}
    if name in ("purchases", "purchase_incomplete"):
        newest = sorted(profile[name], key=lambda it: float(it["time"]), reverse=True)
        # 1 is the usual "yes"; a greater number says how many.
        chosen = newest[:count] if count > 1 else newest
        return [_serialize_purchase(repository, purchase) for purchase in chosen]
    if name.startswith("sms_"):
        return profile["sms_status"].get(name)
    return profile[name]


def serialize_keys(repository: SailthruRepository, profile: JsonObject) -> JsonObject:
    """Return a profile's keys at the sandbox's Sailthru; extid and sms where it has them."""
    keys = {name: profile[name] for name in ("sid", "cookie", "email")}
    for name in ("extid", "sms"):
        if profile[name] and getattr(repository.state.account, name):
            keys[name] = profile[name]
    return keys


def _serialize_purchase(repository: SailthruRepository, purchase: JsonObject) -> JsonObject:
    names = ("time", "price", "qty", "items", "channel", "unique_id")
    shown = {name: purchase[name] for name in names if name in purchase}
    return shown | {"time": repository.state.calendar.format_rfc2822(purchase["time"])}
