"""How long a delivery of events takes, and which of Zendesk's limits makes it that long."""

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.events.delivery_estimate import estimate_delivery
from desktop.events.simulation import SimulationCounts
from desktop.kit.text import format_duration

# Below this nobody waits.
_WORTH_SAYING_MINUTES = 0.5


def describe_estimate(
    ticked: SimulationCounts,
    listed_count: int,
    calls_per_minute: int | None,
    *,
    imports_users: bool | None = None,
) -> str:
    """Describe what is ticked and how long it takes; the limit is Zendesk's, None: unknown.

    `listed_count` is how many requests and problems there are, whether ticked or not.
    `imports_users`: whether the account creates new users by jobs, None: not known yet.
    """
    if not ticked.requests:
        return ""
    text = f"{ticked.requests:,} of {listed_count:,} ticked"
    if not calls_per_minute:
        return text
    rate = calls_per_minute * (1 - INTERACTIVE_SHARE)
    found = estimate_delivery(ticked, rate, imports_users=imports_users)
    minutes = found.minutes
    if minutes < _WORTH_SAYING_MINUTES:
        return text
    least = found.import_calls
    shorter = (
        f" (or {format_duration(least / rate * 60)} if the account may import users)"
        if least is not None
        else ""
    )
    return (
        f"{text}, about {format_duration(minutes * 60)}{shorter}: Zendesk takes"
        f" {calls_per_minute:,} calls a minute, {INTERACTIVE_SHARE:.0%} are left to people"
    )
