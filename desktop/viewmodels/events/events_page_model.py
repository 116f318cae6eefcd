"""The view-model of the Events page: simulates a file, delivers it, and shows what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop.events.planned_request import NoChange, PlannedRequest
from desktop.events.simulation import SimulationCounts
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState
from desktop.model.permission import Permission, check_permission
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_consequences import (
    EventConsequence,
    build_consequences,
    describe_counts,
)
from desktop.viewmodels.events.event_row import (
    EVENT_COLUMNS,
    EventFilter,
    EventRow,
    bad_line_row,
    delivery_rows,
    problem_row,
    request_row,
)
from desktop.viewmodels.file_export import format_csv, format_json, write_private_file
from desktop.viewmodels.list_model import GrowingListModel, ListState
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_model import TaskModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

# Of a file of a million events the first requests are listed; all are counted.
MAX_ROWS = 20_000
_LOG_EVENTS = 500
_POLL_MS = 500
_CORRECTED = (DeliveryState.PARKED, DeliveryState.SKIPPED)
_WAITING = ("queued", "sending", "unknown", "not begun")

PlannedListener = Callable[[PlannedRequest | NoChange], None]


class DeliveryProcess(Protocol):
    """A process that delivers events; it outlives the window."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        ...


@dataclass(frozen=True)
class EventUseCases:
    """What the Events page can have done: `simulate` gives counts and whether Zendesk answered.

    `start_delivery` takes a file and whether removals are ticked, `start_retry` a stored event.
    """

    simulate: Callable[[Path, PlannedListener], Awaitable[tuple[SimulationCounts, bool]]]
    start_delivery: Callable[[Path, bool], DeliveryProcess]
    start_retry: Callable[[int, bool], DeliveryProcess]


@dataclass(frozen=True)
class SimulatedFile:
    """A file as it was simulated; `stamp` tells whether it has changed since."""

    path: Path
    stamp: tuple[int, int]
    counts: SimulationCounts
    is_live: bool
    rows: tuple[EventRow, ...]

    @property
    def removals(self) -> int:
        """How many removals the file has; they start unticked."""
        return len(self.counts.effects.removals)


class EventsPageModel(TaskModel):
    """The rows of the Events page, the consequences of a file, and its delivery."""

    def __init__(
        self, workspace: WorkspaceProtocol, store: WorkspaceStore, use_cases: EventUseCases
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._use_cases = workspace, store, use_cases
        self.table_model: GrowingListModel[EventRow] = GrowingListModel(EVENT_COLUMNS, self)
        self.event_filter = EventFilter.SIMULATION
        self.search_text = ""
        self.file: SimulatedFile | None = None
        self.sends_removals = False
        self.progress = ""
        self._stored_rows: tuple[EventRow, ...] | None = None
        self._selected_id = ""
        self._error: AppError | None = None
        self._process: DeliveryProcess | None = None
        self._poll_timer = create_timer(self, _POLL_MS, self._poll, repeats=True)

    # What the page shows.

    def list_state(self) -> ListState:
        """Say whether the Events page has rows to show, and if not, why not."""
        allowed = check_view_permission(self._workspace)
        if not allowed.is_allowed:
            return ListState(text=allowed.reason)
        if self._error is not None:
            return ListState(text=str(self._error), action_label="Try again", has_failed=True)
        if self.tasks.is_running("simulate") or self.tasks.is_running("read"):
            return ListState(is_loading=True)
        if self.table_model.rowCount():
            return ListState(summary=self._summary())
        if self.search_text.strip():
            return ListState(text="Nothing matches.", action_label="Clear filters")
        return ListState(text=self._empty_text())

    def _empty_text(self) -> str:
        if self.event_filter is EventFilter.LOG:
            return "Nothing was delivered from this computer yet."
        if self.event_filter is EventFilter.CORRECTION:
            return "Nothing needs correction."
        if self.file is None:
            return (
                "Open a file of events, or drop one here: JSON lines, one object or an array, in"
                " the form of Segment and Customer.io. Nothing is written until you deliver."
            )
        return "Nothing would change: no action fires, or everything is so already."

    def _summary(self) -> str:
        if self.event_filter is not EventFilter.SIMULATION or self.file is None:
            return format_count(self.table_model.rowCount(), "row", "rows")
        text = describe_counts(self.file.counts)
        left = self.file.counts.requests - MAX_ROWS
        return f"{text} · the first {MAX_ROWS:,} are listed" if left > 0 else text

    def consequences(self) -> tuple[EventConsequence, ...]:
        """Return what people will notice of the simulated file."""
        if self.file is None or self.event_filter is not EventFilter.SIMULATION:
            return ()
        return build_consequences(self.file.counts, is_live=self.file.is_live)

    def detail(self) -> EventRow | None:
        """Return the selected row."""
        return self.table_model.row_at(self.table_model.place_of(self._selected_id))

    @property
    def delivered_count(self) -> int:
        """How many requests a delivery of the simulated file sends, removals as ticked."""
        if self.file is None:
            return 0
        return self.file.counts.requests - (0 if self.sends_removals else self.file.removals)

    def delivery_refusal(self) -> str:
        """Say why the simulated file cannot be delivered now, or ""."""
        if self.file is None:
            return "Open a file first."
        decision = check_permission(Permission.RUNS, self._workspace.actor, self._workspace.rules)
        if not decision.is_allowed:
            return decision.reason
        if self._process is not None:
            return "A delivery is under way."
        if not self.file.is_live:
            return "Zendesk can't be reached: open the file again once it can."
        if not self.delivered_count:
            return "There is nothing to deliver."
        return ""

    @property
    def can_retry(self) -> bool:
        """Whether the selected row is one that waits for a person."""
        row = self.detail()
        return row is not None and row.event_id > 0 and row.state in ("To correct", "Not ticked")

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Read what was delivered once the page is seen."""
        if visible and self.event_filter is not EventFilter.SIMULATION:
            self.refresh()

    def open_file(self, path: str) -> None:
        """Simulate a file; the one before is no longer shown."""
        self.event_filter = EventFilter.SIMULATION
        self._error, self.sends_removals = None, False
        self.file, self._selected_id = None, ""
        self.tasks.cancel("simulate")
        self.tasks.start("simulate", self._simulate(Path(path)))
        self._refresh_table()

    def refresh(self) -> None:
        """Read the stored events again, or simulate the file again."""
        self._error = None
        if self.event_filter is EventFilter.SIMULATION:
            if self.file is not None:
                self.open_file(str(self.file.path))
            return
        self.tasks.start_once("read", self._read_stored())

    def set_filter(self, event_filter: EventFilter, text: str) -> None:
        """Show the rows of a filter that hold every word of `text`."""
        is_other = event_filter is not self.event_filter
        self.event_filter, self.search_text = event_filter, text
        if is_other and event_filter is not EventFilter.SIMULATION:
            self._stored_rows = None
            self.tasks.cancel("read")
            self.tasks.start("read", self._read_stored())
        self._refresh_table()

    def set_sends_removals(self, *, on: bool) -> None:
        """Tick the removals of the simulated file, or untick them."""
        self.sends_removals = on
        self.changed.emit()

    def select(self, row_id: str) -> None:
        """Show the details of another row."""
        if row_id != self._selected_id:
            self._selected_id = row_id
            self.changed.emit()

    def deliver(self) -> None:
        """Deliver the simulated file by a process of its own, which outlives the window."""
        if self.delivery_refusal() or self.file is None:
            return
        try:
            if _stamp(self.file.path) != self.file.stamp:
                self.message_posted.emit("The file has changed since: simulated again.")
                self.open_file(str(self.file.path))
                return
            self._watch(self._use_cases.start_delivery(self.file.path, self.sends_removals))
        except (AppError, OSError) as error:
            self._show_failure(error)

    def retry(self) -> None:
        """Queue the selected event again and deliver it; a removal that was not ticked goes out."""
        row = self.detail()
        if row is None or not self.can_retry or self._process is not None:
            return
        try:
            self._watch(self._use_cases.start_retry(row.event_id, row.state == "Not ticked"))
        except AppError as error:
            self.failed.emit(error)

    def export(self, path: str, file_format: str) -> None:
        """Write the rows shown to a file, as `csv` or `json`."""
        self.tasks.start_once(f"export {path}", self._export(Path(path), file_format))

    async def close(self) -> None:
        """Stop watching; a delivery under way goes on."""
        self._poll_timer.stop()
        await super().close()

    # How it comes about.

    async def _simulate(self, path: Path) -> None:
        rows: list[EventRow] = []

        def take(planned: PlannedRequest | NoChange) -> None:
            if isinstance(planned, PlannedRequest) and len(rows) < MAX_ROWS:
                rows.append(request_row(len(rows), planned))

        try:
            stamp = _stamp(path)
            counts, is_live = await self._use_cases.simulate(path, take)
        except AppError as error:
            self._error = error
        except OSError as error:
            self._show_failure(error)
        else:
            rows += [problem_row(number, one) for number, one in enumerate(counts.problems)]
            rows += [bad_line_row(*one) for one in counts.intake.invalid[:MAX_ROWS]]
            rows.sort(key=lambda row: row.line)
            self.file = SimulatedFile(path, stamp, counts, is_live, tuple(rows))
        self.tasks.start_once("show", self._show_after_task())

    async def _show_after_task(self) -> None:
        """Show the rows once the task before has ended, whose state the list tells."""
        await self.tasks.wait_for_prefix("simulate")
        await self.tasks.wait_for_prefix("read")
        self._refresh_table()

    async def _read_stored(self) -> None:
        states = _CORRECTED if self.event_filter is EventFilter.CORRECTION else ()
        events = self._store.events
        found = await events.list_newest(_LOG_EVENTS, states=states)
        rows = [row for event in found for row in delivery_rows(event)]
        if self.event_filter is EventFilter.CORRECTION:
            rows = [row for row in rows if row.state in ("To correct", "Not ticked")]
            bad = await events.list_newest(_LOG_EVENTS, only_invalid=True)
            rows += [row for event in bad for row in delivery_rows(event)]
        self._stored_rows = tuple(rows)
        self.tasks.start_once("show", self._show_after_task())

    def _refresh_table(self) -> None:
        words = self.search_text.lower().split()
        self.table_model.show_rows([row for row in self._all_rows() if row.matches(words)])
        self.changed.emit()

    def _all_rows(self) -> Sequence[EventRow]:
        if not check_view_permission(self._workspace).is_allowed:
            return ()
        if self.event_filter is EventFilter.SIMULATION:
            return self.file.rows if self.file is not None else ()
        return self._stored_rows or ()

    def _watch(self, process: DeliveryProcess) -> None:
        self._process = process
        self.progress = "Delivering…"
        self._poll_timer.start()
        self.changed.emit()

    def _poll(self) -> None:
        self.tasks.start_once("poll", self._poll_once())

    async def _poll_once(self) -> None:
        process = self._process
        counts = await self._store.events.count_states()
        waiting = sum(counts.get(name, 0) for name in _WAITING)
        if process is not None and process.exit_code is None:
            self.progress = f"Delivering… {waiting:,} left" if waiting else "Delivering…"
            self.changed.emit()
            return
        self._poll_timer.stop()
        self._process = None
        parked = counts.get("parked", 0)
        words = [f"{counts.get('done', 0):,} done"]
        words += [f"{parked:,} to correct"] if parked else []
        words += [f"{waiting:,} left: deliver again"] if waiting else []
        self.progress = f"Delivered: {', '.join(words)}."
        self.message_posted.emit(self.progress)
        self.set_filter(EventFilter.LOG, "")

    def _show_failure(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self.failed.emit(error)
        else:
            reason = getattr(error, "strerror", None) or "it can't be read"
            self.message_posted.emit(f"The file can't be opened: {reason}.")

    async def _export(self, path: Path, file_format: str) -> None:
        model = self.table_model
        rows = [row for n in range(model.rowCount()) if (row := model.row_at(n)) is not None]
        cells = [(str(row.line), row.text, row.note, row.state) for row in rows]
        header = ("line", "what", "request", "state")
        document = {"rows": [dict(zip(header, cell, strict=True)) for cell in cells]}
        text = format_json(document) if file_format == "json" else format_csv(header, cells)
        await write_private_file(path, text)
        count = format_count(len(rows), "row", "rows")
        self.message_posted.emit(f"Saved {count} to {path.name}")


def _stamp(path: Path) -> tuple[int, int]:
    """Return a file's time of change and size, by which a change is told. Raises OSError."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size
