"""The last step of planning: the limits a plan exceeds, who may allow them, how long it takes."""

from collections.abc import Mapping

from desktop.model.run_limit import (
    EMPTY_SOURCE,
    TYPED_CONSEQUENCES,
    LimitBreach,
    OpenLimit,
    exceeded_limits,
)
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy, Sync
from desktop.model.sync_plan import Plan, PlanState

ONE_CREDENTIAL_TEXT = (
    "It was allowed twice with one API token, which counts once: a token signs for any address."
)
OPEN_STATES = (PlanState.READY, PlanState.STOPPED)
# Assumed, not measured: seconds of one round trip, of a bulk job besides its lines, and the lines
# that a job does a second. The estimate is shown as a rough one.
_ROUND_TRIP_S = 0.4
_JOB_S = 2.0
_JOB_LINES_PER_S = 1000.0
# Of eight calls a second a quarter is left to people; a row is a call, reads go by the hundred.
_SELL_ROWS_PER_S = 6.0


def plan_breaches(
    sync: Sync, plan: Plan, counts: Mapping[str, int], confirmed_over: int | None = None
) -> tuple[LimitBreach, ...]:
    """Find the limits that a plan's ticked rows exceed, worst first.

    `counts`: people by consequence code over the ticked rows. An empty source stays one whatever
    is ticked. `confirmed_over` as in `exceeded_limits`.
    """
    if EMPTY_SOURCE in plan.limit_breaches:
        return exceeded_limits(sync.limits, {}, 0)
    return exceeded_limits(
        sync.limits,
        counts,
        plan.source_record_count,
        incremental=True,
        confirmed_over=confirmed_over,
        noun=sync.noun,
    )


def describe_open_limits(open_limits: tuple[OpenLimit, ...]) -> str:
    """Say which limits stop a plan and who may allow them; empty: none does."""
    if not open_limits:
        return ""
    words = " ".join(one.breach.message for one in open_limits)
    if any(one.needed_count == 0 for one in open_limits):
        return f"Nothing written. {words}"
    so_far = max(one.approval_count for one in open_limits)
    two = any(one.needed_count == 2 for one in open_limits)
    is_typed = all(one.breach.code in TYPED_CONSEQUENCES for one in open_limits)
    who = "Whoever runs it" if is_typed else "An admin"
    who = f"Two admins, one after the other (so far {so_far})," if two else who
    if any(one.shares_token for one in open_limits):
        words += f" {ONE_CREDENTIAL_TEXT}"
    return f"Nothing written. {words} {who} may let it pass once"


def estimate_write_s(
    sync: Sync, row_count: int, *, concurrent_calls: int, users_per_call: int
) -> float:
    """Estimate how many seconds writing a plan's rows takes, each read again right before.

    `concurrent_calls` and `users_per_call` are what the gateways do at a time.
    """
    if sync.target_service is Service.ZENDESK:
        return -(-row_count // users_per_call) * (_JOB_S + _ROUND_TRIP_S)
    if sync.target_service is Service.SELL:
        return row_count / _SELL_ROWS_PER_S
    # Read and read back one by one; without flows the post in between is one job.
    reads_s = 2 * _ROUND_TRIP_S * row_count / concurrent_calls
    if sync.flows is FlowPolicy.MAY_START:
        return 1.5 * reads_s
    return _JOB_S + row_count / _JOB_LINES_PER_S + reads_s
