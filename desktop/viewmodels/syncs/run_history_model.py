"""The view-model of the tab History: past and planned runs, and the details of one."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.model.sync_schedule import next_run_times, parse_schedule_rule
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.plan_row_view import customer_query_for_row
from desktop.viewmodels.syncs.sync_labels import duration_text, run_state_label, totals_text
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.task_model import TaskModel
from desktop.viewmodels.tone import ChipTone

_MAX_RUNS = 50
_MAX_PLANNED_RUNS = 2
_MAX_CUSTOMERS = 5
_RUN_REASONS = {
    "hand": "by hand",
    "schedule": "on schedule",
    "retry": "another try",
    "rollback": "rollback",
}


@dataclass(frozen=True)
class RunRowView:
    """One run in the list; a coming one has no id."""

    id: str
    time_text: str
    time_tooltip: str
    summary: str
    state_label: str
    state_tone: ChipTone


@dataclass(frozen=True)
class RunDetailView:
    """One run as a whole. `people` are the last created or updated: name and query."""

    id: str
    title: str
    facts: tuple[tuple[str, str, str], ...]  # label, value, tool tip
    error: str
    last_customers: tuple[tuple[str, str], ...]
    plan_id: str
    can_resume: bool
    can_roll_back: bool


@dataclass(frozen=True)
class RunHistoryView:
    """Everything the tab shows; `exchanged` counts distinct people over the sync's life."""

    planned_runs: tuple[RunRowView, ...]
    runs: tuple[RunRowView, ...]
    exchanged_text: str
    is_loaded: bool


class RunHistoryModel(TaskModel):
    """Reads the newest runs of the chosen sync with every snapshot."""

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self._sync_name = ""
        self._runs: tuple[Run, ...] | None = None
        self._selected_run_id = ""
        self._last_customers: tuple[tuple[str, str], ...] = ()
        self._rolled_back_runs: dict[str, str] = {}  # a run, and the run that its plan takes back
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_sync_selected)

    def view(self) -> RunHistoryView:
        """The list."""
        sync, now = self._page.selected_sync(), self._context.clock.now()
        runs = self._runs or ()
        if sync is None:
            return RunHistoryView((), (), "", self._runs is not None)
        return RunHistoryView(
            planned_runs=self._planned_runs(sync.sync, now),
            runs=tuple(_build_run_row(run, now) for run in runs),
            exchanged_text=_exchanged_text(sync.exchanged_count, runs),
            is_loaded=self._runs is not None,
        )

    def latest_runs(self, count: int) -> tuple[RunRowView, ...]:
        """The newest runs, for the strip below the preview."""
        return self.view().runs[:count]

    @property
    def selected_run_id(self) -> str:
        """The run that is looked at."""
        return self._selected_run_id

    def run_detail(self) -> RunDetailView | None:
        """The run that is looked at."""
        run = next((run for run in self._runs or () if run.id == self._selected_run_id), None)
        if run is None:
            return None
        now, back = self._context.clock.now(), self._rolled_back_runs.get(run.id, "")
        facts = [
            (
                "Began",
                time_format.format_date_and_time(run.started_at, now),
                time_format.format_full_timestamp(run.started_at),
            ),
            (
                "Why",
                f"rollback of run {back}" if back else _RUN_REASONS.get(run.trigger, run.trigger),
                "",
            ),
            ("By", run.actor, ""),
        ]
        if run.ended_at is not None:
            facts.append(
                ("Took", duration_text(run.ended_at - run.started_at).removeprefix("about "), "")
            )
        for words in totals_text(run.totals, all_of_them=True).split(", "):
            count, _, rest = words.partition(" ")
            if rest and count[:1].isdigit():
                facts.append((rest.capitalize(), count, ""))
        written = sum(run.totals.get(key, 0) for key in ("created", "updated"))
        return RunDetailView(
            id=run.id,
            title=f"Run {run.id}: {run_state_label(run)[0].lower()}",
            facts=tuple(facts),
            error=run.error,
            last_customers=self._last_customers,
            plan_id=run.plan or "",
            can_resume=run.state.is_resumable and run == (self._runs or (run,))[0],
            can_roll_back=bool(written)
            and not back
            and run.trigger != "rollback"
            and run.state in (RunState.DONE, RunState.CANCELLED, RunState.FAILED),
        )

    def toggle_run(self, run: str) -> None:
        """Look at one run; at the same again: at none."""
        self._selected_run_id = "" if run == self._selected_run_id else run
        self._last_customers = ()
        if self._selected_run_id:
            self.tasks.start("people", self._read_last_customers(self._selected_run_id))
        self.changed.emit()

    def _planned_runs(self, sync: Sync, now: float) -> tuple[RunRowView, ...]:
        if not sync.on or not sync.schedule:
            return ()
        rule = parse_schedule_rule(sync.schedule)
        times = next_run_times(rule, now, self._context.time_zone, _MAX_PLANNED_RUNS)
        return tuple(
            RunRowView(
                "",
                _capitalised_time(at, now),
                time_format.format_full_timestamp(at),
                f"planned, {rule.description}",
                "Planned",
                "neutral",
            )
            for at in reversed(times)
        )

    def _on_sync_selected(self, sync_name: str) -> None:
        self._sync_name, self._runs, self._selected_run_id, self._last_customers = (
            sync_name,
            None,
            "",
            (),
        )
        self._on_snapshot_read()

    def _on_snapshot_read(self) -> None:
        if self._sync_name != self._page.selected_name:
            self._sync_name, self._runs = self._page.selected_name, None
        if self._sync_name:
            self.tasks.start("runs", self._read_runs(self._sync_name))

    async def _read_runs(self, sync_name: str) -> None:
        runs = await self._context.store.runs.list_runs(sync_name, _MAX_RUNS)
        if sync_name == self._sync_name and runs != self._runs:
            self._runs = runs
            if self._selected_run_id:
                self.tasks.start("people", self._read_last_customers(self._selected_run_id))
            self.changed.emit()

    async def _read_last_customers(self, run_id: str) -> None:
        people, back = await self._context.store.run(self._query_last_customers, run_id)
        self._rolled_back_runs[run_id] = back
        if run_id == self._selected_run_id:
            self._last_customers = people
            self.changed.emit()

    def _query_last_customers(self, run_id: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """Whom a run created or updated last, and what it took back; on the database's thread."""
        plans = self._context.store.plans
        run = next((run for run in self._runs or () if run.id == run_id), None)
        if run is None or run.plan is None:
            return (), ""
        written = PlanRowFilter(
            fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
            states=(PlanRowState.DONE, PlanRowState.ACCEPTED),
        )
        goal = plans.get_planned_sync.blocking(run.plan)
        numbers = plans.list_row_numbers.blocking(run.plan, written)[-_MAX_CUSTOMERS:]
        rows: list[PlanRow] = [
            plans.get_row.blocking(run.plan, number) for number in reversed(numbers)
        ]
        what, _, back = plans.get.blocking(run.plan).origin.partition(" ")
        return tuple((row.label, customer_query_for_row(row, goal)) for row in rows), (
            back if what == "rollback" else ""
        )


def _build_run_row(run: Run, now: float) -> RunRowView:
    chip, tone = run_state_label(run)
    return RunRowView(
        id=run.id,
        time_text=_capitalised_time(run.started_at, now),
        time_tooltip=time_format.format_full_timestamp(run.started_at),
        summary=_run_summary(run),
        state_label=chip,
        state_tone=tone,
    )


def _run_summary(run: Run) -> str:
    done = totals_text(run.totals)
    took = ""
    if run.ended_at is not None and run.state is not RunState.WAITING:
        took = duration_text(run.ended_at - run.started_at).removeprefix("about ")
    if run.state is RunState.RUNNING:
        far = run.progress
        return f"{far.done:,} of {far.total:,}" if far.total else "under way"
    if run.state in (RunState.FAILED, RunState.INTERRUPTED, RunState.WAITING):
        why = run.error or "its process ended in the middle"
        return f"{done}; {why}" if done and done != "nothing to change" else why
    return ", ".join(part for part in (done, took) if part)


def _capitalised_time(at: float, now: float) -> str:
    words = time_format.format_date_and_time(at, now)
    return words[:1].upper() + words[1:]


def _exchanged_text(count: int, runs: tuple[Run, ...]) -> str:
    if not count:
        return ""
    people = format_count(count, "person", "people")
    return f"{people} exchanged" if runs else people
