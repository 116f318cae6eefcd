"""What people will notice of one row. Pure; the limits count these."""

from collections.abc import Iterator, Mapping

from desktop.model.edit import Service
from desktop.model.field_value import is_empty
from desktop.model.goal import Flows, Goal
from desktop.model.json_value import Json
from desktop.model.optout import OptOut, loosens
from desktop.model.plan import Consequence, Fate, FieldChange, PlanRow
from desktop.writing.standing import LIST, TAG, Standing

Noted = tuple[Consequence, str]


def consequences_of(
    goal: Goal,
    row: PlanRow,
    standing: Standing | None,
    synced: Mapping[str, Json],
    open_tickets: int,
) -> tuple[Noted, ...]:
    """The row's consequences; `synced` holds the fields that a sync has written before."""
    return tuple(_found(goal, row, standing, synced, open_tickets))


def _found(
    goal: Goal,
    row: PlanRow,
    standing: Standing | None,
    synced: Mapping[str, Json],
    open_tickets: int,
) -> Iterator[Noted]:
    joins = [c.field.removeprefix(LIST) for c in row.sent if _sets(c, LIST, on=True)]
    leaves = [c.field.removeprefix(LIST) for c in row.sent if _sets(c, LIST, on=False)]
    yield from ((Consequence.JOINS, name) for name in joins)
    yield from ((Consequence.LEAVES, name) for name in leaves)
    if goal.target is Service.SAILTHRU:
        yield from _mail(row, standing, joins, leaves)
    if goal.flows is Flows.MAY_START and (joins or leaves or row.fate is Fate.CREATE):
        yield Consequence.FLOWS, ""
    if row.fate is Fate.CREATE and joins and not row.evidence:
        yield Consequence.NO_CONSENT, ""
    if any(c.field in synced for c in row.sent if not c.field.startswith((LIST, TAG))):
        yield Consequence.AGAIN, ""
    if any(is_empty(c.new) and not is_empty(c.old) for c in row.sent):
        yield Consequence.BLANKED, ""
    if open_tickets:
        for change in row.sent:
            if _sets(change, TAG, on=True):
                yield Consequence.TICKETS, change.field.removeprefix(TAG)


def _mail(
    row: PlanRow, standing: Standing | None, joins: list[str], leaves: list[str]
) -> Iterator[Noted]:
    """Who starts or stops getting marketing e-mail, and whose opt-out is loosened."""
    before = OptOut(str(standing.value("optout"))) if standing else OptOut.NONE
    change = next((c for c in row.sent if c.field == "optout"), None)
    after = OptOut(str(change.new)) if change is not None else before
    fields = standing.fields if standing is not None else {}
    lists = {name for name, on in fields.items() if name.startswith(LIST) and on}
    then = (lists | {f"{LIST}{n}" for n in joins}) - {f"{LIST}{n}" for n in leaves}
    gets = bool(lists) and before is OptOut.NONE
    will_get = bool(then) and after is OptOut.NONE
    if will_get and not gets:
        yield Consequence.STARTS, ""
    if gets and not will_get:
        yield Consequence.STOPS, ""
    if loosens(before, after):
        yield Consequence.LOOSENED, ""


def _sets(change: FieldChange, kind: str, *, on: bool) -> bool:
    return change.field.startswith(kind) and change.new is on
