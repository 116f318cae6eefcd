"""Applies a plan by the way its service and its goal take, in the name of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from desktop.model.field_mapping import MappingOperator, source_field_of
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_run import Run
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX
from desktop.store.run_provenance import RunProvenance
from desktop.sync.sync_context import SyncContext
from desktop.writing.batch_bookkeeping import BatchBookkeeper, Checkpoint
from desktop.writing.sailthru_batch_writer import SailthruBatchWriter
from desktop.writing.sailthru_gateway import SailthruGateway
from desktop.writing.zendesk_batch_writer import ZendeskBatchWriter
from desktop.writing.zendesk_gateway import ZendeskGateway


@dataclass(frozen=True)
class PlanApplier:
    """Applying in one run. `on_closed` hears how many rows have ended."""

    context: SyncContext
    run: Run
    checkpoint: Checkpoint = field(default=lambda _name: None)
    on_completed: Callable[[int], None] = field(default=lambda _count: None)

    async def apply(self, sync: Sync, plan_id: str) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await (await self._make_batch_writer(sync, plan_id)).apply()

    async def settle_open_batches(self, plan_id: str) -> None:
        """Find out what became of what an earlier run of this plan was sending when it ended.

        What is known to be written is closed as such, so that no later plan does it once more; the
        rest is as if never sent.
        """
        goal = await self.context.store.plans.get_planned_sync(plan_id)
        await (await self._make_batch_writer(goal, plan_id)).settle_open_batches()

    async def _make_batch_writer(
        self, sync: Sync, plan_id: str
    ) -> SailthruBatchWriter | ZendeskBatchWriter:
        tools = self.context
        plan = await tools.store.plans.get(plan_id)
        names = [f"{LIST_PREFIX}{name}" for name in sync.effects.add_to_lists]
        names += [f"{TAG_PREFIX}{tag}" for tag in sync.effects.add_tags]
        hand = RunProvenance(
            self.run.id,
            plan_id,
            sync.name,
            sync.title,
            sync.target_service,
            self.run.actor,
            frozenset(names),
            has_frequency_cap=sync.pressure is not None,
            is_rollback=plan.is_rollback,
            increment_fields=frozenset(
                row.target for row in sync.mapping if row.on and row.operator is MappingOperator.SUM
            ),
            source_field_by_target={
                row.target: source_field_of(row) for row in sync.mapping if row.on
            },
        )
        work = BatchBookkeeper(
            tools.store,
            tools.clock,
            hand,
            self.on_completed,
            tools.job_timeout_s,
            self.checkpoint,
        )
        if sync.target_service is Service.SAILTHRU:
            profiles = SailthruGateway(tools.sailthru.client, tools.sailthru.bulk)
            return SailthruBatchWriter(work, profiles, sync.flows)
        people = ZendeskGateway(tools.zendesk.client, tools.zendesk.bulk)
        return ZendeskBatchWriter(work, people)
