"""Whether a plan may be applied: it is open, and within the limits or let past them by admins.

The limits count what is ticked now: rows left out are noticed by nobody.
"""

from collections.abc import Iterable

from desktop.kit.errors import BadInput, Conflict
from desktop.model.goal import Goal
from desktop.model.guard import EMPTY, Breach, breaches, limited_codes, needs_two_admins
from desktop.model.plan import Plan, PlanState
from desktop.store.store import Store

_OPEN = (PlanState.READY, PlanState.STOPPED)


def require_open(goal: Goal, plan: Plan) -> None:
    """Raises Conflict where a run of this goal cannot begin with this plan."""
    if plan.goal != goal.name:
        raise Conflict(
            f"Plan {plan.id} is one of “{plan.goal}”.",
            f"Nothing was started: this is “{goal.name}”.",
            "`fairlead sync plan GOAL` makes one.",
        )
    if plan.state is PlanState.APPLYING:
        raise Conflict(
            f"Plan {plan.id} is being applied by a run that has stopped.",
            "Nothing was started.",
            "Go on with that run: `fairlead sync run GOAL --resume`.",
        )
    if plan.state not in _OPEN:
        words = "is not finished" if plan.state is PlanState.MAKING else "was applied or discarded"
        raise Conflict(f"Plan {plan.id} {words}.", "Nothing was started.", "Make a new preview.")


def held_by(store: Store, goal: Goal, plan: Plan) -> str:
    """Why this plan may not be applied now, or nothing."""
    approvals = store.plans.approvals(plan.id)
    open_ones: list[tuple[Breach, int, int]] = []
    for breach in found_in(store, goal, plan):
        if breach.code == EMPTY:
            return f"Nothing written. {breach.words}"
        there = len({a.person for a in approvals if a.breach == breach.code})
        needed = 2 if needs_two_admins([breach.code]) else 1
        if there < needed:
            open_ones.append((breach, there, needed))
    if not open_ones:
        return ""
    words = " ".join(breach.words for breach, _, _ in open_ones)
    flags = " ".join(f"--allow {breach.code}" for breach, _, _ in open_ones)
    so_far = max(there for _, there, _ in open_ones)
    two = any(needed == 2 for _, _, needed in open_ones)
    who = f"Two admins, one after the other (so far {so_far})," if two else "An admin"
    command = f"fairlead sync run {goal.name} --plan {plan.id} {flags}"
    return f"Nothing written. {words} {who} may let it pass once: `{command}`."


def require_limits(codes: Iterable[str]) -> None:
    """Raises BadInput for what is no limit."""
    known = limited_codes()
    for code in codes:
        if code not in known:
            raise BadInput(f"“{code[:40]}” is no limit.", "", f"There are: {', '.join(known)}.")


def found_in(store: Store, goal: Goal, plan: Plan) -> tuple[Breach, ...]:
    """The limits its ticked rows pass; an empty source stays what it was."""
    if EMPTY in plan.breaches:
        return breaches(goal.limits, {}, 0)
    return breaches(goal.limits, store.plans.people(plan.id), plan.read, incremental=True)
