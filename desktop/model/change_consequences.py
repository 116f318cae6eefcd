"""What people notice of the changes of one plan row: who starts or stops getting marketing e-mail.

The one rule of a sync's preview and of a batch of many customers.
"""

from collections.abc import Iterator

from desktop.model.field_value import is_empty
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.sync_plan import Consequence, PlanRow
from desktop.model.target_record import LIST_PREFIX, OPTOUT_FIELD, TargetRecord

# A consequence with the list or tag that it is about, if any.
NamedConsequence = tuple[Consequence, str]


def iter_list_consequences(row: PlanRow) -> Iterator[NamedConsequence]:
    """Yield which lists a plan row's customer joins and leaves."""
    yield from ((Consequence.JOINS, name) for name in switched_names(row, LIST_PREFIX, on=True))
    yield from ((Consequence.LEAVES, name) for name in switched_names(row, LIST_PREFIX, on=False))


def iter_email_consequences(
    row: PlanRow, target: TargetRecord | None, pause_list: str = ""
) -> Iterator[NamedConsequence]:
    """Yield whether a plan row starts, stops or loosens somebody's marketing e-mail from Sailthru.

    Sailthru mails a profile that is on a list and has opted out of nothing. Of a level that was
    not read, what may be is counted: joining a list may start the mail, and opting out may stop it.
    `target` is the profile as it stands; None: the row creates it. `pause_list` is that of who is
    mailed nothing meanwhile.
    """
    joins = [name for name in switched_names(row, LIST_PREFIX, on=True) if name != pause_list]
    leaves = switched_names(row, LIST_PREFIX, on=False)
    fields = target.fields if target is not None else {}
    before = target.optout if target is not None else OptOutLevel.NONE
    change = next((c for c in row.changes_to_send if c.field == OPTOUT_FIELD), None)
    after = OptOutLevel(str(change.new)) if change is not None else before
    lists = {name for name, on in fields.items() if name.startswith(LIST_PREFIX) and on}
    lists.discard(f"{LIST_PREFIX}{pause_list}")
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


def empties_a_value(row: PlanRow) -> bool:
    """Whether a plan row empties a field that has a value."""
    return any(is_empty(c.new) and not is_empty(c.old) for c in row.changes_to_send)


def switched_names(row: PlanRow, prefix: str, *, on: bool) -> list[str]:
    """Return the names of the lists or tags (by field prefix) that a plan row adds, or removes."""
    return [
        c.field.removeprefix(prefix)
        for c in row.changes_to_send
        if c.field.startswith(prefix) and c.new is on
    ]
