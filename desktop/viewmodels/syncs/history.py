"""The tab “History”: past and coming runs, and everything about the one that is looked at."""

import asyncio
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.kit.text import plural
from desktop.model.goal import Goal
from desktop.model.plan import Fate, PlanRow, RowState
from desktop.model.run import Run, RunState
from desktop.model.schedule import next_times, read_rule
from desktop.store.plan_filter import RowFilter
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.syncs.plan_row import query_of
from desktop.viewmodels.syncs.words import run_words, span, totals_words
from desktop.viewmodels.tasks import Tasks

_RUNS = 50
_COMING = 2
_LAST = 5
_WHY = {
    "hand": "by hand",
    "schedule": "on schedule",
    "retry": "another try",
    "rollback": "rollback",
}


@dataclass(frozen=True)
class RunLine:
    """One run in the list; a coming one has no id."""

    id: str
    when: str
    when_tip: str
    words: str
    chip: str
    tone: str


@dataclass(frozen=True)
class RunDetail:
    """One run as a whole. `people` are the last created or updated: name and query."""

    id: str
    title: str
    facts: tuple[tuple[str, str, str], ...]  # label, value, tool tip
    error: str
    people: tuple[tuple[str, str], ...]
    plan: str
    resume: bool
    roll_back: bool


@dataclass(frozen=True)
class HistoryView:
    """Everything the tab shows; `exchanged` counts distinct people over the sync's life."""

    coming: tuple[RunLine, ...]
    runs: tuple[RunLine, ...]
    exchanged: str
    loaded: bool


class HistoryModel(QObject):
    """`changed`: the list or the chosen run is new."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, page: SyncsModel) -> None:
        super().__init__()
        self._page = page
        self._room = page.room
        self.tasks = Tasks(self.failed.emit)
        self._goal = ""
        self._runs: tuple[Run, ...] | None = None
        self._chosen = ""
        self._people: tuple[tuple[str, str], ...] = ()
        self._takes_back: dict[str, str] = {}  # a run, and the run that its plan takes back
        page.looked.connect(self._on_looked)
        page.chosen.connect(self._on_chosen)

    def view(self) -> HistoryView:
        """The list."""
        sync, now = self._page.sync(), self._room.clock.now()
        runs = self._runs or ()
        if sync is None:
            return HistoryView((), (), "", self._runs is not None)
        return HistoryView(
            coming=self._coming(sync.goal, now),
            runs=tuple(_line(run, now) for run in runs),
            exchanged=_exchanged(sync.exchanged, runs),
            loaded=self._runs is not None,
        )

    def latest(self, count: int) -> tuple[RunLine, ...]:
        """The newest runs, for the strip below the preview."""
        return self.view().runs[:count]

    @property
    def chosen(self) -> str:
        """The run that is looked at."""
        return self._chosen

    def detail(self) -> RunDetail | None:
        """The run that is looked at."""
        run = next((run for run in self._runs or () if run.id == self._chosen), None)
        if run is None:
            return None
        now, back = self._room.clock.now(), self._takes_back.get(run.id, "")
        facts = [
            ("Began", moment.date_and_time(run.started_at, now), moment.full(run.started_at)),
            ("Why", f"rollback of run {back}" if back else _WHY.get(run.why, run.why), ""),
            ("By", run.actor, ""),
        ]
        if run.ended_at is not None:
            facts.append(("Took", span(run.ended_at - run.started_at).removeprefix("about "), ""))
        for words in totals_words(run.totals, all_of_them=True).split(", "):
            count, _, rest = words.partition(" ")
            if rest and count[:1].isdigit():
                facts.append((rest.capitalize(), count, ""))
        written = sum(run.totals.get(key, 0) for key in ("created", "updated"))
        return RunDetail(
            id=run.id,
            title=f"Run {run.id}: {run_words(run)[0].lower()}",
            facts=tuple(facts),
            error=run.error,
            people=self._people,
            plan=run.plan or "",
            resume=run.state.resumable and run == (self._runs or (run,))[0],
            roll_back=bool(written)
            and not back
            and run.why != "rollback"
            and run.state in (RunState.DONE, RunState.CANCELLED, RunState.FAILED),
        )

    def choose(self, run: str) -> None:
        """Look at one run; at the same again: at none."""
        self._chosen = "" if run == self._chosen else run
        self._people = ()
        if self._chosen:
            self.tasks.start("people", self._read_people(self._chosen))
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await asyncio.sleep(0)
        await self.tasks.close()

    def _coming(self, goal: Goal, now: float) -> tuple[RunLine, ...]:
        if not goal.on or not goal.schedule:
            return ()
        rule = read_rule(goal.schedule)
        times = next_times(rule, now, self._room.zone, _COMING)
        return tuple(
            RunLine(
                "", _when(at, now), moment.full(at), f"planned, {rule.words}", "Planned", "neutral"
            )
            for at in reversed(times)
        )

    def _on_chosen(self, goal: str) -> None:
        self._goal, self._runs, self._chosen, self._people = goal, None, "", ()
        self._on_looked()

    def _on_looked(self) -> None:
        if self._goal != self._page.goal:
            self._goal, self._runs = self._page.goal, None
        if self._goal:
            self.tasks.start("runs", self._read(self._goal))

    async def _read(self, goal: str) -> None:
        runs = await self._room.run(self._room.store.runs.of_goal, goal, _RUNS)
        if goal == self._goal and runs != self._runs:
            self._runs = runs
            if self._chosen:
                self.tasks.start("people", self._read_people(self._chosen))
            self.changed.emit()

    async def _read_people(self, run_id: str) -> None:
        people, back = await self._room.run(self._last, run_id)
        self._takes_back[run_id] = back
        if run_id == self._chosen:
            self._people = people
            self.changed.emit()

    def _last(self, run_id: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """Whom a run created or updated last, and what it took back; on the database's thread."""
        plans = self._room.store.plans
        run = next((run for run in self._runs or () if run.id == run_id), None)
        if run is None or run.plan is None:
            return (), ""
        written = RowFilter(
            fates=(Fate.CREATE, Fate.UPDATE), states=(RowState.DONE, RowState.ACCEPTED)
        )
        goal = plans.goal_of(run.plan)
        numbers = plans.row_numbers(run.plan, written)[-_LAST:]
        rows: list[PlanRow] = [plans.row(run.plan, number) for number in reversed(numbers)]
        what, _, back = plans.get(run.plan).origin.partition(" ")
        return tuple((row.label, query_of(row, goal)) for row in rows), (
            back if what == "rollback" else ""
        )


def _line(run: Run, now: float) -> RunLine:
    chip, tone = run_words(run)
    return RunLine(
        id=run.id,
        when=_when(run.started_at, now),
        when_tip=moment.full(run.started_at),
        words=_words(run),
        chip=chip,
        tone=tone,
    )


def _words(run: Run) -> str:
    done = totals_words(run.totals)
    took = ""
    if run.ended_at is not None and run.state is not RunState.WAITING:
        took = span(run.ended_at - run.started_at).removeprefix("about ")
    if run.state is RunState.RUNNING:
        far = run.progress
        return f"{far.done:,} of {far.total:,}" if far.total else "under way"
    if run.state in (RunState.FAILED, RunState.INTERRUPTED, RunState.WAITING):
        why = run.error or "its process ended in the middle"
        return f"{done}; {why}" if done and done != "nothing to change" else why
    return ", ".join(part for part in (done, took) if part)


def _when(at: float, now: float) -> str:
    words = moment.date_and_time(at, now)
    return words[:1].upper() + words[1:]


def _exchanged(count: int, runs: tuple[Run, ...]) -> str:
    if not count:
        return ""
    people = plural(count, "person", "people")
    return f"{people} exchanged" if runs else people
