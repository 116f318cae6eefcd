"""The forms in which the fixed cast is written down; ages are seconds before the demo's present."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FixtureTicket:
    """One ticket of the cast."""

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
    """One Sailthru profile of the cast."""

    sid: str
    email: str
    vars: Mapping[str, Any]
    # List name → how long ago joined.
    lists: Mapping[str, float] = field(default_factory=dict)
    optout: str = "none"
    engagement: str = "new"
    created_age_s: float = 0.0
    # open_time, click_time, view_time, login_time … → age.
    activity: Mapping[str, float] = field(default_factory=dict)
    # opens, clicks, pageviews, messages.
    lifetime: tuple[int, int, int, int] = (0, 0, 0, 0)
    # (age, cents, title) of each purchase.
    purchases: tuple[tuple[float, int, str], ...] = ()
    hardbounce: bool = False
    sms: str | None = None
    extid: str | None = None


@dataclass(frozen=True)
class FixturePerson:
    """One person of the cast; without an id Zendesk does not know them."""

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
