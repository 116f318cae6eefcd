"""Rows of people whom a sync always leaves out: nothing is written but a stricter opt-out."""

from dataclasses import replace

from desktop.model.erased_people import ERASED_CAUSE, ERASED_LABEL, ERASED_WHY
from desktop.model.optout_level import OptOutLevel
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import OPTOUT_FIELD

LEFT_OUT_CAUSE = "always left out"
_LEVELS = {level.value: level for level in OptOutLevel}


def with_opt_outs_alone(sync: Sync) -> Sync:
    """Return the sync with nothing to write but opt-outs: what is planned for who is left out."""
    return replace(
        sync,
        mapping=tuple(row for row in sync.mapping if row.target == OPTOUT_FIELD),
        effects=SyncEffects(create_missing=False),
        purposes=(),
        stages=(),
        pressure=None,
    )


def leave_out(row: PlanRow, reason: str, cause: str = LEFT_OUT_CAUSE) -> PlanRow:
    """Return the plan row of a left-out person: it writes a stricter opt-out, nothing else.

    Somebody who refuses e-mail is heard, whoever asked to leave them out. Their consequences are
    for the caller to find anew. `cause` groups the rows that are skipped for one reason.
    """
    stricter = tuple(change for change in row.changes if _is_stricter_optout(change))
    if stricter and row.target_id and row.fate in (PlannedOutcome.UPDATE, PlannedOutcome.CONFLICT):
        return replace(row, changes=stricter, events=())
    return replace(
        row,
        fate=PlannedOutcome.SKIPPED,
        why=f"{cause}: {reason}" if reason else cause,
        cause=cause,
        ticked=False,
        changes=(),
        consequences=(),
        events=(),
    )


def leave_out_erased(row: PlanRow) -> PlanRow:
    """Return the plan row of somebody who was erased: left out, and without their name."""
    row = leave_out(row, ERASED_WHY, ERASED_CAUSE)
    if row.fate is not PlannedOutcome.SKIPPED:
        return row
    return replace(row, label=ERASED_LABEL, address="", name="", worth=None)


def _is_stricter_optout(change: FieldChange) -> bool:
    new = _LEVELS.get(str(change.new))
    if change.field != OPTOUT_FIELD or not change.applies or new is None:
        return False
    old = _LEVELS.get(str(change.old)) if change.old is not None else None
    # A level that was not read is none at all: only the strictest is stricter for certain.
    return new is OptOutLevel.ALL if old is None else new.strictness > old.strictness
