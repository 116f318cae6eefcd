"""A Sailthru profile as the API returns it, without its login cookie; lists and the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel


@dataclass(frozen=True)
class Purchase:
    """One purchase of a Sailthru profile; `price_cents` is the sum over its items."""

    at: float | None
    price_cents: int
    items: int


@dataclass(frozen=True)
class SailthruProfile:
    """A Sailthru profile: what the API returned about one customer.

    `lists` maps a natural list's name to the Unix second of joining (None: not said).
    `smart_lists` is None where it was not read. `optout` is None where the answer had none, or
    one that this app does not know (`has_unknown_optout`): both are no level.
    `activity` holds Unix seconds by Sailthru's names (`signup_time`, `open_time` …), `lifetime`
    counts by theirs (`lifetime_purchase_price` in cents). `sms` holds text-message states by
    their key, where the account has them. `keys` never contains `cookie`: it is a login token.
    """

    sid: str
    email: str | None
    keys: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, Json] = field(default_factory=dict)
    lists: Mapping[str, float | None] = field(default_factory=dict)
    smart_lists: tuple[str, ...] | None = None
    optout: OptOutLevel | None = None
    has_unknown_optout: bool = False
    engagement: str | None = None
    activity: Mapping[str, float] = field(default_factory=dict)
    lifetime: Mapping[str, float] = field(default_factory=dict)
    purchases: tuple[Purchase, ...] = ()
    top_device: str | None = None
    sms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SailthruList:
    """A list of the Sailthru account; it computes the members of `smart` ones itself.

    `count` lags: Sailthru refreshes it nightly (docs/sailthru.md 5).
    """

    list_id: str
    name: str
    smart: bool
    count: int | None = None


@dataclass(frozen=True)
class SailthruAccount:
    """The Sailthru account as `GET /settings` returns it; `predictions` None: unsaid."""

    account_id: str | None
    timezone: str | None
    predictions: bool | None
