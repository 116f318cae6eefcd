"""The Activity page: every change wanted here, how it ended, and what may be done about it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.edit import EditState
from desktop.model.permission import Permission, check_permission
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_detail_view import (
    ActivityDetailView,
    CurrentServiceValue,
    build_detail_view,
    format_detail_text,
)
from desktop.viewmodels.activity.activity_row import (
    ActivityFilter,
    ActivityRow,
    build_activity_row,
    build_text_matcher,
    customer_query_for_edit,
    matches_filter,
)
from desktop.viewmodels.activity.activity_table_model import ActivityTableModel
from desktop.viewmodels.activity.conflict_current_value import read_current_value
from desktop.viewmodels.activity.edit_actions import EditActions
from desktop.viewmodels.activity.edit_export import edits_to_csv, edits_to_json, write_private_file
from desktop.viewmodels.activity.edit_loader import EditLoader
from desktop.viewmodels.activity.sync_audit_rows import (
    SyncAuditLoader,
    build_sync_row,
    build_sync_row_detail,
    customer_query_for_sync_row,
    format_sync_row_text,
    run_id_of,
    sync_rows_to_csv,
    sync_rows_to_json,
)
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

# At most ten refreshes a second, however busy the outbox is.
_THROTTLE_MS = 100
_AGE_REFRESH_MS = 30_000
# With a filter, older pages are read until this many lines fit.
_MIN_FILTERED_ROWS = 100
_SELECTION_DELAY_MS = 80


@dataclass(frozen=True)
class ActivityListState:
    """How the list stands: its one sentence where there are no lines, and the next step."""

    is_loading: bool = False
    text: str = ""
    action_label: str = ""
    has_failed: bool = False
    summary: str = ""


class ActivityPageModel(QObject):
    """`changed` says that list or details are new; `failed` tells an error beside its cause."""

    changed = Signal()
    open_count_changed = Signal(int)
    attention_changed = Signal(int)
    failed = Signal(object)  # AppError
    message_posted = Signal(str)  # one sentence: what was just done
    export_finished = Signal(str)
    audit_verified = Signal(bool, str)  # whether the record is whole, in words

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        undo: UndoService,
        editor: EditService,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._editor, self._clock = workspace, store, editor, clock
        self.tasks = TaskRegistry(self._on_error)
        self.table_model = ActivityTableModel(self)
        self.table_model.more_wanted.connect(self.read_more)
        self.edit_loader = EditLoader(store)
        self.sync_audit_loader = SyncAuditLoader(store)
        self._actions = EditActions(workspace, store, undo, editor, bus, clock, self.edit_loader)
        self.activity_filter = ActivityFilter.ALL
        self.search_text = ""
        self._open_count = store.outbox.count_open.blocking()
        self._attention = 0
        self._selected_id = ""
        self._audit: tuple[AuditEntry, ...] = ()
        self._current_value: CurrentServiceValue | None = None
        self._error: AppError | None = None
        self._is_visible, self._is_stale, self._is_reread_requested = False, True, False
        self._throttle_timer = _make_timer(self, _THROTTLE_MS, single=True)
        self._throttle_timer.timeout.connect(self._on_throttle_timer)
        self._selection_timer = _make_timer(self, _SELECTION_DELAY_MS, single=True)
        self._selection_timer.timeout.connect(self._on_selection_settled)
        self._age_timer = _make_timer(self, _AGE_REFRESH_MS)
        self._age_timer.timeout.connect(self._refresh_table)
        self._unsubscribe = bus.subscribe(self._on_changes)

    # What the page shows.

    @property
    def open_count(self) -> int:
        """How many changes are not closed yet."""
        return self._open_count

    @property
    def attention_count(self) -> int:
        """How many conflicts and failures among the lines read wait for a decision."""
        return self._attention

    def list_state(self) -> ActivityListState:
        """Whether there is anything to show, and if not, why not."""
        allowed = check_permission(Permission.VIEW, self._workspace.actor, self._workspace.rules)
        if not allowed.is_allowed:
            return ActivityListState(text=allowed.reason)
        if self._error is not None:
            return ActivityListState(
                text=str(self._error), action_label="Try again", has_failed=True
            )
        if not self._current_loader.is_loaded:
            return ActivityListState(is_loading=True)
        if self.table_model.rowCount():
            return ActivityListState(summary=self._summary())
        if not self._current_loader.is_complete and self.tasks.is_running("more"):
            return ActivityListState(is_loading=True)
        if self.activity_filter is ActivityFilter.SYNCS and not self.search_text.strip():
            return ActivityListState(text="No sync has changed anybody yet.")
        if self.search_text.strip() or self.activity_filter is not ActivityFilter.ALL:
            return ActivityListState(text="Nothing matches.", action_label="Clear filters")
        return ActivityListState(
            text="Nothing has been changed here yet. What you and others change on this "
            "computer is listed here, with how it ended."
        )

    def detail_view(self) -> ActivityDetailView | None:
        """Details of the chosen line."""
        now, synced = self._clock.now(), self.sync_audit_loader.find(self._selected_id)
        if synced is not None:
            return build_sync_row_detail(synced, now)
        edit = self.edit_loader.find(self._selected_id)
        if edit is None:
            return None
        row = build_activity_row(edit, now, settled=self.edit_loader.is_settled(edit))
        actor = self._workspace.actor
        return build_detail_view(
            edit, row, self._audit, self._current_value, self._editor, actor, now
        )

    def details_text(self, edit_id: str) -> str:
        """Everything about one change, to be copied."""
        synced = self.sync_audit_loader.find(edit_id)
        if synced is not None:
            return format_sync_row_text(synced, self._clock.now())
        edit = self.edit_loader.find(edit_id)
        if edit is None:
            return ""
        settled = self.edit_loader.is_settled(edit)
        return format_detail_text(
            edit, build_activity_row(edit, self._clock.now(), settled=settled)
        )

    def customer_query(self, edit_id: str) -> str:
        """What the search field finds this line's customer by."""
        edit, synced = self.edit_loader.find(edit_id), self.sync_audit_loader.find(edit_id)
        if synced is not None:
            return customer_query_for_sync_row(synced)
        return customer_query_for_edit(edit) if edit is not None else ""

    def sync_and_run_of(self, row_id: str) -> tuple[str, str]:
        """Sync and run that made this line, or nothing."""
        synced = self.sync_audit_loader.find(row_id)
        return (synced.name, run_id_of(synced)) if synced is not None else ("", "")

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Only a page that is seen reads the store."""
        self._is_visible = visible
        if not visible:
            self._age_timer.stop()
            return
        self._age_timer.start()
        if self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read again what may have moved."""
        self._is_stale, self._error, self._is_reread_requested = False, None, True
        self._start("read", self._read_again())

    def read_more(self) -> None:
        """Read older lines."""
        self._start_reading_until(self.table_model.rowCount() + _MIN_FILTERED_ROWS)

    def set_filter(self, activity_filter: ActivityFilter, text: str) -> None:
        """Show only these lines."""
        if (activity_filter, text) != (self.activity_filter, self.search_text):
            self.activity_filter, self.search_text = activity_filter, text
            self.sync_audit_loader.set_search_text(
                text.strip() if activity_filter is ActivityFilter.SYNCS else ""
            )
            self._refresh_table()
            self._start_reading_until(_MIN_FILTERED_ROWS)

    def select(self, edit_id: str) -> None:
        """Show one line's details."""
        if edit_id != self._selected_id:
            self._selected_id, self._audit, self._current_value = edit_id, (), None
            self.changed.emit()
            # Arrowing through the list asks nobody anything until it rests.
            self._selection_timer.start()

    def perform_action(self, act: str, edit_id: str) -> None:
        """Retry, discard, undo, leave or apply one change."""
        self._start(f"{act} {edit_id}", self._perform_action(act, edit_id))

    def verify_audit(self) -> None:
        """Walk the chain of hashes."""
        self._start("verify", self._verify_audit())

    def export(self, path: str, form: str) -> None:
        """Write what the filter shows, back to the first change, as `csv` or `json`."""
        self._start(f"export {path}", self._export(Path(path), form))

    async def close(self) -> None:
        """End what runs."""
        self._unsubscribe()
        for timer in (self._throttle_timer, self._selection_timer, self._age_timer):
            timer.stop()
        # What was begun a moment ago has to have begun before it can end.
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _start(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.is_running(name):
            # Pressed twice: once is enough.
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    @property
    def _current_loader(self) -> EditLoader | SyncAuditLoader:
        """What the lines shown now come from."""
        return (
            self.sync_audit_loader
            if self.activity_filter is ActivityFilter.SYNCS
            else self.edit_loader
        )

    def _start_reading_until(self, enough: int) -> None:
        if not self._current_loader.is_complete:
            self._start("more", self._read_until_enough(enough))

    async def _read_again(self) -> None:
        while self._is_reread_requested:
            self._is_reread_requested = False
            try:
                await self.edit_loader.read_again()
                if self.activity_filter is ActivityFilter.SYNCS:
                    await self.sync_audit_loader.read_again()
            except AppError as error:
                self._error = error
            self._refresh_table()
        self._update_open_count()
        await self._read_detail()
        await self._read_until_enough(min(_MIN_FILTERED_ROWS, self.table_model.rowCount() + 1))

    async def _read_until_enough(self, enough: int) -> None:
        while not self._current_loader.is_complete and self.table_model.rowCount() < enough:
            await self._current_loader.read_more()
            self._refresh_table()
        self.changed.emit()

    async def _read_detail(self) -> None:
        edit = self.edit_loader.find(self._selected_id)
        if edit is None:
            return
        audit = self._store.audit
        rows = await audit.list_entries(targets=(edit.request.target.id,), limit=500)
        if edit.id != self._selected_id:
            return
        self._audit = rows
        self.changed.emit()
        if edit.state is EditState.CONFLICT and self._current_value is None:
            self._current_value = await read_current_value(
                edit, self._workspace, self._store, self._clock.now()
            )
            self.changed.emit()

    async def _perform_action(self, act: str, edit_id: str) -> None:
        reality = self._current_value if edit_id == self._selected_id else None
        words = await self._actions.perform(act, edit_id, reality)
        self._refresh_table()
        self.message_posted.emit(words)

    async def _verify_audit(self) -> None:
        self.audit_verified.emit(*await self._actions.verify_audit())

    async def _export(self, path: Path, form: str) -> None:
        if self.activity_filter is ActivityFilter.SYNCS:
            await self._export_sync_rows(path, form)
            return
        await self.edit_loader.read_all()
        self._refresh_table()
        holds = build_text_matcher(self.search_text)
        edits = [
            edit
            for edit in self.edit_loader.edits()
            if matches_filter(edit, self.activity_filter, settled=self.edit_loader.is_settled(edit))
            and holds(edit)
        ]
        await write_private_file(
            path, edits_to_json(edits) if form == "json" else edits_to_csv(edits)
        )
        self.export_finished.emit(
            f"{format_count(len(edits), 'change', 'changes')} written to {path.name}."
        )

    async def _export_sync_rows(self, path: Path, form: str) -> None:
        # Not through the table: runs write hundreds of thousands of lines.
        every = SyncAuditLoader(self._store)
        every.set_search_text(self.search_text.strip())
        rows = await every.read_all()
        text = await asyncio.to_thread(
            sync_rows_to_json if form == "json" else sync_rows_to_csv, rows
        )
        await write_private_file(path, text)
        self.export_finished.emit(
            f"{format_count(len(rows), 'change', 'changes')} written to {path.name}."
        )

    def _refresh_table(self) -> None:
        now, holds = self._clock.now(), build_text_matcher(self.search_text)
        rows: list[ActivityRow] = []
        attention = 0
        for edit in self.edit_loader.edits():
            settled = self.edit_loader.is_settled(edit)
            attention += matches_filter(edit, ActivityFilter.NEEDS_PERSON, settled=settled)
            if matches_filter(edit, self.activity_filter, settled=settled) and holds(edit):
                rows.append(build_activity_row(edit, now, settled=settled))
        if self.activity_filter is ActivityFilter.SYNCS:
            rows = [build_sync_row(row, now) for row in self.sync_audit_loader.rows()]
        self.table_model.is_complete = self._current_loader.is_complete
        self.table_model.show_rows(rows)
        if attention != self._attention:
            self._attention = attention
            self.attention_changed.emit(attention)
        self.changed.emit()

    def _summary(self) -> str:
        shown = format_count(self.table_model.rowCount(), "change", "changes")
        parts = [shown if self._current_loader.is_complete else f"{shown} read, older ones follow"]
        if self._open_count:
            parts.append(f"{self._open_count:,} waiting")
        if self._attention:
            parts.append(f"{self._attention:,} need{'s' * (self._attention == 1)} a person")
        return " · ".join(parts)

    def _update_open_count(self) -> None:
        count = self._store.outbox.count_open.blocking()
        if count != self._open_count:
            self._open_count = count
            self.open_count_changed.emit(count)

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.OUTBOX, Topic.AUDIT):
            self._is_stale = True
            if not self._throttle_timer.isActive():
                self._throttle_timer.start()
        elif changes.has_any(Topic.PERMISSIONS):
            self.changed.emit()

    def _on_throttle_timer(self) -> None:
        # Hidden too: the badge says when something needs a person.
        self.refresh()

    def _on_selection_settled(self) -> None:
        self.tasks.start("detail", self._read_detail())

    def _on_error(self, error: AppError) -> None:
        self.failed.emit(error)


def _make_timer(parent: QObject, interval_ms: int, *, single: bool = False) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.setSingleShot(single)
    return timer
