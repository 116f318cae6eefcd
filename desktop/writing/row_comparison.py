"""Compares a row to be written with the record that stands at its target now."""

from desktop.kit.errors import AppError, NotFound, UserDecisionNeeded
from desktop.model.edit import is_same_json
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import OPTOUT_FIELD, USER_FIELD_PREFIX, TargetRecord
from desktop.model.value_equivalence import equivalent, is_stored_form
from desktop.store.plan_row_completion import MissedField
from desktop.writing.outcomes import WriteOutcome

# What was read for a row: the record, None where an address is free, or what kept it from being
# read. NotFound says that the record of an id is gone.
ReadResult = TargetRecord | AppError | None


def compare_row(
    row: PlanRow, now: ReadResult, *, allows_staff: bool = False
) -> tuple[WriteOutcome | None, FieldChange | None]:
    """Compare a row's before-images with the record just read; None: the row is to be sent.

    The field given with CHANGED_ELSEWHERE is the first that stands in the way. A value that is
    as wanted already is no obstacle, whatever it was planned from.
    """
    if isinstance(now, UserDecisionNeeded):
        return WriteOutcome.NOT_PERMITTED, None
    if isinstance(now, AppError):
        gone = isinstance(now, NotFound)
        return WriteOutcome.TARGET_GONE if gone else WriteOutcome.UNREADABLE, None
    if row.fate is PlannedOutcome.CREATE and not row.target_id:
        if now is None:
            return None, None
        taken = WriteOutcome.ADDRESS_TAKEN
        return WriteOutcome.UNCHANGED if is_row_applied(row, now) else taken, None
    if now is None:
        return WriteOutcome.TARGET_GONE, None
    if not (now.is_editable or allows_staff):
        return WriteOutcome.NOT_A_CUSTOMER, None
    pending = [
        change
        for change in row.changes_to_send
        if not _is_value(change, change.new, now) or _has_other_form(change, now)
    ]
    for change in pending:
        if not _may_replace(change, now) and not _is_value(change, change.old, now):
            return WriteOutcome.CHANGED_ELSEWHERE, change
    return None if pending else WriteOutcome.UNCHANGED, None


def is_row_applied(row: PlanRow, now: ReadResult) -> bool:
    """Whether the record read back holds every value the row writes."""
    return isinstance(now, TargetRecord) and all(
        _is_value(change, change.new, now) for change in row.changes_to_send
    )


def find_missed_fields(row: PlanRow, now: TargetRecord) -> dict[str, MissedField]:
    """Find a written row's fields whose values the record does not show, by name."""
    return {
        change.field: MissedField(
            now.get_value(change.field),
            is_other_form=change.field != OPTOUT_FIELD
            and not _is_value(change, change.old, now)
            and is_stored_form(change.new, now.get_value(change.field)),
        )
        for change in row.changes_to_send
        if not _is_value(change, change.new, now)
    }


def is_row_taken(row: PlanRow, now: ReadResult) -> bool:
    """Whether the record took every value the row wrote, be it cut off or rounded."""
    return is_row_applied(row, now) or (
        isinstance(now, TargetRecord)
        and all(missed.is_other_form for missed in find_missed_fields(row, now).values())
    )


def _may_replace(change: FieldChange, now: TargetRecord) -> bool:
    """Whether an opt-out change needs no comparison, or has no level to be compared with.

    Planned from a level that was not read, the door judges it by the one read now. `all` may be
    written over any level that is not known.
    """
    if change.field != OPTOUT_FIELD:
        return False
    return change.old is None or (now.optout is None and change.new == OptOutLevel.ALL.value)


def _is_value(change: FieldChange, wanted: Json, now: TargetRecord) -> bool:
    seen = now.get_value(change.field)
    if change.field == OPTOUT_FIELD:
        # A level that was not read must not pass for a missing value that equals null.
        return seen is not None and seen == wanted
    is_checkbox = isinstance(change.old, bool) and isinstance(change.new, bool)
    if is_checkbox and change.field.startswith(USER_FIELD_PREFIX) and seen is None:
        # Zendesk gives null for a check box that was never ticked.
        seen = False
    return equivalent(change.field, wanted, seen)


def _has_other_form(change: FieldChange, now: TargetRecord) -> bool:
    """Whether a write changes the value's form alone, such as "1" to true, and not yet.

    The comparison above sees no difference there. Between empty forms there is none.
    """
    return (
        equivalent(change.field, change.new, change.old)
        and not equivalent(change.field, change.new, None)
        and not is_same_json(change.new, change.old)
        and not is_same_json(change.new, now.get_value(change.field))
    )
