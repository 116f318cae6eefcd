"""Parks a source record whose target record belongs to another source record.

The record that had the target first keeps it; the other one waits for a person.
"""

from dataclasses import replace

from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.matching import MatchResult
from desktop.sync.pipeline.membership import is_in_source, with_stages
from desktop.sync.source_record import SourceRecord

DUPLICATE_TARGET_CAUSE = "two with one counterpart"
_TARGET_TAKEN_TEXT = (
    "has the same counterpart as {who}. Nothing is written for both: link one of them to somebody"
    " else, or correct it"
)


def with_earlier_holder(
    record: SourceRecord, match: MatchResult, context: PlanContext
) -> MatchResult:
    """Return the match with the source record that an earlier run matched with its target."""
    if match.target is None or context.target_kind.holds_several_records:
        return match
    others = context.known_sources.get(match.target.id, ())
    if record.id in others or context.chosen_records.get(record.email_hash) == record.id:
        # Of several in Sell with one address somebody has chosen this one since.
        return match
    for source_id in others:
        other = context.other_records.get(source_id)
        if other is None:
            continue
        # Who has left the source has no claim any more; of whom it cannot be said, has one.
        shaped = with_stages(other, context.sync, context.now)
        if is_in_source(shaped, context.sync, context.now) is not False:
            return replace(match, taken_by=_label_with_id(other.label, other.id))
    return match


def taken_target_reason(holder: str) -> str:
    """Return why a plan row's target is taken: it belongs to the source record `holder`."""
    return _TARGET_TAKEN_TEXT.format(who=holder)


def park_duplicate_row(row: PlanRow, first: PlanRow) -> PlanRow:
    """Park a plan row whose target record an earlier row has."""
    holder = f"{_label_with_id(first.label, first.source_id)}, row {first.row}"
    return replace(
        row,
        fate=PlannedOutcome.CORRECTION,
        changes=(),
        why=taken_target_reason(holder),
        cause=DUPLICATE_TARGET_CAUSE,
        consequences=(),
        events=(),
        ticked=False,
    )


def _label_with_id(label: str, id_: str) -> str:
    return label if label == id_ else f"{label} ({id_})"
