"""Applies a plan to the service of its sync, in the name of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from desktop.model.field_mapping import MappingOperator, source_field_of
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan
from desktop.model.sync_run import Run
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, VAR_PREFIX
from desktop.store.run_provenance import RunProvenance
from desktop.sync.create_check import CreateCheckingGateway
from desktop.sync.left_out_watch import LeftOutWatch
from desktop.sync.sync_context import SyncContext
from desktop.writing.optout_door import RowPermits
from desktop.writing.plan_row_queue import PlanRowQueue, PlanWriter, RunMemory
from desktop.writing.sailthru_plan_writer import SailthruPlanWriter
from desktop.writing.single_plan_writer import SinglePlanWriter
from desktop.writing.write_protocol import Checkpoint, RecordGateway, WriteProtocol
from desktop.writing.zendesk_plan_writer import ZendeskPlanWriter


@dataclass(frozen=True)
class PlanApplier:
    """Applies a run's plans through the plan writer of the sync's target service.

    `permits` are asked before each row is sent; `on_completed` hears how many rows have ended;
    `find_refusal` says why the rules forbid writing at this moment, or "".
    """

    context: SyncContext
    run: Run
    permits: RowPermits
    checkpoint: Checkpoint = field(default=lambda _name: None)
    on_completed: Callable[[int], None] = field(default=lambda _count: None)
    find_refusal: Callable[[], str] = field(default=lambda: "")
    memory: RunMemory | None = None

    async def apply(self, sync: Sync, plan_id: str) -> None:
        """Apply a plan in a run's name: its ticked rows are written. Raises what stops the run."""
        await (await self._make_writer(sync, plan_id)).apply()

    async def settle_open_batches(self, plan_id: str) -> None:
        """Read back the rows that an interrupted run of this plan was sending.

        What is known to be written is closed as such, so that no later plan does it once more; the
        rest is as if never sent.
        """
        sync = await self.context.store.plans.get_planned_sync(plan_id)
        writer = await self._make_writer(sync, plan_id)
        await writer.settle_open_batches()
        await writer.settle_late_rows()

    async def _make_writer(self, sync: Sync, plan_id: str) -> PlanWriter:
        context = self.context
        plan = await context.store.plans.get(plan_id)
        provenance = _make_provenance(self.run, plan, sync)

        def queue(gateway: RecordGateway) -> PlanRowQueue:
            # Products are nobody whom another key might find.
            checked = (
                gateway if sync.is_of_products else CreateCheckingGateway(gateway, context, sync)
            )
            protocol = WriteProtocol(
                checked,
                context.clock,
                replace(self.permits, is_of_people=not sync.is_of_products),
                self.checkpoint,
                # Anew for each batch: somebody may be erased while a run works for hours.
                context.store.erased_people.load.blocking,
            )
            return PlanRowQueue(
                context.store,
                provenance,
                protocol,
                self.on_completed,
                context.job_timeout_s,
                self.find_refusal,
                # What is taken back is no new value that somebody could be left out of.
                None
                if plan.is_rollback
                else LeftOutWatch(context.store, context.clock, sync.name, plan_id),
                self.memory,
            )

        if sync.is_of_products:
            return SinglePlanWriter(queue(context.content))
        if sync.target_service is Service.SAILTHRU:
            return SailthruPlanWriter(queue(context.profiles), context.profiles, sync.flows)
        if sync.target_service is Service.SELL:
            return SinglePlanWriter(queue(context.sell_people(sync)))
        return ZendeskPlanWriter(queue(context.users), context.users)


def _make_provenance(run: Run, plan: Plan, sync: Sync) -> RunProvenance:
    names = [f"{LIST_PREFIX}{name}" for name in sync.effects.add_to_lists]
    names += [f"{TAG_PREFIX}{tag}" for tag in sync.effects.add_tags]
    names += sync.stage_fields
    effects = sync.effects
    if sync.is_rule:
        # Whoever it has paused is looked at again; whom it has put on a list stays there.
        pause = (f"{VAR_PREFIX}{effects.pause_var}", f"{LIST_PREFIX}{effects.pause_list}")
        names = list(pause) if effects.pause_days else []
    rows = [row for row in sync.mapping if row.on]
    return RunProvenance(
        run.id,
        plan.id,
        sync.name,
        sync.title,
        sync.target_service,
        run.actor,
        frozenset(names),
        has_frequency_cap=sync.pressure is not None,
        is_rollback=plan.is_rollback,
        increment_fields=frozenset(
            row.target for row in rows if row.operator is MappingOperator.SUM
        ),
        source_field_by_target={row.target: source_field_of(row) for row in rows},
    )
