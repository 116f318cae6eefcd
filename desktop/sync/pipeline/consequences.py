"""The consequences of one plan row, such as joining a list, which the limits count."""

from collections.abc import Iterator

from desktop.model.field_value import is_empty
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRow
from desktop.model.target_record import LIST_PREFIX, OPTOUT_FIELD, TAG_PREFIX, TargetRecord
from desktop.sync.pipeline.context import PlanContext

# A consequence with the list or tag that it is about, if any.
NamedConsequence = tuple[Consequence, str]


def find_consequences(
    row: PlanRow, target: TargetRecord | None, context: PlanContext
) -> tuple[NamedConsequence, ...]:
    """Find a plan row's consequences: of the changes that applying it would send."""
    return tuple(_iter_consequences(row, target, context))


def _iter_consequences(
    row: PlanRow, target: TargetRecord | None, context: PlanContext
) -> Iterator[NamedConsequence]:
    sync, sent = context.sync, row.changes_to_send
    joins, leaves = _switched(row, LIST_PREFIX, on=True), _switched(row, LIST_PREFIX, on=False)
    yield from ((Consequence.JOINS, name) for name in joins)
    yield from ((Consequence.LEAVES, name) for name in leaves)
    if context.target_kind.service is Service.SAILTHRU:
        yield from _iter_email_consequences(row, target, joins, leaves)
    is_create = row.fate is PlannedOutcome.CREATE
    if sync.flows is FlowPolicy.MAY_START and (joins or leaves or is_create):
        yield Consequence.FLOWS, ""
    # A list or tag that changes again is told by itself; a value may start a campaign anew.
    written = context.written_values(row.target_id)
    plain = [c for c in sent if not c.field.startswith((LIST_PREFIX, TAG_PREFIX))]
    if any(c.field in written for c in plain):
        yield Consequence.AGAIN, ""
    if any(is_empty(c.new) and not is_empty(c.old) for c in sent):
        yield Consequence.BLANKED, ""
    if context.open_tickets.get(row.target_id):
        # User tags spread to the person's tickets, where triggers act on them.
        yield from ((Consequence.TICKETS, tag) for tag in _switched(row, TAG_PREFIX, on=True))


def _iter_email_consequences(
    row: PlanRow, target: TargetRecord | None, joins: list[str], leaves: list[str]
) -> Iterator[NamedConsequence]:
    """Yield whether a plan row starts, stops or loosens somebody's marketing e-mail.

    Sailthru mails a profile that is on a list and has opted out of nothing. Of a level that was
    not read, what may be is counted: joining a list may start the mail, and opting out may stop it.
    """
    fields = target.fields if target is not None else {}
    before = target.optout if target is not None else OptOutLevel.NONE
    change = next((c for c in row.changes_to_send if c.field == OPTOUT_FIELD), None)
    after = OptOutLevel(str(change.new)) if change is not None else before
    lists = {name for name, on in fields.items() if name.startswith(LIST_PREFIX) and on}
    then = (lists | {f"{LIST_PREFIX}{n}" for n in joins}) - {f"{LIST_PREFIX}{n}" for n in leaves}
    may_get = bool(lists) and before in (OptOutLevel.NONE, None)
    will_get = bool(then) and after in (OptOutLevel.NONE, None)
    is_unsure = before is None and after is OptOutLevel.NONE
    if will_get and (not may_get or is_unsure):
        yield Consequence.STARTS, ""
    if may_get and not will_get:
        yield Consequence.STOPS, ""
    if change is None or after is None:
        return
    if is_loosening(before, after):
        yield Consequence.LOOSENED, ""
    elif target is not None and after is not before:
        # Counted on no list too: nobody gets e-mail again that an opt-out by mistake has stopped.
        yield Consequence.OPTED_OUT, ""


def _switched(row: PlanRow, prefix: str, *, on: bool) -> list[str]:
    """Return the names of the lists or tags that a plan row adds, or removes."""
    return [
        c.field.removeprefix(prefix)
        for c in row.changes_to_send
        if c.field.startswith(prefix) and c.new is on
    ]
