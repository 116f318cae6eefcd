"""Compares a planned row with the record that stands at its target now."""

from enum import Enum

from desktop.kit.errors import AppError, NotFound
from desktop.model.edit import is_same_json
from desktop.model.json_value import Json
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import OPTOUT_FIELD, USER_FIELD_PREFIX, TargetRecord
from desktop.model.value_equivalence import equivalent

# What was read for a row: the record, None where an address is free, or what kept it from being
# read. NotFound says that the record of an id is gone.
ReadResult = TargetRecord | AppError | None


class RowComparison(Enum):
    """What to do with a planned row, knowing what stands at its target now."""

    SEND = "send"
    ALREADY_APPLIED = "same"
    CHANGED_ELSEWHERE = "changed"
    TARGET_GONE = "gone"
    ADDRESS_TAKEN = "taken"
    NOT_A_CUSTOMER = "staff"
    UNREADABLE = "unreadable"


def compare_row(
    row: PlanRow, now: ReadResult, *, allows_staff: bool = False
) -> tuple[RowComparison, FieldChange | None]:
    """Compare every before-image of a row with what was read for it.

    The field given with CHANGED_ELSEWHERE is the first that stands in the way. A value that is
    as wanted already is no obstacle, whatever it was planned from.
    """
    if isinstance(now, AppError):
        gone = isinstance(now, NotFound)
        return RowComparison.TARGET_GONE if gone else RowComparison.UNREADABLE, None
    if row.fate is PlannedOutcome.CREATE and not row.target_id:
        if now is None:
            return RowComparison.SEND, None
        taken = RowComparison.ADDRESS_TAKEN
        return RowComparison.ALREADY_APPLIED if is_row_applied(row, now) else taken, None
    if now is None:
        return RowComparison.TARGET_GONE, None
    if not (now.is_editable or allows_staff):
        return RowComparison.NOT_A_CUSTOMER, None
    pending = pending_changes(row, now)
    for change in pending:
        if not _is_value(change, change.old, now):
            return RowComparison.CHANGED_ELSEWHERE, change
    return RowComparison.SEND if pending else RowComparison.ALREADY_APPLIED, None


def pending_changes(row: PlanRow, now: TargetRecord) -> tuple[FieldChange, ...]:
    """List the changes of a row whose new value does not stand there yet."""
    return tuple(c for c in row.changes_to_send if not _is_value(c, c.new, now))


def is_row_applied(row: PlanRow, now: ReadResult) -> bool:
    """Whether everything the row wants stands in the record that was read."""
    return isinstance(now, TargetRecord) and not pending_changes(row, now)


def _is_value(change: FieldChange, wanted: Json, now: TargetRecord) -> bool:
    seen = now.get_value(change.field)
    if change.field == OPTOUT_FIELD:
        # A level that was not read must not pass for a missing value that equals null.
        return seen is not None and seen == wanted
    is_checkbox = (
        change.field.startswith(USER_FIELD_PREFIX)
        and isinstance(change.old, bool)
        and isinstance(change.new, bool)
    )
    if is_checkbox and seen is None:
        # Zendesk gives null for a check box that was never ticked.
        seen = False
    if equivalent(change.field, change.old, change.new):
        # Only the form is to change, such as "1" to true: any other comparison sees no difference.
        return is_same_json(wanted, seen)
    return equivalent(change.field, wanted, seen)
