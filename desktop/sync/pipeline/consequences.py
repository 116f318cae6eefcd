"""The consequences of one plan row of a sync, such as joining a list, which the limits count."""

from collections.abc import Iterator

from desktop.model.change_consequences import (
    NamedConsequence,
    empties_a_value,
    iter_email_consequences,
    iter_list_consequences,
    switched_names,
)
from desktop.model.sell_validation import STATUS_RESET_TEXT
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRow
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, TargetRecord
from desktop.sync.pipeline.context import PlanContext


def find_consequences(
    row: PlanRow, target: TargetRecord | None, context: PlanContext
) -> tuple[NamedConsequence, ...]:
    """Find a plan row's consequences: of the changes that applying it would send."""
    return tuple(_iter_consequences(row, target, context))


def _iter_consequences(
    row: PlanRow, target: TargetRecord | None, context: PlanContext
) -> Iterator[NamedConsequence]:
    sync, sent = context.sync, row.changes_to_send
    lists = tuple(iter_list_consequences(row))
    yield from lists
    if context.target_kind.service is Service.SAILTHRU:
        yield from iter_email_consequences(row, target, sync.effects.pause_list)
    if sync.flows is FlowPolicy.MAY_START and (lists or row.fate is PlannedOutcome.CREATE):
        yield Consequence.FLOWS, ""
    # A list or tag that changes again is told by itself; a value may start a campaign anew.
    written = context.written_values(row.target_id)
    plain = [c for c in sent if not c.field.startswith((LIST_PREFIX, TAG_PREFIX))]
    if any(c.field in written for c in plain):
        yield Consequence.AGAIN, ""
    if any(change.reason == STATUS_RESET_TEXT for change in sent):
        yield Consequence.STATUS_RESET, ""
    if empties_a_value(row):
        yield Consequence.BLANKED, ""
    if context.open_tickets.get(row.target_id):
        # User tags spread to the person's tickets, where triggers act on them.
        tags = switched_names(row, TAG_PREFIX, on=True)
        yield from ((Consequence.TICKETS, tag) for tag in tags)
