"""Undoes a part of a batch: chosen customers get back what stood before, as a batch of its own.

It is planned, approved, sent and recorded like any batch. Who was changed since then, here or
elsewhere, keeps what stands now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from desktop.customer.edit_undo import inverse_request, newer_change_refusal, undo_refusal
from desktop.model.batch_approval import BatchApproval
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, is_same_json
from desktop.model.edit_batch import BatchPlanRow, EditBatch
from desktop.model.json_value import Json
from desktop.model.optout_level import is_chosen_later
from desktop.model.sheet_overlay import confirmed_value
from desktop.model.sync_plan import PlannedOutcome
from desktop.store.workspace_store import WorkspaceStore

_CHANGED_SINCE = "Changed since then"


@dataclass(frozen=True)
class UndonePart:
    """The edits of which a batch undoes a part, by sid, and why some can't be undone."""

    edits: Mapping[str, Edit]
    refusals: Mapping[str, str]

    def plan_row(
        self, row: int, sid: str, sheet: CustomerSheet, clock_ahead_s: float
    ) -> tuple[BatchPlanRow, EditRequest | None]:
        """Plan what one customer gets back; None as the request where they stay as they are.

        `clock_ahead_s`: how far Sailthru's clock is ahead of this computer's.
        """
        edit = self.edits.get(sid)
        if edit is None:
            return _left(row, PlannedOutcome.SKIPPED, "The batch has not changed them"), None
        if why := self.refusals.get(sid):
            return _left(row, PlannedOutcome.UNCHANGED, why), None
        request = edit.request
        current = confirmed_value(sheet, request.kind, request.name)
        if not is_same_json(current, request.new) or _is_chosen_anew(edit, sheet, clock_ahead_s):
            plan = _left(row, PlannedOutcome.UNCHANGED, _CHANGED_SINCE)
            return replace(plan, old=current), None
        back = replace(inverse_request(edit), old=current)
        return BatchPlanRow(row, PlannedOutcome.UPDATE, current), back


async def read_undone_part(
    store: WorkspaceStore, batch: EditBatch, sids: Iterable[str], now: float
) -> UndonePart:
    """Read the edits of the batch of which `batch` undoes a part, for these customers."""
    undone = batch.undone_batch
    made = await store.outbox.list_of_batch(undone)
    # What failed, or was withdrawn, has undone nothing.
    backwards = {
        edit.request.undoes
        for edit in made
        if edit.state is EditState.DONE or not edit.state.is_final
    }
    wanted = frozenset(sids)
    edits = {
        edit.request.target.id: edit
        for edit in made
        if edit.request.undoes is None and edit.request.target.id in wanted
    }
    refusals = {}
    for sid, edit in edits.items():
        if why := await _find_refusal(store, edit, now, is_undone=edit.id in backwards):
            refusals[sid] = why
    return UndonePart(edits, refusals)


def build_back_request(
    edit: Edit, current: Json, batch: EditBatch, second: BatchApproval | None
) -> EditRequest:
    """Build the edit request that gives a customer back what stood before an edit of a batch.

    `current` is the value that the plan saw; the reason names the second person, if one is needed.
    """
    words = [f"Undoes a part of batch {batch.undone_batch}"]
    words += [batch.reason] if batch.reason else []
    words += [second.words] if second is not None else []
    return replace(inverse_request(edit), old=current, reason="; ".join(words))


async def _find_refusal(store: WorkspaceStore, edit: Edit, now: float, *, is_undone: bool) -> str:
    if edit.state is not EditState.DONE and edit.state is not EditState.UNDONE:
        return "The batch's change of them was not made"
    if is_undone:
        return "Undone already"
    refused = undo_refusal(edit)
    if refused is None:
        entries = await store.audit.list_entries(targets=(edit.request.target.id,))
        refused = newer_change_refusal(edit, entries, now)
    if refused is not None:
        return f"{refused.title} {refused.message}".strip()
    if edit.request.kind is EditKind.OPTOUT and await store.outbox.has_later_level(edit.id):
        return _CHANGED_SINCE
    return ""


def _is_chosen_anew(edit: Edit, sheet: CustomerSheet, clock_ahead_s: float) -> bool:
    """Whether Sailthru tells of an opt-out after ours: the same level is the customer's own now."""
    profile = sheet.profile.value
    if edit.request.kind is not EditKind.OPTOUT or profile is None:
        return False
    told_at = profile.activity.get("optout_time")
    return is_chosen_later(told_at, edit.updated_at, clock_ahead_s)


def _left(row: int, fate: PlannedOutcome, why: str) -> BatchPlanRow:
    return BatchPlanRow(row, fate, None, why)
