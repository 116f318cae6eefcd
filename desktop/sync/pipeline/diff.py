"""Compares one source record with its target record, field by field."""

from collections.abc import Mapping, Sequence

from desktop.model.field_mapping import (
    ABSENT,
    AbsentValue,
    MappingOperator,
    MappingRow,
    apply_mapping_row,
    read_source_value,
)
from desktop.model.field_value import is_empty, shorten_value
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.sell_lists import LEAD_STATUS_FIELD, leads_list
from desktop.model.sync_plan import FieldChange
from desktop.model.sync_state import value_hash
from desktop.model.target_record import (
    LIST_PREFIX,
    OPTOUT_FIELD,
    TAG_PREFIX,
    USER_FIELD_PREFIX,
    TargetRecord,
)
from desktop.model.value_equivalence import equivalent
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.increments import rebuild_increment, with_amount_of_events
from desktop.sync.pipeline.lead_lists import OVER_FIELD, diff_lead_lists, leave_lead_lists
from desktop.sync.pipeline.membership import is_deleted
from desktop.sync.pipeline.rule_pause import end_of_pause, pause_changes
from desktop.sync.pipeline.sell_optouts import diff_optout
from desktop.sync.source_record import SourceRecord


def diff_record(
    record: SourceRecord, target: TargetRecord | None, context: PlanContext
) -> tuple[FieldChange, ...]:
    """Diff a source record with its target: field changes. Raises UnconvertibleValue."""
    there = dict(target.fields) if target is not None else {}
    rows: Sequence[MappingRow] = context.sync.mapping
    changes: list[FieldChange] = []
    if context.sync.is_of_optouts:
        optout = diff_optout(record, target, context.sync)
        changes = [optout] if optout is not None else []
        if target is not None or not context.sync.effects.create_missing:
            return tuple(changes)
        # Whom it creates has a name.
        rows = [row for row in rows if row.target != OPTOUT_FIELD]
    found = (
        _diff_mapping_row(row, record, there, target.id if target else "", context) for row in rows
    )
    changes += [change for change in found if change is not None]
    changes += _membership_changes(target, context)
    changes += pause_changes(target, context)
    if context.sync.effects.lead_lists and context.target_kind.membership_prefix == LIST_PREFIX:
        last = context.synced_values.get(target.id, {}) if target is not None else {}
        changes += diff_lead_lists(record, target, last)
    if target is None and not any(change.field == "name" for change in changes):
        named = {change.field for change in changes}
        wanted = context.target_kind.name_for_create(record)
        changes += [change for change in wanted if change.field not in named]
    name_field = context.sync.effects.list_name_field
    if name_field and record.list_name:
        field = f"{USER_FIELD_PREFIX}{name_field}"
        old = target.get_value(field) if target is not None else None
        if old != record.list_name:
            changes.append(FieldChange(field, old, record.list_name))
    context.target_kind.require_complete(target, changes)
    return tuple(changes)


def diff_leaving_record(
    record: SourceRecord, target: TargetRecord, context: PlanContext
) -> tuple[FieldChange, ...]:
    """Diff a record that left the source: field changes that undo what the sync gave it."""
    effects = context.sync.effects
    if context.sync.is_rule:
        return end_of_pause(target, context)
    lists = [f"{LIST_PREFIX}{name}" for name in effects.add_to_lists if effects.remove_when_gone]
    tags = [f"{TAG_PREFIX}{tag}" for tag in effects.add_tags]
    removed = [*lists, *(tags if effects.untag_when_gone else ())]
    changes = [
        FieldChange(name, True, False, reason="not in the source any more")
        for name in removed
        if target.get_value(name)
    ]
    if effects.lead_lists and is_deleted(record):
        changes += leave_lead_lists(target)
    changes += _emptied_stages(target, context)
    if is_deleted(record):
        deletion = context.target_kind.deletion_change(target, effects, record.service)
        changes += [deletion] if deletion is not None else []
    if not effects.untag_when_gone:
        changes += [
            FieldChange(tag, True, False, applies=False, reason="keeps the tag: removing it is off")
            for tag in tags
            if target.get_value(tag)
        ]
    return tuple(changes)


def _emptied_stages(target: TargetRecord, context: PlanContext) -> list[FieldChange]:
    """Diff the stages that this sync wrote and nobody has changed since: empty them."""
    written = context.written_values(target.id)
    return [
        FieldChange(name, old, None, reason="not in the source any more")
        for name in context.sync.stage_fields
        if not is_empty(old := target.get_value(name))
        and name in written
        and equivalent(name, written[name], old)
    ]


def _diff_mapping_row(
    row: MappingRow,
    record: SourceRecord,
    there: Mapping[str, FieldValue],
    target_id: str,
    context: PlanContext,
) -> FieldChange | None:
    kind = context.target_kind
    row = with_amount_of_events(row, record)
    missing = kind.missing_field_reason(row) if row.on else ""
    if missing:
        value = read_source_value(row, record.fields)
        shown = None if isinstance(value, AbsentValue | Instant) else value
        return FieldChange(row.target, None, shown, applies=False, reason=missing)
    confirmed = context.confirmed_totals.get(record.id, {})
    if row.on and row.operator is MappingOperator.SUM and row.target in confirmed:
        return rebuild_increment(row, record, there, confirmed[row.target], kind.convert)
    last = _last_value(row, target_id, context)
    result = apply_mapping_row(
        row,
        record.fields,
        there,
        convert=kind.convert,
        known=last,
        service=kind.service,
    )
    if result is None or not (result.applies or result.reason):
        return None
    kept = ""
    if result.applies:
        kind.require_settable(row.target, result.new)
        kept = kind.keep_reason(row, result.old)
        # Where the other direction is known, so is what both had last: the comparison knows more.
        is_compared = bool(context.sync.partner) and last is not ABSENT
        if not kept and not is_compared and _is_echo(row, record, context):
            kept = "our own write came back"
    value = read_source_value(row, record.fields)
    note = "" if isinstance(value, AbsentValue) else kind.conversion_note(row, value)
    if row.source == LEAD_STATUS_FIELD and OVER_FIELD in record.fields:
        note = f"last added wins over {record.fields[OVER_FIELD]}"
    change = FieldChange(
        field=result.field,
        old=result.old,
        new=result.new,
        applies=result.applies and not kept,
        reason=kept or note or result.reason,
        conflict=result.conflict,
        known=result.known,
        exact=result.exact,
    )
    if row.operator is not MappingOperator.SUM and context.find_kept_form(target_id, change):
        reason = f"{kind.service.title} keeps it as “{shorten_value(result.old)}”"
        return FieldChange(result.field, result.old, result.new, applies=False, reason=reason)
    return change


def _last_value(row: MappingRow, target_id: str, context: PlanContext) -> Json | AbsentValue:
    """Return the last value both services had, for a diff; of an increment the last total.

    A rule sets what it sets each time that something happens, whatever became of the time before.
    """
    if context.sync.is_rule:
        return ABSENT
    if row.operator is MappingOperator.SUM:
        return context.written_values(target_id).get(row.target, ABSENT)
    return context.synced_values.get(target_id, {}).get(row.target, ABSENT)


def _is_echo(row: MappingRow, record: SourceRecord, context: PlanContext) -> bool:
    """Whether the source field holds just what a sync wrote there from this very target.

    A value that came from another field is news to this one.
    """
    if context.sync.is_rule:
        return False
    hashes = context.written_hashes.get(record.id, {})
    if row.source == LEAD_STATUS_FIELD:
        ours = hashes.get(f"{LIST_PREFIX}{leads_list(str(record.fields.get(row.source)))}")
        return ours is not None and ours.hash == value_hash(True)
    written = hashes.get(row.source)
    if written is None or row.operator is MappingOperator.SUM:
        return False
    if written.source_field not in (None, row.target):
        return False
    value = record.fields.get(row.source)
    return not isinstance(value, Instant) and written.hash == value_hash(value)


def _membership_changes(target: TargetRecord | None, context: PlanContext) -> list[FieldChange]:
    """Return the planned changes that add a target record to the sync's lists or tags.

    A rule's also take it off lists.
    """
    effects, prefix = context.sync.effects, context.target_kind.membership_prefix
    names = {LIST_PREFIX: effects.add_to_lists, TAG_PREFIX: effects.add_tags}.get(prefix, ())
    added = [
        FieldChange(f"{prefix}{name}", False, True)
        for name in names
        if target is None or not target.get_value(f"{prefix}{name}")
    ]
    left = [f"{LIST_PREFIX}{name}" for name in effects.remove_from_lists if target is not None]
    return added + [
        FieldChange(name, True, False)
        for name in left
        if target is not None and target.get_value(name)
    ]
