"""A plan in the making: rows are added, then it is finished; an error deletes it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from desktop.model.run_limit import exceeded_limits
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlanRow, PlanState, TargetReading
from desktop.store.workspace_store import WorkspaceStore


class PlanDraft:
    """Stores plan rows as they are made, so that no plan is in memory whole."""

    def __init__(self, store: WorkspaceStore, plan_id: str, sync: Sync) -> None:
        self._store = store
        self._sync = sync
        self.plan_id = plan_id
        self.row_count = 0

    @property
    def next_number(self) -> int:
        """The number that the draft plan's next row gets."""
        return self.row_count + 1

    async def add_rows(self, rows: Iterable[PlanRow]) -> None:
        """Store plan rows that are numbered from `next_number` on."""
        added = tuple(rows)
        await self._store.plans.add_rows(self.plan_id, added)
        self.row_count += len(added)

    async def finish(
        self,
        read_count: int,
        included_count: int,
        *,
        is_incremental: bool,
        watermark: str = "",
        reading: TargetReading | None = None,
    ) -> Plan:
        """Finish the draft plan: READY, or STOPPED by a limit that its ticked rows exceed.

        Of the `read_count` records `included_count` are in the source. `is_incremental`: only what
        changed was read, so none read is no empty source.
        """
        plans = self._store.plans
        counts = await plans.count_ticked_by_consequence(self.plan_id)
        breaches = exceeded_limits(
            self._sync.limits, counts, included_count, incremental=is_incremental
        )
        await plans.finish(
            self.plan_id,
            state=PlanState.STOPPED if breaches else PlanState.READY,
            read=read_count,
            included=included_count,
            breaches=tuple(breach.code for breach in breaches),
            mark=watermark,
            reading=reading,
        )
        return await plans.get(self.plan_id)


@asynccontextmanager
async def draft_plan(
    store: WorkspaceStore, sync: Sync, actor: str, now: float, *, origin: str
) -> AsyncIterator[PlanDraft]:
    """Begin a draft plan, and delete it again if anything fails before it is finished."""
    plan_id = await store.plans.begin(sync, actor, now, origin=origin)
    try:
        yield PlanDraft(store, plan_id, sync)
    except BaseException:
        # Cancelled or failed: half a plan would look like a whole one.
        await store.plans.discard(plan_id)
        raise
