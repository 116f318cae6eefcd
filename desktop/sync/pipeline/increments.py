"""Increments: a number is added to once per source event, and never on a guess.

An event that was counted is not added again. One that was sent and not seen arrive is settled
first: by what stands in the target record now. An older total that lands late is put right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from desktop.model.field_mapping import (
    EVENT_FIELDS,
    MappingOperator,
    MappingRow,
    SourceType,
    ValueConverter,
    apply_mapping_row,
)
from desktop.model.field_value import parse_number
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import TargetRecord
from desktop.model.value_equivalence import equivalent
from desktop.sync.pipeline.context import HoldReason, PlanContext
from desktop.sync.pipeline.duplicate_targets import with_earlier_holder
from desktop.sync.pipeline.matching import match_record
from desktop.sync.source_record import SourceRecord

# A job that has not ended by then is a person's to look at; one that nobody knows of is over.
JOB_PATIENCE_S = 86_400.0


# The record's field with the number of its events that were not counted yet.
NEW_EVENT_COUNT = "new_event_count"


class IncrementEffect(Enum):
    """What planning has to store of an increment that it settled.

    CONFIRM: it was seen, its events count. DISCARD: it was not done and will not be. SUPERSEDE: it
    was not done so far, and is watched from now on. FORGET: nothing of it is left to be put right.
    """

    CONFIRM = "confirm"
    DISCARD = "discard"
    SUPERSEDE = "supersede"
    FORGET = "forget"


@dataclass(frozen=True)
class SettledIncrement:
    """A settled increment with what is to be stored of it; `target_id` is where it was seen."""

    effect: IncrementEffect
    increment: UnconfirmedIncrement
    target_id: str = ""


def increment_rows(sync: Sync) -> tuple[MappingRow, ...]:
    """Return the sync's mapping rows that add to a number."""
    return tuple(row for row in sync.mapping if row.on and row.operator is MappingOperator.SUM)


def event_ids(record: SourceRecord) -> tuple[str, ...]:
    """Return the ids of a source record's events that an increment counts, such as tickets."""
    tickets = record.fields.get("ticket_ids")
    if isinstance(tickets, list):
        return tuple(f"ticket {number}" for number in tickets)
    return (f"{record.id} {record.updated_at}",)


def without_counted_events(
    record: SourceRecord, context: PlanContext
) -> tuple[SourceRecord, tuple[str, ...]]:
    """Return the record with uncounted events alone for increments, and those events."""
    rows = increment_rows(context.sync)
    if not rows and context.target_kind.is_create_idempotent:
        return record, ()
    fresh = tuple(event for event in event_ids(record) if event not in context.counted_events)
    values: dict[str, FieldValue] = {NEW_EVENT_COUNT: len(fresh)} if rows else {}
    for row in rows:
        if row.source in EVENT_FIELDS:
            values[row.source] = len(fresh)
        elif not fresh:
            values[row.source] = 0
    return (record.with_values(values) if values else record), fresh


def with_amount_of_events(row: MappingRow, record: SourceRecord) -> MappingRow:
    """Return the increment's mapping row, its fixed number times the record's new events."""
    count = record.fields.get(NEW_EVENT_COUNT)
    if row.operator is not MappingOperator.SUM or row.type is not SourceType.TEXT:
        return row
    amount = parse_number(row.source)
    if amount is None or not isinstance(count, int):
        return row
    return replace(row, source=str(amount * count))


def rebuild_increment(
    row: MappingRow,
    record: SourceRecord,
    there: Mapping[str, FieldValue],
    confirmed: Json,
    convert: ValueConverter,
) -> FieldChange:
    """Rebuild an increment on the last confirmed total instead of the older one read."""
    now = there.get(row.target)
    old = None if isinstance(now, Instant) else now
    result = apply_mapping_row(
        row, record.fields, {**there, row.target: confirmed}, convert=convert
    )
    if result is not None and result.reason and not result.applies:
        return FieldChange(row.target, old, result.new, applies=False, reason=result.reason)
    new = convert(confirmed, row) if result is None or not result.applies else result.new
    exact = confirmed if result is None or not result.applies else result.exact
    if equivalent(row.target, exact, new):
        exact = None
    # `known` is what a rollback goes back to: the confirmed total, not the one that came late.
    return FieldChange(row.target, old, new, reason=_REBUILT_TEXT, known=confirmed, exact=exact)


def settle_increments(
    inside: Iterable[SourceRecord], context: PlanContext
) -> tuple[PlanContext, tuple[SettledIncrement, ...]]:
    """Settle source records' unconfirmed increments by their targets as they were read.

    Returns the context with what follows for the rows (holds, confirmed totals, counted events,
    synced values) and what is to be stored.
    """
    settler = _Settler(context)
    for record in inside:
        if record.id not in context.unconfirmed and record.id not in context.superseded:
            continue
        match = with_earlier_holder(record, match_record(record, context), context)
        # A target that could not be read, or is not clear, says nothing about a number.
        if match.is_certain:
            settler.settle_record(record.id, match.target)
    return settler.settled_context(), tuple(settler.settled)


class _Settler:
    """Settles increments one by one: what one confirms changes how the next one looks."""

    def __init__(self, context: PlanContext) -> None:
        self._context = context
        self._counted = set(context.counted_events)
        self._synced = {key: dict(values) for key, values in context.synced_values.items()}
        self._accepted = {key: dict(values) for key, values in context.accepted_values.items()}
        self._holds: dict[str, HoldReason] = {}
        self._confirmed_totals: dict[str, Mapping[str, Json]] = {}
        self.settled: list[SettledIncrement] = []

    def settled_context(self) -> PlanContext:
        """Return the plan context as if every settled increment were stored."""
        if not (self.settled or self._holds or self._confirmed_totals):
            return self._context
        return replace(
            self._context,
            counted_events=frozenset(self._counted),
            synced_values=self._synced,
            accepted_values=self._accepted,
            holds=self._holds,
            confirmed_totals=self._confirmed_totals,
        )

    def settle_record(self, source_id: str, target: TargetRecord | None) -> None:
        """Settle one source record's increments: first the superseded ones, then the newest."""
        totals: dict[str, Json] = {}
        for increment in self._context.superseded.get(source_id, ()):
            totals |= self._settle_superseded(increment, target)
        newest = self._context.unconfirmed.get(source_id)
        hold = self._settle_newest(newest, target, totals) if newest is not None else None
        if hold is not None:
            self._holds[source_id] = hold
        elif totals:
            self._confirmed_totals[source_id] = totals

    def _settle_superseded(
        self, increment: UnconfirmedIncrement, target: TargetRecord | None
    ) -> dict[str, Json]:
        """Return the totals to be restored where a superseded increment has come late."""
        totals: dict[str, Json] = {}
        if (
            target is not None
            and increment.target_id in ("", target.id)
            and _shows(increment, target)
        ):
            if not increment.is_rollback and not self._counted.issuperset(increment.events):
                # It came before anything newer was written: it is what counts.
                self._confirm(increment, target)
                return totals
            last = {**self._synced.get(target.id, {}), **self._accepted.get(target.id, {})}
            totals = {
                c.field: last[c.field]
                for c in increment.changes
                if c.field in last and not equivalent(c.field, c.total, last[c.field])
            }
        if not totals and self._is_over(increment, JOB_PATIENCE_S):
            self.settled.append(SettledIncrement(IncrementEffect.FORGET, increment))
        return totals

    def _settle_newest(
        self,
        increment: UnconfirmedIncrement,
        target: TargetRecord | None,
        totals: Mapping[str, Json],
    ) -> HoldReason | None:
        if target is not None and _shows(increment, target):
            self._confirm(increment, target)
            return None
        # Where there may be a job or not, one is waited for as long as any other.
        over = self._is_over(increment, self._context.job_timeout_s)
        if not over and not increment.is_resend_requested:
            return self._job_hold(increment)
        before = target is None or all(
            equivalent(c.field, c.old, target.get_value(c.field)) or c.field in totals
            for c in increment.changes
        )
        if not before and not increment.is_resend_requested:
            return _undecided_hold(increment, target)
        known_over = over and bool(increment.job_id)
        effect = IncrementEffect.DISCARD if known_over else IncrementEffect.SUPERSEDE
        self.settled.append(SettledIncrement(effect, increment))
        return None

    def _confirm(self, increment: UnconfirmedIncrement, target: TargetRecord) -> None:
        self.settled.append(SettledIncrement(IncrementEffect.CONFIRM, increment, target.id))
        if increment.is_rollback:
            self._counted.difference_update(increment.events)
        else:
            self._counted.update(increment.events)
        for change in increment.changes:
            self._accepted.get(target.id, {}).pop(change.field, None)
            self._synced.setdefault(target.id, {})[change.field] = change.total

    def _is_over(self, increment: UnconfirmedIncrement, patience_s: float) -> bool:
        """Whether an increment's job does nothing any more; where none is known, after so long."""
        if increment.job_id:
            return increment.job_id not in self._context.running_jobs
        return self._context.now - increment.sent_at > patience_s

    def _job_hold(self, increment: UnconfirmedIncrement) -> HoldReason:
        service = self._context.target_kind.service.title
        message = _JOB_RUNNING_TEXT.format(service=service, job=increment.job_id or "?")
        age_s = self._context.now - increment.sent_at
        return HoldReason(message, _UNCONFIRMED_CAUSE if age_s > JOB_PATIENCE_S else "")


def _undecided_hold(increment: UnconfirmedIncrement, target: TargetRecord | None) -> HoldReason:
    change = increment.changes[0]
    seen = target.get_value(change.field) if target is not None else None
    text = _UNDECIDED_ROLLBACK_TEXT if increment.is_rollback else _UNDECIDED_TEXT
    message = text.format(field=change.field, new=change.new or 0, old=change.old or 0, now=seen)
    return HoldReason(message, _UNCONFIRMED_CAUSE)


def _shows(increment: UnconfirmedIncrement, target: TargetRecord) -> bool:
    return all(equivalent(c.field, c.new, target.get_value(c.field)) for c in increment.changes)


def relevant_events(records: Sequence[SourceRecord], context: PlanContext) -> tuple[str, ...]:
    """Return the event ids to look up as counted or not for these records' increments."""
    events: dict[str, None] = {}
    if increment_rows(context.sync) or not context.target_kind.is_create_idempotent:
        for record in records:
            events |= dict.fromkeys(event_ids(record))
            for increment in context.superseded.get(record.id, ()):
                events |= dict.fromkeys(increment.events)
    return tuple(events)


_REBUILT_TEXT = "an older total came late and stands there: summed up again"
_UNCONFIRMED_CAUSE = "a sum that may count already"
_JOB_RUNNING_TEXT = (
    "{service} has not ended the job ({job}) that may still change this number: nothing more is"
    " added before. Try this row by its number to go on from what stands there all the same"
)
_UNDECIDED_TEXT = (
    "may be added up already: {field} should be {new} with it and {old} without, and is {now}. Set"
    " it to one of the two, or try this row by its number: then it is added to what stands there"
)
_UNDECIDED_ROLLBACK_TEXT = (
    "may be taken off already: {field} should be {new} without what was undone and {old} with"
    " it, and is {now}. Set it to one of the two, or try this row by its number: then nothing more"
    " is taken off"
)
