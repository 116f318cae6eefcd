"""The tab “Plan”: one preview, its rows page by page, and what people decide about it."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.kit.text import format_count
from desktop.model.sync import Sync
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRow
from desktop.viewmodels.syncs.plan_decisions import PlanDecisions
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_reader import PlanReader
from desktop.viewmodels.syncs.plan_row_view import (
    PlanRowDetail,
    PlanRowView,
    build_plan_row_detail,
    build_plan_row_view,
)
from desktop.viewmodels.syncs.plan_table_model import PAGE_SIZE, PlanTableModel
from desktop.viewmodels.syncs.plan_view import PlanSummary, PlanView, build_plan_view
from desktop.viewmodels.syncs.second_admin_approval import approve_as_other_admin
from desktop.viewmodels.syncs.sync_labels import people_text
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.task_registry import TaskRegistry

# Somebody who drags the bar has passed the older wishes by.
_MAX_PAGE_REQUESTS = 4


@dataclass(frozen=True)
class PlanEmptyView:
    """What stands in the place of rows, and the one next step."""

    text: str
    action_label: str = ""
    action_key: str = ""


class PlanModel(QObject):
    """`changed`: everything but the rows; `detail_changed`: the row beside the table."""

    changed = Signal()
    detail_changed = Signal()
    failed = Signal(object)  # AppError
    message_posted = Signal(str)
    export_finished = Signal(str)

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self.tasks = TaskRegistry(self.failed.emit)
        self.table_model = PlanTableModel(self)
        self.table_model.page_wanted.connect(self._on_page_wanted)
        self.table_model.ticks_wanted.connect(self.tick_rows)
        self.plan_filter = PlanFilter()
        self._plan_id = ""
        self._older_plan_id = ""
        self._summary: PlanSummary | None = None
        self._shown_rows_key: tuple[str, PlanFilter] | None = None
        self._snapshot_key: object = None
        self._reader = PlanReader(self._context)
        self._decisions = PlanDecisions(self._context)
        self._page_requests: list[tuple[int, list[int]]] = []
        self._selected_row: int | None = None
        self._selected_plan_row: PlanRow | None = None
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_sync_selected)

    # What is shown.

    def view(self) -> PlanView | None:
        """The preview without its rows; None where there is none."""
        sync, facts = self._page.selected_sync(), self._summary
        if sync is None or facts is None:
            return None
        keeps = sync.missing_requirements[0].message if sync.missing_requirements else ""
        actor = self._context.workspace.actor
        now, pinned = self._context.clock.now(), self.is_older_plan
        return build_plan_view(facts, self.plan_filter, actor, now, keeps, pinned=pinned)

    @property
    def is_loading(self) -> bool:
        """Whether there is one that is not read yet."""
        return bool(self._plan_id) and self._summary is None

    @property
    def is_older_plan(self) -> bool:
        """Whether an older one is shown, from the history."""
        return bool(self._older_plan_id)

    def empty_view(self) -> PlanEmptyView | None:
        """What stands where no rows are; None: there are rows, or they are being read."""
        if self._summary is None:
            return None
        if self.table_model.rowCount() or self._shown_rows_key != (self._plan_id, self.plan_filter):
            return None
        if self.plan_filter.text.strip() or self.plan_filter.consequence or self.plan_filter.cause:
            return PlanEmptyView("Nothing matches.", "Clear filters", "clear")
        if self.plan_filter.is_default:
            return PlanEmptyView("Nothing would change: both sides agree.")
        return PlanEmptyView("No row is like that.", "Show the changes", "clear")

    def summary(self) -> str:
        """How many rows are listed."""
        return format_count(self.table_model.rowCount(), "row", "rows")

    def row_detail(self) -> PlanRowDetail | None:
        """The chosen row."""
        row, facts = self._selected_plan_row, self._summary
        if row is None or facts is None or row.row != self._selected_row:
            return None
        view = self._find_row_view(row.row) or self._build_row_view(row, facts.sync, {})
        may = self._can_decide()
        return build_plan_row_detail(view, row, facts.sync, self._context.clock.now(), may=may)

    def row_view(self, place: int) -> PlanRowView | None:
        """One row of the table."""
        return self.table_model.row_at(place)

    # What people do.

    def show_plan(self, plan: str) -> None:
        """Show an older preview; empty: the newest again."""
        sync = self._page.selected_sync()
        newest = sync.plan.id if sync is not None and sync.plan is not None else ""
        self._older_plan_id = "" if plan == newest else plan
        self.plan_filter = PlanFilter()
        self._on_snapshot_read()

    def set_filter(self, plan_filter: PlanFilter) -> None:
        """Show other rows, in the order that is chosen."""
        self._apply_filter(
            replace(plan_filter, by_predicted_value=self.plan_filter.by_predicted_value)
        )

    def set_order(self, *, by_worth: bool) -> None:
        """Show the most valuable customers first, or the source's own order."""
        self._apply_filter(replace(self.plan_filter, by_predicted_value=by_worth))

    def _apply_filter(self, plan_filter: PlanFilter) -> None:
        if plan_filter != self.plan_filter:
            self.plan_filter = plan_filter
            self._read_rows()
            self.changed.emit()

    def filter_by_consequence(self, key: str) -> None:
        """Show whom one consequence is about; again: everything."""
        kind, _, name = key.partition(":")
        consequence = Consequence(kind)
        same = (
            self.plan_filter.consequence is consequence
            and self.plan_filter.consequence_name == name
        )
        self.set_filter(
            PlanFilter() if same else PlanFilter(consequence=consequence, consequence_name=name)
        )

    def select_row(self, place: int) -> None:
        """Show a row beside the table; -1: none."""
        number = self.table_model.row_number_at(place)
        if number == self._selected_row:
            return
        self._selected_row, self._selected_plan_row = number, None
        if number is not None and self._plan_id:
            self.tasks.start("detail", self._read_detail(number))
        self.detail_changed.emit()

    def tick_rows(self, numbers: list[int], on: bool) -> None:
        """Tick or untick rows that write."""
        if not self.table_model.is_editable or not numbers:
            return
        wanted = set(numbers)
        self.table_model.update_cached_rows(
            lambda row: (
                replace(row, is_ticked=on) if row.row_number in wanted and row.is_write else row
            )
        )
        self._start_once(f"tick {numbers[0]} {len(numbers)} {on}", self._tick(numbers, on=on))

    def tick_all_rows(self, *, on: bool) -> None:
        """Tick or untick everything the filter shows."""
        if not self.table_model.is_editable:
            return
        if self.plan_filter.cause:
            return
        self.table_model.update_cached_rows(
            lambda row: replace(row, is_ticked=on) if row.is_write else row
        )
        self._start_once(f"tick all {on}", self._tick_all(on=on))

    def tick_field(self, row: int, field: str, *, on: bool) -> None:
        """Leave one field of a row out, or take it in."""
        act = self._decisions.tick_field(self._plan_id, row, field, on=on)
        self._start_once(f"field {row} {field}", self._run_decision(row, act))

    def pick_side(self, row: int, field: str, side: str) -> None:
        """Say whose value stands."""
        act = self._decisions.pick_side(self._plan_id, row, field, side)
        self._start_once(f"pick {row} {field}", self._run_decision(row, act))

    def always_prefer(self, row: int, field: str, side: str) -> None:
        """The same, now and in every preview to come."""
        act = self._decisions.always_prefer(self._plan_id, row, field, side)
        self._start_once(f"pick {row} {field}", self._run_decision(row, act))

    def correct_field(self, source: str, field: str, value: str) -> None:
        """Use this value instead of the source's own, from the next preview on."""
        act = self._decisions.correct_field(self._page.selected_name, source, field, value)
        self._start_once(f"correct {source}", self._post_result(act))

    def ignore_record(self, source: str, reason: str) -> None:
        """Leave a record out for ever."""
        act = self._decisions.ignore_record(self._page.selected_name, source, reason)
        self._start_once(f"ignore {source}", self._post_result(act))

    def allow_limit(self, breach: str) -> None:
        """Who is at work lets a limit pass once; enough said, it can be written."""
        act = self._decisions.allow_limit(self._plan_id, breach)
        self._start_once(f"allow {breach}", self._run_decision(-1, act))

    async def allow_limit_by_other_admin(self, breach: str, email: str, token: str) -> str:
        """Another admin signs in here and lets it pass; gives their name. Raises AppError."""
        room = self._context
        other = await approve_as_other_admin(room, self._plan_id, breach, email, token)
        room.publish_sync_change()
        await self._read_summary()
        self.message_posted.emit(f"{other} allows it.")
        return other

    def discard_plan(self) -> None:
        """Forget this preview: it leaves no history."""
        self._start_once("discard", self._post_result(self._decisions.discard_plan(self._plan_id)))

    def write_plan(self) -> None:
        """Write what is ticked."""
        if self._plan_id:
            self._page.start_write(self._plan_id)

    def export_rows(self, path: str, form: str) -> None:
        """Write what the filter shows into a file, as `csv` or `json`."""
        self._start_once(f"export {path}", self._export(Path(path), form))

    async def close(self) -> None:
        """End what runs."""
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _start_once(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.is_running(name):
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    def _on_sync_selected(self, _goal: str) -> None:
        self._older_plan_id = ""
        self.plan_filter = PlanFilter()
        self._on_snapshot_read()

    def _on_snapshot_read(self) -> None:
        sync = self._page.selected_sync()
        newest = sync.plan.id if sync is not None and sync.plan is not None else ""
        plan = self._older_plan_id or newest
        stamp = (plan, sync.plan, sync.last_run and sync.last_run.state) if sync else None
        if plan != self._plan_id:
            self._plan_id, self._summary, self._selected_row, self._selected_plan_row = (
                plan,
                None,
                None,
                None,
            )
            self._shown_rows_key = None
            self.table_model.show_numbers(())
            self.detail_changed.emit()
        elif stamp == self._snapshot_key:
            self.changed.emit()
            return
        self._snapshot_key = stamp
        if plan:
            self.tasks.start("facts", self._read_all())
        self.changed.emit()

    async def _read_all(self) -> None:
        await self._read_summary()
        if self._shown_rows_key != (self._plan_id, self.plan_filter):
            self._read_rows()
        else:
            self.table_model.forget_pages()
            await self._read_detail_again()

    async def _read_summary(self) -> None:
        plan = self._plan_id
        facts = await self._reader.read_summary(plan)
        if facts is None or plan != self._plan_id:
            return
        self._summary = facts
        self.table_model.is_editable = self._can_decide()
        self.changed.emit()

    def _can_decide(self) -> bool:
        view = self.view()
        return (
            view is not None and view.is_open and self._context.syncs.check_permission().is_allowed
        )

    def _read_rows(self) -> None:
        if self._plan_id:
            self.tasks.start("rows", self._read_numbers(self._plan_id, self.plan_filter))

    async def _read_numbers(self, plan: str, plan_filter: PlanFilter) -> None:
        numbers = await self._reader.read_row_numbers(plan, plan_filter)
        if (plan, plan_filter) != (self._plan_id, self.plan_filter):
            return
        self._shown_rows_key = (plan, plan_filter)
        self._page_requests.clear()
        self.table_model.show_numbers(numbers)
        if numbers:
            # The first page says how high rows are.
            self.table_model.row_at(0)
        self.changed.emit()

    def _on_page_wanted(self, page: int, numbers: list[int]) -> None:
        self._page_requests = [wish for wish in self._page_requests if wish[0] != page]
        self._page_requests.append((page, numbers))
        while len(self._page_requests) > _MAX_PAGE_REQUESTS:
            self.table_model.cancel_page_request(self._page_requests.pop(0)[0])
        if not self.tasks.is_running("pages"):
            self.tasks.start("pages", self._read_pages())

    async def _read_pages(self) -> None:
        while self._page_requests:
            page, numbers = self._page_requests.pop()
            plan, facts = self._plan_id, self._summary
            if facts is None:
                self.table_model.cancel_page_request(page)
                return
            rows, names = await self._reader.read_page(plan, numbers, facts.sync)
            if plan != self._plan_id or numbers[0] != self.table_model.row_number_at(
                page * PAGE_SIZE
            ):
                continue
            views = {row.row: self._build_row_view(row, facts.sync, names) for row in rows}
            if page == 0:
                most = max((len(view.field_changes) for view in views.values()), default=1)
                self.table_model.lines_per_row = max(1, min(3, most))
            self.table_model.put_page(page, views)
            if self._selected_row in views:
                self.detail_changed.emit()
            if page == 0:
                self.changed.emit()

    def _build_row_view(self, row: PlanRow, sync: Sync, names: Mapping[int, str]) -> PlanRowView:
        return build_plan_row_view(
            row, sync, self._context.clock.now(), names, self._context.predicted_value_unit
        )

    def _find_row_view(self, number: int) -> PlanRowView | None:
        return self.table_model.row_at(self.table_model.index_of(number))

    async def _read_detail(self, number: int) -> None:
        row = await self._reader.read_row(self._plan_id, number)
        if row is not None and number == self._selected_row:
            self._selected_plan_row = row
            self.detail_changed.emit()

    async def _read_detail_again(self) -> None:
        if self._selected_row is not None:
            await self._read_detail(self._selected_row)

    async def _tick(self, numbers: list[int], *, on: bool) -> None:
        await self._decisions.tick_rows(self._plan_id, numbers, on=on)
        await self._read_summary()

    async def _tick_all(self, *, on: bool) -> None:
        await self._decisions.tick_all_rows(self._plan_id, self.plan_filter, on=on)
        await self._read_summary()
        facts = self._summary
        if facts is not None:
            total = facts.plan.count_rows(PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
            self.message_posted.emit(f"{facts.ticked_count:,} of {total:,} ticked")

    async def _run_decision(self, row: int, act: Awaitable[str | None]) -> None:
        """A decision changes the row, and with it what the whole amounts to."""
        words = await act
        self.table_model.forget_pages()
        await self._read_summary()
        if self._selected_row == row:
            await self._read_detail(row)
        if words:
            self.message_posted.emit(words)

    async def _post_result(self, act: Awaitable[str]) -> None:
        self.message_posted.emit(await act)

    async def _export(self, path: Path, form: str) -> None:
        self.export_finished.emit(
            await self._decisions.export_rows(self._plan_id, self.plan_filter, path, form)
        )

    def allow_confirmation_texts(self, breach: str) -> tuple[str, str]:
        """What is asked before letting a limit pass: title and message."""
        found = self._summary.breaches if self._summary else ()
        count = next((each.people for each in found if each.code == breach), 0)
        return (
            "Let the limit pass once?",
            f"{people_text(count)} are past the limit of this sync. It counts for this preview alone;"
            " your name is kept with it.",
        )
