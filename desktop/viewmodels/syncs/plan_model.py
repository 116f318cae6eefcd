"""The view-model of the tab Plan: one preview, its rows by page, and what people decide."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import Signal

from desktop.connect.second_admin_sign_in import sign_in_second_admin
from desktop.kit.errors import InvalidInput, NotFound
from desktop.kit.text import format_count
from desktop.model.edit import UNDO_WINDOW_S
from desktop.model.run_limit import TYPED_CONSEQUENCES, find_repeated_approval
from desktop.model.sell_record import SellPerson
from desktop.model.sync import Sync
from desktop.model.sync_plan import Consequence, PlanRow, PlanState
from desktop.model.sync_state import LeftOutPerson
from desktop.model.workspace_kind import confirmed_over
from desktop.settings import settings_table
from desktop.settings.effective_workspace_kind import effective_workspace_kind
from desktop.settings.service_address import zendesk_account_name
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.sync.plan_summary import PlanSummary, read_plan_summary
from desktop.sync.sell_plan_row_decisions import SellPlanRowDecisions, may_be_matched
from desktop.viewmodels.file_export import FileFormat
from desktop.viewmodels.list_model import PAGE_SIZE, ListState
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.syncs.plan_export import export_plan_rows
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_row_view import (
    PlanRowDetail,
    PlanRowView,
    build_plan_row_detail,
    build_plan_row_view,
    zendesk_user_ids,
)
from desktop.viewmodels.syncs.plan_table_model import PlanTableModel
from desktop.viewmodels.syncs.plan_view import PlanView, build_plan_view
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.task_owning_model import TaskOwningModel

_NO_ROW = -1
_EXPORT_TASK = "export"
_EXPORT_PROGRESS_S = 1.0


class PlanModel(TaskOwningModel):
    """The tab Plan; emits `changed` for all but its rows, `detail_changed` for the selected one.

    Every decision raises ConflictError by `failed` once the preview was handed to a run. It is
    about the preview shown when it was made, whichever is shown when its task begins.
    """

    detail_changed = Signal()
    export_progressed = Signal(str)  # how far it is, in a sentence
    export_ended = Signal(str)
    order_changed = Signal(str)  # its word for files
    row_found = Signal(int)  # the place of the row whose name was looked for

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self._plans = page.context.store.plans
        self.table_model = PlanTableModel(self._read_row_views, self.tasks, self)
        self.table_model.ticks_wanted.connect(self.tick_rows)
        self.table_model.page_read.connect(self._on_page_read)
        self.plan_filter = PlanFilter()
        self._plan_id = ""
        self._older_plan_id = ""  # chosen in the history, empty for the newest preview
        self._summary: PlanSummary | None = None
        self._shown_rows_key: tuple[str, PlanFilter] | None = None
        self._snapshot_key: object = None
        # The preview just discarded: its sync, its id and the state it had.
        self._set_aside: tuple[str, str, PlanState] | None = None
        self._undo_timer = create_timer(self, round(UNDO_WINDOW_S * 1000), self._on_undo_time_over)
        self._tick_counts = (0, 0)
        self._selected_row: int | None = None
        self._selected_plan_row: PlanRow | None = None
        self._match_candidates: tuple[SellPerson, ...] = ()
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_sync_selected)

    # What is shown.

    def view(self) -> PlanView | None:
        """Build the view of a preview without its rows; None where there is none."""
        snapshot, summary = self._page.selected_sync(), self._summary
        if snapshot is None or summary is None:
            return None
        blockers = snapshot.missing_requirements
        return build_plan_view(
            summary,
            self.plan_filter,
            self._context.workspace.actor,
            self._context.clock.now(),
            blockers[0].message if blockers else "",
            pinned=bool(self._older_plan_id),
            is_running=snapshot.active_run is not None,
        )

    @property
    def is_loading(self) -> bool:
        """Whether there is a preview that the tab Plan has not read yet."""
        return bool(self._plan_id) and self._summary is None

    def list_state(self) -> ListState:
        """Say what stands in place of a preview's rows; without text there are rows to come."""
        is_reading = self._shown_rows_key != (self._plan_id, self.plan_filter)
        if self._summary is None or self.table_model.rowCount() or is_reading:
            return ListState(summary=format_count(self.table_model.rowCount(), "row", "rows"))
        shown = self.plan_filter
        if shown.text.strip() or shown.consequence or shown.cause:
            return ListState(text="Nothing matches.", action_label="Clear filters")
        if shown.is_default:
            return ListState(text="Nothing to change: both services agree.")
        return ListState(text="No such rows.", action_label="Show the changes")

    @property
    def tick_counts(self) -> tuple[int, int]:
        """How many of the preview's rows that the filter shows are ticked, and how many may be."""
        return self._tick_counts

    def row_detail(self) -> PlanRowDetail | None:
        """Build the details of the preview's selected row."""
        row, summary = self._selected_plan_row, self._summary
        if row is None or summary is None or row.row != self._selected_row:
            return None
        # From the table where it is there: it knows the people's names.
        view = self.table_model.row_at(self.table_model.place_of(row.row))
        view = view or self._build_row_view(row, summary.sync, {})
        now = self._context.clock.now()
        return build_plan_row_detail(
            view,
            row,
            summary.sync,
            now,
            may=self._can_decide(),
            candidates=self._match_candidates,
        )

    @property
    def account_text(self) -> str:
        """Name the account that a preview is written to, for the question before it is."""
        base_url = self._context.workspace.values.get(settings_table.ZENDESK_BASE_URL)
        name = zendesk_account_name(base_url)
        return f"Account: {name} in Zendesk, with its Sailthru account." if name else ""

    def allow_confirmation_texts(self, breach: str) -> tuple[str, str]:
        """Return title and message of the question before a preview's limit is let pass."""
        found = self._summary.breaches if self._summary else ()
        message = next((each.message for each in found if each.code == breach), "")
        return (
            "Go over the limit once?",
            f"{message} This counts for this preview only; your name is recorded.",
        )

    # What people do to see other rows.

    def show_plan(self, plan: str) -> None:
        """Show an older preview in the tab Plan; empty: the newest again."""
        self._older_plan_id = "" if plan == self._newest_plan_id() else plan
        self.plan_filter = PlanFilter(order=self.plan_filter.order)
        self._on_snapshot_read()

    def set_filter(self, plan_filter: PlanFilter) -> None:
        """Show other rows of the preview by a filter, in the order that is chosen."""
        self._apply_filter(replace(plan_filter, order=self.plan_filter.order))

    def set_order(self, order: PlanRowOrder) -> None:
        """Show the preview's most valuable customers first, or the source's own order."""
        self._apply_filter(replace(self.plan_filter, order=order))
        self.order_changed.emit(order.value)

    def set_search_text(self, text: str) -> None:
        """Show the preview's rows with this text."""
        self.set_filter(replace(self.plan_filter, text=text.strip()))

    def toggle_cause(self, cause: str) -> None:
        """Show the preview's rows to correct for one cause; again: for any."""
        same = self.plan_filter.cause == cause
        self.set_filter(replace(self.plan_filter, cause="" if same else cause))

    def toggle_consequence(self, key: str) -> None:
        """Show the preview's rows with one consequence (`kind:name`); again: every change."""
        kind, _, name = key.partition(":")
        wanted = PlanFilter(consequence=Consequence(kind), consequence_name=name)
        shown = self.plan_filter
        same = (shown.consequence, shown.consequence_name) == (wanted.consequence, name)
        self.set_filter(PlanFilter() if same else wanted)

    def find_row_by_name(self, letters: str, place: int) -> None:
        """Find the preview's next row, from a place on, whose name begins with letters."""
        if self._plan_id and letters.strip():
            self.tasks.start("name", self._find_row_by_name(self._plan_id, letters, max(place, 0)))

    def select_row(self, place: int) -> None:
        """Show the details of the preview's row at a place; -1: of none."""
        number = self.table_model.key_at(place)
        if number == self._selected_row:
            return
        self._selected_row, self._selected_plan_row = number, None
        if number is not None and self._plan_id:
            self.tasks.start("detail", self._read_detail(number))
        self.detail_changed.emit()

    # What people decide.

    def tick_rows(self, numbers: list[int], on: bool) -> None:
        """Tick rows of the preview that write, or leave them out."""
        if not self.table_model.is_editable or not numbers:
            return
        wanted = set(numbers)
        self._show_ticked(on, lambda row: row.row_number in wanted)
        name = f"tick {numbers[0]} {len(numbers)} {on}"
        self.tasks.start_once(name, self._tick_rows(self._plan_id, numbers, on=on))

    def tick_all_rows(self, *, on: bool) -> None:
        """Tick every row that the preview's filter shows, or leave it out."""
        if not self.table_model.is_editable:
            return
        self._show_ticked(on, lambda _row: True)
        act = self._tick_all(self._plan_id, self.plan_filter, on=on)
        self.tasks.start_once(f"tick all {on}", act)

    def tick_field(self, row: int, field: str, *, on: bool) -> None:
        """Leave one field of a preview's row out, or take it in."""
        act = partial(self._context.decisions.set_field_ticked, on=on)
        decide = self._decide(self._plan_id, row, act, field)
        self.tasks.start_once(f"field {row} {field}", decide)

    def pick_side(self, row: int, field: str, side: str) -> None:
        """Pick the side that stands in a preview row's conflict: `zendesk` or `sailthru`."""
        act = self._context.decisions.resolve_conflict
        decide = self._decide(self._plan_id, row, act, field, side)
        self.tasks.start_once(f"pick {row} {field}", decide)

    def always_prefer(self, row: int, field: str, side: str) -> None:
        """Pick a side for a preview row's conflict, and for it in every preview to come."""
        decide = self._always_prefer(self._plan_id, row, field, side)
        self.tasks.start_once(f"pick {row} {field}", decide)

    def correct_field(self, source: str, field: str, value: str) -> None:
        """Correct a source record's field: its value is used from the next preview on."""
        correct = self._correct_field(self._page.selected_name, source, field, value)
        self.tasks.start_once(f"correct {source}", correct)

    def choose_match(self, match: str) -> None:
        """Match the selected row with a record of Sell, or a deleted one with its profile."""
        row, summary = self._selected_plan_row, self._summary
        if row is not None and summary is not None:
            choose = self._choose_match(row, summary.sync, match)
            self.tasks.start_once(f"match {row.row}", choose)

    def leave_out_row(self, row: int, reason: str) -> None:
        """Leave the person of a preview's row out of this sync always, in this preview too."""
        act = self._leave_out_row(self._plan_id, self._page.selected_name, row, reason)
        self.tasks.start_once(f"leave out {row}", act)

    def include_row_again(self, row: int) -> None:
        """Take the person of a preview's row off the left-out list, from the next preview on."""
        act = self._include_row_again(self._plan_id, self._page.selected_name, row)
        self.tasks.start_once(f"include {row}", act)

    def allow_limit(self, breach: str) -> None:
        """Let the preview's limit pass once, as the admin who is at work."""
        self.tasks.start_once(f"allow {breach}", self._allow_limit(breach))

    async def allow_limit_by_other_admin(self, breach: str, email: str, token: str) -> None:
        """Let the preview's limit pass as another admin, who signs in for it. Raises AppError."""
        plan, clock, people = self._plan_id, self._context.clock, self._people_over_limit(breach)
        admin = await sign_in_second_admin(clock, self._context.workspace.values, email, token)
        user_id = str(admin.id)
        given = [
            each
            for each in await self._plans.approvals.list_of_plan(plan)
            if each.limit_code == breach and each.covers(people)
        ]
        counted = [(each.user_id, each.credential) for each in given]
        counted.append(("", self._context.workspace.actor.credential))
        if refused := find_repeated_approval(counted, user_id, admin.name, admin.credential):
            raise refused
        await self._plans.approvals.add(
            plan,
            breach,
            user_id,
            admin.name,
            clock.now(),
            people=people,
            credential=admin.credential,
        )
        self._context.publish_sync_change()
        await self._read_summary()
        self.message_posted.emit(f"Approved by {admin.name}.")

    def discard_plan(self) -> None:
        """Discard the preview once the undo time is over: it leaves no history."""
        self.tasks.start_once("discard", self._set_plan_aside())

    @property
    def can_restore_plan(self) -> bool:
        """Whether a preview of the sync was just discarded and can be restored."""
        return self._set_aside is not None and self._set_aside[0] == self._page.selected_name

    def restore_plan(self) -> None:
        """Undo discarding: the preview is open again, with its ticks and picks."""
        if self.can_restore_plan:
            self.tasks.start_once("restore", self._restore_plan())

    def write_plan(self, allowed_people: Mapping[str, int] = MappingProxyType({})) -> None:
        """Write the preview's ticked rows, in a run process of its own.

        Limits that were let pass by the question before are given by code, each for the people
        that the question named: more of them stop the run again.
        """
        if self._plan_id and not allowed_people:
            self._page.start_write(self._plan_id)
        elif self._plan_id:
            self.tasks.start_once("write", self._allow_and_write(self._plan_id, allowed_people))

    def write_all(self, allowed_people: Mapping[str, int] = MappingProxyType({})) -> None:
        """Tick every row of this preview, then write it as `write_plan` does."""
        if self._plan_id:
            self.tasks.start_once("write all", self._write_all(self._plan_id, allowed_people))

    def export_rows(self, path: str, file_format: str) -> None:
        """Export the rows that the preview's filter shows, in a FileFormat by its value."""
        export = self._export_rows(Path(path), FileFormat(file_format))
        self.tasks.start_once(_EXPORT_TASK, export)

    def cancel_export(self) -> None:
        """Stop exporting the preview's rows; no file is left."""
        if self.tasks.is_running(_EXPORT_TASK):
            self.tasks.cancel(_EXPORT_TASK)
            self.export_ended.emit("Nothing was saved: you cancelled it.")

    # How it comes about: reading.

    def _newest_plan_id(self) -> str:
        snapshot = self._page.selected_sync()
        return snapshot.plan.id if snapshot is not None and snapshot.plan is not None else ""

    def _on_sync_selected(self, _sync_name: str) -> None:
        self._older_plan_id = ""
        self.plan_filter = PlanFilter(order=self.plan_filter.order)
        self._on_snapshot_read()

    def _on_snapshot_read(self) -> None:
        sync = self._page.selected_sync()
        plan = self._older_plan_id or self._newest_plan_id()
        key = (
            (plan, sync.plan, sync.last_run and sync.last_run.state, self._confirmed_over())
            if sync
            else None
        )
        if plan != self._plan_id:
            self._plan_id, self._summary, self._shown_rows_key = plan, None, None
            self._selected_row = self._selected_plan_row = None
            self.table_model.show_keys(())
            self.detail_changed.emit()
        elif key == self._snapshot_key:
            # Nothing of this preview has moved: its summary is not read again. Rights may have.
            self.table_model.is_editable = self._can_decide()
            self.changed.emit()
            return
        self._snapshot_key = key
        if plan:
            self.tasks.start("facts", self._read_all())
        self.changed.emit()

    def _apply_filter(self, plan_filter: PlanFilter) -> None:
        if plan_filter != self.plan_filter:
            self.plan_filter = plan_filter
            self._start_reading_rows()
            self.changed.emit()

    def _start_reading_rows(self) -> None:
        if self._plan_id:
            self.tasks.start("rows", self._read_row_numbers(self._plan_id, self.plan_filter))

    async def _read_all(self) -> None:
        await self._read_summary()
        if self._shown_rows_key != (self._plan_id, self.plan_filter):
            self._start_reading_rows()
            return
        self.table_model.refresh_pages()
        if self._selected_row is not None:
            await self._read_detail(self._selected_row)

    def _confirmed_over(self) -> int | None:
        return confirmed_over(effective_workspace_kind(self._context.workspace.values))

    async def _read_summary(self) -> None:
        plan = self._plan_id
        if not plan:
            return
        try:
            store, now = self._context.store, self._context.clock.now()
            limit = self._confirmed_over()
            summary = await store.run(read_plan_summary, store, plan, now, limit)
            shown = self.plan_filter.to_row_filter()
            counts = await self._plans.count_tickable(plan, shown)
        except NotFound:
            # Discarded a moment ago; the page reads itself anew.
            return
        if plan == self._plan_id:
            self._summary, self._tick_counts = summary, counts
            self.table_model.is_editable = self._can_decide()
            self.changed.emit()

    async def _read_row_numbers(self, plan: str, plan_filter: PlanFilter) -> None:
        row_filter = plan_filter.to_row_filter()
        numbers = await self._plans.list_row_numbers(plan, row_filter, order=plan_filter.order)
        counts = await self._plans.count_tickable(plan, row_filter)
        if (plan, plan_filter) != (self._plan_id, self.plan_filter):
            return
        self._shown_rows_key = (plan, plan_filter)
        self._tick_counts = counts
        self.table_model.order = plan_filter.order
        self.table_model.show_keys(numbers)
        self.changed.emit()

    async def _find_row_by_name(self, plan: str, letters: str, place: int) -> None:
        row_filter = self.plan_filter.to_row_filter()
        numbers = frozenset(await self._plans.list_rows_named(plan, row_filter, letters))
        # The first letter goes on to the next of that name, those after it stay on one that fits.
        found = self.table_model.find_place(numbers, place + (len(letters) == 1))
        if plan == self._plan_id and found >= 0:
            self.row_found.emit(found)

    async def _read_row_views(self, numbers: Sequence[int]) -> Mapping[int, PlanRowView] | None:
        summary = self._summary
        if summary is None:
            return None
        sync = summary.sync
        rows, names = await self._context.store.run(
            self._query_rows, self._plan_id, numbers, summary.sync
        )
        return {row.row: self._build_row_view(row, sync, names) for row in rows}

    def _query_rows(
        self, plan: str, numbers: Sequence[int], sync: Sync
    ) -> tuple[tuple[PlanRow, ...], dict[int, str]]:
        """Query a preview's rows and their Zendesk users' names; runs on the database's thread."""
        # By number: decided meanwhile, a row may not fit the filter any more, and keeps its place.
        rows = self._plans.get_rows.blocking(plan, numbers)
        get_user = self._context.store.feeds.get_user.blocking
        users = {user_id: get_user(user_id) for user_id in zendesk_user_ids(rows, sync)}
        return rows, {i: user.name for i, user in users.items() if user is not None and user.name}

    def _on_page_read(self, page: int) -> None:
        table, first = self.table_model, page * PAGE_SIZE
        # While somebody scrolls, pages come all the time: the details are of one of them at most.
        if self._selected_row in table.keys_between(first, first + PAGE_SIZE - 1):
            self.detail_changed.emit()

    def _build_row_view(self, row: PlanRow, sync: Sync, names: Mapping[int, str]) -> PlanRowView:
        now, unit = self._context.clock.now(), self._context.predicted_value_unit
        snapshot, summary = self._page.selected_sync(), self._summary
        is_over = (
            summary is not None
            and not summary.is_open
            and snapshot is not None
            and snapshot.active_run is None
        )
        return build_plan_row_view(row, sync, now, names, unit, is_over=is_over)

    async def _read_detail(self, number: int) -> None:
        try:
            row = await self._plans.get_row(self._plan_id, number)
        except NotFound:
            return
        candidates: tuple[SellPerson, ...] = ()
        if self._summary is not None and may_be_matched(row):
            find = self._sell_decisions.list_candidates
            candidates = await self._context.store.run(find, self._summary.sync, row)
        if number == self._selected_row:
            self._selected_plan_row, self._match_candidates = row, candidates
            self.detail_changed.emit()

    @property
    def _sell_decisions(self) -> SellPlanRowDecisions:
        return SellPlanRowDecisions(self._context.store, self._context.clock)

    async def _choose_match(self, row: PlanRow, sync: Sync, match: str) -> None:
        self._context.syncs.require_configuration_permission()
        actor = self._context.workspace.actor.name
        await self._context.store.run(self._sell_decisions.choose, sync, row, match, actor)
        self.message_posted.emit("Saved. The next preview goes by it.")

    # How it comes about: deciding.

    def _can_decide(self) -> bool:
        may_run = self._context.syncs.check_configuration_permission().is_allowed
        return self._summary is not None and self._summary.is_open and may_run

    def _show_ticked(self, on: bool, is_wanted: Callable[[PlanRowView], bool]) -> None:
        """Tick the preview's rows in sight at once; the store follows."""
        self.table_model.update_cached_rows(
            lambda row: replace(row, is_ticked=on) if row.is_write and is_wanted(row) else row
        )

    async def _tick_rows(self, plan: str, numbers: list[int], *, on: bool) -> None:
        self._context.syncs.require_configuration_permission()
        await self._plans.set_rows_ticked(plan, numbers, on=on)
        await self._read_summary()

    async def _tick_all(self, plan: str, plan_filter: PlanFilter, *, on: bool) -> None:
        self._context.syncs.require_configuration_permission()
        await self._plans.set_all_ticked(plan, plan_filter.to_row_filter(), on=on)
        await self._read_summary()
        if self._summary is not None:
            ticked, total = self._tick_counts
            self.message_posted.emit(f"{ticked:,} of {total:,} ticked")

    async def _write_all(self, plan: str, allowed_people: Mapping[str, int]) -> None:
        self._context.syncs.require_configuration_permission()
        await self._plans.set_all_ticked(plan, PlanFilter().to_row_filter(), on=True)
        await self._allow_and_write(plan, allowed_people)

    async def _decide(self, plan: str, row: int, act: Callable[..., object], *args: object) -> None:
        """Store a decision about a preview's row on the database's thread, and read it again."""
        self._context.syncs.require_configuration_permission()
        await self._context.store.run(act, plan, row, *args)
        await self._read_decided(row)

    async def _read_decided(self, row: int) -> None:
        """Read what a decision has changed: the preview's row, and the totals of the preview."""
        self.table_model.refresh_pages()
        await self._read_summary()
        if self._selected_row == row:
            await self._read_detail(row)

    async def _always_prefer(self, plan: str, row: int, field: str, side: str) -> None:
        self._context.syncs.require_configuration_permission()
        run, decisions = self._context.store.run, self._context.decisions
        await run(decisions.resolve_conflict, plan, row, field, side)
        actor = self._context.workspace.actor
        await run(decisions.set_preferred_side, plan, field, side, actor)
        self._context.publish_sync_change()
        await self._read_decided(row)
        self.message_posted.emit("Fairlead will no longer ask.")

    async def _correct_field(self, sync_name: str, source: str, field: str, value: str) -> None:
        if not value.strip():
            raise InvalidInput("Type the correct value.", "Nothing was changed.")
        self._context.syncs.require_configuration_permission()
        actor = self._context.workspace.actor.name
        act = self._context.decisions.correct_source_field
        await self._context.store.run(act, sync_name, source, field, value.strip(), actor)
        self.message_posted.emit("Saved. The next preview uses it.")

    async def _leave_out_row(self, plan: str, sync_name: str, number: int, reason: str) -> None:
        self._context.syncs.require_configuration_permission()
        view = self.table_model.row_at(self.table_model.place_of(number))
        row = await self._plans.get_row(plan, number)
        person = LeftOutPerson(
            row.source_id,
            row.target_id,
            view.name if view is not None else row.label,
            reason,
            self._context.workspace.actor.name,
            self._context.clock.now(),
        )
        act = self._context.decisions.leave_out
        await self._context.store.run(act, sync_name, [person])
        self._context.publish_sync_change()
        await self._read_decided(number)
        self.message_posted.emit(f"{person.label} is left out from now on.")

    async def _include_row_again(self, plan: str, sync_name: str, number: int) -> None:
        self._context.syncs.require_configuration_permission()
        row = await self._plans.get_row(plan, number)
        act = self._context.decisions.no_longer_leave_out
        for person in await self._context.store.sync_state.list_left_out(sync_name):
            ids = {person.source_id, person.target_id} - {""}
            if not ids.isdisjoint((row.source_id, row.target_id)):
                await self._context.store.run(act, sync_name, person.key)
        self._context.publish_sync_change()
        self.message_posted.emit("Included again from the next preview on.")

    async def _allow_limit(self, breach: str) -> None:
        await self._approve_as_actor(self._plan_id, breach, self._people_over_limit(breach))
        await self._read_decided(_NO_ROW)
        self.message_posted.emit("Allowed once, for this preview.")

    async def _allow_and_write(self, plan: str, allowed_people: Mapping[str, int]) -> None:
        for code, people in allowed_people.items():
            await self._approve_as_actor(plan, code, people)
        self._page.start_write(plan)
        await self._read_summary()

    async def _approve_as_actor(self, plan: str, code: str, people: int) -> None:
        if code in TYPED_CONSEQUENCES:
            self._context.syncs.require_permission()
        else:
            self._context.syncs.require_admin()
        actor, now = self._context.workspace.actor, self._context.clock.now()
        await self._plans.approvals.add(
            plan,
            code,
            actor.approver_id,
            actor.name,
            now,
            people=people,
            credential=actor.credential,
        )

    def _people_over_limit(self, code: str) -> int:
        """Return how many people the preview shows over this limit: what an approval covers."""
        breaches = self._summary.breaches if self._summary is not None else ()
        return next((breach.people for breach in breaches if breach.code == code), 0)

    async def _set_plan_aside(self) -> None:
        plan, summary = self._plan_id, self._summary
        if summary is None:
            return
        self._context.syncs.require_configuration_permission()
        await self._forget_plan_set_aside()
        await self._plans.set_aside(plan)
        self._set_aside = (self._page.selected_name, plan, summary.plan.state)
        self._undo_timer.start()
        self._context.publish_sync_change()
        self.message_posted.emit("Preview discarded. Nothing was written.")

    async def _restore_plan(self) -> None:
        if self._set_aside is None:
            return
        (_, plan, state), self._set_aside = self._set_aside, None
        self._undo_timer.stop()
        try:
            await self._plans.restore(plan, state)
        finally:
            self._context.publish_sync_change()
            self.changed.emit()

    async def _forget_plan_set_aside(self) -> None:
        """Discard for good the preview that was set aside; it can be restored no more."""
        if self._set_aside is None:
            return
        (_, plan, _), self._set_aside = self._set_aside, None
        self._undo_timer.stop()
        with suppress(NotFound):  # a newer preview took its place
            await self._plans.discard(plan)
        self.changed.emit()

    def _on_undo_time_over(self) -> None:
        self.tasks.start_once("forget", self._forget_plan_set_aside())

    async def close(self) -> None:
        """Discard the preview that was set aside, then cancel what the tab Plan runs."""
        await self._forget_plan_set_aside()
        await super().close()

    async def _export_rows(self, path: Path, file_format: FileFormat) -> None:
        row_filter, clock = self.plan_filter.to_row_filter(), self._context.clock
        total = format_count(self.table_model.rowCount(), "row", "rows")
        told_at = clock.monotonic()

        def tell(count: int) -> None:
            nonlocal told_at
            # What is quick needs no progress.
            if clock.monotonic() - told_at >= _EXPORT_PROGRESS_S:
                told_at = clock.monotonic()
                self.export_progressed.emit(f"Saving {count:,} of {total} to {path.name}…")

        count = await export_plan_rows(
            self._plans, self._plan_id, row_filter, path, file_format, tell
        )
        self.export_ended.emit(f"{format_count(count, 'row', 'rows')} saved to {path.name}.")
