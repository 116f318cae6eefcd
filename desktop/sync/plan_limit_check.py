"""Checks that a plan may be applied: it is open, and no limit stops it without an approval.

The limits count what is ticked now: rows left out are noticed by nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.kit.shell_quoting import pasteable
from desktop.model.edit import is_optout_recent
from desktop.model.run_limit import (
    LimitBreach,
    OpenLimit,
    allowable_limit_codes,
    find_open_limits,
    group_approvers,
)
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlanState
from desktop.store.limit_approval_repository import LimitApproval
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.pipeline.limits import OPEN_STATES, describe_open_limits, plan_breaches


def require_startable_plan(sync: Sync, plan: Plan) -> None:
    """Raise ConflictError where a run of this sync cannot begin with this plan."""
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
    if plan.state not in OPEN_STATES:
        words = "is not finished" if plan.state is PlanState.MAKING else "was applied or discarded"
        raise ConflictError(
            f"Plan {plan.id} {words}.", "Nothing was started.", "Make a new preview."
        )


def take_plan_for_apply(
    store: WorkspaceStore, sync: Sync, plan: Plan, now: float, confirmed_over: int | None = None
) -> str:
    """Take a plan as being applied, or return why a limit forbids it; one transaction does both.

    `confirmed_over`: the number of people over which the workspace's kind asks once more, or None.
    """

    def judge(counts: Mapping[str, int], approvals: Iterable[LimitApproval]) -> str:
        found = _open_limits(plan_breaches(sync, plan, counts, confirmed_over), approvals)
        words = describe_open_limits(found)
        if not words or words.endswith("."):
            return words
        flags = [word for one in found for word in ("--allow", one.breach.code)]
        return f"{words}: {pasteable('sync', 'run', sync.name, '--plan', plan.id, *flags)}."

    is_recent = is_recent_rollback(store, plan, now)
    return store.plans.take_for_apply.blocking(plan.id, judge, without_restores=is_recent)


def is_recent_rollback(store: WorkspaceStore, plan: Plan, now: float) -> bool:
    """Whether the plan takes back a run of the last 24 h.

    An opt-out level that it loosens is one that the run had made stricter and nobody has changed
    since: that is restored without limit and approval.
    """
    if not plan.is_rollback:
        return False
    return is_optout_recent(store.runs.get.blocking(plan.rolled_back_run).started_at, now)


def read_open_limits(
    store: WorkspaceStore, sync: Sync, plan: Plan, now: float, confirmed_over: int | None = None
) -> tuple[OpenLimit, ...]:
    """Read the limits that stop a plan by its present ticks and approvals."""
    approvals = store.plans.approvals.list_of_plan.blocking(plan.id)
    return _open_limits(find_limit_breaches(store, sync, plan, now, confirmed_over), approvals)


def _open_limits(
    breaches: tuple[LimitBreach, ...], approvals: Iterable[LimitApproval]
) -> tuple[OpenLimit, ...]:
    people = {breach.code: breach.people for breach in breaches}
    given: dict[str, set[tuple[str, str]]] = {}
    for approval in approvals:
        # Bound to the rows and the count its giver saw: others, or more, need another look.
        if approval.covers(people.get(approval.limit_code, 0)):
            given.setdefault(approval.limit_code, set()).add(
                (approval.user_id, approval.credential)
            )
    approvers = {code: group_approvers(pairs) for code, pairs in given.items()}
    shared = {code for code, pairs in given.items() if len(pairs) > len(approvers[code])}
    return tuple(
        replace(one, shares_token=one.breach.code in shared)
        for one in find_open_limits(breaches, approvers)
    )


def require_known_limits(codes: Iterable[str]) -> None:
    """Raise InvalidInput for `--allow` codes that are no limit of a sync."""
    known = allowable_limit_codes()
    for code in codes:
        if code not in known:
            raise InvalidInput(f"“{code[:40]}” is no limit.", "", f"There are: {', '.join(known)}.")


def find_limit_breaches(
    store: WorkspaceStore, sync: Sync, plan: Plan, now: float, confirmed_over: int | None = None
) -> tuple[LimitBreach, ...]:
    """Read the limits that a stored plan's ticked rows exceed; `empty` stays as planned."""
    is_recent = is_recent_rollback(store, plan, now)
    count = store.plans.count_ticked_by_consequence.blocking
    counts = count(plan.id, without_restores=is_recent)
    return plan_breaches(sync, plan, counts, confirmed_over)
