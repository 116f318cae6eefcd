"""`plan_rows`: the pipeline as a whole, from the records of one chunk to the rows of a plan."""

from collections.abc import Iterator
from dataclasses import replace

from desktop.model import consent_check
from desktop.model.email_address import email_match_key
from desktop.model.erased_people import NOBODY_ERASED
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.model.target_record import LIST_PREFIX, TargetRecord
from desktop.model.value_conversion import UnconvertibleValue
from desktop.sync.pipeline.consequences import find_consequences
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.diff import diff_leaving_record, diff_record
from desktop.sync.pipeline.duplicate_targets import with_earlier_holder
from desktop.sync.pipeline.eligibility import find_ineligibility
from desktop.sync.pipeline.increments import without_counted_events
from desktop.sync.pipeline.left_out import leave_out, leave_out_erased, with_opt_outs_alone
from desktop.sync.pipeline.matching import match_record
from desktop.sync.pipeline.membership import SourceChunk, find_leaving
from desktop.sync.source_record import SourceRecord

# Created without its lists, the profile would be an existing one at the next run, and join them.
_NO_CONSENT_REASON = (
    "would be created on a list, and nobody has confirmed consent: confirm it in Mapping, or take"
    " the list away"
)


def plan_rows(chunk: SourceChunk, context: PlanContext, first_number: int) -> list[PlanRow]:
    """Plan one chunk of source records: rows numbered from `first_number` on.

    A record outside the source has a row only where it leaves what the sync gave it, or where it
    waited for another try.
    """
    return [
        replace(row, row=number)
        for number, row in enumerate(_iter_rows(chunk, context), first_number)
    ]


def plan_record(record: SourceRecord, context: PlanContext, *, is_leaving: bool = False) -> PlanRow:
    """Plan one source record: a row numbered 0; `is_leaving`: it has left the source."""
    record = record.with_address(context.addresses.get(record.id, ""))
    match = match_record(record, context)
    events: tuple[str, ...] = ()
    if not is_leaving:
        match = with_earlier_holder(record, match, context)
        record, events = without_counted_events(record, context)
    target = match.target
    row = _new_row(record, target, context.target_kind.address_for_create(record))
    left_out = _leave_out_if_asked(row, record, target, context, is_leaving=is_leaving)
    if left_out is not None:
        return left_out
    found = find_ineligibility(record, match, context, is_leaving=is_leaving)
    if found is not None:
        return replace(row, fate=found.outcome, why=found.reason, cause=found.cause, ticked=False)
    if target is None and not context.target_kind.is_create_idempotent and not events:
        return replace(row, why="created already")
    if is_leaving and target is not None:
        changes = diff_leaving_record(record, target, context)
        return finish_row(with_mail_state(replace(row, changes=changes), target), target, context)
    try:
        changes = diff_record(record, target, context)
    except UnconvertibleValue as error:
        why, cause = str(error), error.title
        return replace(row, fate=PlannedOutcome.CORRECTION, why=why, cause=cause, ticked=False)
    row = with_mail_state(replace(row, changes=changes), target)
    if target is not None and not row.changes_to_send and _is_missed_twice(row, context):
        why = next(change.reason for change in changes if change.reason)
        why = f"{why}: it was written twice. Correct the value, or take it out of the mapping"
        cause = "kept in another form"
        return replace(row, fate=PlannedOutcome.CORRECTION, why=why, cause=cause, ticked=False)
    if any(change.conflict for change in changes):
        return replace(
            row,
            fate=PlannedOutcome.CONFLICT,
            why="changed on both sides: pick one",
            cause="changed on both sides",
            ticked=False,
        )
    given = consent_check.check_consent(context.sync.purposes, record.fields, context.now)
    if not given.is_given:
        return replace(row, fate=PlannedOutcome.SKIPPED, why=given.explanation, ticked=False)
    evidence = given.explanation
    if target is None and not evidence:
        evidence = _consent_evidence(row, context)
        if not evidence:
            return replace(row, fate=PlannedOutcome.SKIPPED, why=_NO_CONSENT_REASON, ticked=False)
    row = finish_row(replace(row, evidence=evidence), target, context)
    return replace(row, events=events) if row.fate.is_written else row


def _leave_out_if_asked(
    row: PlanRow,
    record: SourceRecord,
    target: TargetRecord | None,
    context: PlanContext,
    *,
    is_leaving: bool,
) -> PlanRow | None:
    """Return the row of somebody who is always left out, or who was erased; None for others."""
    left_out = context.find_left_out(record.id, row.target_id)
    is_erased = context.is_erased(record, row.target_id)
    if left_out is None and not is_erased:
        return None
    if target is not None and not is_leaving:
        row = _plan_opt_out_alone(record, context)
    if left_out is None or is_erased:
        return leave_out_erased(row)
    return leave_out(row, left_out.reason)


def _plan_opt_out_alone(record: SourceRecord, context: PlanContext) -> PlanRow:
    """Plan a left-out source record as if its sync wrote opt-outs alone."""
    alone = replace(context, sync=with_opt_outs_alone(context.sync), erased=NOBODY_ERASED)
    return plan_record(record, replace(alone, left_out={}, left_out_targets={}))


def finish_row(row: PlanRow, target: TargetRecord | None, context: PlanContext) -> PlanRow:
    """Return the plan row with the outcome and consequences of its ticked changes."""
    if target is None:
        row = replace(row, fate=PlannedOutcome.CREATE)
    elif row.changes_to_send:
        row = replace(row, fate=PlannedOutcome.UPDATE)
    else:
        why = next((c.reason for c in row.changes if c.reason), row.why)
        return replace(row, fate=PlannedOutcome.UNCHANGED, why=why, consequences=())
    return replace(row, consequences=find_consequences(row, target, context))


def with_mail_state(row: PlanRow, target: TargetRecord | None) -> PlanRow:
    """Return the plan row with its profile's opt-out level and other lists.

    The two decide who gets marketing e-mail; decisions about the row later need no other read.
    """
    if target is None or target.service is not Service.SAILTHRU:
        return row
    own = {change.field for change in row.changes}
    others = any(
        on and name.startswith(LIST_PREFIX) and name not in own
        for name, on in target.fields.items()
    )
    level = target.optout.value if target.optout is not None else ""
    return replace(row, optout=level, on_other_lists=others)


def _is_missed_twice(row: PlanRow, context: PlanContext) -> bool:
    forms = (context.find_kept_form(row.target_id, change) for change in row.changes)
    return any(form is not None and form.misses > 1 for form in forms)


def _iter_rows(chunk: SourceChunk, context: PlanContext) -> Iterator[PlanRow]:
    leaving = find_leaving(chunk.outside, context)
    leaving_ids = {record.id for record in leaving}
    for record in chunk.unclear:
        yield _skipped_row(record, "not known whether it belongs: a value it goes by is missing")
    for record in chunk.outside:
        # Somebody who waited for another try and is not meant any more: nobody waits for that.
        if record.id in context.retry_sources and record.id not in leaving_ids:
            yield _skipped_row(record, "not in the source any more")
    for record in chunk.inside:
        row = plan_record(record, context)
        yield row
        if context.target_kind.holds_several_records:
            context = _context_after(row, context)
    for record in leaving:
        yield plan_record(record, context, is_leaving=True)


def _context_after(row: PlanRow, context: PlanContext) -> PlanContext:
    """Return the plan context after a row, for the next record of the same chunk.

    Its target stands as this row will leave it, and what this row does is not done once more.
    """
    if not row.fate.is_written:
        return context
    context = replace(context, counted_events=context.counted_events | set(row.events))
    if row.fate is PlannedOutcome.CREATE:
        created = context.created_addresses | {email_match_key(row.address)}
        return replace(context, created_addresses=created)
    target, sent = context.targets[row.target_id], {c.field: c.new for c in row.changes_to_send}
    after = replace(target, fields={**target.fields, **sent})
    totals = {c.field: c.total for c in row.changes_to_send}
    accepted = {**context.accepted_values.get(target.id, {}), **totals}
    synced = {**context.synced_values.get(target.id, {}), **totals}
    return replace(
        context,
        targets={**context.targets, target.id: after},
        accepted_values={**context.accepted_values, target.id: accepted},
        synced_values={**context.synced_values, target.id: synced},
    )


def _new_row(record: SourceRecord, target: TargetRecord | None, address: str) -> PlanRow:
    amount = record.fields.get("value.amount")
    return PlanRow(
        row=0,
        fate=PlannedOutcome.UNCHANGED,
        source_id=record.id,
        target_id=target.id if target else "",
        label=record.email or (target.label if target else "") or record.label,
        address=address,
        source_at=record.updated_at,
        target_at=target.updated_at if target else None,
        worth=float(amount) if isinstance(amount, int | float) else None,
        name=_name_of(record),
    )


def _skipped_row(record: SourceRecord, reason: str) -> PlanRow:
    return PlanRow(
        0,
        PlannedOutcome.SKIPPED,
        record.id,
        "",
        record.label,
        why=reason,
        ticked=False,
        name=_name_of(record),
    )


def _name_of(record: SourceRecord) -> str:
    name = record.fields.get("name")
    return name.strip() if isinstance(name, str) else ""


def _consent_evidence(row: PlanRow, context: PlanContext) -> str:
    """Return the evidence of consent for a plan's new contact; empty where it is missing."""
    opt_in = context.sync.opt_in
    if opt_in.is_attested and opt_in.email:
        return f"attested by {opt_in.attested_by}"
    if any(c.field.startswith(LIST_PREFIX) and c.new is True for c in row.changes_to_send):
        return ""
    return "none needed: on no list"
