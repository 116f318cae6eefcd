"""Reads a preview for its tab: its facts, the numbers of its rows, and pages of them."""

from collections.abc import Sequence

from desktop.kit.errors import NotFound
from desktop.model.goal import Goal
from desktop.model.plan import PlanRow
from desktop.viewmodels.syncs.plan_row import zendesk_ids
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.plan_view import Facts, read_facts
from desktop.viewmodels.syncs.room import Room

# So many causes of corrections are sorted by hand; the store knows no more about them.
_CAUSED = 5000

Page = tuple[tuple[PlanRow, ...], dict[int, str]]


class PlanReader:
    """Everything on the database's thread."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def facts(self, plan: str) -> Facts | None:
        """Everything but the rows; None: it was discarded a moment ago."""
        try:
            return await self._room.run(read_facts, self._room.store, plan)
        except NotFound:
            return None

    async def numbers(self, plan: str, sift: Sift) -> Sequence[int]:
        """The numbers of all rows that fit."""
        plans = self._room.store.plans
        if not sift.cause:
            wanted = sift.filter()
            return await self._room.run(plans.row_numbers, plan, wanted, by_worth=sift.by_worth)
        rows = await self._room.run(plans.rows, plan, sift.filter(), limit=_CAUSED)
        caused = [row for row in rows if row.cause == sift.cause]
        if sift.by_worth:
            caused.sort(key=lambda row: (row.worth is None, -(row.worth or 0), row.row))
        return tuple(row.row for row in caused)

    async def page(self, plan: str, numbers: Sequence[int], goal: Goal) -> Page:
        """These rows, with the names of the people they are about, by Zendesk id."""
        return await self._room.run(self._page, plan, numbers, goal)

    async def row(self, plan: str, number: int) -> PlanRow | None:
        """One row; None: its preview was discarded a moment ago."""
        try:
            return await self._room.run(self._room.store.plans.row, plan, number)
        except NotFound:
            return None

    def _page(self, plan: str, numbers: Sequence[int], goal: Goal) -> Page:
        feeds = self._room.store.feeds
        # Decided meanwhile, a row no longer fits what was asked for; it stays in its place.
        page = self._room.store.plans.rows_at(plan, numbers)
        names: dict[int, str] = {}
        for person_id in zendesk_ids(page, goal):
            person = feeds.person(person_id)
            if person is not None and person.name:
                names[person_id] = person.name
        return page, names
