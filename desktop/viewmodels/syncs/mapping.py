"""The tab “Mapping”: a draft of the sync that is tried on a real customer and then saved."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.model.conversion import ROUNDING
from desktop.model.goal import Goal
from desktop.model.mapping import MappingRow
from desktop.sync.goals import problems
from desktop.viewmodels.syncs.kept_draft import KeptDrafts
from desktop.viewmodels.syncs.mapping_view import (
    MappingLine,
    Tried,
    line_of,
    source_fields,
    target_fields,
)
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.syncs.trial import Customer, judged, read_customer
from desktop.viewmodels.tasks import Tasks

_SAVED = "Saved."
_ELSEWHERE = "Not saved yet. The sync was changed elsewhere meanwhile; saving this replaces that."
_UNCHECKED = "Saved. What it means has changed: the switch checks it again before it runs."


@dataclass(frozen=True)
class MappingView:
    """The whole tab but the chosen row. `rounding` is said wherever numbers may lose cents."""

    goal: Goal
    lines: tuple[MappingLine, ...]
    chosen: int
    wrong: tuple[str, ...]
    trying: str
    tried: str
    tried_wrong: str
    busy: bool
    unsaved: bool
    unsaved_words: str
    save_why_not: str
    may_change: bool
    rounding: str
    source_fields: tuple[str, ...]
    target_fields: tuple[str, ...]


class MappingModel(QObject):
    """Nothing changes until it is saved; every change is tried again on the customer read."""

    changed = Signal()
    failed = Signal(object)
    told = Signal(str)

    def __init__(self, page: SyncsModel) -> None:
        super().__init__()
        self._page = page
        self._room = page.room
        self.tasks = Tasks(self.failed.emit)
        self._kept: Goal | None = None
        self._draft: Goal | None = None
        self._base: Goal | None = None
        self._drafts = KeptDrafts(self._room, self.tasks, "mapping", Unsaved)
        self._chosen = 0
        self._trying = ""
        self._customer: Customer | None = None
        self._trouble = ""
        self._busy = False
        page.looked.connect(self._on_looked)
        page.chosen.connect(self._on_looked)
        page.removed.connect(self._on_removed)

    # What is shown.

    def view(self) -> MappingView | None:
        """The tab; None while no sync is chosen."""
        goal = self._draft
        if goal is None:
            return None
        tried, trouble = self._tried(goal)
        verdict = self._room.goals.permitted()
        wrong = problems(goal)
        return MappingView(
            goal=goal,
            lines=tuple(line_of(row, goal, tried) for row in goal.mapping),
            chosen=self._chosen,
            wrong=wrong,
            trying=self._trying,
            tried=tried.words if tried is not None else "",
            tried_wrong=trouble,
            busy=self._busy,
            unsaved=self.unsaved,
            unsaved_words=self._unsaved_words(),
            save_why_not=self._why_not_save(verdict.reason, wrong),
            may_change=verdict.allowed,
            rounding=ROUNDING,
            source_fields=source_fields(goal, tried.fields if tried else {}),
            target_fields=target_fields(goal, tried.there if tried else {}),
        )

    def _unsaved_words(self) -> str:
        if not self.unsaved:
            return ""
        base, kept = self._base, self._kept
        if base is not None and kept is not None and _gone_on(base, kept) != kept:
            return _ELSEWHERE
        return "Not saved yet."

    def _why_not_save(self, forbidden: str, wrong: tuple[str, ...]) -> str:
        if forbidden:
            return forbidden
        if wrong:
            return wrong[0]
        return "" if self.unsaved else "Nothing is changed."

    @property
    def unsaved(self) -> bool:
        """Whether a change would be lost."""
        return self._draft != self._kept

    def row(self) -> MappingRow | None:
        """The chosen row."""
        rows = self._draft.mapping if self._draft is not None else ()
        return rows[self._chosen] if 0 <= self._chosen < len(rows) else None

    # What people do.

    def choose(self, place: int) -> None:
        """Edit another row."""
        if place != self._chosen:
            self._chosen = place
            self.changed.emit()

    def set_row(self, row: MappingRow, place: int | None = None) -> None:
        """The chosen row, or another, is now this."""
        at = self._chosen if place is None else place
        rows = list(self._mapping())
        if 0 <= at < len(rows) and rows[at] != row:
            rows[at] = row
            self._map(rows)

    def switch_row(self, place: int, *, on: bool) -> None:
        """A row is heeded, or not."""
        rows = self._mapping()
        if 0 <= place < len(rows):
            self.set_row(replace(rows[place], on=on), place)

    def add_row(self) -> None:
        """A new row at the end."""
        prefix = "vars." if self._draft and self._draft.target.value == "sailthru" else ""
        rows = [*self._mapping(), MappingRow("", prefix)]
        self._chosen = len(rows) - 1
        self._map(rows)

    def duplicate_row(self) -> None:
        """The chosen row once more, below it."""
        rows = list(self._mapping())
        if self.row() is not None:
            rows.insert(self._chosen + 1, rows[self._chosen])
            self._chosen += 1
            self._map(rows)

    def delete_row(self) -> None:
        """Without the chosen row."""
        rows = list(self._mapping())
        if self.row() is not None:
            del rows[self._chosen]
            self._chosen = min(self._chosen, len(rows) - 1)
            self._map(rows)

    def move_row(self, step: int) -> None:
        """The chosen row one up or down."""
        rows, to = list(self._mapping()), self._chosen + step
        if self.row() is not None and 0 <= to < len(rows):
            rows[self._chosen], rows[to] = rows[to], rows[self._chosen]
            self._chosen = to
            self._map(rows)

    def set_goal(self, goal: Goal) -> None:
        """The draft with other conditions, effects or limits."""
        self._set(goal)

    def discard(self) -> None:
        """Back to what is saved."""
        self._draft = self._kept
        self._chosen = 0
        self._keep()
        self.changed.emit()

    def save(self) -> None:
        """Store the draft."""
        if self._draft is not None and self.unsaved:
            self.tasks.start("save", self._save(self._draft))

    def try_on(self, text: str) -> None:
        """Read a customer and try the mapping on them."""
        self._trying, self._customer, self._trouble = text.strip(), None, ""
        if self._trying and self._draft is not None:
            self.tasks.start("try", self._try(self._draft, self._trying))
        self.changed.emit()

    async def close(self) -> None:
        """End what runs; what was changed last is kept."""
        await asyncio.sleep(0)
        await self._drafts.close()
        await self.tasks.close()

    # How it comes about.

    def _mapping(self) -> tuple[MappingRow, ...]:
        return self._draft.mapping if self._draft is not None else ()

    def _map(self, rows: list[MappingRow]) -> None:
        if self._draft is not None:
            self._set(replace(self._draft, mapping=tuple(rows)))

    def _set(self, goal: Goal) -> None:
        if goal != self._draft:
            if not self.unsaved:
                self._base = self._kept
            self._draft = goal
            self._keep()
            self.changed.emit()

    def _keep(self) -> None:
        """Keep what is not saved, with what it was made from."""
        kept, draft, base = self._kept, self._draft, self._base
        if kept is not None and draft is not None and base is not None:
            self._drafts.keep(kept.name, Unsaved(draft, base) if self.unsaved else None)

    def _tried(self, goal: Goal) -> tuple[Tried | None, str]:
        customer = self._customer
        if customer is None:
            return None, self._trouble
        try:
            row = judged(self._room, goal, customer)
        except AppError as error:
            return None, str(error)
        standing = customer.found.standing
        there = standing.fields if standing is not None else {}
        return Tried(customer.record.label, row, customer.record.fields, there, goal), ""

    async def _try(self, goal: Goal, text: str) -> None:
        self._busy = True
        self.changed.emit()
        try:
            customer = await read_customer(self._room, goal, text)
        except AppError as error:
            self._trouble = str(error)
        else:
            if text == self._trying:
                self._customer = customer
        finally:
            self._busy = False
        self.changed.emit()

    async def _save(self, goal: Goal) -> None:
        was_checked = goal.checked_at > 0
        saved = await self._room.run(self._room.goals.save, goal)
        self._kept = self._draft = saved
        self._keep()
        self._room.tell()
        self.told.emit(_UNCHECKED if was_checked and not saved.checked_at else _SAVED)
        self.changed.emit()

    def _on_looked(self, _goal: str = "") -> None:
        sync = self._page.sync()
        goal, before = sync.goal if sync is not None else None, self._kept
        if goal == before:
            return
        if goal is None or before is None or goal.name != before.name:
            self._chosen, self._customer, self._trouble, self._trying = 0, None, "", ""
            self._kept = self._draft = goal
            if goal is not None:
                # What was not saved of this one waits until somebody comes back.
                self._drafts.recall(goal.name, self._on_recalled)
        elif self.unsaved and self._draft is not None:
            self._draft, self._kept = _gone_on(self._draft, goal), goal
        else:
            self._kept = self._draft = goal
        self.changed.emit()

    def _on_recalled(self, kept: "Unsaved | None") -> None:
        goal = self._kept
        if kept is not None and goal is not None and not self.unsaved:
            self._base, self._draft = kept.base, _gone_on(kept.draft, goal)
            self.changed.emit()

    def _on_removed(self, goal: str) -> None:
        self._drafts.keep(goal, None)


@dataclass(frozen=True)
class Unsaved:
    """A draft, and the sync it was made from."""

    draft: Goal
    base: Goal


def _gone_on(draft: Goal, goal: Goal) -> Goal:
    """The draft with what a mapping does not decide as it is now: switched, renamed, scheduled."""
    return replace(
        draft, version=goal.version, on=goal.on, checked_at=goal.checked_at,
        schedule=goal.schedule, title=goal.title, labels=goal.labels,
        favourite=goal.favourite, description=goal.description, notify=goal.notify,
    )  # fmt: skip
