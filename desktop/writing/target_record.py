"""How what stands in a service for one customer compares with what a plan's row saw and wants."""

from enum import Enum

from desktop.kit.errors import AppError
from desktop.model.field_mapping import is_same_field_value
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import TargetRecord

# What was read for a row: who stands there, that nobody does, or what kept it from being read.
ReadResult = TargetRecord | AppError | None


class RowComparison(Enum):
    """What to do with a row, knowing what stands there now."""

    SEND = "send"
    ALREADY_APPLIED = "same"
    CHANGED_ELSEWHERE = "changed"
    TARGET_GONE = "gone"
    ADDRESS_TAKEN = "taken"
    NOT_A_CUSTOMER = "staff"


def compare_row(row: PlanRow, now: TargetRecord | None) -> tuple[RowComparison, FieldChange | None]:
    """Every before-image is checked again; the field given is the first that stands in the way."""
    if row.fate is PlannedOutcome.CREATE and not row.target_id:
        if now is None:
            return RowComparison.SEND, None
        applied = is_row_applied(row, now)
        return (
            (RowComparison.ALREADY_APPLIED, None)
            if applied
            else (RowComparison.ADDRESS_TAKEN, None)
        )
    if now is None:
        return RowComparison.TARGET_GONE, None
    if not now.is_editable:
        return RowComparison.NOT_A_CUSTOMER, None
    pending = [
        c
        for c in row.changes_to_send
        if not is_same_field_value(c.field, now.get_value(c.field), c.new)
    ]
    if not pending:
        return RowComparison.ALREADY_APPLIED, None
    for change in pending:
        if not is_same_field_value(change.field, now.get_value(change.field), change.old):
            return RowComparison.CHANGED_ELSEWHERE, change
    return RowComparison.SEND, None


def is_row_applied(row: PlanRow, now: TargetRecord | None) -> bool:
    """Whether everything the row wants stands there."""
    return now is not None and all(
        is_same_field_value(c.field, now.get_value(c.field), c.new) for c in row.changes_to_send
    )
