"""What people decide about a preview, as the store keeps it; most give a sentence to be said."""

from pathlib import Path

from desktop.kit.errors import BadInput
from desktop.kit.text import plural
from desktop.viewmodels.activity_export import write_file
from desktop.viewmodels.syncs.plan_export import as_csv, as_json
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.room import Room


class PlanDecisions:
    """Each raises Conflict once the preview was handed to a run."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def tick(self, plan: str, numbers: list[int], *, on: bool) -> None:
        """Take rows in, or leave them out."""
        await self._room.run(self._room.store.plans.tick, plan, numbers, on=on)

    async def tick_all(self, plan: str, sift: Sift, *, on: bool) -> None:
        """The same for every row that fits."""
        await self._room.run(self._room.store.plans.tick_all, plan, sift.filter(), on=on)

    async def tick_field(self, plan: str, row: int, field: str, *, on: bool) -> None:
        """Leave one field of a row out, or take it in."""
        await self._room.run(self._room.decisions.tick_field, plan, row, field, on=on)

    async def pick(self, plan: str, row: int, field: str, side: str) -> None:
        """Say whose value stands."""
        await self._room.run(self._room.decisions.pick, plan, row, field, side)

    async def always_prefer(self, plan: str, row: int, field: str, side: str) -> str:
        """The same, now and in every preview to come."""
        await self.pick(plan, row, field, side)
        await self._room.run(self._room.decisions.always_prefer, plan, field, side)
        self._room.tell()
        return "From now on without asking."

    async def correct(self, goal: str, source: str, field: str, value: str) -> str:
        """Use this value instead of the source's own. Raises BadInput for none."""
        if not value.strip():
            raise BadInput("Type the right value.", "Nothing was changed.")
        actor = self._room.office.actor.name
        act = self._room.decisions.correct
        await self._room.run(act, goal, source, field, value.strip(), actor)
        return "Noted. The next preview uses it."

    async def ignore(self, goal: str, source: str, reason: str) -> str:
        """Leave a record out for ever. Raises BadInput without a reason."""
        actor = self._room.office.actor.name
        await self._room.run(self._room.decisions.ignore, goal, (source,), reason, actor)
        return "Ignored from the next preview on."

    async def allow(self, plan: str, breach: str) -> str:
        """Who is at work lets a limit pass, once. Raises NotPermitted."""
        room, actor = self._room, self._room.office.actor
        room.goals.require_admin()
        who = str(actor.id or actor.name)
        args = (plan, breach, who, actor.name, room.clock.now())
        await room.run(room.store.plans.approve, *args)
        return "Allowed once, for this preview."

    async def discard(self, plan: str) -> str:
        """Forget a preview: it leaves no history."""
        await self._room.run(self._room.store.plans.discard, plan)
        self._room.tell()
        return "The preview is gone. Nothing was written."

    async def export(self, plan: str, sift: Sift, path: Path, form: str) -> str:
        """Write the rows that fit into a file, as `csv` or `json`. Raises StoreKnown."""
        make = as_json if form == "json" else as_csv
        text, count = await self._room.run(make, self._room.store.plans, plan, sift.filter())
        await write_file(path, text)
        return f"{plural(count, 'row', 'rows')} written to {path.name}."
