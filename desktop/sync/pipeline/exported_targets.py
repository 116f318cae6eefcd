"""Which records a Sailthru list export settles: whatever their profiles hold, nothing is written.

A CSV cell does not tell null, "" and an absent var apart, nor 5 and "5", nor 1 and true, nor an
array and its JSON as text. What depends on such a difference is left to a single read, as is all
that the export does not tell: the opt-out level, and everything that would change.
"""

from collections.abc import Iterator

from desktop.model.exported_profile import ExportedProfile
from desktop.model.field_mapping import (
    AbsentValue,
    FieldProtection,
    MappingOperator,
    MappingRow,
    read_source_value,
)
from desktop.model.field_value import is_empty, is_list
from desktop.model.instant import FieldValue
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome
from desktop.model.target_record import LIST_PREFIX, VAR_PREFIX, TargetRecord, profile_fields
from desktop.model.value_conversion import UnconvertibleValue
from desktop.model.value_equivalence import equivalent
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.plan_rows import plan_record
from desktop.sync.source_record import SourceRecord

# Cells behind which there may be a boolean, which 1 or 0 would be written over. An empty one is
# nothing in any form, and nothing is written over it: the comparison of values says so.
_MAYBE_BOOLEAN = ("0", "1")
_NOTHING_TO_DO = (PlannedOutcome.UNCHANGED, PlannedOutcome.SKIPPED)


def target_from_export(
    profile: ExportedProfile, email: str, ambiguous_lists: frozenset[str]
) -> TargetRecord:
    """Convert a list export's row to a target record; `email` is the address of its hash, or "".

    The names of lists are joined by commas there: those in `ambiguous_lists` say nothing.
    """
    fields = profile_fields(profile.vars, (n for n in profile.lists if n not in ambiguous_lists))
    return TargetRecord(
        Service.SAILTHRU,
        profile.sid,
        email or profile.sid,
        email,
        fields,
        activity_times=profile.activity,
    )


def may_be_settled(record: SourceRecord, context: PlanContext) -> bool:
    """Whether a list export can settle a source record: nothing of it needs the profile itself."""
    waits = record.id in context.retry_sources or record.id in context.superseded
    if waits or record.id in context.unconfirmed:
        return False
    return not any(
        row.operator in (MappingOperator.ADD, MappingOperator.SUM)
        or not row.target.startswith((VAR_PREFIX, LIST_PREFIX))
        for row, _ in _effective_rows(record, context)
    )


def is_settled_by_export(record: SourceRecord, target: TargetRecord, context: PlanContext) -> bool:
    """Whether an export settles that a plan writes nothing, whatever else the profile holds."""
    if not may_be_settled(record, context) or context.accepted_values.get(target.id):
        return False
    lists = (f"{LIST_PREFIX}{name}" for name in context.sync.effects.add_to_lists)
    return (
        all(target.get_value(name) for name in lists)
        and all(
            _settles(row, value, target, context) for row, value in _effective_rows(record, context)
        )
        and plan_record(record, context).fate in _NOTHING_TO_DO
    )


def _effective_rows(
    record: SourceRecord, context: PlanContext
) -> Iterator[tuple[MappingRow, FieldValue]]:
    """Yield the sync's mapping rows that may write for a record, with their source values."""
    for row in context.sync.mapping:
        value = read_source_value(row, record.fields)
        if row.protection is FieldProtection.NEVER or not row.on:
            continue
        if not isinstance(value, AbsentValue):
            yield row, value


def _settles(
    row: MappingRow, value: FieldValue, target: TargetRecord, context: PlanContext
) -> bool:
    cell = target.get_value(row.target)
    if is_list(cell) or isinstance(cell, dict):
        return False
    fills_only = MappingOperator.SET_IF_EMPTY is row.operator
    if (fills_only or row.protection is FieldProtection.IF_EMPTY) and not is_empty(cell):
        return True
    try:
        new = context.target_kind.convert(value, row)
    except UnconvertibleValue:
        return False
    if row.target.startswith(LIST_PREFIX):
        # That somebody is on a list is said; that they are not would be a missing column's too.
        return new is True and cell is True
    if not equivalent(row.target, new, cell):
        return False
    if cell not in _MAYBE_BOOLEAN:
        return True
    # What both sides had last is not written again: whatever stands there now came later.
    known = context.synced_values.get(target.id, {})
    return row.target in known and equivalent(row.target, new, known[row.target])
