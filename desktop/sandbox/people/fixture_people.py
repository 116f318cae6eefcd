"""Fixture people: users, tickets and profiles that every sandbox holds, read from TOML files.

They are written down in `data/fixture_people.toml` and `data/edge_case_people.toml`. Ages are
seconds before the moment at which the state began, so that the stories never grow old.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desktop.sandbox.data_files import read_data_file
from desktop.sandbox.timestamps import DAY, HOUR, MINUTE

_AGE = re.compile(r"(\d+)(min|h|d|mon)")
# The mean length of a month, so that "12mon" is a year.
_UNIT_SECONDS = {"min": MINUTE, "h": HOUR, "d": DAY, "mon": 30.4 * DAY}


@dataclass(frozen=True)
class FixtureTicket:
    """One ticket of a sandbox's fixture person."""

    id: int
    subject: str
    status: str
    age_s: float
    body: str = ""
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    rating: str | None = None


@dataclass(frozen=True)
class FixtureProfile:
    """One Sailthru profile of a sandbox's fixture person."""

    sid: str
    email: str
    vars: Mapping[str, Any]
    # List name → how long ago the person joined, in seconds.
    lists: Mapping[str, float] = field(default_factory=dict)
    optout: str = "none"
    engagement: str = "new"
    created_age_s: float = 0.0
    # An absolute date of creation and of joining all lists; it replaces the ages.
    created_at: datetime | None = None
    # open_time, click_time, view_time, signup_time → age in seconds.
    activity: Mapping[str, float] = field(default_factory=dict)
    # Opens, clicks, page views, messages.
    lifetime: tuple[int, int, int, int] = (0, 0, 0, 0)
    # Age in seconds, price in cents and title of each purchase.
    purchases: tuple[tuple[float, int, str], ...] = ()
    hardbounce: bool = False
    sms: str | None = None
    extid: str | None = None


@dataclass(frozen=True)
class FixturePerson:
    """One fixture person of the sandbox; without an id Zendesk does not know them."""

    id: int | None
    name: str
    emails: tuple[str, ...] = ()
    role: str = "end-user"
    phone: str | None = None
    organization_id: int | None = None
    tags: tuple[str, ...] = ()
    external_id: str | None = None
    has_sync_box: bool = False
    suspended: bool = False
    locale: str = "en-US"
    time_zone: str = "America/New_York"
    notes: str = ""
    age_s: float = 0.0
    tickets: tuple[FixtureTicket, ...] = ()
    profile: FixtureProfile | None = None


def parse_age(text: str) -> float:
    """Parse an age in fixture data such as `12min`, `26h`, `3d` or `21mon` to seconds."""
    match = _AGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text}: expected an age such as 12min, 26h, 3d or 21mon")
    return int(match[1]) * _UNIT_SECONDS[match[2]]


def _parse_table(table: dict[str, Any]) -> dict[str, Any]:
    """Convert a fixture person's TOML table to arguments: ages to seconds, arrays to tuples."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }
    for name in ("age", "created_age"):
        if name in values:
            values[f"{name}_s"] = parse_age(values.pop(name))
    return values


def _parse_profile(table: dict[str, Any]) -> FixtureProfile:
    values = _parse_table(table)
    numbered = values.pop("numbered_vars", 0)
    values["vars"] = values["vars"] | {f"field_{number:04d}": number for number in range(numbered)}
    for name in ("lists", "activity"):
        values[name] = {key: parse_age(age) for key, age in values.get(name, {}).items()}
    bought = values.get("purchases", ())
    values["purchases"] = tuple((parse_age(age), cents, title) for age, cents, title in bought)
    return FixtureProfile(**values)


def _parse_person(table: dict[str, Any]) -> FixturePerson:
    values = {"id": None, **_parse_table(table)}
    values["tickets"] = tuple(
        FixtureTicket(**_parse_table(ticket)) for ticket in values.get("tickets", ())
    )
    if "profile" in values:
        values["profile"] = _parse_profile(values["profile"])
    return FixturePerson(**values)


_FIXTURES = read_data_file("people", "fixture_people.toml")
_EDGE_CASES = read_data_file("people", "edge_case_people.toml")

FIXTURE_PEOPLE = tuple(
    _parse_person(table) for table in (*_FIXTURES["people"], *_EDGE_CASES["people"])
)
STAFF = tuple(person for person in FIXTURE_PEOPLE if person.role != "end-user")
# Organization id → its name and its domain names.
FIXTURE_ORGANIZATIONS: dict[int, tuple[str, tuple[str, ...]]] = {
    table["id"]: (table["name"], tuple(table["domain_names"]))
    for table in _FIXTURES["organizations"]
}
