"""A pause of marketing while a ticket is open: until when, by which var and list, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.model.time_zone import local_time, parse_time_zone

DEFAULT_PAUSE_DAYS = 14
MAX_PAUSE_DAYS = 90


@dataclass(frozen=True)
class PauseTerms:
    """What an edit of a pause holds: the last day, and whose tickets end it earlier.

    `user_id` is None for a customer without a Zendesk user: then only the day ends it.
    """

    until: date
    user_id: int | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the terms as the value of an edit."""
        return {"until": self.until.isoformat(), "user_id": self.user_id}

    def is_over(self, today: date) -> bool:
        """Whether the last day of the marketing pause has passed."""
        return today > self.until


def parse_pause_terms(value: Json) -> PauseTerms | None:
    """Read the value of an edit, or the var of a profile (a date alone); None: no pause."""
    document = value if isinstance(value, Mapping) else {"until": value}
    try:
        until = date.fromisoformat(str(document.get("until"))[:10])
    except ValueError:
        return None
    user_id = document.get("user_id")
    return PauseTerms(until, user_id if isinstance(user_id, int) else None)


def pause_until(now: float, days: int) -> date:
    """Return the last day of a pause of so many days. Raises InvalidInput out of 1 to 90."""
    if not 1 <= days <= MAX_PAUSE_DAYS:
        raise InvalidInput(f"A pause lasts 1 to {MAX_PAUSE_DAYS} days.", f"{days} is not allowed.")
    return (datetime.fromtimestamp(now).astimezone() + timedelta(days=days)).date()


def pause_end(now: float, days: int, zone: str) -> date:
    """Return the last day of a pause of so many days, in a time zone (IANA)."""
    return (local_time(now, parse_time_zone(zone)) + timedelta(days=days)).date()


def pause_name(var: str, list_name: str) -> str:
    """Return the name of a pause's edit: the var and the list that it writes."""
    return f"{var}:{list_name}"


def split_pause_name(name: str) -> tuple[str, str]:
    """Return the var and the list of a pause's edit; names of vars hold no colon."""
    var, _, list_name = name.partition(":")
    return var, list_name
