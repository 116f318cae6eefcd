"""How long a delivery of events takes, and which of Zendesk's limits makes it that long."""

from desktop.events.simulation import SimulationCounts
from desktop.viewmodels.events.delivery_watch import describe_duration

# Calls for one action with what it is planned by and read back: new users and tickets, of twenty
# each on the sandbox. Updates take 1.4, as they are sent together, organisations 3.2.
_CALLS_PER_REQUEST = 2.2
# What deliveries leave to people at work.
_RUN_SHARE = 0.75
# Below this nobody waits.
_WORTH_SAYING_S = 30


def describe_estimate(counts: SimulationCounts, requests: int, calls_per_minute: int | None) -> str:
    """Describe what is ticked and how long it takes; the limit is Zendesk's, None: unknown."""
    if not requests:
        return ""
    ticked = f"{requests:,} of {counts.requests + counts.problem_count:,} ticked"
    if not calls_per_minute:
        return ticked
    seconds = requests * _CALLS_PER_REQUEST / (calls_per_minute * _RUN_SHARE) * 60
    if seconds < _WORTH_SAYING_S:
        return ticked
    return (
        f"{ticked}, {describe_duration(seconds)}: Zendesk takes {calls_per_minute:,} calls a"
        " minute, a quarter is left to people"
    )
