"""Whether a plan may be applied: it is open, and within the limits or let past them by admins.

The limits count what is ticked now: rows left out are noticed by nobody.
"""

from collections.abc import Iterable

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.limit import (
    EMPTY_SOURCE,
    LimitBreach,
    allowable_limit_codes,
    exceeded_limits,
    needs_two_admins,
)
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlanState
from desktop.store.workspace_store import WorkspaceStore

_STARTABLE_STATES = (PlanState.READY, PlanState.STOPPED)


def require_startable_plan(sync: Sync, plan: Plan) -> None:
    """Raises ConflictError where a run of this goal cannot begin with this plan."""
    if plan.sync != sync.name:
        raise ConflictError(
            f"Plan {plan.id} is one of “{plan.sync}”.",
            f"Nothing was started: this is “{sync.name}”.",
            "`fairlead sync plan SYNC` makes one.",
        )
    if plan.state is PlanState.APPLYING:
        raise ConflictError(
            f"Plan {plan.id} is being applied by a run that has stopped.",
            "Nothing was started.",
            "Go on with that run: `fairlead sync run SYNC --resume`.",
        )
    if plan.state not in _STARTABLE_STATES:
        words = "is not finished" if plan.state is PlanState.MAKING else "was applied or discarded"
        raise ConflictError(
            f"Plan {plan.id} {words}.", "Nothing was started.", "Make a new preview."
        )


def find_blocking_reason(store: WorkspaceStore, sync: Sync, plan: Plan) -> str:
    """Why this plan may not be applied now, or nothing."""
    approvals = store.plans.list_approvals.blocking(plan.id)
    open_ones: list[tuple[LimitBreach, int, int]] = []
    for breach in find_limit_breaches(store, sync, plan):
        if breach.code == EMPTY_SOURCE:
            return f"Nothing written. {breach.message}"
        there = len({a.user_id for a in approvals if a.limit_code == breach.code})
        needed = 2 if needs_two_admins([breach.code]) else 1
        if there < needed:
            open_ones.append((breach, there, needed))
    if not open_ones:
        return ""
    words = " ".join(breach.message for breach, _, _ in open_ones)
    flags = " ".join(f"--allow {breach.code}" for breach, _, _ in open_ones)
    so_far = max(there for _, there, _ in open_ones)
    two = any(needed == 2 for _, _, needed in open_ones)
    who = f"Two admins, one after the other (so far {so_far})," if two else "An admin"
    command = f"fairlead sync run {sync.name} --plan {plan.id} {flags}"
    return f"Nothing written. {words} {who} may let it pass once: `{command}`."


def require_known_limits(codes: Iterable[str]) -> None:
    """Raises InvalidInput for what is no limit."""
    known = allowable_limit_codes()
    for code in codes:
        if code not in known:
            raise InvalidInput(f"“{code[:40]}” is no limit.", "", f"There are: {', '.join(known)}.")


def find_limit_breaches(store: WorkspaceStore, sync: Sync, plan: Plan) -> tuple[LimitBreach, ...]:
    """The limits its ticked rows pass; an empty source stays what it was."""
    if EMPTY_SOURCE in plan.limit_breaches:
        return exceeded_limits(sync.limits, {}, 0)
    return exceeded_limits(
        sync.limits,
        store.plans.count_ticked_by_consequence.blocking(plan.id),
        plan.source_record_count,
        incremental=True,
    )
