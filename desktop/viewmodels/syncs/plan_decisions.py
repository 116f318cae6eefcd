"""What people decide about a preview, as the store keeps it; most give a sentence to be said."""

from pathlib import Path

from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.viewmodels.activity.edit_export import write_private_file
from desktop.viewmodels.syncs.plan_export import plan_rows_to_csv, plan_rows_to_json
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


class PlanDecisions:
    """Each raises Conflict once the preview was handed to a run."""

    def __init__(self, context: SyncPageContext) -> None:
        self._context = context

    async def tick_rows(self, plan: str, numbers: list[int], *, on: bool) -> None:
        """Take rows in, or leave them out."""
        await self._context.store.plans.set_rows_ticked(plan, numbers, on=on)

    async def tick_all_rows(self, plan: str, plan_filter: PlanFilter, *, on: bool) -> None:
        """The same for every row that fits."""
        await self._context.store.plans.set_all_ticked(plan, plan_filter.to_row_filter(), on=on)

    async def tick_field(self, plan: str, row: int, field: str, *, on: bool) -> None:
        """Leave one field of a row out, or take it in."""
        await self._context.run_in_database_thread(
            self._context.decisions.set_field_ticked, plan, row, field, on=on
        )

    async def pick_side(self, plan: str, row: int, field: str, side: str) -> None:
        """Say whose value stands."""
        await self._context.run_in_database_thread(
            self._context.decisions.resolve_conflict, plan, row, field, side
        )

    async def always_prefer(self, plan: str, row: int, field: str, side: str) -> str:
        """The same, now and in every preview to come."""
        await self.pick_side(plan, row, field, side)
        await self._context.run_in_database_thread(
            self._context.decisions.set_preferred_side, plan, field, side
        )
        self._context.publish_sync_change()
        return "From now on without asking."

    async def correct_field(self, sync_name: str, source: str, field: str, value: str) -> str:
        """Use this value instead of the source's own. Raises InvalidInput for none."""
        if not value.strip():
            raise InvalidInput("Type the right value.", "Nothing was changed.")
        actor = self._context.workspace.actor.name
        act = self._context.decisions.correct_source_field
        await self._context.run_in_database_thread(
            act, sync_name, source, field, value.strip(), actor
        )
        return "Noted. The next preview uses it."

    async def ignore_record(self, sync_name: str, source: str, reason: str) -> str:
        """Leave a record out for ever. Raises InvalidInput without a reason."""
        actor = self._context.workspace.actor.name
        await self._context.run_in_database_thread(
            self._context.decisions.ignore_source_records, sync_name, (source,), reason, actor
        )
        return "Ignored from the next preview on."

    async def allow_limit(self, plan: str, breach: str) -> str:
        """Who is at work lets a limit pass, once. Raises NotPermitted."""
        room, actor = self._context, self._context.workspace.actor
        room.syncs.require_admin()
        who = str(actor.id or actor.name)
        args = (plan, breach, who, actor.name, room.clock.now())
        await room.store.plans.approve_limit(*args)
        return "Allowed once, for this preview."

    async def discard_plan(self, plan: str) -> str:
        """Forget a preview: it leaves no history."""
        await self._context.store.plans.discard(plan)
        self._context.publish_sync_change()
        return "The preview is gone. Nothing was written."

    async def export_rows(self, plan: str, plan_filter: PlanFilter, path: Path, form: str) -> str:
        """Write the rows that fit into a file, as `csv` or `json`. Raises StoreKnown."""
        make = plan_rows_to_json if form == "json" else plan_rows_to_csv
        text, count = await self._context.run_in_database_thread(
            make, self._context.store.plans, plan, plan_filter.to_row_filter()
        )
        await write_private_file(path, text)
        return f"{format_count(count, 'row', 'rows')} written to {path.name}."
