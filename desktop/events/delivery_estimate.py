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
_NEW_USER = (ActionKind.UPSERT_USER, RequestEffect.CREATE)
# Of a new user that a job creates: searched by address.
_CALLS_PER_IMPORTED = 1.0
# Fewer are created one by one.
_FEWEST_IMPORTED = 5
# Somebody is searched for who is not there, by address and external id.
_CALLS_PER_PROBLEM = 1.5
# Who is at work, and the fields of users and organisations.
_CALLS_AT_START = 3
# Of a job of users: begun, asked for until it ends, its users read back.
_CALLS_PER_JOB = 4.0


@dataclass(frozen=True)
class DeliveryEstimate:
    """How many calls a delivery takes; `minutes` at the calls that runs may make, 0: not known.

    `import_calls`: how many it takes where Zendesk lets the account import users and nobody knows
    yet whether it does; None where that is known, or makes no difference.
    """

    calls: int
    minutes: float
    import_calls: int | None = None


def estimate_delivery(
    counts: SimulationCounts, calls_per_minute: float, *, imports_users: bool | None = None
) -> DeliveryEstimate:
    """Estimate a delivery of what was simulated; `calls_per_minute`: what a run may make.

    `imports_users`: whether the account creates new users by jobs, as earlier deliveries found;
    None: not known.
    """
    singly = _count_calls(counts, imports_users=False)
    imported = _count_calls(counts, imports_users=True)
    calls = imported if imports_users else singly
    minutes = calls / calls_per_minute if calls_per_minute > 0 else 0.0
    is_open = imports_users is None and imported < singly
    return DeliveryEstimate(round(calls), minutes, round(imported) if is_open else None)


def _count_calls(counts: SimulationCounts, *, imports_users: bool) -> float:
    events = sum(counts.actions.values())
    update = (ActionKind.UPSERT_USER, RequestEffect.UPDATE)
    updates = counts.requests_by_kind[update]
    created = counts.requests_by_kind[_NEW_USER]
    by_kind: dict[tuple[ActionKind, RequestEffect], float] = dict(_CALLS)
    calls = 0.0
    if imports_users and created >= _FEWEST_IMPORTED:
        by_kind[_NEW_USER] = _CALLS_PER_IMPORTED
        calls += -(-created // _USERS_PER_CALL) * _CALLS_PER_JOB
    calls += sum(
        count * by_kind.get(kind, 2.0)
        for kind, count in counts.requests_by_kind.items()
        if kind != update
    )
    calls += -(-updates // _USERS_PER_CALL) * _CALLS_PER_JOB
    calls += counts.problem_count * _CALLS_PER_PROBLEM + (_CALLS_AT_START if events else 0)
    # Each round reads the users of its events by their external ids.
    return calls + -(-events // _USERS_PER_CALL) * 2
