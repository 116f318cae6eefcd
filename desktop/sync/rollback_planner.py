"""Makes the plan that rolls a run back, from the before-images of its rows.

It restores what the API can express, lists the rest before anything is sent, and never restores
what somebody changed since.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError, ConflictError, InvalidInput, NotFound
from desktop.model.field_mapping import MappingOperator
from desktop.model.field_value import is_empty
from desktop.model.optout_level import OptOutLevel, is_chosen_later
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sync import Sync
from desktop.model.sync_plan import (
    FieldChange,
    Plan,
    PlannedOutcome,
    PlanRow,
    PlanRowState,
    PlanState,
)
from desktop.model.sync_state import KeptForm
from desktop.model.target_record import (
    CONTENT_URL_FIELD,
    LIST_PREFIX,
    OPTOUT_FIELD,
    VAR_PREFIX,
    TargetRecord,
)
from desktop.model.value_equivalence import equivalent
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.pipeline.consequences import find_consequences
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.plan_rows import with_mail_state
from desktop.sync.pipeline.target_kind import make_target_kind
from desktop.sync.plan_limit_check import find_limit_breaches
from desktop.sync.sync_context import SyncContext
from desktop.writing.row_comparison import ReadResult
from desktop.writing.write_protocol import read_refused_in_halves
from desktop.writing.zendesk_gateway import MAX_USERS_PER_CALL

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class RollbackLoss:
    """A loss of a rollback's plan: how many rows, and why they cannot be restored."""

    row_count: int
    reason: str


class RollbackPlanner:
    """Makes the rollback plan of one run of a sync."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context
        self._store = context.store

    async def build_plan(self, run_id: str, actor: str) -> Plan:
        """Make a run's rollback plan, READY or STOPPED by a limit.

        Raises InvalidInput for a run that wrote nothing.
        """
        run = await self._store.runs.get(run_id)
        # Its profiles and users are those of the account it wrote to.
        await self._store.runs.require_own_account(run.id)
        if run.plan is None:
            raise _wrote_nothing(run_id)
        before = await self._store.plans.get(run.plan)
        if before.state not in (PlanState.APPLYING, PlanState.APPLIED):
            # A limit has stopped it, or somebody before it began.
            raise _wrote_nothing(run_id)
        if before.is_rollback:
            raise InvalidInput(
                f"Run {run_id} took another run back already.",
                "Taking that back would do the first one again.",
                "Run the sync instead.",
            )
        wrote = run.totals.get("created", 0) + run.totals.get("updated", 0)
        if wrote and await self._store.plan_retention.has_deleted_rows(run.plan):
            raise InvalidInput(
                f"What run {run_id} wrote is not kept any more.",
                "Rows are kept for 90 days, and those of the 20 newest plans of each sync, unless"
                " somebody has erased them.",
            )
        await self._store.batches.require_taken(run.plan)
        sync = await self._store.plans.get_planned_sync(run.plan)
        await self._context.require_sell_account_of(sync, before)
        now = self._context.clock.now()
        plan_id = await self._store.plans.begin(
            sync, actor, now, origin=f"rollback {run_id}", sell_account=before.sell_account
        )
        try:
            # Of one that was killed nobody knows when it wrote last: no earlier than it began.
            wrote_at = run.started_at if run.ended_at is None else run.ended_at
            read = await self._plan_rows(plan_id, run.plan, sync, wrote_at)
        except BaseException:
            await self._store.plans.discard(plan_id)
            raise
        made = await self._store.plans.get(plan_id)
        if not made.count_rows(PlannedOutcome.UPDATE):
            losses = await self.list_losses(plan_id)
            await self._store.plans.discard(plan_id)
            raise InvalidInput(
                f"Nothing of run {run_id} can be undone.",
                " ".join(f"{loss.row_count:,} × {loss.reason}." for loss in losses)
                or "It wrote nothing.",
            )
        made = replace(made, source_record_count=read)
        found = await self._run_in_database(find_limit_breaches, self._store, sync, made, now)
        await self._store.plans.finish(
            plan_id,
            state=PlanState.STOPPED if found else PlanState.READY,
            read=read,
            breaches=tuple(breach.code for breach in found),
            mark="",
        )
        return await self._store.plans.get(plan_id)

    async def list_losses(self, plan_id: str) -> tuple[RollbackLoss, ...]:
        """List a rollback plan's losses, to be shown before it is applied."""
        return await self._run_in_database(self._count_losses, plan_id)

    def _count_losses(self, plan_id: str) -> tuple[RollbackLoss, ...]:
        counts: dict[str, int] = {}
        after = 0
        while rows := self._store.plans.list_rows.blocking(plan_id, after=after, limit=500):
            after = rows[-1].row
            for row in rows:
                reasons = {c.reason for c in row.changes if c.reason}
                reasons |= {row.why} if row.why else set()
                for reason in reasons:
                    counts[reason] = counts.get(reason, 0) + 1
        return tuple(
            RollbackLoss(n, words) for words, n in sorted(counts.items(), key=lambda i: -i[1])
        )

    async def _plan_rows(self, plan_id: str, old_plan: str, sync: Sync, wrote_at: float) -> int:
        chosen = PlanRowFilter(
            fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
            states=(PlanRowState.DONE, PlanRowState.ACCEPTED),
        )
        after = read = 0
        doubts = await self._store.unconfirmed_increments.by_source(sync.name)
        while rows := await self._store.plans.list_rows(
            old_plan, chosen, after=after, limit=MAX_USERS_PER_CALL
        ):
            after = rows[-1].row
            there = await self._read_targets(rows, sync)
            unproven = await self._store.batches.find_unproven_written(
                old_plan, [row.row for row in rows]
            )
            kept = await self._store.sync_state.get_kept_forms(
                sync.name, [row.target_id for row in rows]
            )
            made = [
                self._revert_row(
                    sync,
                    _as_kept(row, kept.get(row.target_id, {})),
                    _UNPROVEN if row.row in unproven else there.get(row.row),
                    in_doubt=row.source_id in doubts,
                    wrote_at=wrote_at,
                )
                for row in rows
            ]
            read += len(made)
            await self._store.plans.add_rows(plan_id, made)
        return read

    async def _read_targets(self, rows: Sequence[PlanRow], sync: Sync) -> Mapping[int, ReadResult]:
        return await read_refused_in_halves(self._context.gateway(sync), rows)

    def _revert_row(
        self, sync: Sync, row: PlanRow, now: ReadResult, *, in_doubt: bool, wrote_at: float
    ) -> PlanRow:
        fresh = replace(
            row,
            state=PlanRowState.PLANNED,
            detail="",
            ticked=True,
            why="",
            cause="",
            events=(),
            consequences=(),
            evidence="stands as before the run",
        )
        if isinstance(now, AppError) and not isinstance(now, NotFound):
            return replace(
                fresh, fate=PlannedOutcome.SKIPPED, changes=(), why=str(now), ticked=False
            )
        if not isinstance(now, TargetRecord) or not now.is_editable:
            return replace(
                fresh, fate=PlannedOutcome.SKIPPED, changes=(), why=_GONE_TEXT, ticked=False
            )
        sums = {r.target for r in sync.mapping if r.operator is MappingOperator.SUM and r.on}
        changes = tuple(
            _revert_increment(row.fate, change, now, in_doubt=in_doubt)
            if change.field in sums
            else _revert_field(row.fate, change, now, wrote_at)
            for change in row.changes_to_send
        )
        if sync.is_of_products:
            changes = tuple(_keep_item(row.fate, change) for change in changes)
        fresh = with_mail_state(replace(fresh, changes=changes, target_id=now.id), now)
        if not fresh.changes_to_send:
            why = (
                _PROFILE_STAYS_TEXT
                if row.fate is PlannedOutcome.CREATE and not sync.is_of_products
                else next((c.reason for c in changes), "")
            )
            return replace(fresh, fate=PlannedOutcome.UNCHANGED, why=why)
        why = _PROFILE_STAYS_TEXT if row.fate is PlannedOutcome.CREATE else ""
        back = {change.field for change in fresh.changes_to_send}
        # They count as not added up only when the number goes back with them.
        events = row.events if sums <= back else ()
        fresh = replace(fresh, fate=PlannedOutcome.UPDATE, why=why, events=events)
        return replace(
            fresh,
            consequences=find_consequences(
                fresh,
                now,
                PlanContext(sync, 0.0, make_target_kind(sync, "")),
            ),
        )

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._store.run(act, *args, **kwargs)


def _wrote_nothing(run_id: str) -> InvalidInput:
    return InvalidInput(f"Run {run_id} wrote nothing.", "There is nothing to take back.")


def _as_kept(row: PlanRow, kept: Mapping[str, KeptForm]) -> PlanRow:
    """Return the rolled-back row with values as the service keeps them, such as cut off."""
    changes = tuple(
        replace(change, new=form.seen)
        if (form := kept.get(change.field)) and equivalent(change.field, change.new, form.wanted)
        else change
        for change in row.changes
    )
    return replace(row, changes=changes)


def _revert_field(
    fate: PlannedOutcome, change: FieldChange, now: TargetRecord, wrote_at: float | None = None
) -> FieldChange:
    """Return the rollback's change that restores one field, or why it cannot be restored.

    `wrote_at`: when the run had written all it wrote (Unix seconds), for an opt-out.
    """
    there = now.get_value(change.field)
    back = FieldChange(change.field, there, change.old)
    if change.field == OPTOUT_FIELD and change.old not in _SETTABLE_LEVELS:
        return replace(back, applies=False, reason=_LEVEL_STAYS_TEXT)
    if change.field in _ALWAYS_SET and not change.old:
        return replace(back, applies=False, reason=_ALWAYS_SET_TEXT)
    if equivalent(change.field, change.old, there):
        return replace(back, applies=False, reason=_ALREADY_REVERTED_TEXT)
    if not equivalent(change.field, change.new, there):
        return replace(back, applies=False, reason=_CHANGED_SINCE_TEXT)
    if change.field == OPTOUT_FIELD and wrote_at is not None and _is_chosen_anew(now, wrote_at):
        return replace(back, applies=False, reason=_CHOSEN_ANEW_TEXT)
    if fate is PlannedOutcome.CREATE and change.field.startswith(VAR_PREFIX):
        # The profile was new: its values go as far as they can.
        return replace(back, reason=_BECOMES_EMPTY_TEXT)
    if change.field.startswith(VAR_PREFIX) and is_empty(change.old):
        return replace(back, reason=_BECOMES_EMPTY_TEXT)
    if change.field.startswith(LIST_PREFIX) and change.old is True:
        return replace(back, reason=_NEW_JOIN_DATE_TEXT)
    return back


def _is_chosen_anew(now: TargetRecord, wrote_at: float) -> bool:
    """Whether Sailthru tells of an opt-out after the run: the customer's own, at the same level."""
    profile = now.document
    if not isinstance(profile, SailthruProfile):
        return False
    return is_chosen_later(profile.activity.get("optout_time"), wrote_at, now.clock_ahead_s)


def _keep_item(fate: PlannedOutcome, back: FieldChange) -> FieldChange:
    """Return a rollback's change of an item of content, which keeps what it was made with."""
    is_kept = fate is PlannedOutcome.CREATE or back.field == CONTENT_URL_FIELD
    # A price is a number, and no number says that there is none.
    if is_kept or (back.field == "price" and back.new is None):
        return replace(back, applies=False, reason=_ITEM_STAYS_TEXT)
    return back


def _revert_increment(
    fate: PlannedOutcome, change: FieldChange, now: TargetRecord, *, in_doubt: bool
) -> FieldChange:
    """Return the rollback's change that subtracts an increment, which may be unconfirmed."""
    # Where it was summed up again, the older total that stood there is nobody's wish.
    back = _revert_field(
        fate, change if change.known is None else replace(change, old=change.known), now
    )
    return (
        replace(back, applies=False, reason=_UNCONFIRMED_TEXT)
        if in_doubt and back.applies
        else back
    )


# A profile that is new had none, another's was not read, and `blast` is set by nobody any more.
_SETTABLE_LEVELS = frozenset(level.value for level in OptOutLevel) - {OptOutLevel.BLAST.value}
_LEVEL_STAYS_TEXT = "no earlier opt-out level can be set: the level stays"
# Zendesk gives every person these.
_ALWAYS_SET = frozenset({"name", "time_zone", "locale"})
_ALWAYS_SET_TEXT = "stays: nobody in Zendesk is without one"
_UNPROVEN = ConflictError(
    "It is not certain what stood before.",
    "An earlier version wrote this row, or a process with another key, or it was edited since: it"
    " stays as it is. `fairlead sync show` says what is kept of it; whoever knows it to be right"
    " sets it by hand.",
)
_GONE_TEXT = "not there any more, or not a customer"
_PROFILE_STAYS_TEXT = "was created by the run: the profile itself stays"
_ITEM_STAYS_TEXT = "stays: Sailthru’s content takes nothing of an item back"
_ALREADY_REVERTED_TEXT = "is as before already"
_CHANGED_SINCE_TEXT = "changed by somebody since: never restored"
_CHOSEN_ANEW_TEXT = "the customer has opted out after the run, as Sailthru tells: the level stays"
_UNCONFIRMED_TEXT = (
    "may be changed yet by a job that was given up: the sync's next preview finds out"
)
_BECOMES_EMPTY_TEXT = "was not set: becomes empty, the name stays"
_NEW_JOIN_DATE_TEXT = "back on the list, with a new date of joining"
