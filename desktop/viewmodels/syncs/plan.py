"""The tab “Plan”: one preview, its rows page by page, and what people decide about it."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.kit.text import plural
from desktop.model.goal import Goal
from desktop.model.plan import Consequence, Fate, PlanRow
from desktop.viewmodels.syncs.approval import approved_by
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.syncs.plan_decisions import PlanDecisions
from desktop.viewmodels.syncs.plan_reader import PlanReader
from desktop.viewmodels.syncs.plan_row import RowDetail, RowView, detail_of, view_of
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.plan_table import PAGE, PlanTable
from desktop.viewmodels.syncs.plan_view import Facts, PlanView, plan_view
from desktop.viewmodels.syncs.words import people
from desktop.viewmodels.tasks import Tasks

# Somebody who drags the bar has passed the older wishes by.
_WISHES = 4


@dataclass(frozen=True)
class EmptyView:
    """What stands in the place of rows, and the one next step."""

    text: str
    act: str = ""
    key: str = ""


class PlanModel(QObject):
    """`changed`: everything but the rows; `detail_changed`: the row beside the table."""

    changed = Signal()
    detail_changed = Signal()
    failed = Signal(object)  # AppError
    told = Signal(str)
    exported = Signal(str)

    def __init__(self, page: SyncsModel) -> None:
        super().__init__()
        self._page = page
        self._room = page.room
        self.tasks = Tasks(self.failed.emit)
        self.table = PlanTable(self)
        self.table.page_wanted.connect(self._on_page_wanted)
        self.table.ticks_wanted.connect(self.tick)
        self.sift = Sift()
        self._plan = ""
        self._pinned = ""
        self._facts: Facts | None = None
        self._shown: tuple[str, Sift] | None = None
        self._stamp: object = None
        self._reader = PlanReader(self._room)
        self._decisions = PlanDecisions(self._room)
        self._wishes: list[tuple[int, list[int]]] = []
        self._chosen: int | None = None
        self._row: PlanRow | None = None
        page.looked.connect(self._on_looked)
        page.chosen.connect(self._on_chosen)

    # What is shown.

    def view(self) -> PlanView | None:
        """The preview without its rows; None where there is none."""
        sync, facts = self._page.sync(), self._facts
        if sync is None or facts is None:
            return None
        keeps = sync.missing[0].words if sync.missing else ""
        actor = self._room.office.actor
        now, pinned = self._room.clock.now(), self.pinned
        return plan_view(facts, self.sift, actor, now, keeps, pinned=pinned)

    @property
    def loading(self) -> bool:
        """Whether there is one that is not read yet."""
        return bool(self._plan) and self._facts is None

    @property
    def pinned(self) -> bool:
        """Whether an older one is shown, from the history."""
        return bool(self._pinned)

    def empty(self) -> EmptyView | None:
        """What stands where no rows are; None: there are rows, or they are being read."""
        if self._facts is None:
            return None
        if self.table.rowCount() or self._shown != (self._plan, self.sift):
            return None
        if self.sift.text.strip() or self.sift.consequence or self.sift.cause:
            return EmptyView("Nothing matches.", "Clear filters", "clear")
        if self.sift.plain:
            return EmptyView("Nothing would change: both sides agree.")
        return EmptyView("No row is like that.", "Show the changes", "clear")

    def summary(self) -> str:
        """How many rows are listed."""
        return plural(self.table.rowCount(), "row", "rows")

    def detail(self) -> RowDetail | None:
        """The chosen row."""
        row, facts = self._row, self._facts
        if row is None or facts is None or row.row != self._chosen:
            return None
        view = self._find(row.row) or self._view(row, facts.goal, {})
        may = self._may_decide()
        return detail_of(view, row, facts.goal, self._room.clock.now(), may=may)

    def row_view(self, place: int) -> RowView | None:
        """One row of the table."""
        return self.table.row(place)

    # What people do.

    def show_plan(self, plan: str) -> None:
        """Show an older preview; empty: the newest again."""
        sync = self._page.sync()
        newest = sync.plan.id if sync is not None and sync.plan is not None else ""
        self._pinned = "" if plan == newest else plan
        self.sift = Sift()
        self._on_looked()

    def filter(self, sift: Sift) -> None:
        """Show other rows, in the order that is chosen."""
        self._show_sifted(replace(sift, by_worth=self.sift.by_worth))

    def order(self, *, by_worth: bool) -> None:
        """Show the most valuable customers first, or the source's own order."""
        self._show_sifted(replace(self.sift, by_worth=by_worth))

    def _show_sifted(self, sift: Sift) -> None:
        if sift != self.sift:
            self.sift = sift
            self._read_rows()
            self.changed.emit()

    def filter_notice(self, key: str) -> None:
        """Show whom one consequence is about; again: everything."""
        kind, _, name = key.partition(":")
        consequence = Consequence(kind)
        same = self.sift.consequence is consequence and self.sift.name == name
        self.filter(Sift() if same else Sift(consequence=consequence, name=name))

    def choose(self, place: int) -> None:
        """Show a row beside the table; -1: none."""
        number = self.table.number(place)
        if number == self._chosen:
            return
        self._chosen, self._row = number, None
        if number is not None and self._plan:
            self.tasks.start("detail", self._read_detail(number))
        self.detail_changed.emit()

    def tick(self, numbers: list[int], on: bool) -> None:
        """Tick or untick rows that write."""
        if not self.table.editable or not numbers:
            return
        wanted = set(numbers)
        self.table.change(
            lambda row: replace(row, ticked=on) if row.row in wanted and row.writes else row
        )
        self._do(f"tick {numbers[0]} {len(numbers)} {on}", self._tick(numbers, on=on))

    def tick_all(self, *, on: bool) -> None:
        """Tick or untick everything the filter shows."""
        if not self.table.editable:
            return
        if self.sift.cause:
            return
        self.table.change(lambda row: replace(row, ticked=on) if row.writes else row)
        self._do(f"tick all {on}", self._tick_all(on=on))

    def tick_field(self, row: int, field: str, *, on: bool) -> None:
        """Leave one field of a row out, or take it in."""
        act = self._decisions.tick_field(self._plan, row, field, on=on)
        self._do(f"field {row} {field}", self._decide(row, act))

    def pick(self, row: int, field: str, side: str) -> None:
        """Say whose value stands."""
        act = self._decisions.pick(self._plan, row, field, side)
        self._do(f"pick {row} {field}", self._decide(row, act))

    def always_prefer(self, row: int, field: str, side: str) -> None:
        """The same, now and in every preview to come."""
        act = self._decisions.always_prefer(self._plan, row, field, side)
        self._do(f"pick {row} {field}", self._decide(row, act))

    def correct(self, source: str, field: str, value: str) -> None:
        """Use this value instead of the source's own, from the next preview on."""
        act = self._decisions.correct(self._page.goal, source, field, value)
        self._do(f"correct {source}", self._say(act))

    def ignore(self, source: str, reason: str) -> None:
        """Leave a record out for ever."""
        act = self._decisions.ignore(self._page.goal, source, reason)
        self._do(f"ignore {source}", self._say(act))

    def allow(self, breach: str) -> None:
        """Who is at work lets a limit pass once; enough said, it can be written."""
        act = self._decisions.allow(self._plan, breach)
        self._do(f"allow {breach}", self._decide(-1, act))

    async def allow_by_other(self, breach: str, email: str, token: str) -> str:
        """Another admin signs in here and lets it pass; gives their name. Raises AppError."""
        room = self._room
        other = await approved_by(room, self._plan, breach, email, token)
        room.tell()
        await self._read_facts()
        self.told.emit(f"{other} allows it.")
        return other

    def discard(self) -> None:
        """Forget this preview: it leaves no history."""
        self._do("discard", self._say(self._decisions.discard(self._plan)))

    def write(self) -> None:
        """Write what is ticked."""
        if self._plan:
            self._page.write(self._plan)

    def export(self, path: str, form: str) -> None:
        """Write what the filter shows into a file, as `csv` or `json`."""
        self._do(f"export {path}", self._export(Path(path), form))

    async def close(self) -> None:
        """End what runs."""
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _do(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.runs(name):
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    def _on_chosen(self, _goal: str) -> None:
        self._pinned = ""
        self.sift = Sift()
        self._on_looked()

    def _on_looked(self) -> None:
        sync = self._page.sync()
        newest = sync.plan.id if sync is not None and sync.plan is not None else ""
        plan = self._pinned or newest
        stamp = (plan, sync.plan, sync.run and sync.run.state) if sync else None
        if plan != self._plan:
            self._plan, self._facts, self._chosen, self._row = plan, None, None, None
            self._shown = None
            self.table.show_numbers(())
            self.detail_changed.emit()
        elif stamp == self._stamp:
            self.changed.emit()
            return
        self._stamp = stamp
        if plan:
            self.tasks.start("facts", self._read_all())
        self.changed.emit()

    async def _read_all(self) -> None:
        await self._read_facts()
        if self._shown != (self._plan, self.sift):
            self._read_rows()
        else:
            self.table.forget_pages()
            await self._read_detail_again()

    async def _read_facts(self) -> None:
        plan = self._plan
        facts = await self._reader.facts(plan)
        if facts is None or plan != self._plan:
            return
        self._facts = facts
        self.table.editable = self._may_decide()
        self.changed.emit()

    def _may_decide(self) -> bool:
        view = self.view()
        return view is not None and view.open and self._room.goals.permitted().allowed

    def _read_rows(self) -> None:
        if self._plan:
            self.tasks.start("rows", self._read_numbers(self._plan, self.sift))

    async def _read_numbers(self, plan: str, sift: Sift) -> None:
        numbers = await self._reader.numbers(plan, sift)
        if (plan, sift) != (self._plan, self.sift):
            return
        self._shown = (plan, sift)
        self._wishes.clear()
        self.table.show_numbers(numbers)
        if numbers:
            # The first page says how high rows are.
            self.table.row(0)
        self.changed.emit()

    def _on_page_wanted(self, page: int, numbers: list[int]) -> None:
        self._wishes = [wish for wish in self._wishes if wish[0] != page]
        self._wishes.append((page, numbers))
        while len(self._wishes) > _WISHES:
            self.table.give_up(self._wishes.pop(0)[0])
        if not self.tasks.runs("pages"):
            self.tasks.start("pages", self._read_pages())

    async def _read_pages(self) -> None:
        while self._wishes:
            page, numbers = self._wishes.pop()
            plan, facts = self._plan, self._facts
            if facts is None:
                self.table.give_up(page)
                return
            rows, names = await self._reader.page(plan, numbers, facts.goal)
            if plan != self._plan or numbers[0] != self.table.number(page * PAGE):
                continue
            views = {row.row: self._view(row, facts.goal, names) for row in rows}
            if page == 0:
                most = max((len(view.lines) for view in views.values()), default=1)
                self.table.lines = max(1, min(3, most))
            self.table.put_page(page, views)
            if self._chosen in views:
                self.detail_changed.emit()
            if page == 0:
                self.changed.emit()

    def _view(self, row: PlanRow, goal: Goal, names: Mapping[int, str]) -> RowView:
        return view_of(row, goal, self._room.clock.now(), names, self._room.worth_unit)

    def _find(self, number: int) -> RowView | None:
        return self.table.row(self.table.place_of(number))

    async def _read_detail(self, number: int) -> None:
        row = await self._reader.row(self._plan, number)
        if row is not None and number == self._chosen:
            self._row = row
            self.detail_changed.emit()

    async def _read_detail_again(self) -> None:
        if self._chosen is not None:
            await self._read_detail(self._chosen)

    async def _tick(self, numbers: list[int], *, on: bool) -> None:
        await self._decisions.tick(self._plan, numbers, on=on)
        await self._read_facts()

    async def _tick_all(self, *, on: bool) -> None:
        await self._decisions.tick_all(self._plan, self.sift, on=on)
        await self._read_facts()
        facts = self._facts
        if facts is not None:
            total = facts.plan.count(Fate.CREATE, Fate.UPDATE)
            self.told.emit(f"{facts.ticked:,} of {total:,} ticked")

    async def _decide(self, row: int, act: Awaitable[str | None]) -> None:
        """A decision changes the row, and with it what the whole amounts to."""
        words = await act
        self.table.forget_pages()
        await self._read_facts()
        if self._chosen == row:
            await self._read_detail(row)
        if words:
            self.told.emit(words)

    async def _say(self, act: Awaitable[str]) -> None:
        self.told.emit(await act)

    async def _export(self, path: Path, form: str) -> None:
        self.exported.emit(await self._decisions.export(self._plan, self.sift, path, form))

    def confirm_allow(self, breach: str) -> tuple[str, str]:
        """What is asked before letting a limit pass: title and message."""
        found = self._facts.breaches if self._facts else ()
        count = next((each.people for each in found if each.code == breach), 0)
        return (
            "Let the limit pass once?",
            f"{people(count)} are past the limit of this sync. It counts for this preview alone;"
            " your name is kept with it.",
        )
