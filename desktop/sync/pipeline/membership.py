"""Sorts source records by membership: in the sync's source, outside it, or leaving it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from desktop.model.field_condition import are_all_conditions_met
from desktop.model.lifecycle_stage import current_stages
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.target_record import OPTOUT_FIELD
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.source_record import SourceRecord


@dataclass(frozen=True)
class SourceChunk:
    """A chunk of source records by the source's rules, corrections and stages applied.

    `unclear` are those whose source does not tell a value that a rule asks for.
    """

    inside: Sequence[SourceRecord] = ()
    outside: Sequence[SourceRecord] = ()
    unclear: Sequence[SourceRecord] = field(default=())


def split_source(records: Iterable[SourceRecord], context: PlanContext) -> SourceChunk:
    """Apply corrections and stages to source records, and sort them by membership."""
    sorted_in: dict[bool | None, list[SourceRecord]] = {True: [], False: [], None: []}
    for record in records:
        shaped = with_stages(with_corrections(record, context), context.sync, context.now)
        sorted_in[is_in_source(shaped, context.sync, context.now)].append(shaped)
    return SourceChunk(sorted_in[True], sorted_in[False], sorted_in[None])


def with_corrections(record: SourceRecord, context: PlanContext) -> SourceRecord:
    """Return the source record with people's corrections for this sync."""
    values = {c.field: c.value for c in context.corrections.get(record.id, ()) if c.field}
    return record.with_values(values) if values else record


def with_stages(record: SourceRecord, sync: Sync, now: float) -> SourceRecord:
    """Return the source record with its current lifecycle stages, if the sync has any."""
    if not sync.stages:
        return record
    return record.with_values({"stages": list(current_stages(sync.stages, record.fields, now))})


def is_in_source(record: SourceRecord, sync: Sync, now: float) -> bool | None:
    """Whether a record is in the sync's source; None: a rule's value is missing."""
    fields = record.fields
    # Agents, admins and deleted users are nobody's customers.
    if fields.get("role") not in (None, "end-user") or fields.get("active") is False:
        return False
    if sync.source.kind is SourceKind.ZENDESK_TICKETS and "ticket_count" not in fields:
        return False
    if fields.get("is_organization") is True:
        return False
    if sync.is_of_optouts:
        level = fields.get(OPTOUT_FIELD)
        if level != OptOutLevel.NONE.value:
            # No condition holds an opt-out back; whose level is not known is nobody's concern.
            return level is not None
    answer = are_all_conditions_met(sync.source.where, fields, now)
    if answer is None and record.service is not Service.SAILTHRU:
        # Zendesk's exports and Sell's lists are whole: a value they do not tell is not there.
        return False
    if answer and sync.source.stage:
        stages = fields.get("stages")
        return isinstance(stages, list) and sync.source.stage in stages
    return answer


def find_leaving(outside: Iterable[SourceRecord], context: PlanContext) -> list[SourceRecord]:
    """Find the records outside the source that the sync still keeps on lists or tagged."""
    return [
        record
        for record in outside
        if record.id in context.members
        or record.id in context.tagged
        or (is_deleted(record) and record.id in context.paired)
        or record.id in context.unmatched_deletions
    ]


def is_deleted(record: SourceRecord) -> bool:
    """Whether a source record was deleted, as Zendesk's export or Sell tells it."""
    return record.fields.get("active") is False
