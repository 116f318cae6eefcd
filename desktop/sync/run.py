"""A run: extract → plan → guard → apply → finish, in the process that was started for it.

What it has done is in the store at every moment: killed anywhere, the next one goes on there.
Somebody's wish to cancel is a row that is looked at four times a second, whatever is under way.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from desktop.kit.errors import (
    AppError,
    Conflict,
    NeedsPerson,
    NotFound,
    ServiceTrouble,
    StoreKnown,
    TimedOut,
)
from desktop.kit.text import plural
from desktop.model.goal import Goal
from desktop.model.plan import Plan, PlanState
from desktop.model.retry import Backoff
from desktop.model.run import Progress, Run, RunStage, RunState
from desktop.settings.file_lock import held
from desktop.sync.apply import Apply
from desktop.sync.extract import Extract
from desktop.sync.guarding import held_by, require_open
from desktop.sync.planning import Order, Planning
from desktop.sync.tools import Tools
from desktop.writing.work import Checkpoint

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

# A bulk write that collided with another, or that nobody answered: three more tries, each of which
# reads first what the one before may have done.
_COLLIDED = Backoff(tries=4)
_UNANSWERED = Backoff(first_s=2.0, tries=4)
_LOOK_EVERY_S = 0.25
_TELL_EVERY_S = 0.5
# Of some thousand rows each, after one run.
_PIECES = 100

OnProgress = Callable[[Run], None]


@dataclass(frozen=True)
class Asked:
    """What somebody asked to run.

    `plan`: exactly that one; `full`: read everything again; `only`: these source records;
    `resume`: go on with that run. `allow`: limits that `person` (a Zendesk user id), an admin,
    lets pass once.
    """

    goal: str
    actor: str
    why: str = "hand"
    plan: str | None = None
    full: bool = False
    only: tuple[str, ...] = ()
    resume: str | None = None
    allow: tuple[str, ...] = ()
    person: str = ""


@dataclass
class Runner:
    """Runs one goal. `lock_path` keeps a second run of it away, in whatever process."""

    tools: Tools
    lock_path: Path
    on_progress: OnProgress = field(default=lambda _run: None)
    checkpoint: Checkpoint = field(default=lambda _name: None)
    calls: Callable[[], int] = field(default=lambda: 0)
    budget: Callable[[], str] = field(default=lambda: "")

    async def preview(self, goal: Goal, actor: str, *, full: bool = False) -> Plan:
        """Extract and plan; nothing is written anywhere, and no history is left."""
        async with self._alone(goal):
            runs = self.tools.store.runs
            await self._run(runs.forget_previews, goal.name)
            run = await self._run(runs.begin, goal.name, "preview", actor, self.tools.clock.now())
            try:
                plan = await self._cancellable(run, self._planned(run, goal, actor, full=full))
            except AppError as error:
                # Kept until the next preview, for a window that has started this one.
                await self._end(run, RunState.FAILED, error)
                raise
            except BaseException:
                await self._run(runs.forget, run.id)
                raise
            await self._run(runs.forget, run.id)
            await self._run(self.tools.store.plans.drop_previews, goal.name, plan.id)
            return plan

    async def run(self, goal: Goal, asked: Asked) -> Run:
        """One whole run; its state says how it ended. Raises what keeps it from beginning."""
        async with self._alone(goal):
            store, now = self.tools.store, self.tools.clock.now()
            if asked.resume is not None:
                run = await self._run(store.runs.take_over, asked.resume, goal.name)
            else:
                why = asked.why
                if asked.plan is not None:
                    plan = await self._run(store.plans.get, asked.plan)
                    require_open(goal, plan)
                    why = "rollback" if plan.takes_back else why
                run = await self._run(
                    store.runs.begin,
                    goal.name,
                    why,
                    asked.actor,
                    now,
                    full=asked.full,
                    only=asked.only,
                )
            try:
                ended = await self._cancellable(run, self._stages(run, goal, asked))
            except asyncio.CancelledError:
                if not await self._run(store.runs.cancel_asked, run.id):
                    raise
                return await self._end(run, RunState.CANCELLED)
            except AppError as error:
                return await self._end(run, RunState.FAILED, error)
            if ended.state is RunState.DONE:
                await self._forget_old_rows(goal)
            return ended

    async def _forget_old_rows(self, goal: Goal) -> None:
        """In pieces, so that nobody waits for the file; what is left is the next run's."""
        now, pruning = self.tools.clock.now(), self.tools.store.pruning
        try:
            for _ in range(_PIECES):
                if not await self._run(pruning.forget_piece, goal.name, now):
                    return
        except StoreKnown as error:
            log.warning("Rows of old plans could not be forgotten: %s", error.title)

    async def _stages(self, run: Run, goal: Goal, asked: Asked) -> Run:
        store = self.tools.store
        await self._settle_earlier(run, goal)
        plan_id = run.plan or asked.plan
        if plan_id is None:
            # Somebody who goes on with a run need not know what it was to read.
            plan = await self._planned(
                run,
                goal,
                asked.actor,
                full=asked.full or run.full,
                only=asked.only or run.only,
                why=run.why,
            )
        else:
            plan = await self._run(store.plans.get, plan_id)
            goal = await self._run(store.plans.goal_of, plan.id)
        await self._run(store.runs.set_plan, run.id, plan.id)
        self.checkpoint("planned")
        if plan.state is PlanState.APPLIED:
            # Killed between the last row and the end: only the telling is left.
            return await self._finish(run, goal, plan)
        await self._stage(run, RunStage.GUARD)
        for breach in asked.allow:
            await self._run(
                store.plans.approve,
                plan.id,
                breach,
                asked.person,
                asked.actor,
                self.tools.clock.now(),
            )
        # A plan that was being applied had passed already.
        why = (
            "" if plan.state is PlanState.APPLYING else await self._run(held_by, store, goal, plan)
        )
        if why:
            await self._run(store.plans.set_state, plan.id, PlanState.STOPPED)
            return await self._end(run, RunState.WAITING, NeedsPerson(why))
        await self._apply(run, goal, plan)
        return await self._finish(run, goal, plan)

    async def _planned(
        self,
        run: Run,
        goal: Goal,
        actor: str,
        *,
        full: bool = False,
        only: tuple[str, ...] = (),
        why: str = "sync",
    ) -> Plan:
        await self._run(self.tools.store.plans.drop_unfinished, goal.name)
        read = _Counted(self, run, RunStage.EXTRACT)
        await self._stage(run, RunStage.EXTRACT)
        extract = Extract(self.tools, read.add)
        lists = await extract.for_goal(goal)
        self.checkpoint("extracted")
        judged = _Counted(self, run, RunStage.PLAN)
        await self._stage(run, RunStage.PLAN)
        planning = Planning(self.tools, judged.add)
        origin = "retry" if why == "retry" else "sync"
        order = Order(
            goal,
            actor,
            lists=lists,
            full=full,
            only=only,
            origin=origin,
            unread=tuple(extract.unread),
        )
        return await planning.make(order)

    async def _settle_earlier(self, run: Run, goal: Goal) -> None:
        """What earlier runs of this goal had under way is known before anything new is planned."""
        store = self.tools.store
        known = await self._run(store.runs.get, run.id)
        for plan_id, run_id in await self._run(store.applying.unsettled, goal.name, known.plan):
            earlier = await self._run(store.runs.get, run_id)
            await Apply(self.tools, earlier, self.checkpoint).settle(plan_id)
            totals = await self._run(store.applying.totals, plan_id)
            totals.pop("left", None)
            await self._run(store.runs.set_totals, run_id, totals)

    async def _apply(self, run: Run, goal: Goal, plan: Plan) -> None:
        plans = self.tools.store.plans
        await self._stage(run, RunStage.APPLY)
        await self._run(plans.set_state, plan.id, PlanState.APPLYING)
        total = await self._run(plans.ticked, plan.id)
        sent = _Counted(self, run, RunStage.APPLY, total=total)
        apply = Apply(self.tools, run, self.checkpoint, sent.add)
        attempt, before = 0, -1
        while True:
            try:
                return await apply.plan(goal, plan.id)
            except (Conflict, TimedOut, ServiceTrouble) as error:
                collided = isinstance(error, Conflict)
                if not (collided or error.retryable):
                    raise
                attempt = attempt + 1 if sent.done == before else 1
                before = sent.done
                wait_s = (_COLLIDED if collided else _UNANSWERED).wait(attempt, random.random())
                if wait_s is None:
                    raise
                log.info("A bulk write failed (%s); on in %.1f s", error.title, wait_s)
                await self.tools.clock.sleep(wait_s)

    async def _finish(self, run: Run, goal: Goal, plan: Plan) -> Run:
        store = self.tools.store
        await self._stage(run, RunStage.FINISH)
        await self._run(store.applying.settle_rest, plan.id)
        self.checkpoint("settled")
        await self._run(store.plans.set_state, plan.id, PlanState.APPLIED)
        if plan.mark:
            await self._run(self._move_mark, goal, plan.mark)
        self.checkpoint("marked")
        totals = await self._run(store.applying.totals, plan.id)
        error = None
        if totals["failed"]:
            some = plural(totals["failed"], "row was refused", "rows were refused")
            error = f"{some}; the next run tries again."
        return await self._run(
            store.runs.end, run.id, RunState.DONE, self.tools.clock.now(), totals, error=error or ""
        )

    def _move_mark(self, planned: Goal, mark: str) -> None:
        """The next plan begins behind this one, unless the sync means something else by now."""
        try:
            now = self.tools.store.goals.get(planned.name)
        except NotFound:
            return
        if now.means_the_same(planned):
            self.tools.store.goals.set_mark(planned.name, mark)

    async def _end(self, run: Run, state: RunState, error: AppError | None = None) -> Run:
        store = self.tools.store
        known = await self._run(store.runs.get, run.id)
        totals = await self._run(store.applying.totals, known.plan) if known.plan else {}
        totals.pop("left", None)
        ended = await self._run(
            store.runs.end,
            run.id,
            state,
            self.tools.clock.now(),
            totals if state is not RunState.WAITING else {},
            error=str(error) if error is not None else "",
            error_code=error.code if error is not None else "",
        )
        self.on_progress(ended)
        return ended

    async def _stage(self, run: Run, stage: RunStage) -> None:
        begun = Progress(calls=self.calls(), budget=self.budget())
        await self._run(self.tools.store.runs.set_stage, run.id, stage, begun)
        self.on_progress(await self._run(self.tools.store.runs.get, run.id))

    async def _cancellable(self, run: Run, work: Awaitable[T]) -> T:
        task = asyncio.ensure_future(work)
        watch = asyncio.create_task(self._watch(run, task))
        try:
            return await task
        finally:
            watch.cancel()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    async def _watch(self, run: Run, task: "asyncio.Future[T]") -> None:
        while not task.done():
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                asked = await self._run(self.tools.store.runs.cancel_asked, run.id)
            except StoreKnown as error:
                log.warning("Whether to cancel could not be read: %s", error.title)
                continue
            if asked:
                task.cancel()

    @asynccontextmanager
    async def _alone(self, goal: Goal) -> AsyncIterator[None]:
        try:
            async with held(self.lock_path, limit_s=0.0):
                yield
        except StoreKnown as error:
            if self.lock_path.name not in error.title:
                raise
            raise Conflict(
                f"“{goal.title}” is running already.",
                "One run of a sync at a time: nothing was started.",
                "Wait for it, or cancel it.",
            ) from None

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.tools.store.lane.run(act, *args, **kwargs)


class _Counted:
    """Tells how far a stage is, twice a second at most."""

    def __init__(self, runner: Runner, run: Run, stage: RunStage, total: int | None = None) -> None:
        self._runner = runner
        self._run = run
        self._stage = stage
        self._total = total
        self._done = 0
        self._began = runner.tools.clock.monotonic()
        self._told = self._began

    @property
    def done(self) -> int:
        """How many so far."""
        return self._done

    def add(self, count: int) -> None:
        """So many more."""
        self._done += count
        now = self._runner.tools.clock.monotonic()
        if now - self._told < _TELL_EVERY_S:
            return
        self._told = now
        rate = self._done / max(now - self._began, 0.001)
        left = None if self._total is None else max(0, self._total - self._done)
        progress = Progress(
            done=self._done,
            total=self._total,
            calls=self._runner.calls(),
            budget=self._runner.budget(),
            eta_s=None if left is None or rate <= 0 else left / rate,
        )
        self._runner.tools.store.runs.set_progress(self._run.id, progress)
        self._runner.on_progress(replace(self._run, stage=self._stage, progress=progress))
