"""Smart lists: who belongs is computed from a query of parallel arrays (contract 2.3)."""

from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import DAY, parse_iso

ENGAGEMENT_LEVELS = ("hardbounce", "dormant", "disengaged", "new", "passive", "active", "engaged")


def engagement_of(profile: JsonObject) -> str:
    """Return the level; the words for hard bounce and opt-out are unknown (contract 4.3)."""
    if profile["hardbounce"]:
        return "hardbounce"
    return "optout" if profile["optout_email"] == "all" else str(profile["engagement"])


def matches_query(query: JsonObject, profile: JsonObject, now: float) -> bool:
    """Say whether a profile satisfies a smart list's query."""
    criteria = as_list(query.get("criteria"))
    if not criteria:
        return True
    results = (
        _matches_condition(
            str(kind),
            _at(query, "field", place),
            _at(query, "value", place),
            _at(query, "timerange", place),
            profile,
            now,
        )
        for place, kind in enumerate(criteria)
    )
    return any(results) if query.get("query_mode") == "or" else all(results)


def as_list(value: Any) -> list[Any]:
    """Return a list whatever was sent: PHP arrays come as objects with numbers for keys."""
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _at(query: JsonObject, name: str, place: int) -> Any:
    values = as_list(query.get(name))
    return values[place] if place < len(values) else None


def _same(left: Any, right: Any) -> bool:
    return _word(left) == _word(right)


def _word(value: Any) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).casefold()


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _matches_condition(
    kind: str, field: Any, value: Any, timerange: Any, profile: JsonObject, now: float
) -> bool:
    held = profile["vars"].get(str(field))
    if kind in ("match", "is"):
        held_values = held if isinstance(held, list) else [held]
        return any(_same(item, wanted) for item in held_values for wanted in as_list(value))
    if kind == "not":
        return not any(_same(held, wanted) for wanted in as_list(value))
    if kind in ("gt", "lt", "min", "max"):
        left, right = _number(held), _number(value)
        if left is None or right is None:
            return False
        return {"gt": left > right, "lt": left < right, "min": left >= right, "max": left <= right}[
            kind
        ]
    if kind == "domain":
        return str(profile["email"] or "").endswith(f"@{value}")
    if kind in ("valid", "status_valid"):
        return not profile["hardbounce"] and profile["optout_email"] != "all"
    return _matches_state(kind, value, timerange, profile, now)


def _matches_state(kind: str, value: Any, timerange: Any, profile: JsonObject, now: float) -> bool:
    if kind in ("engagement_min", "engagement_max"):
        name = engagement_of(profile)
        level = ENGAGEMENT_LEVELS.index(name) if name in ENGAGEMENT_LEVELS else 0
        wanted = int(_number(value) or 0)
        return level >= wanted if kind == "engagement_min" else level <= wanted
    if kind == "list_member":
        return value in profile["lists"]
    if kind == "list_member_not":
        return value not in profile["lists"]
    if kind.startswith("optout_"):
        wanted_level = {"optout_blast": "blast", "optout_basic": "basic"}.get(kind, "all")
        return bool(profile["optout_email"] == wanted_level)
    if kind == "status_hardbounce":
        return bool(profile["hardbounce"])
    if kind in ("open_time", "click_time", "purchase_time"):
        return _matches_time_range(profile, kind, value, str(timerange or "ever"), now)
    if kind == "purchase_count_min":
        return bool(profile["lifetime"]["lifetime_purchase"] >= (_number(value) or 0))
    if kind == "purchase_count_max":
        return bool(profile["lifetime"]["lifetime_purchase"] <= (_number(value) or 0))
    if kind in ("signup_before", "signup_after"):
        limit = parse_iso(str(value)) or now
        signed_up = profile["activity"].get("signup_time", now)
        return bool(signed_up < limit) if kind == "signup_before" else bool(signed_up > limit)
    # A criterion that this sandbox does not know selects nobody.
    return False


def _matches_time_range(
    profile: JsonObject, kind: str, value: Any, timerange: str, now: float
) -> bool:
    if kind == "purchase_time":
        times = [purchase["time"] for purchase in profile["purchases"]]
        at = max(times) if times else None
    else:
        at = profile["activity"].get(kind)
    name = timerange.removeprefix("not_")
    if name == "ever":
        inside = at is not None
    elif name == "since_days":
        inside = at is not None and at >= now - (_number(value) or 0) * DAY
    else:
        since = parse_iso(str(value))
        inside = at is not None and since is not None and at >= since
    return inside != timerange.startswith("not_")
