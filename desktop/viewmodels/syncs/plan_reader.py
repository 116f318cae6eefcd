"""Reads a preview for its tab: its facts, the numbers of its rows, and pages of them."""

from collections.abc import Sequence

from desktop.kit.errors import NotFound
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanRow
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_row_view import zendesk_user_ids
from desktop.viewmodels.syncs.plan_view import PlanSummary, read_plan_summary
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext

# So many causes of corrections are sorted by hand; the store knows no more about them.
_MAX_CORRECTION_ROWS = 5000

PlanPage = tuple[tuple[PlanRow, ...], dict[int, str]]


class PlanReader:
    """Everything on the database's thread."""

    def __init__(self, context: SyncPageContext) -> None:
        self._context = context

    async def read_summary(self, plan: str) -> PlanSummary | None:
        """Everything but the rows; None: it was discarded a moment ago."""
        try:
            return await self._context.run_in_database_thread(
                read_plan_summary, self._context.store, plan
            )
        except NotFound:
            return None

    async def read_row_numbers(self, plan: str, plan_filter: PlanFilter) -> Sequence[int]:
        """The numbers of all rows that fit."""
        plans = self._context.store.plans
        if not plan_filter.cause:
            wanted = plan_filter.to_row_filter()
            return await plans.list_row_numbers(
                plan, wanted, by_worth=plan_filter.by_predicted_value
            )
        rows = await plans.list_rows(plan, plan_filter.to_row_filter(), limit=_MAX_CORRECTION_ROWS)
        caused = [row for row in rows if row.cause == plan_filter.cause]
        if plan_filter.by_predicted_value:
            caused.sort(key=lambda row: (row.worth is None, -(row.worth or 0), row.row))
        return tuple(row.row for row in caused)

    async def read_page(self, plan: str, numbers: Sequence[int], sync: Sync) -> PlanPage:
        """These rows, with the names of the people they are about, by Zendesk id."""
        return await self._context.run_in_database_thread(self._query_page, plan, numbers, sync)

    async def read_row(self, plan: str, number: int) -> PlanRow | None:
        """One row; None: its preview was discarded a moment ago."""
        try:
            return await self._context.store.plans.get_row(plan, number)
        except NotFound:
            return None

    def _query_page(self, plan: str, numbers: Sequence[int], sync: Sync) -> PlanPage:
        feeds = self._context.store.feeds
        # Decided meanwhile, a row no longer fits what was asked for; it stays in its place.
        page = self._context.store.plans.get_rows.blocking(plan, numbers)
        names: dict[int, str] = {}
        for person_id in zendesk_user_ids(page, sync):
            person = feeds.get_user.blocking(person_id)
            if person is not None and person.name:
                names[person_id] = person.name
        return page, names
