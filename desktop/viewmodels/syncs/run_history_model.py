"""The view-model of the tab History: past and planned runs, and the details of one."""

from collections.abc import Iterable
from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.sync import SyncStatus
from desktop.model.sync_plan import PlannedOutcome, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.model.sync_schedule import next_run_times, parse_schedule_rule
from desktop.settings import sync_settings
from desktop.store.limit_approval_repository import LimitApproval
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.viewmodels import time_format
from desktop.viewmodels.list_model import ListState
from desktop.viewmodels.syncs.plan_row_view import customer_query_for_row
from desktop.viewmodels.syncs.run_list_model import RunListModel, RunRowView
from desktop.viewmodels.syncs.sync_labels import duration_text, run_state_label, totals_text
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.task_owning_model import TaskOwningModel

_MAX_RUNS = 50
_MAX_LATEST_RUNS = 3
_MAX_PLANNED_RUNS = 2
_MAX_CUSTOMERS = 5
_RUN_REASONS = {
    "manual": "by hand",
    "schedule": "on schedule",
    "retry": "another try",
    "rollback": "roll back",
}


@dataclass(frozen=True)
class RunDetailView:
    """Details of one run in the tab History; `last_customers` as (name, query), written last."""

    id: str
    title: str
    facts: tuple[tuple[str, str, str], ...]  # label, value, tool tip
    error: str
    last_customers: tuple[tuple[str, str], ...]
    plan_id: str
    can_resume: bool
    can_roll_back: bool


class RunHistoryModel(TaskOwningModel):
    """The tab History: reads the newest runs of the chosen sync with every snapshot."""

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self._sync_name = ""
        self._runs: tuple[Run, ...] | None = None
        # Listed below those of the chosen sync: what they wrote can still be taken back.
        self._runs_of_removed_syncs: tuple[Run, ...] = ()
        self.list_model = RunListModel(self)
        # The strip below the preview.
        self.latest_list_model = RunListModel(self)
        self.selected_run_id = ""  # the run whose details are shown
        self._last_customers: tuple[tuple[str, str], ...] = ()
        self._approvals: dict[str, tuple[LimitApproval, ...]] = {}  # by the plan's id
        # A run, and the run that its plan takes back; "" for none.
        self._rolled_back_runs: dict[str, str] = {}
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_sync_selected)

    def list_state(self) -> ListState:
        """Say what stands in place of runs in the tab History; the summary counts people synced."""
        if self._runs is None:
            return ListState(is_loading=True)
        if not self.list_model.rowCount():
            return ListState(text="No runs yet.", action_label="Open the preview")
        sync = self._page.selected_sync()
        count = sync.exchanged_count if sync is not None else 0
        people = format_count(count, *sync.sync.noun) if sync and count else ""
        return ListState(summary=f"{people} synced" if people and self._runs else people)

    def run_detail(self) -> RunDetailView | None:
        """Build the details of the run chosen in the tab History."""
        run = self._find_run(self.selected_run_id)
        if run is None:
            return None
        now, back = self._context.clock.now(), self._rolled_back_runs.get(run.id, "")
        began = time_format.format_date_and_time(run.started_at, now)
        reason = f"roll back of run {back}" if back else _RUN_REASONS.get(run.trigger, run.trigger)
        facts = [
            ("Began", began, time_format.format_full_timestamp(run.started_at)),
            ("Why", reason, ""),
            ("By", run.actor, ""),
        ]
        facts += [
            ("Allowed", approval.words, time_format.format_full_timestamp(approval.approved_at))
            for approval in self._approvals.get(run.plan or "", ())
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
            # Only the newest: an older one's rows are out of date.
            can_resume=run.state.is_resumable and run in (self._runs or ())[:1],
            # A rollback of a rollback would be a run again.
            can_roll_back=bool(written)
            and not back
            and run.trigger != "rollback"
            and run.state in (RunState.DONE, RunState.CANCELLED, RunState.FAILED),
        )

    def toggle_run(self, run_id: str) -> None:
        """Show a run's details in the tab History; of the same again: of none."""
        self.selected_run_id = "" if run_id == self.selected_run_id else run_id
        self._last_customers = ()
        self._start_reading_customers()
        self.changed.emit()

    def _find_run(self, run_id: str) -> Run | None:
        return next((run for run in self._all_runs() if run.id == run_id), None)

    def _all_runs(self) -> tuple[Run, ...]:
        return (*(self._runs or ()), *self._runs_of_removed_syncs)

    def _start_reading_customers(self) -> None:
        if self.selected_run_id:
            self.tasks.start("people", self._read_last_customers(self.selected_run_id))

    def _update_lists(self) -> None:
        """Show the tab History's runs anew: planned ones pass, and times of today become dates."""
        sync, now = self._page.selected_sync(), self._context.clock.now()
        planned = self._planned_runs(sync.sync_state, now) if sync is not None else ()
        rows = (
            tuple(
                _build_run_row(
                    run,
                    now,
                    self._rolled_back_runs.get(run.id, ""),
                    self._undoing(run),
                    self._approvals.get(run.plan or "", ()),
                    "" if run.sync == self._sync_name else run.sync,
                )
                for run in self._all_runs()
            )
            if sync
            else ()
        )
        self.list_model.show_rows((*planned, *rows))
        self.latest_list_model.show_rows(rows[: min(_MAX_LATEST_RUNS, len(self._runs or ()))])
        self.changed.emit()

    def _undoing(self, run: Run) -> str:
        """Return the id of the run that rolled a History row's run back; empty: none."""
        return next(
            (
                later.id
                for later in self._all_runs()
                if self._rolled_back_runs.get(later.id) == run.id
                and sum(later.totals.get(key, 0) for key in ("created", "updated")) > 0
            ),
            "",
        )

    def _planned_runs(self, state: SyncStatus, now: float) -> tuple[RunRowView, ...]:
        first = state.next_run_at
        # Nothing is promised that this computer would not do.
        if first is None or not self._context.workspace.values.get(
            sync_settings.RUN_DUE_SYNCS_HERE
        ):
            return ()
        rule = parse_schedule_rule(state.sync.schedule)
        # The nearest is shown lowest, next to the newest run.
        zone = self._context.time_zone
        times = (first, *next_run_times(rule, first, zone, _MAX_PLANNED_RUNS - 1))
        return tuple(
            RunRowView(
                f"planned {at}",
                _capitalised_time(at, now),
                time_format.format_full_timestamp(at),
                f"planned, {rule.description}",
                "Planned",
                "neutral",
                is_planned=True,
            )
            for at in reversed(times)
        )

    def _on_sync_selected(self, sync_name: str) -> None:
        self._sync_name, self._runs = sync_name, None
        self.selected_run_id, self._last_customers = "", ()
        self._on_snapshot_read()

    def _on_snapshot_read(self) -> None:
        if self._sync_name != self._page.selected_name:
            self._sync_name, self._runs = self._page.selected_name, None
        self._update_lists()
        if self._sync_name:
            self.tasks.start("runs", self._read_runs(self._sync_name))

    async def _read_runs(self, sync_name: str) -> None:
        runs = await self._context.store.runs.list_runs(sync_name, _MAX_RUNS)
        removed = await self._context.store.runs.list_runs_of_removed_syncs(_MAX_RUNS)
        is_new = (runs, removed) != (self._runs, self._runs_of_removed_syncs)
        if sync_name == self._sync_name and is_new:
            store, both = self._context.store, (*runs, *removed)
            backs = await store.run(self._query_rolled_back_runs, both)
            given = await store.plans.approvals.list_of_plans(run.plan for run in both if run.plan)
            self._runs, self._runs_of_removed_syncs = runs, removed
            self._rolled_back_runs, self._approvals = backs, given
            self._start_reading_customers()
            self._update_lists()

    async def _read_last_customers(self, run_id: str) -> None:
        people = await self._context.store.run(self._query_last_customers, run_id)
        if run_id == self.selected_run_id:
            self._last_customers = people
            self.changed.emit()

    def _query_rolled_back_runs(self, runs: Iterable[Run]) -> dict[str, str]:
        """Query for the tab History which run each run rolled back; on the database's thread."""
        get, known = self._context.store.plans.get.blocking, self._rolled_back_runs
        # Once for each: a plan comes with the counts of all its rows, and runs move every second.
        return {
            run.id: known[run.id] if run.id in known else get(run.plan).rolled_back_run
            for run in runs
            if run.plan is not None
        }

    def _query_last_customers(self, run_id: str) -> tuple[tuple[str, str], ...]:
        """Query for the tab History whom a run wrote last; on the database's thread."""
        plans, run = self._context.store.plans, self._find_run(run_id)
        if run is None or run.plan is None:
            return ()
        written = PlanRowFilter(
            fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
            states=(PlanRowState.DONE, PlanRowState.ACCEPTED),
        )
        sync = plans.get_planned_sync.blocking(run.plan)
        numbers = plans.list_row_numbers.blocking(run.plan, written)[-_MAX_CUSTOMERS:]
        rows = [plans.get_row.blocking(run.plan, number) for number in reversed(numbers)]
        return tuple((row.label, customer_query_for_row(row, sync)) for row in rows)


def _build_run_row(
    run: Run,
    now: float,
    rolls_back: str,
    rolled_back_by: str,
    approvals: tuple[LimitApproval, ...],
    removed_sync: str,
) -> RunRowView:
    """Build a row of the tab History; `rolls_back` and `rolled_back_by` are ids of runs."""
    chip, tone = run_state_label(run)
    summary = _run_summary(run)
    if approvals:
        names = dict.fromkeys(approval.name for approval in approvals)
        summary = f"{summary}, limit allowed by {' and '.join(names)}"
    if rolls_back:
        summary = f"roll back of run {rolls_back}, {summary}"
    if rolled_back_by:
        chip, tone = "Rolled back", "neutral"
        summary = f"{summary}, rolled back by run {rolled_back_by}"
    if removed_sync:
        summary = f"removed sync {removed_sync}: {summary}"
    return RunRowView(
        id=run.id,
        time_text=_capitalised_time(run.started_at, now),
        time_tooltip=time_format.format_full_timestamp(run.started_at),
        summary=summary,
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
        why = run.error or "its process ended too early"
        return f"{done}; {why}" if done and done != "nothing to change" else why
    return ", ".join(part for part in (done, took) if part)


def _capitalised_time(at: float, now: float) -> str:
    words = time_format.format_date_and_time(at, now)
    return words[:1].upper() + words[1:]
