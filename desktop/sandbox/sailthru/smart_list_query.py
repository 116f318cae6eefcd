"""Smart-list queries of the Sailthru sandbox: conditions in parallel arrays decide who is a member.

Facts: docs/sailthru.md 2.3.
"""

import operator
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import DAY, parse_iso

# `engagement_min` and `engagement_max` compare places in this order.
ENGAGEMENT_LEVELS = ("hardbounce", "dormant", "disengaged", "new", "passive", "active", "engaged")
_COMPARISONS = {"gt": operator.gt, "lt": operator.lt, "min": operator.ge, "max": operator.le}
_TIME_CRITERIA = ("open_time", "click_time", "purchase_time")


def engagement_of(profile: JsonObject) -> str:
    """Return a sandbox profile's engagement; the words for hard bounce, opt-out are unknown."""
    if profile["hardbounce"]:
        return "hardbounce"
    return "optout" if profile["optout_email"] == "all" else str(profile["engagement"])


def as_list(value: Any) -> list[Any]:
    """Return a list for PHP arrays sent to the sandbox, also objects with number keys."""
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def matches_query(query: JsonObject, profile: JsonObject, now: float) -> bool:
    """Whether a sandbox profile satisfies a smart list's query at a Unix time."""
    criteria = as_list(query.get("criteria"))

    def argument(name: str, place: int) -> Any:
        values = as_list(query.get(name))
        return values[place] if place < len(values) else None

    results = (
        _matches_condition(
            str(kind),
            argument("field", place),
            argument("value", place),
            str(argument("timerange", place) or "ever"),
            profile,
            now,
        )
        for place, kind in enumerate(criteria)
    )
    return not criteria or (any if query.get("query_mode") == "or" else all)(results)


def _as_word(value: Any) -> str:
    """Fold a value for comparing in a sandbox's smart list: without case, 5.0 like 5."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).casefold()


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _matches_condition(
    kind: str, field: Any, value: Any, time_range: str, profile: JsonObject, now: float
) -> bool:
    held = profile["vars"].get(str(field))
    number = _as_number(value)
    if kind in ("match", "is"):
        held_words = map(_as_word, held if isinstance(held, list) else [held])
        return not {*held_words}.isdisjoint(map(_as_word, as_list(value)))
    if kind == "not":
        return _as_word(held) not in map(_as_word, as_list(value))
    if kind in _COMPARISONS:
        left = _as_number(held)
        return left is not None and number is not None and _COMPARISONS[kind](left, number)
    if kind == "domain":
        return str(profile["email"] or "").endswith(f"@{value}")
    if kind in ("valid", "status_valid"):
        return not profile["hardbounce"] and profile["optout_email"] != "all"
    if kind == "status_hardbounce":
        return bool(profile["hardbounce"])
    if kind.startswith("optout_"):
        level = {"optout_blast": "blast", "optout_basic": "basic"}.get(kind, "all")
        return bool(profile["optout_email"] == level)
    if kind in ("list_member", "list_member_not"):
        return (value in profile["lists"]) == (kind == "list_member")
    if kind in _TIME_CRITERIA:
        return _matches_time_range(profile, kind, value, time_range, now)
    if kind in ("signup_before", "signup_after"):
        limit = parse_iso(str(value)) or now
        signed_up = profile["activity"].get("signup_time", now)
        return bool(signed_up < limit) if kind == "signup_before" else bool(signed_up > limit)
    return _matches_level(kind, number or 0, profile)


def _matches_level(kind: str, limit: float, profile: JsonObject) -> bool:
    name, _, bound = kind.rpartition("_")
    if name == "engagement":
        engagement = engagement_of(profile)
        known = engagement in ENGAGEMENT_LEVELS
        level, limit = ENGAGEMENT_LEVELS.index(engagement) if known else 0, int(limit)
    elif name == "purchase_count":
        level = profile["lifetime"]["lifetime_purchase"]
    else:
        level = None
    # A criterion that this sandbox does not know selects nobody.
    return level is not None and bound in ("min", "max") and _COMPARISONS[bound](level, limit)


def _matches_time_range(
    profile: JsonObject, kind: str, value: Any, time_range: str, now: float
) -> bool:
    at = profile["activity"].get(kind)
    if kind == "purchase_time":
        at = max((purchase["time"] for purchase in profile["purchases"]), default=None)
    name = time_range.removeprefix("not_")
    since: float | None = 0.0
    if name == "since_days":
        since = now - (_as_number(value) or 0) * DAY
    elif name != "ever":
        since = parse_iso(str(value))
    inside = at is not None and since is not None and at >= since
    return inside != time_range.startswith("not_")
