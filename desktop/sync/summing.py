"""What a sum is made of: the source's events that do not count yet, over what was confirmed."""

from collections.abc import Mapping

from desktop.kit.text import translate
from desktop.model.goal import Goal
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.mapping import Convert, MappingRow, Operator, apply_row
from desktop.model.plan import FieldChange
from desktop.store.store import Store
from desktop.sync.record import Record


def with_sums(store: Store, goal: Goal, record: Record) -> tuple[Record, tuple[str, ...]]:
    """The record with, for rows that sum, only what was not added up yet; and its events.

    On the database's thread.
    """
    rows = [row for row in goal.mapping if row.operator is Operator.SUM and row.on]
    if not rows:
        return record, ()
    tickets = record.fields.get("ticket_ids")
    events = (
        [f"ticket {number}" for number in tickets]
        if isinstance(tickets, list)
        else [f"{record.id} {record.at}"]
    )
    fresh = store.memory.new_events(goal.name, events)
    values: dict[str, FieldValue] = {}
    for row in rows:
        if row.source in ("ticket_count", "ticket_ids"):
            values[row.source] = len(fresh)
        elif not fresh:
            values[row.source] = 0
    return record.corrected(values), fresh


def summed_again(
    row: MappingRow,
    record: Record,
    there: Mapping[str, FieldValue],
    last: Json,
    convert: Convert,
) -> FieldChange:
    """The sum over `last`, which was confirmed, not over the older total that stands `there`."""
    now = there.get(row.target)
    old = None if isinstance(now, Instant) else now
    result = apply_row(row, record.fields, {**there, row.target: last}, convert=convert)
    if result is not None and result.reason and not result.applies:
        return FieldChange(row.target, old, result.new, applies=False, reason=result.reason)
    new = last if result is None else result.new
    # What it is taken back to, if ever, is what was confirmed.
    return FieldChange(row.target, old, new, reason=_AGAIN, known=last)


_AGAIN = translate("Summing", "an older total came late and stands there: summed up again")
