"""What a sum is made of: the source's events that do not count yet, over what was confirmed."""

from collections.abc import Mapping

from desktop.model.field_mapping import (
    MappingOperator,
    MappingRow,
    ValueConverter,
    apply_mapping_row,
)
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.source_record import SourceRecord


def with_new_increments(
    store: WorkspaceStore, sync: Sync, record: SourceRecord
) -> tuple[SourceRecord, tuple[str, ...]]:
    """The record with, for rows that sum, only what was not added up yet; and its events.

    On the database's thread.
    """
    rows = [row for row in sync.mapping if row.operator is MappingOperator.SUM and row.on]
    if not rows:
        return record, ()
    tickets = record.fields.get("ticket_ids")
    events = (
        [f"ticket {number}" for number in tickets]
        if isinstance(tickets, list)
        else [f"{record.id} {record.updated_at}"]
    )
    fresh = store.sync_state.filter_new_events.blocking(sync.name, events)
    values: dict[str, FieldValue] = {}
    for row in rows:
        if row.source in ("ticket_count", "ticket_ids"):
            values[row.source] = len(fresh)
        elif not fresh:
            values[row.source] = 0
    return record.with_values(values), fresh


def rebuild_increment(
    row: MappingRow,
    record: SourceRecord,
    there: Mapping[str, FieldValue],
    last: Json,
    convert: ValueConverter,
) -> FieldChange:
    """The sum over `last`, which was confirmed, not over the older total that stands `there`."""
    now = there.get(row.target)
    old = None if isinstance(now, Instant) else now
    result = apply_mapping_row(row, record.fields, {**there, row.target: last}, convert=convert)
    if result is not None and result.reason and not result.applies:
        return FieldChange(row.target, old, result.new, applies=False, reason=result.reason)
    new = last if result is None else result.new
    # What it is taken back to, if ever, is what was confirmed.
    return FieldChange(row.target, old, new, reason=_REBUILT_TEXT, known=last)


_REBUILT_TEXT = "an older total came late and stands there: summed up again"
