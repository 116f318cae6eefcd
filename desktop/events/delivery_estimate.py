"""Estimates the calls to Zendesk that a delivery takes, and how long, by a simulation's counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.events.event_action import ActionKind
from desktop.events.planned_request import RequestEffect
from desktop.events.simulation import SimulationCounts

# Users read, or updated, by one call.
_USERS_PER_CALL = 100
# What one request takes beside itself: looking for what is there, and reading back what it did.
_CALLS: Mapping[tuple[ActionKind, RequestEffect], float] = {
    # Searched by address, created.
    (ActionKind.UPSERT_USER, RequestEffect.CREATE): 2.0,
    # The organisation and the memberships are read, joined, read back.
    (ActionKind.UPSERT_USER, RequestEffect.ADD): 3.0,
    (ActionKind.ORG_MEMBERSHIP, RequestEffect.ADD): 3.0,
    (ActionKind.ORG_MEMBERSHIP, RequestEffect.REMOVE): 4.0,
    (ActionKind.UPSERT_ORG, RequestEffect.CREATE): 3.0,
    (ActionKind.UPSERT_ORG, RequestEffect.UPDATE): 3.0,
    (ActionKind.UPSERT_ORG, RequestEffect.ADD): 3.0,
    # Its stamp is looked for, then it is created.
    (ActionKind.CREATE_TICKET, RequestEffect.CREATE): 2.0,
    (ActionKind.UPDATE_TICKET, RequestEffect.UPDATE): 3.0,
    # The user's events are read, then it is added.
    (ActionKind.TRACK_EVENT, RequestEffect.TRACK): 2.0,
}
# Somebody is searched for who is not there, by address and external id.
_CALLS_PER_PROBLEM = 1.5
# Who is at work, and the fields of users and organisations.
_CALLS_AT_START = 3
# Of a job of users: begun, asked for until it ends, its users read back.
_CALLS_PER_JOB = 4.0


@dataclass(frozen=True)
class DeliveryEstimate:
    """How many calls a delivery takes; `minutes` at the calls that runs may make, 0: not known."""

    calls: int
    minutes: float


def estimate_delivery(counts: SimulationCounts, calls_per_minute: float) -> DeliveryEstimate:
    """Estimate a delivery of what was simulated; `calls_per_minute`: what a run may make."""
    events = sum(counts.actions.values())
    update = (ActionKind.UPSERT_USER, RequestEffect.UPDATE)
    updates = counts.requests_by_kind[update]
    calls = sum(
        count * _CALLS.get(kind, 2.0)
        for kind, count in counts.requests_by_kind.items()
        if kind != update
    )
    calls += -(-updates // _USERS_PER_CALL) * _CALLS_PER_JOB
    calls += counts.problem_count * _CALLS_PER_PROBLEM + (_CALLS_AT_START if events else 0)
    # Each round reads the users of its events by their external ids.
    calls += -(-events // _USERS_PER_CALL) * 2
    minutes = calls / calls_per_minute if calls_per_minute > 0 else 0.0
    return DeliveryEstimate(round(calls), minutes)
