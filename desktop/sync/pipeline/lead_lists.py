"""A lead's status in Zendesk Sell as the Sailthru list it stands for; pure.

A move joins the list of the new status and leaves the others. Which list counts of several is the
one joined last, by Sailthru's own times; of two joined at once a person says.
"""

from collections.abc import Mapping

from desktop.model.json_value import Json
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sell_lists import (
    LEADS_LIST_PREFIX,
    find_last_joined,
    lead_lists_of,
    leads_list,
    status_of_list,
)
from desktop.model.sync_plan import FieldChange
from desktop.model.target_record import LIST_PREFIX, TargetRecord
from desktop.model.value_conversion import UnconvertibleValue
from desktop.sync.source_record import SourceRecord

TIE_CAUSE = "on several lead lists"
# Fields of a source record beside its lead status: the lists that it was joined after, and those
# of which nobody can say which came last.
OVER_FIELD, TIE_FIELD = "lead_lists_over", "lead_lists_tied"
_MOVED_TEXT = "moved in Sailthru since; kept"


def diff_lead_lists(
    record: SourceRecord, target: TargetRecord | None, last_values: Mapping[str, Json]
) -> list[FieldChange]:
    """Diff a lead's status with the lists of its profile: joins one list and leaves the others.

    `last_values`: what both services had last, by the profile's fields. Raises UnconvertibleValue
    where nobody can say which of several lists counts.
    """
    status = record.fields.get("status")
    if not isinstance(status, str) or not status:
        return []
    wanted, joined = leads_list(status), _joined_lists(target)
    moves = [] if wanted in joined else [FieldChange(f"{LIST_PREFIX}{wanted}", False, True)]
    moves += [
        FieldChange(f"{LIST_PREFIX}{name}", True, False, reason=f"the lead is {status} now")
        for name in joined
        if name != wanted
    ]
    last = find_last_joined(joined)
    if not moves or last == (wanted,):
        return moves
    if len(last) > 1:
        raise UnconvertibleValue(TIE_CAUSE, tie_text(last))
    known = find_known_list(last_values)
    if wanted == known:
        return [_kept(change) for change in moves]
    if not last or last == (known,):
        return moves
    # Both sides have moved, or nobody knows which one has.
    return [_in_conflict(change) for change in moves]


def leave_lead_lists(target: TargetRecord) -> list[FieldChange]:
    """Return the changes that take the profile of a deleted lead off every lead list."""
    return [
        FieldChange(f"{LIST_PREFIX}{name}", True, False, reason="not in the source any more")
        for name in _joined_lists(target)
    ]


def find_known_list(last_values: Mapping[str, Json]) -> str:
    """Return the lead list that both services had last, "" where none is remembered."""
    known = [name for name, on in last_values.items() if is_lead_list_field(name) and on is True]
    return known[0].removeprefix(LIST_PREFIX) if len(known) == 1 else ""


def is_lead_list_field(field: str) -> bool:
    """Whether a plan's field is the membership of a lead list."""
    return field.startswith(f"{LIST_PREFIX}{LEADS_LIST_PREFIX}")


def tie_text(lists: tuple[str, ...]) -> str:
    """Say that Sailthru does not tell which of these lead lists was joined last."""
    names = " and ".join(status_of_list(name) for name in lists)
    return f"On {names}, joined at the same moment: take them off one of the lists."


def _joined_lists(target: TargetRecord | None) -> dict[str, float | None]:
    """Return the profile's lead lists with their join times; None: not said."""
    if target is None:
        return {}
    on = (name.removeprefix(LIST_PREFIX) for name, value in target.fields.items() if value is True)
    times = target.document.lists if isinstance(target.document, SailthruProfile) else {}
    return {name: times.get(name) for name in lead_lists_of(on)}


def _kept(change: FieldChange) -> FieldChange:
    return FieldChange(change.field, change.old, change.new, applies=False, reason=_MOVED_TEXT)


def _in_conflict(change: FieldChange) -> FieldChange:
    reason = "both sides have a status of their own"
    return FieldChange(
        change.field, change.old, change.new, applies=False, reason=reason, conflict=True
    )
