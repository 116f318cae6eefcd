"""The tab “Mapping”: a draft of the sync that is tried on a real customer and then saved."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.model.field_mapping import MappingRow
from desktop.model.sync import Sync
from desktop.model.value_conversion import ROUNDING_EXPLANATION
from desktop.sync.sync_service import validate_sync
from desktop.viewmodels.syncs.mapping_row_view import (
    MappingRowView,
    MappingTrialResult,
    build_mapping_row,
    suggest_source_fields,
    suggest_target_fields,
)
from desktop.viewmodels.syncs.mapping_trial import (
    TrialCustomer,
    compute_trial_row,
    read_trial_customer,
)
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.syncs.unsaved_draft_store import UnsavedDraftStore
from desktop.viewmodels.task_registry import TaskRegistry

_SAVED_TEXT = "Saved."
_CHANGED_ELSEWHERE_TEXT = (
    "Not saved yet. The sync was changed elsewhere meanwhile; saving this replaces that."
)
_NEEDS_CHECK_TEXT = "Saved. What it means has changed: the switch checks it again before it runs."


@dataclass(frozen=True)
class MappingEditorView:
    """The whole tab but the chosen row. `rounding` is said wherever numbers may lose cents."""

    sync: Sync
    rows: tuple[MappingRowView, ...]
    selected_index: int
    problems: tuple[str, ...]
    trial_query: str
    trial_text: str
    trial_error: str
    is_busy: bool
    has_unsaved_changes: bool
    unsaved_text: str
    save_disabled_reason: str
    can_change: bool
    rounding_note: str
    source_fields: tuple[str, ...]
    target_fields: tuple[str, ...]


class MappingEditorModel(QObject):
    """Nothing changes until it is saved; every change is tried again on the customer read."""

    changed = Signal()
    failed = Signal(object)
    message_posted = Signal(str)

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self.tasks = TaskRegistry(self.failed.emit)
        self._saved_sync: Sync | None = None
        self._draft: Sync | None = None
        self._draft_base: Sync | None = None
        self._drafts = UnsavedDraftStore(self._context, self.tasks, "mapping", MappingDraft)
        self._selected_index = 0
        self._trial_query = ""
        self._trial_customer: TrialCustomer | None = None
        self._trial_error = ""
        self._is_busy = False
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_snapshot_read)
        page.sync_removed.connect(self._on_sync_removed)

    # What is shown.

    def view(self) -> MappingEditorView | None:
        """The tab; None while no sync is chosen."""
        goal = self._draft
        if goal is None:
            return None
        tried, trouble = self._trial_result(goal)
        verdict = self._context.syncs.check_permission()
        wrong = validate_sync(goal)
        return MappingEditorView(
            sync=goal,
            rows=tuple(build_mapping_row(row, goal, tried) for row in goal.mapping),
            selected_index=self._selected_index,
            problems=wrong,
            trial_query=self._trial_query,
            trial_text=tried.text if tried is not None else "",
            trial_error=trouble,
            is_busy=self._is_busy,
            has_unsaved_changes=self.has_unsaved_changes,
            unsaved_text=self._unsaved_text(),
            save_disabled_reason=self._save_disabled_reason(verdict.reason, wrong),
            can_change=verdict.is_allowed,
            rounding_note=ROUNDING_EXPLANATION,
            source_fields=suggest_source_fields(goal, tried.source_fields if tried else {}),
            target_fields=suggest_target_fields(goal, tried.target_fields if tried else {}),
        )

    def _unsaved_text(self) -> str:
        if not self.has_unsaved_changes:
            return ""
        base, kept = self._draft_base, self._saved_sync
        if base is not None and kept is not None and _rebase_draft(base, kept) != kept:
            return _CHANGED_ELSEWHERE_TEXT
        return "Not saved yet."

    def _save_disabled_reason(self, forbidden: str, wrong: tuple[str, ...]) -> str:
        if forbidden:
            return forbidden
        if wrong:
            return wrong[0]
        return "" if self.has_unsaved_changes else "Nothing is changed."

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether a change would be lost."""
        return self._draft != self._saved_sync

    def selected_row(self) -> MappingRow | None:
        """The chosen row."""
        rows = self._draft.mapping if self._draft is not None else ()
        return rows[self._selected_index] if 0 <= self._selected_index < len(rows) else None

    # What people do.

    def select_row(self, place: int) -> None:
        """Edit another row."""
        if place != self._selected_index:
            self._selected_index = place
            self.changed.emit()

    def set_row(self, row: MappingRow, place: int | None = None) -> None:
        """The chosen row, or another, is now this."""
        at = self._selected_index if place is None else place
        rows = list(self._draft_rows())
        if 0 <= at < len(rows) and rows[at] != row:
            rows[at] = row
            self._set_draft_rows(rows)

    def set_row_enabled(self, place: int, *, on: bool) -> None:
        """A row is heeded, or not."""
        rows = self._draft_rows()
        if 0 <= place < len(rows):
            self.set_row(replace(rows[place], on=on), place)

    def add_row(self) -> None:
        """A new row at the end."""
        prefix = "vars." if self._draft and self._draft.target_service.value == "sailthru" else ""
        rows = [*self._draft_rows(), MappingRow("", prefix)]
        self._selected_index = len(rows) - 1
        self._set_draft_rows(rows)

    def duplicate_row(self) -> None:
        """The chosen row once more, below it."""
        rows = list(self._draft_rows())
        if self.selected_row() is not None:
            rows.insert(self._selected_index + 1, rows[self._selected_index])
            self._selected_index += 1
            self._set_draft_rows(rows)

    def delete_row(self) -> None:
        """Without the chosen row."""
        rows = list(self._draft_rows())
        if self.selected_row() is not None:
            del rows[self._selected_index]
            self._selected_index = min(self._selected_index, len(rows) - 1)
            self._set_draft_rows(rows)

    def move_row(self, step: int) -> None:
        """The chosen row one up or down."""
        rows, to = list(self._draft_rows()), self._selected_index + step
        if self.selected_row() is not None and 0 <= to < len(rows):
            rows[self._selected_index], rows[to] = rows[to], rows[self._selected_index]
            self._selected_index = to
            self._set_draft_rows(rows)

    def set_draft(self, sync: Sync) -> None:
        """The draft with other conditions, effects or limits."""
        self._set_draft(sync)

    def discard_draft(self) -> None:
        """Back to what is saved."""
        self._draft = self._saved_sync
        self._selected_index = 0
        self._save_unsaved_draft()
        self.changed.emit()

    def save_draft(self) -> None:
        """Store the draft."""
        if self._draft is not None and self.has_unsaved_changes:
            self.tasks.start("save", self._save_draft(self._draft))

    def try_on_customer(self, text: str) -> None:
        """Read a customer and try the mapping on them."""
        self._trial_query, self._trial_customer, self._trial_error = text.strip(), None, ""
        if self._trial_query and self._draft is not None:
            self.tasks.start("try", self._read_trial_customer(self._draft, self._trial_query))
        self.changed.emit()

    async def close(self) -> None:
        """End what runs; what was changed last is kept."""
        await asyncio.sleep(0)
        await self._drafts.close()
        await self.tasks.close()

    # How it comes about.

    def _draft_rows(self) -> tuple[MappingRow, ...]:
        return self._draft.mapping if self._draft is not None else ()

    def _set_draft_rows(self, rows: list[MappingRow]) -> None:
        if self._draft is not None:
            self._set_draft(replace(self._draft, mapping=tuple(rows)))

    def _set_draft(self, sync: Sync) -> None:
        if sync != self._draft:
            if not self.has_unsaved_changes:
                self._draft_base = self._saved_sync
            self._draft = sync
            self._save_unsaved_draft()
            self.changed.emit()

    def _save_unsaved_draft(self) -> None:
        """Keep what is not saved, with what it was made from."""
        kept, draft, base = self._saved_sync, self._draft, self._draft_base
        if kept is not None and draft is not None and base is not None:
            self._drafts.save(
                kept.name, MappingDraft(draft, base) if self.has_unsaved_changes else None
            )

    def _trial_result(self, sync: Sync) -> tuple[MappingTrialResult | None, str]:
        customer = self._trial_customer
        if customer is None:
            return None, self._trial_error
        try:
            row = compute_trial_row(self._context, sync, customer)
        except AppError as error:
            return None, str(error)
        standing = customer.target
        there = standing.fields if standing is not None else {}
        return MappingTrialResult(
            customer.source_record.label, row, customer.source_record.fields, there, sync
        ), ""

    async def _read_trial_customer(self, sync: Sync, text: str) -> None:
        self._is_busy = True
        self.changed.emit()
        try:
            customer = await read_trial_customer(self._context, sync, text)
        except AppError as error:
            self._trial_error = str(error)
        else:
            if text == self._trial_query:
                self._trial_customer = customer
        finally:
            self._is_busy = False
        self.changed.emit()

    async def _save_draft(self, sync: Sync) -> None:
        was_checked = sync.checked_at > 0
        saved = await self._context.run_in_database_thread(self._context.syncs.save_sync, sync)
        self._saved_sync = self._draft = saved
        self._save_unsaved_draft()
        self._context.publish_sync_change()
        self.message_posted.emit(
            _NEEDS_CHECK_TEXT if was_checked and not saved.checked_at else _SAVED_TEXT
        )
        self.changed.emit()

    def _on_snapshot_read(self, _goal: str = "") -> None:
        sync = self._page.selected_sync()
        goal, before = sync.sync if sync is not None else None, self._saved_sync
        if goal == before:
            return
        if goal is None or before is None or goal.name != before.name:
            self._selected_index, self._trial_customer, self._trial_error, self._trial_query = (
                0,
                None,
                "",
                "",
            )
            self._saved_sync = self._draft = goal
            if goal is not None:
                # What was not saved of this one waits until somebody comes back.
                self._drafts.load(goal.name, self._on_draft_loaded)
        elif self.has_unsaved_changes and self._draft is not None:
            self._draft, self._saved_sync = _rebase_draft(self._draft, goal), goal
        else:
            self._saved_sync = self._draft = goal
        self.changed.emit()

    def _on_draft_loaded(self, kept: "MappingDraft | None") -> None:
        goal = self._saved_sync
        if kept is not None and goal is not None and not self.has_unsaved_changes:
            self._draft_base, self._draft = kept.base, _rebase_draft(kept.draft, goal)
            self.changed.emit()

    def _on_sync_removed(self, sync_name: str) -> None:
        self._drafts.save(sync_name, None)


@dataclass(frozen=True)
class MappingDraft:
    """A draft, and the sync it was made from."""

    draft: Sync
    base: Sync


def _rebase_draft(draft: Sync, sync: Sync) -> Sync:
    """The draft with what a mapping does not decide as it is now: switched, renamed, scheduled."""
    return replace(
        draft, version=sync.version, on=sync.on, checked_at=sync.checked_at,
        schedule=sync.schedule, title=sync.title, labels=sync.labels,
        favourite=sync.favourite, description=sync.description, notify=sync.notify,
    )  # fmt: skip
