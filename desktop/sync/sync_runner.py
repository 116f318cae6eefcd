"""Runs a sync: extract → plan → limits → apply → finish, in a process of its own.

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
    ConflictError,
    InvalidInput,
    NotFound,
    NotPermitted,
    ResponseTimeout,
    ServiceError,
    StorageError,
    UserDecisionNeeded,
)
from desktop.kit.text import format_count
from desktop.model.retry_backoff import ExponentialBackoff
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlanState
from desktop.model.sync_run import Run, RunProgress, RunStage, RunState
from desktop.settings.file_lock import hold_lock
from desktop.sync.feed_extractor import FeedExtractor
from desktop.sync.plan_applier import PlanApplier
from desktop.sync.plan_builder import PlanBuilder, PlanRequest
from desktop.sync.plan_limit_check import require_startable_plan, take_plan_for_apply
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rule_reader import merge_marks
from desktop.sync.sync_context import SyncContext
from desktop.writing.optout_door import RowPermits
from desktop.writing.plan_row_queue import RunMemory
from desktop.writing.write_protocol import Checkpoint

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

# A bulk write that collided with another, or that nobody answered: three more tries, each of which
# reads first what the one before may have done.
_COLLISION_BACKOFF = ExponentialBackoff(max_attempts=4)
_NO_ANSWER_BACKOFF = ExponentialBackoff(first_delay_s=2.0, max_attempts=4)
_CANCEL_POLL_S = 0.25
_PROGRESS_INTERVAL_S = 0.5
# Of some thousand rows each, after one run.
_MAX_RETENTION_CHUNKS = 100

OnProgress = Callable[[Run], None]


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked to do: sync, plan, scope and who started it.

    `plan`: exactly that one; `full`: read everything again; `only`: these source records;
    `resume`: go on with that run. `allow`: limits that `person` (a Zendesk user id), an admin,
    lets pass once. `actor_key`: `Actor.key` of who started it. `due_ticket`: what a scheduler got
    when it claimed a planned time.
    """

    sync: str
    actor: str
    why: str = "manual"
    plan_id: str | None = None
    is_full: bool = False
    source_ids: tuple[str, ...] = ()
    resume_run_id: str | None = None
    allowed_limits: tuple[str, ...] = ()
    approver_id: str = ""
    approver_credential: str = ""
    actor_key: str = ""
    due_ticket: str = ""


@dataclass
class SyncRunner:
    """Runs one sync; `lock_path` excludes a second run of it in any process."""

    context: SyncContext
    lock_path: Path
    permits: RowPermits
    on_progress: OnProgress = field(default=lambda _run: None)
    checkpoint: Checkpoint = field(default=lambda _name: None)
    count_calls: Callable[[], int] = field(default=lambda: 0)
    describe_budget: Callable[[], str] = field(default=lambda: "")
    # Says why the rules forbid writing at this moment, or "".
    find_refusal: Callable[[], str] = field(default=lambda: "")
    # Over how many people the workspace's kind asks once more at this moment; None: never.
    find_confirmed_over: Callable[[], int | None] = field(default=lambda: None)
    # Where other computers find what the run does; None: it stays here.
    memory: RunMemory | None = None

    async def preview(self, sync: Sync, actor: str, *, full: bool = False) -> Plan:
        """Extract a sync's source and plan; nothing is written, no history is left."""
        async with self._exclusive_lock(sync):
            runs = self.context.store.runs
            await runs.delete_previews(sync.name)
            run = await runs.begin(sync.name, "preview", actor, self.context.clock.now())
            try:
                plan = await self._run_cancellable(
                    run, self._extract_and_plan(run, sync, actor, full=full)
                )
            except AppError as error:
                # Kept until the next preview, for a window that has started this one.
                await self._end_run(run, RunState.FAILED, error)
                raise
            except BaseException:
                await runs.delete_run(run.id)
                raise
            await runs.delete_run(run.id)
            await self.context.store.plans.delete_older_previews(sync.name, plan.id)
            return plan

    async def run(self, sync: Sync, request: RunRequest) -> Run:
        """Run a sync once; the run's state says how it ended. Raises what prevents its start."""
        if request.resume_run_id is not None and request.plan_id is not None:
            raise InvalidInput(
                "A run goes on with the plan it has.",
                "Nothing was started.",
                "Name the run to go on with or the plan to apply, not both.",
            )
        async with self._exclusive_lock(sync):
            store, now = self.context.store, self.context.clock.now()
            if request.resume_run_id is not None:
                run = await store.runs.take_over(request.resume_run_id, sync.name)
            else:
                why = request.why
                if request.plan_id is not None:
                    plan = await store.plans.get(request.plan_id)
                    require_startable_plan(sync, plan)
                    why = "rollback" if plan.is_rollback else why
                run = await store.runs.begin(
                    sync.name,
                    why,
                    request.actor,
                    now,
                    full=request.is_full,
                    only=request.source_ids,
                    actor_key=request.actor_key,
                )
            try:
                ended = await self._run_cancellable(run, self._run_stages(run, sync, request))
            except asyncio.CancelledError:
                if not await store.runs.is_cancel_requested(run.id):
                    raise
                ended = await self._end_run(run, RunState.CANCELLED)
            except AppError as error:
                ended = await self._end_run(run, RunState.FAILED, error)
            await self._delete_expired_rows()
            return ended

    async def _delete_expired_rows(self) -> None:
        """Delete expired plans' rows in chunks at a run's end; the next run continues."""
        now, pruning = self.context.clock.now(), self.context.store.plan_retention
        try:
            for _ in range(_MAX_RETENTION_CHUNKS):
                if not await pruning.delete_expired_chunk(now):
                    return
        except StorageError as error:
            log.warning("Rows of old plans could not be forgotten: %s", error.title)

    async def _run_stages(self, run: Run, sync: Sync, request: RunRequest) -> Run:
        store = self.context.store
        await self._settle_earlier_runs(run, sync)
        if reason := self.find_refusal():
            raise NotPermitted(
                "The run may not write.",
                f"{reason} Nothing was read or written.",
                "Start it again once it may.",
            )
        plan_id = run.plan or request.plan_id
        if plan_id is None:
            # Somebody who goes on with a run need not know what it was to read.
            plan = await self._extract_and_plan(
                run,
                sync,
                request.actor,
                full=request.is_full or run.is_full,
                only=request.source_ids or run.only_records,
                why=run.trigger,
            )
        else:
            plan = await store.plans.get(plan_id)
            if plan.state not in (PlanState.APPLYING, PlanState.APPLIED):
                # Also of a run that goes on: its plan may have been discarded meanwhile.
                require_startable_plan(sync, plan)
            else:
                await store.batches.require_taken(plan.id)
            sync = await store.plans.get_planned_sync(plan.id)
            await self.context.require_sell_account_of(sync, plan)
        await store.runs.set_plan(run.id, plan.id)
        self.checkpoint("planned")
        if plan.state is PlanState.APPLIED:
            # Killed between the last row and the end: only the telling is left.
            return await self._finish(run, sync, plan)
        await self._begin_stage(run, RunStage.CHECK_LIMITS)
        for breach in request.allowed_limits:
            await store.plans.approvals.add(
                plan.id,
                breach,
                request.approver_id,
                request.actor,
                self.context.clock.now(),
                credential=request.approver_credential,
            )
        if plan.state is not PlanState.APPLYING and not plan.is_rollback:
            decisions = PlanRowDecisions(store, self.context.clock)
            await self._run_in_database(decisions.leave_out_before_apply, sync.name, plan.id)
        # A plan that was being applied had passed already.
        why = (
            ""
            if plan.state is PlanState.APPLYING
            else await self._run_in_database(
                take_plan_for_apply,
                store,
                sync,
                plan,
                self.context.clock.now(),
                # Whoever switched the schedule on was asked then, and nobody is there to ask.
                None if run.trigger == "schedule" else self.find_confirmed_over(),
            )
        )
        if why:
            return await self._end_run(run, RunState.WAITING, UserDecisionNeeded(why))
        await self._apply(run, sync, plan)
        return await self._finish(run, sync, plan)

    async def _extract_and_plan(
        self,
        run: Run,
        sync: Sync,
        actor: str,
        *,
        full: bool = False,
        only: tuple[str, ...] = (),
        why: str = "sync",
    ) -> Plan:
        await self.context.store.plans.delete_unfinished(sync.name)
        read = _ProgressReporter(self, run, RunStage.EXTRACT)
        await self._begin_stage(run, RunStage.EXTRACT)
        extract = FeedExtractor(self.context, read.add, self.checkpoint)
        lists = await extract.extract_for_sync(sync)
        if sync.is_rule:
            # What it shows is acted on from here on, and would be a second time with it.
            await self.context.store.plans.delete_older_previews(sync.name, "0")
        self.checkpoint("extracted")
        judged = _ProgressReporter(self, run, RunStage.PLAN)
        await self._begin_stage(run, RunStage.PLAN)
        planning = PlanBuilder(self.context, judged.add)
        origin = "retry" if why == "retry" else "sync"
        order = PlanRequest(
            sync,
            actor,
            lists=lists,
            is_full=full,
            source_ids=only,
            origin=origin,
            unreadable_rows=tuple(extract.unreadable_rows),
        )
        return await planning.build(order)

    async def _settle_earlier_runs(self, run: Run, sync: Sync) -> None:
        """Settle what earlier runs of a sync were sending, before anything new is planned."""
        store = self.context.store
        known = await store.runs.get(run.id)
        for plan_id, run_id in await store.batches.list_unsettled_plans(sync.name, known.plan):
            earlier = await store.runs.get(run_id)
            plan = await store.plans.get(plan_id)
            if not await self.context.has_sell_account_of(sync, plan):
                # What it was sending can be read in its own account alone.
                continue
            await PlanApplier(
                self.context,
                earlier,
                self.permits,
                self.checkpoint,
                find_refusal=self.find_refusal,
                memory=self.memory,
            ).settle_open_batches(plan_id)
            totals = await store.batches.count_by_outcome(plan_id)
            totals.pop("left", None)
            await store.runs.set_totals(run_id, totals)

    async def _apply(self, run: Run, sync: Sync, plan: Plan) -> None:
        plans = self.context.store.plans
        total = await plans.count_ticked(plan.id)
        await self._begin_stage(run, RunStage.APPLY, total)
        sent = _ProgressReporter(self, run, RunStage.APPLY, total=total)
        apply = PlanApplier(
            self.context,
            run,
            self.permits,
            self.checkpoint,
            sent.add,
            self.find_refusal,
            self.memory,
        )
        attempt, before = 0, -1
        while True:
            try:
                return await apply.apply(sync, plan.id)
            except (ConflictError, ResponseTimeout, ServiceError) as error:
                collided = isinstance(error, ConflictError)
                if not (collided or error.is_retryable):
                    raise
                attempt = attempt + 1 if sent.done == before else 1
                before = sent.done
                wait_s = (_COLLISION_BACKOFF if collided else _NO_ANSWER_BACKOFF).delay_s(
                    attempt, random.random()
                )
                if wait_s is None:
                    raise
                if isinstance(error, ServiceError) and error.retry_at is not None:
                    wait_s = max(wait_s, error.retry_at - self.context.clock.now())
                log.info("A bulk write failed (%s); on in %.1f s", error.title, wait_s)
                await self.context.clock.sleep(wait_s)

    async def _finish(self, run: Run, sync: Sync, plan: Plan) -> Run:
        store = self.context.store
        await self._begin_stage(run, RunStage.FINISH)
        await store.batches.finalize_unsent_rows(plan.id)
        self.checkpoint("settled")
        await store.plans.set_state(plan.id, PlanState.APPLIED)
        if plan.mark:
            await self._run_in_database(self._advance_watermark, sync, plan.mark)
        self.checkpoint("marked")
        totals = await store.batches.count_by_outcome(plan.id)
        error = None
        if totals["failed"]:
            some = format_count(totals["failed"], "row was refused", "rows were refused")
            error = f"{some}; the next run tries again."
        return await store.runs.end(
            run.id,
            RunState.DONE,
            self.context.clock.now(),
            totals,
            error=error or "",
        )

    def _advance_watermark(self, planned: Sync, mark: str) -> None:
        """Store the watermarks of a run's applied plan, unless the sync was changed meanwhile."""
        try:
            now = self.context.store.syncs.get.blocking(planned.name)
        except NotFound:
            return
        syncs = self.context.store.syncs
        if now.is_plan_compatible(planned):
            if now.is_rule:
                # An older plan that was applied later undoes nothing of what was acted on since.
                mark = merge_marks(syncs.get_watermark.blocking(planned.name), mark)
            syncs.set_watermark.blocking(planned.name, mark)

    async def _end_run(self, run: Run, state: RunState, error: AppError | None = None) -> Run:
        store = self.context.store
        known = await store.runs.get(run.id)
        totals = await store.batches.count_by_outcome(known.plan) if known.plan else {}
        totals.pop("left", None)
        ended = await store.runs.end(
            run.id,
            state,
            self.context.clock.now(),
            totals if state is not RunState.WAITING else {},
            error=str(error) if error is not None else "",
            error_code=error.code if error is not None else "",
        )
        self.on_progress(ended)
        return ended

    async def _begin_stage(self, run: Run, stage: RunStage, total: int | None = None) -> None:
        # The whole is told before the first record is done: the bar stands from the start.
        begun = RunProgress(total=total, calls=self.count_calls(), budget=self.describe_budget())
        await self.context.store.runs.set_stage(run.id, stage, begun)
        self.on_progress(await self.context.store.runs.get(run.id))

    async def _run_cancellable(self, run: Run, work: Awaitable[T]) -> T:
        task = asyncio.ensure_future(work)
        watch = asyncio.create_task(self._watch_for_cancel(run, task))
        try:
            return await task
        finally:
            watch.cancel()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    async def _watch_for_cancel(self, run: Run, task: "asyncio.Future[T]") -> None:
        while not task.done():
            await asyncio.sleep(_CANCEL_POLL_S)
            try:
                asked = await self.context.store.runs.is_cancel_requested(run.id)
            except StorageError as error:
                log.warning("Whether to cancel could not be read: %s", error.title)
                continue
            if asked:
                task.cancel()

    @asynccontextmanager
    async def _exclusive_lock(self, sync: Sync) -> AsyncIterator[None]:
        try:
            async with hold_lock(self.lock_path, limit_s=0.0):
                yield
        except StorageError as error:
            if self.lock_path.name not in error.title:
                raise
            raise ConflictError(
                f"“{sync.title}” is running already.",
                "One run of a sync at a time: nothing was started.",
                "Wait for it, or cancel it.",
            ) from None

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.context.store.run(act, *args, **kwargs)


class _ProgressReporter:
    """Stores a run's progress in its stage, at most twice a second."""

    def __init__(
        self, runner: SyncRunner, run: Run, stage: RunStage, total: int | None = None
    ) -> None:
        self._runner = runner
        self._run = run
        self._stage = stage
        self._total = total
        self._done = 0
        self._started_at = runner.context.clock.monotonic()
        self._reported_at = self._started_at

    @property
    def done(self) -> int:
        """The number of records done so far in the run's stage."""
        return self._done

    def add(self, count: int) -> None:
        """Count more records as done in the run's stage."""
        self._done += count
        now = self._runner.context.clock.monotonic()
        if now - self._reported_at < _PROGRESS_INTERVAL_S:
            return
        self._reported_at = now
        rate = self._done / max(now - self._started_at, 0.001)
        left = None if self._total is None else max(0, self._total - self._done)
        progress = RunProgress(
            done=self._done,
            total=self._total,
            calls=self._runner.count_calls(),
            budget=self._runner.describe_budget(),
            eta_s=None if left is None or rate <= 0 else left / rate,
        )
        self._runner.context.store.runs.set_progress.blocking(self._run.id, progress)
        self._runner.on_progress(replace(self._run, stage=self._stage, progress=progress))
