"""Edits as plan rows: the fields an edit changes, as the write protocol compares them."""

from desktop.model.edit import ERASURE_KINDS, Edit, EditKind, EditRequest
from desktop.model.json_value import Json
from desktop.model.marketing_pause import parse_pause_terms, split_pause_name
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import (
    ADDRESS_PREFIX,
    DELETED_FIELD,
    DELETED_FOR_GOOD_FIELD,
    LIST_PREFIX,
    MERGED_PROFILE_FIELD,
    OPTOUT_FIELD,
    PRIMARY_EMAIL_FIELD,
    PROFILE_EMAIL_FIELD,
    SELL_EMAIL_FIELD,
    TAG_PREFIX,
    TICKET_CLOSED_PREFIX,
    TICKET_NOTE_PREFIX,
    USER_FIELD_PREFIX,
    VAR_PREFIX,
    TargetRecord,
)


def row_of_edit(edit: Edit) -> PlanRow:
    """Convert a claimed edit to the plan row that the write protocol compares: one field."""
    return row_of_request(edit.request, int(edit.id))


def row_of_request(request: EditRequest, number: int) -> PlanRow:
    """Convert an edit request to a plan row of this number, as it is compared, sent and counted."""
    is_create = request.kind is EditKind.CREATE
    return PlanRow(
        row=number,
        fate=PlannedOutcome.CREATE if is_create else PlannedOutcome.UPDATE,
        source_id="",
        target_id="" if is_create else request.target.id,
        label=request.target.label,
        address=request.target.id if is_create else "",
        changes=_changes_of_request(request),
    )


def value_of_edit(request: EditRequest, record: TargetRecord | None) -> Json:
    """Return the value that an edit is about in the record read; of a create the sid."""
    if record is None or request.kind is EditKind.CREATE:
        return record.id if record is not None else None
    value = record.get_value(_changes_of_request(request)[0].field)
    # Zendesk gives null for a check box that was never ticked.
    return bool(value) if request.kind is EditKind.SYNC_CHECKBOX else value


def _changes_of_request(request: EditRequest) -> tuple[FieldChange, ...]:
    old, new = request.old, request.new
    if request.kind is EditKind.CREATE:
        # On no list: consent is not something that creating a profile can give.
        wanted = new if isinstance(new, dict) else {}
        return tuple(FieldChange(VAR_PREFIX + name, None, value) for name, value in wanted.items())
    if request.kind is EditKind.PAUSE:
        var, list_name = split_pause_name(request.name)
        before, after = (parse_pause_terms(value) for value in (old, new))
        return (
            FieldChange(
                VAR_PREFIX + var,
                before.until.isoformat() if before is not None else None,
                after.until.isoformat() if after is not None else None,
            ),
            FieldChange(LIST_PREFIX + list_name, before is not None, after is not None),
        )
    if request.kind in ERASURE_KINDS:
        return (FieldChange(_erased_field(request), False, True),)
    if request.kind is EditKind.NOTE:
        field_name = f"{TICKET_NOTE_PREFIX}{request.ticket}.{request.name}"
        return (FieldChange(field_name, old, new),)
    if request.kind is EditKind.EMAIL_ADDRESS:
        return (FieldChange(ADDRESS_PREFIX + request.name, bool(old), bool(new)),)
    if request.kind in (EditKind.PRIMARY_EMAIL, EditKind.SELL_EMAIL):
        is_sell = request.kind is EditKind.SELL_EMAIL
        return (FieldChange(SELL_EMAIL_FIELD if is_sell else PRIMARY_EMAIL_FIELD, old, new),)
    if request.kind is EditKind.PROFILE_EMAIL:
        email = FieldChange(PROFILE_EMAIL_FIELD, old, new)
        return (email, FieldChange(MERGED_PROFILE_FIELD, request.name, None))[
            : 1 + bool(request.name)
        ]
    if request.kind is EditKind.OPTOUT:
        return (FieldChange(OPTOUT_FIELD, old, new),)
    if request.kind is EditKind.LIST:
        return (FieldChange(LIST_PREFIX + request.name, bool(old), bool(new)),)
    if request.kind is EditKind.TAG:
        return (FieldChange(TAG_PREFIX + request.name, bool(old), bool(new)),)
    if request.kind is EditKind.SYNC_CHECKBOX:
        return (FieldChange(USER_FIELD_PREFIX + request.name, bool(old), bool(new)),)
    return (FieldChange(VAR_PREFIX + request.name, old, new),)


def _erased_field(request: EditRequest) -> str:
    if request.kind is EditKind.CLOSE_TICKET:
        return TICKET_CLOSED_PREFIX + request.name
    is_for_good = request.kind is EditKind.DELETE_USER_DATA
    return DELETED_FOR_GOOD_FIELD if is_for_good else DELETED_FIELD
