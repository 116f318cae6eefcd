"""Taking a run back: itself a plan, made from the run's before-images.

It restores what the API can express, lists the rest before anything is sent, and never restores
what somebody changed since.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError, BadInput
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.field_value import is_empty
from desktop.model.goal import Goal
from desktop.model.guard import breaches
from desktop.model.mapping import Operator, same_in
from desktop.model.plan import Fate, FieldChange, Plan, PlanRow, PlanState, RowState
from desktop.store.plan_filter import RowFilter
from desktop.sync.consequences import consequences_of
from desktop.sync.judging import seen_of
from desktop.sync.tools import Tools
from desktop.writing.sailthru_target import SailthruTarget
from desktop.writing.standing import LIST, VAR, Read, Standing
from desktop.writing.zendesk_target import HUNDRED, ZendeskTarget

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Loss:
    """Something a rollback cannot restore: how many rows, and why, in words."""

    rows: int
    words: str


class Rollback:
    """Makes the plan that takes one run back."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._store = tools.store

    async def plan(self, run_id: str, actor: str) -> Plan:
        """The plan, READY or STOPPED by a limit. Raises BadInput for a run that wrote nothing."""
        run = await self._run(self._store.runs.get, run_id)
        if run.plan is None:
            raise BadInput(f"Run {run_id} wrote nothing.", "There is nothing to take back.")
        before = await self._run(self._store.plans.get, run.plan)
        if before.takes_back:
            raise BadInput(
                f"Run {run_id} took another run back already.",
                "Taking that back would do the first one again.",
                "Run the sync instead.",
            )
        wrote = run.totals.get("created", 0) + run.totals.get("updated", 0)
        if wrote and await self._run(self._store.pruning.is_forgotten, run.plan):
            raise BadInput(
                f"What run {run_id} wrote is not kept any more.",
                "Rows are kept for 90 days, and those of the 20 newest plans of each sync.",
            )
        goal = await self._run(self._store.plans.goal_of, run.plan)
        now = self._tools.clock.now()
        plan_id = await self._run(
            self._store.plans.begin, goal, actor, now, origin=f"rollback {run_id}"
        )
        try:
            read = await self._walk(plan_id, run.plan, goal)
        except BaseException:
            await self._run(self._store.plans.discard, plan_id)
            raise
        made = await self._run(self._store.plans.get, plan_id)
        if not made.count(Fate.UPDATE):
            losses = await self.losses(plan_id)
            await self._run(self._store.plans.discard, plan_id)
            raise BadInput(
                f"Nothing of run {run_id} can be taken back.",
                " ".join(f"{loss.rows:,} × {loss.words}." for loss in losses)
                or "It wrote nothing.",
            )
        counts = await self._run(self._store.plans.people, plan_id)
        found = breaches(goal.limits, counts, read, incremental=True)
        await self._run(
            self._store.plans.finish,
            plan_id,
            state=PlanState.STOPPED if found else PlanState.READY,
            read=read,
            breaches=tuple(breach.code for breach in found),
            mark="",
        )
        return await self._run(self._store.plans.get, plan_id)

    async def losses(self, plan_id: str) -> tuple[Loss, ...]:
        """What will not be as it was, to be said before the click."""
        return await self._run(self._counted, plan_id)

    def _counted(self, plan_id: str) -> tuple[Loss, ...]:
        counts: dict[str, int] = {}
        after = 0
        while rows := self._store.plans.rows(plan_id, after=after, limit=500):
            after = rows[-1].row
            for row in rows:
                reasons = {c.reason for c in row.changes if c.reason}
                reasons |= {row.why} if row.why else set()
                for reason in reasons:
                    counts[reason] = counts.get(reason, 0) + 1
        return tuple(Loss(n, words) for words, n in sorted(counts.items(), key=lambda i: -i[1]))

    async def _walk(self, plan_id: str, old_plan: str, goal: Goal) -> int:
        chosen = RowFilter(
            fates=(Fate.CREATE, Fate.UPDATE), states=(RowState.DONE, RowState.ACCEPTED)
        )
        after = read = 0
        doubts = await self._run(self._store.doubts.of_goal, goal.name)
        while rows := await self._run(
            self._store.plans.rows, old_plan, chosen, after=after, limit=HUNDRED
        ):
            after = rows[-1].row
            there = await self._standing(rows, goal)
            made = [
                self._row(goal, row, there.get(row.row), in_doubt=row.source_id in doubts)
                for row in rows
            ]
            read += len(made)
            await self._run(self._store.plans.add, plan_id, made)
        return read

    async def _standing(self, rows: Sequence[PlanRow], goal: Goal) -> dict[int, Read]:
        if goal.target is Service.SAILTHRU:
            target = SailthruTarget(self._tools.sailthru.client, self._tools.sailthru.bulk)
            return await target.read_many(rows)
        people = ZendeskTarget(self._tools.zendesk.client, self._tools.zendesk.bulk)
        return await people.read_many(rows)

    def _row(self, goal: Goal, row: PlanRow, now: Read, *, in_doubt: bool) -> PlanRow:
        fresh = replace(
            row,
            state=RowState.PLANNED,
            detail="",
            ticked=True,
            why="",
            cause="",
            events=(),
            consequences=(),
            evidence=translate("Rollback", "stands as before the run"),
        )
        if isinstance(now, AppError):
            return replace(fresh, fate=Fate.SKIPPED, changes=(), why=str(now), ticked=False)
        if now is None or not now.editable:
            return replace(fresh, fate=Fate.SKIPPED, changes=(), why=_GONE, ticked=False)
        sums = {r.target for r in goal.mapping if r.operator is Operator.SUM and r.on}
        changes = tuple(
            _sum_back(row.fate, change, now, in_doubt=in_doubt)
            if change.field in sums
            else _back(row.fate, change, now)
            for change in row.sent
        )
        fresh = seen_of(replace(fresh, changes=changes, target_id=now.id), now)
        if not fresh.sent:
            why = _STAYS if row.fate is Fate.CREATE else next((c.reason for c in changes), "")
            return replace(fresh, fate=Fate.UNCHANGED, why=why)
        why = _STAYS if row.fate is Fate.CREATE else ""
        back = {change.field for change in fresh.sent}
        # They count as not added up only when the number goes back with them.
        events = row.events if sums <= back else ()
        fresh = replace(fresh, fate=Fate.UPDATE, why=why, events=events)
        return replace(fresh, consequences=consequences_of(goal, fresh, now, {}, 0))

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.lane.run(act, *args, **kwargs)


def _back(fate: Fate, change: FieldChange, now: Standing) -> FieldChange:
    """The way back of one field, or why there is none."""
    there = now.value(change.field)
    back = FieldChange(change.field, there, change.old)
    if same_in(change.field, there, change.old):
        return replace(back, applies=False, reason=_SO_ALREADY)
    if not same_in(change.field, there, change.new):
        return replace(back, applies=False, reason=_CHANGED)
    if fate is Fate.CREATE and change.field.startswith(VAR):
        # The profile was new: its values go as far as they can.
        return replace(back, reason=_BECOMES_NULL)
    if change.field.startswith(VAR) and is_empty(change.old):
        return replace(back, reason=_BECOMES_NULL)
    if change.field.startswith(LIST) and change.old is True:
        return replace(back, reason=_JOIN_DATE)
    return back


def _sum_back(fate: Fate, change: FieldChange, now: Standing, *, in_doubt: bool) -> FieldChange:
    """The way back of a number that was added to, which may be under way already."""
    # Where it was summed up again, the older total that stood there is nobody's wish.
    back = _back(fate, change if change.known is None else replace(change, old=change.known), now)
    return replace(back, applies=False, reason=_IN_DOUBT) if in_doubt and back.applies else back


_GONE = translate("Rollback", "not there any more, or not a customer")
_STAYS = translate("Rollback", "was created by the run: the profile itself stays")
_SO_ALREADY = translate("Rollback", "is as before already")
_CHANGED = translate("Rollback", "changed by somebody since: never restored")
_IN_DOUBT = translate(
    "Rollback", "may be changed yet by a job that was given up: the sync's next preview finds out"
)
_BECOMES_NULL = translate("Rollback", "was not set: becomes empty, the name stays")
_JOIN_DATE = translate("Rollback", "back on the list, with a new date of joining")
