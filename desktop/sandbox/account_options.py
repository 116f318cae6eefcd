"""Account options: how the imitated accounts differ from each other, the keys of `--account`.

Each key names a difference between real accounts that a client has to live with.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CALLS_A_MINUTE_BY_PLAN = {
    # Calls a minute: docs/zendesk.md 12.
    "essential": 10,
    "team": 200,
    "growth": 400,
    "professional": 400,
    "enterprise": 700,
    "enterprise-plus": 2500,
}
SELL_PLANS = ("team", "growth", "professional", "enterprise")


@dataclass(frozen=True)
class SandboxAccount:
    """The options of the imitated accounts, with the values real accounts most often have."""

    # Zendesk: create_many and create_or_update_many, off until Support is asked.
    bulk_import: bool = False
    # Zendesk: "Tags on users and organizations"; off = no `tags` key on users.
    user_tags: bool = True
    # Zendesk: events of users, from the Suite Team plan on and where an admin has activated them.
    user_events: bool = True
    # Zendesk: legacy satisfaction ratings.
    csat: bool = True
    # Zendesk: the checkbox `sync_to_sailthru` exists already.
    sync_field: bool = True
    # Zendesk: calls a minute.
    plan: str = "enterprise"
    # Zendesk: seconds until a write is found by search: really up to a few minutes.
    search_lag: float = 0.0
    # Zendesk: the last seconds that an incremental export does not show yet.
    withheld: float = 60.0
    # Zendesk: API tokens are accepted; they end on 2027-04-30.
    api_tokens: bool = True
    # Sailthru: Prediction Manager, and the vars that carry its numbers.
    predictions: bool = True
    # Sailthru: lines of a job update may say `key: sid`; off = such lines are ignored.
    job_sid: bool = True
    # Sailthru: POST /user naming a smart list is refused rather than ignored; unknown.
    smart_list_refused: bool = False
    # Sailthru: what GET /email tells of the last sends and campaigns: `full` records, `ids`, or
    # `absent`; unknown (docs/sailthru.md 2.2).
    recent_mail: str = "full"
    # Sailthru: `smart-lists` instead of `smart_lists` in answers; unknown.
    smart_lists_dashed: bool = False
    # Sailthru: what `optout_email` says of somebody who refused nothing: a level, any other word,
    # `null`, or `absent`; one client also knows `valid` (docs/sailthru.md 2.1).
    optout_none: str = "none"
    extid: bool = True
    sms: bool = True
    # Sailthru: false = an over-limit answer has no X-Rate-Limit headers; unknown.
    headers_on_429: bool = True
    # Sailthru: the id that GET /settings returns.
    account_id: int = 99999
    # Sailthru: GET /settings is allowed to the keys.
    settings: bool = True
    timezone: str = "America/New_York"
    customer_type: str = "ecommerce"
    # Milliseconds a small job takes from pending to done.
    job_ms: float = 300.0
    # Of the generated customers: ticked the box, have a Sailthru profile, are on the smart list.
    box: float = 0.10
    profile: float = 0.80
    smart: float = 0.10
    # Either service cuts texts of vars and user fields off at so many characters; 0 = keeps all.
    longest_text: int = 0
    # Sell: the Sync API begins at growth, products at enterprise.
    sell_plan: str = "enterprise"
    # Sell: false = the user of the token was deactivated.
    sell_user: bool = True
    # Sell: the product has ended; how the API answers then is unknown, here as to a dead token.
    sell_retired: bool = False
    # Sell: renewing an OAuth token replaces its refresh token; which of both it does is unknown.
    sell_refresh_rotation: bool = True
    # Sell: the list of lead statuses, which the public reference leaves out.
    sell_lead_statuses: bool = True
    # Sell: the account that GET /v2/accounts/self names; 0 = that of the fixtures.
    sell_account_id: int = 0
    # Of the generated customers: are a contact or a lead in Sell.
    sell_contacts: float = 0.4
    sell_leads: float = 0.2
    # A service answers 503 to everything.
    zendesk: bool = True
    sailthru: bool = True
    sell: bool = True

    def with_options_text(self, text: str) -> "SandboxAccount":
        """Return the sandbox's account options with `KEY=VALUE,…` applied; raises a ValueError."""
        pairs: dict[str, object] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key, equals, value = part.partition("=")
            if not equals:
                raise ValueError(f"{part}: expected KEY=VALUE")
            pairs[key.strip()] = value.strip()
        return self.with_options(pairs)

    def with_options(self, pairs: Mapping[str, object]) -> "SandboxAccount":
        """Return the sandbox's account options with values set by key; raises a ValueError."""
        kinds = {item.name: type(item.default) for item in fields(self)}
        changes: dict[str, object] = {}
        for key, value in pairs.items():
            if key not in kinds:
                raise ValueError(
                    f"{key}: no such account key; there are {', '.join(sorted(kinds))}"
                )
            changes[key] = _parse_option(key, kinds[key], value)
        return replace(self, **changes)  # type: ignore[arg-type]


def _parse_number(key: str, kind: type, text: str) -> float:
    if kind is int:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{key}={text}: expected a whole number")
        return int(text)
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError as error:
        raise ValueError(f"{key}={text}: expected a number or a percentage") from error
    if not math.isfinite(number):
        raise ValueError(f"{key}={text}: expected a number or a percentage")
    return number


def _parse_option(key: str, kind: type, value: object) -> object:
    text = str(value).strip()
    if kind is bool:
        if text.lower() in ("on", "true", "1", "yes"):
            return True
        if text.lower() in ("off", "false", "0", "no"):
            return False
        raise ValueError(f"{key}={text}: expected on or off")
    if kind in (int, float):
        return _parse_number(key, kind, text)
    if key == "plan" and text not in CALLS_A_MINUTE_BY_PLAN:
        raise ValueError(f"plan={text}: expected one of {', '.join(CALLS_A_MINUTE_BY_PLAN)}")
    if key == "sell_plan" and text not in SELL_PLANS:
        raise ValueError(f"sell_plan={text}: expected one of {', '.join(SELL_PLANS)}")
    if key == "customer_type" and text not in ("ecommerce", "publisher"):
        raise ValueError(f"customer_type={text}: expected ecommerce or publisher")
    if key == "recent_mail" and text not in ("full", "ids", "absent"):
        raise ValueError(f"recent_mail={text}: expected full, ids or absent")
    if key == "timezone":
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"timezone={text}: no such zone") from error
    return text
