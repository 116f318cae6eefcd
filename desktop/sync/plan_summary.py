"""Reads a plan's summary: counts, exceeded limits, causes and losses, without its rows."""

from collections import Counter
from dataclasses import dataclass

from desktop.model.run_limit import LimitBreach, OpenLimit
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRowState
from desktop.store.limit_approval_repository import LimitApproval
from desktop.store.plan_repository import PlanRepository
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.pipeline.limits import OPEN_STATES, estimate_write_s
from desktop.sync.plan_limit_check import find_limit_breaches, read_open_limits
from desktop.writing.sailthru_gateway import MAX_CONCURRENT_CALLS
from desktop.writing.zendesk_gateway import MAX_USERS_PER_CALL

# Causes and losses repeat after the first rows; reading all of a million would take seconds.
_MAX_CORRECTION_ROWS = 2000
_MAX_ROLLBACK_ROWS = 5000


@dataclass(frozen=True)
class PlanSummary:
    """A plan without its rows: counts, limits, causes, losses.

    `breaches` are the limits that its ticked rows pass now, `open_limits` those that nobody has
    let pass enough; `causes` the most frequent reasons of
    rows that need correction; `losses` what a rollback cannot restore, each with its row count.
    `confirmed_over`: the number of people over which the workspace's kind asks once more, or None.
    """

    plan: Plan
    sync: Sync
    ticked_count: int
    breaches: tuple[LimitBreach, ...]
    open_limits: tuple[OpenLimit, ...]
    approvals: tuple[LimitApproval, ...]
    causes: tuple[tuple[str, int], ...]
    refused_count: int
    losses: tuple[tuple[str, int], ...] = ()
    has_predicted_values: bool = False
    confirmed_over: int | None = None

    def is_confirmed(self, people: int) -> bool:
        """Whether writing so many of the plan's people is asked about once more: production."""
        return self.confirmed_over is not None and people > self.confirmed_over

    @property
    def is_open(self) -> bool:
        """Whether the summarised plan may still be ticked and written."""
        return self.plan.state in OPEN_STATES

    @property
    def write_s(self) -> float:
        """Estimate how many seconds writing the plan's ticked rows takes."""
        return estimate_write_s(
            self.sync,
            self.ticked_count,
            concurrent_calls=MAX_CONCURRENT_CALLS,
            users_per_call=MAX_USERS_PER_CALL,
        )


def read_plan_summary(
    store: WorkspaceStore, plan_id: str, now: float, confirmed_over: int | None = None
) -> PlanSummary:
    """Read a plan's summary; runs on the database's thread. Raises NotFound.

    `confirmed_over`: the number of people over which the workspace's kind asks once more, or None.
    """
    plans = store.plans
    plan, sync = plans.get.blocking(plan_id), plans.get_planned_sync.blocking(plan_id)
    is_open = plan.state in OPEN_STATES
    corrections = PlanRowFilter(fates=(PlannedOutcome.CORRECTION,))
    rows = plans.list_rows.blocking(plan_id, corrections, limit=_MAX_CORRECTION_ROWS)
    causes = Counter(row.cause for row in rows)
    refused = PlanRowFilter(
        fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
        states=(PlanRowState.PARKED, PlanRowState.FAILED),
    )
    return PlanSummary(
        plan,
        sync,
        plans.count_ticked.blocking(plan_id),
        find_limit_breaches(store, sync, plan, now, confirmed_over) if is_open else (),
        read_open_limits(store, sync, plan, now, confirmed_over) if is_open else (),
        plans.approvals.list_of_plan.blocking(plan_id),
        tuple(causes.most_common(6)),
        plans.count_rows.blocking(plan_id, refused),
        _count_losses(plans, plan) if plan.is_rollback else (),
        plans.has_predicted_value.blocking(plan_id),
        confirmed_over,
    )


def _count_losses(plans: PlanRepository, plan: Plan) -> tuple[tuple[str, int], ...]:
    """Count by reason the rows that a rollback's plan cannot restore as they were."""
    counts: Counter[str] = Counter()
    for row in plans.list_rows.blocking(plan.id, limit=_MAX_ROLLBACK_ROWS):
        reasons = {change.reason for change in row.changes if change.reason}
        counts.update(reasons | ({row.why} if row.why else set()))
    return tuple(counts.most_common(4))
