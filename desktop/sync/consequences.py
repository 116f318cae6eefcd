"""What people will notice of one row. Pure; the limits count these."""

from collections.abc import Iterator, Mapping

from desktop.model.field_value import is_empty
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy, Sync
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, TargetRecord

NamedConsequence = tuple[Consequence, str]


def find_consequences(
    sync: Sync,
    row: PlanRow,
    target_record: TargetRecord | None,
    synced: Mapping[str, Json],
    open_tickets: int,
) -> tuple[NamedConsequence, ...]:
    """The row's consequences; `synced` holds the fields that a sync has written before."""
    return tuple(_iter_consequences(sync, row, target_record, synced, open_tickets))


def _iter_consequences(
    sync: Sync,
    row: PlanRow,
    target_record: TargetRecord | None,
    synced: Mapping[str, Json],
    open_tickets: int,
) -> Iterator[NamedConsequence]:
    joins = [
        c.field.removeprefix(LIST_PREFIX)
        for c in row.changes_to_send
        if _sets_field(c, LIST_PREFIX, on=True)
    ]
    leaves = [
        c.field.removeprefix(LIST_PREFIX)
        for c in row.changes_to_send
        if _sets_field(c, LIST_PREFIX, on=False)
    ]
    yield from ((Consequence.JOINS, name) for name in joins)
    yield from ((Consequence.LEAVES, name) for name in leaves)
    if sync.target_service is Service.SAILTHRU:
        yield from _iter_email_consequences(row, target_record, joins, leaves)
    if sync.flows is FlowPolicy.MAY_START and (
        joins or leaves or row.fate is PlannedOutcome.CREATE
    ):
        yield Consequence.FLOWS, ""
    if row.fate is PlannedOutcome.CREATE and joins and not row.evidence:
        yield Consequence.NO_CONSENT, ""
    if any(
        c.field in synced
        for c in row.changes_to_send
        if not c.field.startswith((LIST_PREFIX, TAG_PREFIX))
    ):
        yield Consequence.AGAIN, ""
    if any(is_empty(c.new) and not is_empty(c.old) for c in row.changes_to_send):
        yield Consequence.BLANKED, ""
    if open_tickets:
        for change in row.changes_to_send:
            if _sets_field(change, TAG_PREFIX, on=True):
                yield Consequence.TICKETS, change.field.removeprefix(TAG_PREFIX)


def _iter_email_consequences(
    row: PlanRow, target_record: TargetRecord | None, joins: list[str], leaves: list[str]
) -> Iterator[NamedConsequence]:
    """Who starts or stops getting marketing e-mail, and whose opt-out is loosened."""
    before = (
        OptOutLevel(str(target_record.get_value("optout"))) if target_record else OptOutLevel.NONE
    )
    change = next((c for c in row.changes_to_send if c.field == "optout"), None)
    after = OptOutLevel(str(change.new)) if change is not None else before
    fields = target_record.fields if target_record is not None else {}
    lists = {name for name, on in fields.items() if name.startswith(LIST_PREFIX) and on}
    then = (lists | {f"{LIST_PREFIX}{n}" for n in joins}) - {f"{LIST_PREFIX}{n}" for n in leaves}
    gets = bool(lists) and before is OptOutLevel.NONE
    will_get = bool(then) and after is OptOutLevel.NONE
    if will_get and not gets:
        yield Consequence.STARTS, ""
    if gets and not will_get:
        yield Consequence.STOPS, ""
    if is_loosening(before, after):
        yield Consequence.LOOSENED, ""


def _sets_field(change: FieldChange, kind: str, *, on: bool) -> bool:
    return change.field.startswith(kind) and change.new is on
