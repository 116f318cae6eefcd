"""The view-model of the tab Mapping: a draft of the sync, tried on a customer, then saved."""

from dataclasses import dataclass, replace

from PySide6.QtCore import Signal

from desktop.kit.errors import AppError
from desktop.model.attribute_path import replace_value
from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import FieldCondition
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sailthru_profile import SailthruList
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_fields import ATTESTED_PATH, attest_consent
from desktop.model.sync_validation import validate_sync
from desktop.model.value_conversion import ROUNDING_EXPLANATION
from desktop.sync.mapping_trial import TrialCustomer, compute_trial_row, read_trial_customer
from desktop.sync.sync_context import sell_kinds_of
from desktop.viewmodels.form import FieldValue
from desktop.viewmodels.syncs.field_choices import (
    AccountFields,
    FieldChoice,
    sell_field_names,
    source_field_choices,
    target_field_choices,
    zendesk_field_names,
)
from desktop.viewmodels.syncs.mapping_row_view import (
    MappingRowView,
    MappingTrialResult,
    blank_mapping_row,
    build_mapping_row,
    change_source_type,
    change_target,
)
from desktop.viewmodels.syncs.sync_draft_model import SyncDraftModel
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.syncs.sync_rule_fields import replace_rule

_CHANGED_ELSEWHERE_TEXT = (
    "Not saved yet. The sync was changed elsewhere meanwhile; saving this replaces that."
)
_NEEDS_CHECK_TEXT = "Saved. What it means has changed: the switch checks it again before it runs."


@dataclass(frozen=True)
class MappingEditorView:
    """View of the tab Mapping but the chosen row; `rounding_note`: cents may be lost."""

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
    source_fields: tuple[FieldChoice, ...]
    target_fields: tuple[FieldChoice, ...]
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class MappingDraft:
    """A mapping draft as it is kept in the store, and the sync it was made from."""

    draft: Sync
    base: Sync


class MappingEditorModel(SyncDraftModel[Sync | None, MappingDraft]):
    """The mapping tab's draft; each change is tried again on the customer that was read."""

    lists_read = Signal()  # read `lists`, or `lists_error`

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__(page, "mapping", MappingDraft)
        self._selected_index = 0
        self._trial_query = ""
        self._trial_customer: TrialCustomer | None = None
        self._trial_error = ""
        self._is_busy = False
        self._is_saving = False
        self.lists: tuple[SailthruList, ...] = ()  # of the account, as they were read last
        self.lists_error = ""
        self._account_fields: AccountFields = {}  # as read last
        self._segments: tuple[str, ...] = ()  # of Audience, by name

    # What is shown.

    def view(self) -> MappingEditorView | None:
        """Build the view of the tab Mapping; None while no sync is chosen."""
        sync = self._draft
        if sync is None:
            return None
        trial, trial_error = self._trial_result(sync)
        verdict = self._context.syncs.check_configuration_permission()
        begun = tuple(row for row in sync.mapping if row != blank_mapping_row(sync))
        has_blank_row = len(begun) < len(sync.mapping)
        problems = validate_sync(replace(sync, mapping=begun) if has_blank_row else sync)
        # Saved twice at a time, the second would be of an older version: a conflict with oneself.
        unchanged = "" if self.has_unsaved_changes else "Nothing is changed."
        unchanged = "Saving…" if self._is_saving else unchanged
        if has_blank_row:
            unchanged = "Fill in the new row, or delete it."
        return MappingEditorView(
            sync=sync,
            rows=tuple(
                build_mapping_row(row, sync, trial, self._account_fields) for row in sync.mapping
            ),
            selected_index=self._selected_index,
            problems=problems,
            trial_query=self._trial_query,
            trial_text=trial.text if trial is not None else "",
            trial_error=trial_error,
            is_busy=self._is_busy,
            has_unsaved_changes=self.has_unsaved_changes,
            unsaved_text=self._unsaved_text(),
            save_disabled_reason=verdict.reason or next(iter(problems), unchanged),
            can_change=verdict.is_allowed,
            rounding_note=ROUNDING_EXPLANATION,
            source_fields=source_field_choices(
                sync, self._account_fields, trial.source_fields if trial else {}
            ),
            target_fields=target_field_choices(
                sync, self._account_fields, self.lists, trial.target_fields if trial else {}
            ),
            segments=self._segments,
        )

    @property
    def has_unsaved_changes(self) -> bool:
        return self._draft != self._saved_sync

    def selected_row(self) -> MappingRow | None:
        """Return the chosen row of the mapping draft."""
        rows = self._draft_rows()
        return rows[self._selected_index] if 0 <= self._selected_index < len(rows) else None

    # What people do.

    def select_row(self, place: int) -> None:
        """Choose another row of the mapping to edit."""
        if place != self._selected_index:
            self._selected_index = place
            self.changed.emit()

    def set_row(self, row: MappingRow, place: int | None = None) -> None:
        """Replace a row of the mapping, by default the chosen one."""
        at = self._selected_index if place is None else place
        rows = self._draft_rows()
        if 0 <= at < len(rows) and rows[at] != row:
            rows[at] = row
            self._set_draft_rows(rows)

    def set_row_enabled(self, place: int, *, on: bool) -> None:
        """Switch a row of the mapping draft on or off."""
        rows = self._draft_rows()
        if 0 <= place < len(rows):
            self.set_row(replace(rows[place], on=on), place)

    def add_row(self) -> None:
        """Add an empty row at the mapping's end and choose it."""
        if self._draft is not None:
            rows = [*self._draft_rows(), blank_mapping_row(self._draft)]
            self._set_draft_rows(rows, len(rows) - 1)

    def duplicate_row(self) -> None:
        """Copy the mapping's chosen row below it."""
        rows, at = self._draft_rows(), self._selected_index
        if self.selected_row() is not None:
            rows.insert(at + 1, rows[at])
            self._set_draft_rows(rows, at + 1)

    def delete_row(self) -> None:
        """Delete the mapping's chosen row."""
        rows = self._draft_rows()
        if self.selected_row() is not None:
            del rows[self._selected_index]
            self._set_draft_rows(rows, min(self._selected_index, len(rows) - 1))

    def move_row(self, step: int) -> None:
        """Move the mapping's chosen row one up (-1) or down (1)."""
        rows, at = self._draft_rows(), self._selected_index
        to = at + step
        if self.selected_row() is not None and 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
            self._set_draft_rows(rows, to)

    def change_row(self, path: str, value: FieldValue) -> None:
        """Change one field of the mapping's chosen row, by its attribute of MappingRow."""
        row = self.selected_row()
        if row is not None and path == "type":
            self.set_row(change_source_type(row, SourceType(value)))
        elif row is not None and path == "target":
            self.set_row(change_target(row, str(value).strip()))
        elif row is not None:
            plain = value.strip() if isinstance(value, str) else value
            self.set_row(replace_value(row, path, plain))

    def change_rule(self, path: str, value: FieldValue) -> None:
        """Change one rule field of the mapping draft (sync_rule_fields)."""
        if self._draft is None:
            return
        if path == ATTESTED_PATH and value:
            who = self._context.workspace.actor.name
            self.set_draft(attest_consent(self._draft, who, self._context.clock.now()))
        else:
            self.set_draft(replace_rule(self._draft, path, value))

    def change_conditions(self, conditions: tuple[FieldCondition, ...]) -> None:
        """Change in the mapping draft which source records the sync includes."""
        if self._draft is not None:
            self.set_draft(
                replace(self._draft, source=replace(self._draft.source, where=conditions))
            )

    def change_stages(self, stages: tuple[LifecycleStage, ...], required: str) -> None:
        """Change the mapping draft's stages, and the one the sync is limited to (empty: none)."""
        if self._draft is not None:
            source = replace(self._draft.source, stage=required)
            self.set_draft(replace(self._draft, stages=stages, source=source))

    def change_purposes(self, purposes: tuple[ConsentPurpose, ...]) -> None:
        """Change the consent purposes in the mapping draft: what people must have agreed to."""
        if self._draft is not None:
            self.set_draft(replace(self._draft, purposes=purposes))

    def set_draft(self, sync: Sync) -> None:
        """Take over a mapping draft with other conditions, effects or limits."""
        if sync != self._draft:
            self._set_draft(sync)

    def discard_draft(self) -> None:
        self._selected_index = 0
        super().discard_draft()

    def save_draft(self) -> None:
        """Save the mapping draft as the sync."""
        if self._draft is not None and self.has_unsaved_changes and not self._is_saving:
            self.tasks.start("save", self._save_draft(self._draft))

    def read_lists(self) -> None:
        """Read the account's lists anew for the mapping tab; emits `lists_read` at the end."""
        self.tasks.start("lists", self._read_lists())

    def read_fields(self) -> None:
        """Read both accounts' fields and lists anew; the mapping tab then offers them."""
        self.tasks.start("fields", self._read_fields())

    def try_on_customer(self, text: str) -> None:
        """Read a customer, by address or id, and try the mapping draft on them."""
        self._forget_trial()
        self._trial_query = text.strip()
        if self._trial_query and self._draft is not None:
            self.tasks.start("try", self._read_trial_customer(self._draft, self._trial_query))
        self.changed.emit()

    # How it comes about.

    def _make_draft(self, sync: Sync | None) -> Sync | None:
        return sync

    def _rebase_draft(self, draft: Sync | None, sync: Sync) -> Sync | None:
        return _take_over_unmapped(draft, sync) if draft is not None else sync

    def _pack_draft(self) -> MappingDraft:
        draft, base = self._draft, self._draft_base or self._saved_sync
        if draft is None or base is None:
            raise ValueError("there is no draft to keep")
        return MappingDraft(draft, base)

    def _unpack_draft(self, kept: MappingDraft, sync: Sync) -> Sync:
        self._draft_base = kept.base
        return _take_over_unmapped(kept.draft, sync)

    def _on_other_sync(self) -> None:
        self._selected_index = 0
        self._forget_trial()
        if self._draft is not None and self._draft.source.kind.service is Service.ZENDESK:
            self.tasks.start("segments", self._read_segments())

    def _forget_trial(self) -> None:
        self._trial_query, self._trial_customer, self._trial_error = "", None, ""

    def _draft_rows(self) -> list[MappingRow]:
        return list(self._draft.mapping) if self._draft is not None else []

    def _set_draft_rows(self, rows: list[MappingRow], selected_index: int | None = None) -> None:
        if self._draft is not None:
            if selected_index is not None:
                self._selected_index = selected_index
            self.set_draft(replace(self._draft, mapping=tuple(rows)))

    def _unsaved_text(self) -> str:
        if not self.has_unsaved_changes:
            return ""
        base, saved = self._draft_base, self._saved_sync
        if base is not None and saved is not None and _take_over_unmapped(base, saved) != saved:
            return _CHANGED_ELSEWHERE_TEXT
        return "Not saved yet."

    def _trial_result(self, sync: Sync) -> tuple[MappingTrialResult | None, str]:
        customer = self._trial_customer
        if customer is None:
            return None, self._trial_error
        try:
            row = compute_trial_row(sync, customer, self._context.clock.now())
        except AppError as error:
            return None, str(error)
        record, target = customer.source_record, customer.target
        fields = target.fields if target is not None else {}
        return MappingTrialResult(record.label, row, record.fields, fields, sync), ""

    async def _read_trial_customer(self, sync: Sync, text: str) -> None:
        self._is_busy = True
        self.changed.emit()
        try:
            customer = await read_trial_customer(self._context.make_sync_context(), sync, text)
        except AppError as error:
            # Shown beside the field: it is about what was typed there.
            self._trial_error = str(error)
        else:
            if text == self._trial_query:
                self._trial_customer = customer
        finally:
            self._is_busy = False
        self.changed.emit()

    async def _read_segments(self) -> None:
        segments = await self._context.store.segments.list_all()
        self._segments = tuple(segment.name for segment in segments)
        self.changed.emit()

    async def _read_fields(self) -> None:
        clients, sync = self._context.workspace.clients, self._draft
        fields: dict[str, tuple[str, str]] = {}
        try:
            if clients.zendesk is not None:
                fields |= zendesk_field_names(await clients.zendesk.list_user_fields())
            if clients.sell is not None and sync is not None and Service.SELL in sync.services:
                for kind in sell_kinds_of(sync):
                    fields |= sell_field_names(await clients.sell.list_custom_fields(kind.value))
        except AppError as error:
            # The usual fields can be chosen all the same.
            self.message_posted.emit(f"The accounts’ own fields could not all be read. {error}")
        self._account_fields = fields
        await self._read_lists()
        self.changed.emit()

    async def _read_lists(self) -> None:
        sailthru = self._context.workspace.clients.sailthru
        if sailthru is None:
            self.lists_error = "Sailthru is not connected. Type the names, or sign in first."
        else:
            try:
                self.lists, self.lists_error = await sailthru.list_lists(), ""
            except AppError as error:
                self.lists_error = str(error)
        self.lists_read.emit()

    async def _save_draft(self, draft: Sync) -> None:
        was_checked = draft.checked_at > 0
        sync = _name_purposes(draft)
        self._is_saving = True
        try:
            saved = await self._context.store.run(self._context.syncs.save_sync, sync)
        finally:
            self._is_saving = False
            self.changed.emit()
        if self._saved_sync is not None and self._saved_sync.name == saved.name:
            # What was changed while this was being saved stays a draft.
            is_same = self._draft is None or _take_over_unmapped(draft, self._draft) == self._draft
            self._draft = saved if is_same else self._rebase_draft(self._draft, saved)
            self._saved_sync = saved
            self._keep_draft()
        self._context.publish_sync_change()
        needs_check = was_checked and not saved.checked_at
        self.message_posted.emit(_NEEDS_CHECK_TEXT if needs_check else "Saved.")
        self.changed.emit()


def _name_purposes(sync: Sync) -> Sync:
    """Name the mapping draft's consent purpose by its evidence field, if nobody has."""
    purposes = tuple(
        replace(purpose, name=purpose.name or purpose.evidence.field) for purpose in sync.purposes
    )
    return replace(sync, purposes=purposes)


def _take_over_unmapped(draft: Sync, sync: Sync) -> Sync:
    """Return the mapping draft with the saved sync's switch, name and times."""
    return replace(
        draft, version=sync.version, on=sync.on, checked_at=sync.checked_at,
        switched_on_by=sync.switched_on_by, armed_at=sync.armed_at,
        schedule=sync.schedule, title=sync.title, labels=sync.labels,
        favourite=sync.favourite, description=sync.description, notify=sync.notify,
    )  # fmt: skip
