"""The view-model of the page Activity: every edit, how it ended, and what may be done about it."""

from pathlib import Path

from PySide6.QtCore import Signal

from desktop.connect.team_connection import TeamConnection
from desktop.customer.address_watch import AddressWatch
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.customer.pause_release import PauseRelease
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.edit import EditState
from desktop.model.permission import Permission, check_role
from desktop.model.service import Service
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_columns import ACTIVITY_COLUMNS
from desktop.viewmodels.activity.activity_detail_view import (
    ActivityAction,
    ActivityDetailView,
    CurrentServiceValue,
    build_detail_view,
)
from desktop.viewmodels.activity.activity_period import ActivityOrder, ActivityTimes
from desktop.viewmodels.activity.activity_row import (
    ActivityFilter,
    ActivityRow,
)
from desktop.viewmodels.activity.activity_rows import ActivityChoice, ActivityRows
from desktop.viewmodels.activity.address_difference_rows import (
    AddressDifferenceLoader,
    build_difference_detail,
)
from desktop.viewmodels.activity.conflict_current_value import read_conflict_value
from desktop.viewmodels.activity.edit_actions import EditActions
from desktop.viewmodels.activity.edit_export import edits_to_csv, edits_to_json
from desktop.viewmodels.activity.edit_loader import EditLoader
from desktop.viewmodels.activity.sync_audit_rows import (
    SyncAuditLoader,
    build_sync_row_detail,
    export_sync_rows,
    run_id_of,
)
from desktop.viewmodels.activity.team_entry_rows import (
    TeamEntryLoader,
    build_team_row_detail,
    export_team_rows,
)
from desktop.viewmodels.file_export import FileFormat, write_private_file
from desktop.viewmodels.list_model import GrowingListModel, ListState
from desktop.viewmodels.qt_timer import AGE_REFRESH_MS, create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

# At most ten refreshes a second, however busy the outbox is; for the badge alone, one.
_THROTTLE_MS, _HIDDEN_THROTTLE_MS = 100, 1000
# With a filter, older pages are read until this many rows fit: some screens full.
_MIN_FILTERED_ROWS = 100
_EVERY_ROW = 10**9
# Arrowing through the list asks no service until it rests on a row.
_SELECTION_DELAY_MS = 80


class ActivityPageModel(TaskOwningModel):
    """The page Activity's rows, filtered and searched; the details of one; the actions on it."""

    attention_changed = Signal(int)
    export_finished = Signal(str)
    order_changed = Signal(str)  # its word for files
    audit_verified = Signal(bool, str)  # whether the audit is whole, in words

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        undo: UndoService,
        editor: EditService,
        bus: ChangeBus,
        clock: Clock,
        pauses: PauseRelease,
        watch: AddressWatch,
        team: TeamConnection,
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._editor, self._clock = workspace, store, editor, clock
        self.table_model: GrowingListModel[ActivityRow] = GrowingListModel(ACTIVITY_COLUMNS, self)
        self.table_model.more_wanted.connect(self.read_more)
        self.edit_loader = EditLoader(store, pauses)
        self.sync_audit_loader = SyncAuditLoader(store)
        self.difference_loader = AddressDifferenceLoader(store)
        self._team = team
        self.team_loader = TeamEntryLoader(team, store)
        self._watch = watch
        self._actions = EditActions(workspace, store, undo, editor, bus, clock, self.edit_loader)
        self.activity_filter = ActivityFilter.ALL
        self.search_text = ""
        self.times = ActivityTimes()
        self.order = ActivityOrder.NEWEST
        self._rows = ActivityRows(
            *(workspace, store, self.edit_loader, self.sync_audit_loader),
            *(self.difference_loader, self.team_loader),
        )
        # Edits that are not closed yet; read from the outbox, since the list may hold fewer.
        self.open_count = 0
        # Conflicts and failures among the rows read that wait for a decision.
        self.attention_count = 0
        self._selected_id = ""
        self._audit: tuple[AuditEntry, ...] = ()
        self._current_value: CurrentServiceValue | None = None
        self._error: AppError | None = None
        self._is_stale, self._is_reread_requested = True, False
        # Hidden too: the badge says when something needs a person.
        self._throttle_timer = create_timer(self, _HIDDEN_THROTTLE_MS, self.refresh)
        self._selection_timer = create_timer(self, _SELECTION_DELAY_MS, self._on_selection_settled)
        self._age_timer = create_timer(self, AGE_REFRESH_MS, self._refresh_table, repeats=True)
        self._unsubscribe = bus.subscribe(self._on_changes)

    # What the page shows.

    def list_state(self) -> ListState:
        """Say whether the page Activity has rows to show, and if not, why not."""
        allowed = check_view_permission(self._workspace)
        if not allowed.is_allowed:
            return ListState(text=allowed.reason)
        if self._error is not None:
            return ListState(text=str(self._error), action_label="Try again", has_failed=True)
        loader = self._current_loader
        if not loader.is_loaded:
            return ListState(is_loading=True)
        if self.table_model.rowCount():
            return ListState(summary=self._summary())
        if not loader.is_complete and self.tasks.is_running("more"):
            return ListState(is_loading=True)
        is_searching = bool(self.search_text.strip())
        if self._shows_syncs and not is_searching and self.times == ActivityTimes():
            return ListState(text="No changes by syncs yet.")
        if self._shows_team and not is_searching and self.times == ActivityTimes():
            return ListState(text="No changes at other desks yet.")
        if is_searching or self.times != ActivityTimes() or self.is_filtered:
            return ListState(text="Nothing matches.", action_label="Clear filters")
        return ListState(
            text="No changes yet. Changes made on this computer are listed here with their result.",
            action_label="Find a customer",
        )

    @property
    def is_unused(self) -> bool:
        """Whether the page has no changes although it leaves none out."""
        return not (self.is_filtered or self.search_text.strip() or self.times != ActivityTimes())

    def detail_view(self) -> ActivityDetailView | None:
        """Build the details of the page Activity's selected row."""
        if not check_view_permission(self._workspace).is_allowed:
            return None
        now, entry = self._clock.now(), self.sync_audit_loader.find(self._selected_id)
        if entry is not None:
            return build_sync_row_detail(entry, now)
        if (other := self.team_loader.find(self._selected_id)) is not None:
            return build_team_row_detail(other, now, *self._rows.customer_of(other))
        if (difference := self.difference_loader.find(self._selected_id)) is not None:
            return build_difference_detail(difference, now)
        edit = self.edit_loader.find(self._selected_id)
        if edit is None:
            return None
        row = self._rows.build_row(edit, now)
        actor = self._workspace.actor
        return build_detail_view(
            edit, row, self._audit, self._current_value, self._editor, actor, now
        )

    def details_text(self, row_id: str) -> str:
        """Format everything about a row of the page Activity as text, to be copied."""
        if not check_view_permission(self._workspace).is_allowed:
            return ""
        return self._rows.describe(row_id, self._clock.now())

    def customer_query(self, row_id: str) -> str:
        """Return the query by which the search field finds the customer of an Activity row."""
        return self._rows.customer_query(row_id)

    def sync_and_run_of(self, row_id: str) -> tuple[str, str]:
        """Return the sync and run that wrote an Activity row; two empty texts for an edit."""
        entry = self.sync_audit_loader.find(row_id)
        return (entry.name, run_id_of(entry)) if entry is not None else ("", "")

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Read the outbox as soon as the page Activity is seen; unseen it reads nothing."""
        self._throttle_timer.setInterval(_THROTTLE_MS if visible else _HIDDEN_THROTTLE_MS)
        if not visible:
            self._age_timer.stop()
            return
        self._age_timer.start()
        if self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read again those edits of the page Activity that may have moved."""
        self._is_stale, self._error, self._is_reread_requested = False, None, True
        self.tasks.start_once("read", self._read_again())

    def read_more(self) -> None:
        """Read older rows of the page Activity."""
        self._start_reading_until(self.table_model.rowCount() + _MIN_FILTERED_ROWS)

    def set_filter(self, activity_filter: ActivityFilter, text: str) -> None:
        """Show the Activity rows of a filter that hold every word of `text`."""
        if (activity_filter, text) != (self.activity_filter, self.search_text):
            self.activity_filter, self.search_text = activity_filter, text
            self._show_other_rows()

    def set_times(self, times: ActivityTimes) -> None:
        """Show the Activity rows of other days."""
        if times != self.times:
            self.times = times
            self._show_other_rows()

    def set_order(self, order: ActivityOrder) -> None:
        """Show the Activity rows in another order; what syncs wrote stays the newest first."""
        if order is not self.order:
            self.order = order
            self._show_other_rows()
            self.order_changed.emit(order.value)

    @property
    def can_sort(self) -> bool:
        """Whether the Activity rows shown can be put into another order."""
        # Runs write hundreds of thousands of entries, which are never all read; so do other desks.
        return not (self._shows_syncs or self._shows_team)

    @property
    def is_in_team(self) -> bool:
        """Whether the Activity rows of other desks can be shown to the person at work."""
        allowed = check_role(Permission.TEAM_RECORD, self._workspace.actor, self._workspace.rules)
        return allowed.is_allowed and self._store.team.get.blocking() is not None

    @property
    def is_filtered(self) -> bool:
        """Whether Activity shows the rows of one state alone."""
        return self.activity_filter is not ActivityFilter.ALL

    @property
    def _shows_syncs(self) -> bool:
        return self.activity_filter is ActivityFilter.SYNCS

    @property
    def _shows_team(self) -> bool:
        return self.activity_filter is ActivityFilter.TEAM

    def _show_other_rows(self) -> None:
        self._error = None
        searched = self.search_text.strip() if self._shows_syncs else ""
        times = self.times.bounds(self._clock.now()) if self._shows_syncs else (None, None)
        self.sync_audit_loader.set_search(searched, times)
        if self._shows_team:
            bounds = self.times.bounds(self._clock.now())
            self.team_loader.set_search(self.search_text.strip(), bounds)
            # Asked anew: nothing here tells that another desk has done something.
            self.refresh()
        self._refresh_table()
        # Whatever comes first in another order may be the oldest.
        is_sorted = self.order is not ActivityOrder.NEWEST and self.can_sort
        self._start_reading_until(_EVERY_ROW if is_sorted else _MIN_FILTERED_ROWS)

    def select(self, row_id: str) -> None:
        """Show the details of another row of the page Activity."""
        if row_id != self._selected_id:
            self._selected_id, self._audit, self._current_value = row_id, (), None
            self.changed.emit()
            self._selection_timer.start()

    def perform_action(self, action: ActivityAction, edit_id: str) -> None:
        """Retry, discard, undo, leave or apply one edit of the page Activity."""
        coroutine = self._perform_action(action, edit_id)
        self.tasks.start_once(f"{action.name} {edit_id}", coroutine)

    def verify_audit(self) -> None:
        """Verify the audit's chain of hashes from its first entry; emits `audit_verified`."""
        self.tasks.start_once("verify", self._verify_audit())

    def export(self, path: str, file_format: str) -> None:
        """Write every row that Activity's filter shows, back to the first, as `csv` or `json`."""
        self.tasks.start_once(f"export {path}", self._export(Path(path), FileFormat(file_format)))

    async def close(self) -> None:
        """Stop the page Activity's listening and reading."""
        self._unsubscribe()
        for timer in (self._throttle_timer, self._selection_timer, self._age_timer):
            timer.stop()
        await super().close()

    # How it comes about.

    @property
    def _current_loader(self) -> EditLoader | SyncAuditLoader | TeamEntryLoader:
        if self._shows_team:
            return self.team_loader
        return self.sync_audit_loader if self._shows_syncs else self.edit_loader

    def _is_complete(self) -> bool:
        """Whether Activity can show nothing older: all is read, or back to the first day."""
        loader = self._current_loader
        since, _ = self.times.bounds(self._clock.now())
        if loader.is_complete or since is None or self._shows_syncs or self._shows_team:
            return loader.is_complete
        # Edits that are open, or pauses that go on, are read ahead of older pages.
        oldest = self.edit_loader.oldest_read_at
        return oldest is not None and oldest < since

    @property
    def _choice(self) -> ActivityChoice:
        return ActivityChoice(self.activity_filter, self.search_text, self.times, self.order)

    def _missing_names(self) -> list[tuple[Service, str]]:
        return self._rows.missing_names(with_syncs=self._shows_syncs, with_team=self._shows_team)

    async def _read_names(self) -> None:
        if missing := self._missing_names():
            await self._rows.read_names(missing)

    async def _read_names_and_refresh(self) -> None:
        # Rows that came in meanwhile may need names as well.
        while self._missing_names():
            await self._read_names()
            self._refresh_table()

    def _start_reading_until(self, row_count: int) -> None:
        if not self._is_complete():
            self.tasks.start_once("more", self._read_until(row_count))

    async def _read_again(self) -> None:
        while self._is_reread_requested:
            self._is_reread_requested = False
            try:
                await self.edit_loader.read_again()
                await self.difference_loader.read_again()
                if self._shows_syncs:
                    await self.sync_audit_loader.read_again()
                if self._shows_team:
                    await self.team_loader.read_again()
            except AppError as error:
                self._error = error
            self._refresh_table()
            # Also what comes in during these waits is asked for by the flag alone.
            await self._update_open_count()
            await self._read_detail()
            await self._read_until(min(_MIN_FILTERED_ROWS, self.table_model.rowCount() + 1))

    async def _read_until(self, row_count: int) -> None:
        while not self._is_complete() and self.table_model.rowCount() < row_count:
            try:
                await self._current_loader.read_more()
            except AppError as error:
                self._error = error
                break
            self._refresh_table()
        self.changed.emit()

    async def _read_detail(self) -> None:
        edit = self.edit_loader.find(self._selected_id)
        if edit is None:
            return
        # One customer's entries: an address rarely has more than some dozen.
        entries = await self._store.audit.list_entries(targets=(edit.request.target.id,), limit=500)
        if edit.id != self._selected_id:
            return
        self._audit = entries
        self.changed.emit()
        if edit.state is EditState.CONFLICT and self._current_value is None:
            self._current_value = await read_conflict_value(
                edit, self._workspace, self._store, self._clock.now()
            )
            self.changed.emit()

    async def _perform_action(self, action: ActivityAction, edit_id: str) -> None:
        if (difference := self.difference_loader.find(edit_id)) is not None:
            await self._watch.leave(difference.user_id)
            await self.difference_loader.read_again()
            self._refresh_table()
            self.message_posted.emit("Left as it is.")
            return
        current_value = self._current_value if edit_id == self._selected_id else None
        sentence = await self._actions.perform(action, edit_id, current_value)
        self._refresh_table()
        self.message_posted.emit(sentence)

    async def _verify_audit(self) -> None:
        found = await self._store.audit.verify_chain()
        limits = f" Not proven: {found.limits}" if found.proven_seq and found.is_whole else ""
        self.audit_verified.emit(found.is_whole, f"{found.summary}{limits}")

    async def _export(self, path: Path, file_format: FileFormat) -> None:
        if self._shows_syncs:
            # Not through the table: runs write hundreds of thousands of entries.
            searched = self.search_text.strip()
            times = self.times.bounds(self._clock.now())
            count = await export_sync_rows(self._store, searched, times, path, file_format)
        elif self._shows_team:
            times = self.times.bounds(self._clock.now())
            count = await export_team_rows(self._team, times, path, file_format)
        else:
            await self.edit_loader.read_all()
            self._refresh_table()
            await self._read_names()
            is_shown = self._rows.build_filter(self._choice, self._clock.now())
            edits = list(filter(is_shown, self.edit_loader.edits()))
            is_json, count = file_format is FileFormat.JSON, len(edits)
            text = edits_to_json(edits) if is_json else edits_to_csv(edits, file_format)
            await write_private_file(path, text)
        self.export_finished.emit(
            f"{format_count(count, 'change', 'changes')} saved to {path.name}."
        )

    def _refresh_table(self) -> None:
        now = self._clock.now()
        if self._shows_syncs:
            rows = self._rows.build_sync_rows(now)
        elif self._shows_team:
            rows = self._rows.build_team_rows(now)
        else:
            rows = self._rows.build_edit_rows(self._choice, now)
        attention_count = sum(
            self._rows.matches(edit, ActivityFilter.NEEDS_PERSON)
            for edit in self.edit_loader.edits()
        )
        attention_count += self.difference_loader.count
        self.table_model.is_complete = self._is_complete()
        self.table_model.show_rows(rows)
        if self._missing_names():
            self.tasks.start_once("names", self._read_names_and_refresh())
        if attention_count != self.attention_count:
            self.attention_count = attention_count
            self.attention_changed.emit(attention_count)
        self.changed.emit()

    def _summary(self) -> str:
        shown = format_count(self.table_model.rowCount(), "change", "changes")
        parts = [shown if self._is_complete() else f"{shown} loaded, more below"]
        if self.open_count:
            parts.append(f"{self.open_count:,} waiting")
        if self.attention_count:
            parts.append(
                f"{self.attention_count:,} need{'s' * (self.attention_count == 1)} a person"
            )
        return " · ".join(parts)

    async def _update_open_count(self) -> None:
        count = await self._store.outbox.count_open()
        if count != self.open_count:
            self.open_count = count
            self.changed.emit()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.CUSTOMER, Topic.PERMISSIONS):
            # Erased, renamed, or not for this person any more: read once more where it is shown.
            self._rows.forget_names()
        if changes.has_any(Topic.OUTBOX, Topic.AUDIT, Topic.CUSTOMER):
            self._is_stale = True
            if not self._throttle_timer.isActive():
                self._throttle_timer.start()
        elif changes.has_any(Topic.SERVICE):
            self._refresh_table()
        elif changes.has_any(Topic.PERMISSIONS):
            self.changed.emit()

    def _on_selection_settled(self) -> None:
        self.tasks.start("detail", self._read_detail())
