"""View of one row of a batch: who was found, where, their opt-out, and what becomes of them."""

from dataclasses import dataclass

from desktop.model.edit import EditKind, EditState
from desktop.model.edit_batch import BatchAction, BatchOutcome, BatchRow
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel
from desktop.model.sync_plan import PlannedOutcome
from desktop.viewmodels import time_format
from desktop.viewmodels.list_model import ListColumn
from desktop.viewmodels.tone import ChipTone

CUSTOMER, FOUND, OPTOUT, RESULT = range(4)

_OUTCOME_CHIPS: dict[BatchOutcome, tuple[str, ChipTone]] = {
    BatchOutcome.WAITING: ("Not looked up", "neutral"),
    BatchOutcome.FOUND: ("Found", "ok"),
    BatchOutcome.MISSING: ("Missing", "neutral"),
    BatchOutcome.AMBIGUOUS: ("Ambiguous", "warn"),
    BatchOutcome.FAILED: ("Not read", "bad"),
    BatchOutcome.INVALID: ("Invalid", "bad"),
    BatchOutcome.DUPLICATE: ("Duplicate", "neutral"),
}
_FATE_CHIPS: dict[PlannedOutcome, tuple[str, ChipTone]] = {
    PlannedOutcome.UPDATE: ("Will change", "info"),
    PlannedOutcome.UNCHANGED: ("Stays", "neutral"),
    PlannedOutcome.SKIPPED: ("Can't change", "warn"),
}
_STATE_CHIPS: dict[EditState, tuple[str, ChipTone]] = {
    EditState.QUEUED: ("Queued", "info"),
    EditState.WAITING: ("Waiting", "info"),
    EditState.SENDING: ("Sending", "info"),
    EditState.UNKNOWN: ("Confirming", "warn"),
    EditState.DONE: ("Done", "ok"),
    EditState.CONFLICT: ("Conflict", "bad"),
    EditState.FAILED: ("Failed", "bad"),
    EditState.UNDONE: ("Undone", "neutral"),
}


@dataclass(frozen=True)
class BatchRowView:
    """One row of the page Many at once, as texts. `query` opens the customer; empty: nobody."""

    row_number: int
    name: str
    address: str
    found: str
    found_note: str
    optout: str
    optout_note: str
    result: str
    tone: ChipTone
    detail: str
    query: str

    @property
    def accessible_text(self) -> str:
        """What a screen reader hears of a batch's row."""
        parts = (self.name, self.address, self.result, self.detail, self.found, self.optout)
        return ", ".join(part for part in parts if part)


def build_batch_row_view(row: BatchRow, action: BatchAction | None, now: float) -> BatchRowView:
    """Build the view of one row of a batch whose change is `action`."""
    found = row.found
    is_found = found.outcome is BatchOutcome.FOUND
    result, tone, detail = _result(row)
    optout, optout_note = _optout_texts(row, action) if is_found and found.sid else ("", "")
    name = found.label if is_found else row.address or row.text
    return BatchRowView(
        row_number=row.row,
        name=name,
        address=row.address if row.address != name else "",
        found=_found_text(row),
        found_note=_age_text(row, now),
        optout=optout,
        optout_note=optout_note,
        result=result,
        tone=tone,
        detail=detail,
        query=row.address if is_found else "",
    )


def _result(row: BatchRow) -> tuple[str, ChipTone, str]:
    """Return the chip of a batch's row and why: the newest that is known of it."""
    if row.not_undone:
        return "Not undone", "warn", row.not_undone
    if row.edit_state is not None:
        text, tone = _STATE_CHIPS[row.edit_state]
        # That Sailthru confirmed it is what Done says.
        return text, tone, row.edit_detail if row.edit_state is not EditState.DONE else ""
    if row.plan is not None and row.plan.fate in _FATE_CHIPS:
        return *_FATE_CHIPS[row.plan.fate], row.plan.why
    return *_OUTCOME_CHIPS[row.found.outcome], row.found.detail


def _found_text(row: BatchRow) -> str:
    if row.found.outcome is BatchOutcome.MISSING:
        return "Nowhere"
    there = (("Zendesk", row.found.user_id), ("Sailthru", row.found.sid))
    return " and ".join(name for name, id_ in there if id_)


def _age_text(row: BatchRow, now: float) -> str:
    """Say where a batch's row was found: on this computer, with its age, or by asking."""
    found = row.found
    if found.outcome in (BatchOutcome.WAITING, BatchOutcome.INVALID, BatchOutcome.DUPLICATE):
        return ""
    if found.read_at is None:
        return ""
    age = time_format.format_age(found.read_at, now)
    if found.is_kept:
        return f"saved on this computer, {age}"
    return f"asked {age}" if age == "just now" else f"asked, {age}"


def _optout_texts(row: BatchRow, action: BatchAction | None) -> tuple[str, str]:
    """Return a found customer's opt-out, and what becomes of it or what it was before."""
    level = row.found.optout
    found = OptOutLevel(level).label if level else LEVEL_NOT_KNOWN_LABEL
    changes = row.plan is not None and row.plan.fate is PlannedOutcome.UPDATE
    if action is not None and action.undoes and row.plan is not None:
        # Each gets back a level of their own; which one, the edit tells.
        is_level = action.kind is EditKind.OPTOUT and row.plan.old is not None
        now = OptOutLevel(str(row.plan.old)).label if is_level else found
        return now, "→ as before" if changes else ""
    if action is None or action.kind is not EditKind.OPTOUT or not changes:
        return found, ""
    new = OptOutLevel(str(action.new)).label
    if row.edit_state is EditState.DONE:
        return new, f"before: {found}"
    is_wanted = row.edit_state is None or not row.edit_state.is_final
    return found, f"→ {new}" if is_wanted else ""


def _say_nothing(_row: BatchRowView) -> None:
    return None


# A screen reader hears a row once, on its leading cell.
BATCH_COLUMNS = (
    ListColumn[BatchRowView]("Customer", lambda row: row.name, lambda row: row.accessible_text),
    ListColumn[BatchRowView]("Found in", lambda row: row.found, _say_nothing),
    ListColumn[BatchRowView]("Opt-out", lambda row: row.optout, _say_nothing),
    ListColumn[BatchRowView]("Result", lambda row: row.result, _say_nothing),
)
