"""The one door through which every row passes before it is sent, and each opt-out change with it.

Edits, undo, retries, rows of a sync, rollback and creates all come here from `WriteProtocol`.
Sailthru has no compare-and-set: between the read and the post lie some milliseconds. A job's
lines are applied minutes later, so of all levels only `all`, the strictest, may travel in one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from types import MappingProxyType

from desktop.kit.errors import NotPermitted
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople, person_keys
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import Permission, PermissionDecision
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import (
    ADDRESS_PREFIX,
    LIST_PREFIX,
    OPTOUT_FIELD,
    PRIMARY_EMAIL_FIELD,
    PROFILE_EMAIL_FIELD,
    SELL_EMAIL_FIELD,
    VAR_PREFIX,
    TargetRecord,
)

_ADDRESS_FIELDS = (PRIMARY_EMAIL_FIELD, PROFILE_EMAIL_FIELD, SELL_EMAIL_FIELD)


@dataclass(frozen=True)
class OptOutChange:
    """A change of one customer's opt-out level, from the one read right before it is sent.

    `old` is None where the answer did not say it, or in a word that is no level. `is_own_restore`:
    somebody takes back their own opt-out of the last 24 h, which nobody has changed since.
    `source_id`: the record that a sync took the level from.
    """

    label: str
    old: OptOutLevel | None
    new: OptOutLevel
    is_own_restore: bool = False
    source_id: str = ""

    @property
    def is_loosening(self) -> bool:
        """Whether an opt-out change lets more e-mail through, or may: unread is no level."""
        return is_loosening(self.old, self.new)


# Asks whether a change may be made: the reason why not as a sentence, or "" where it may.
OptOutPermit = Callable[[OptOutChange], str]


def permit_loosening_if(decide: Callable[[], PermissionDecision]) -> OptOutPermit:
    """Make an opt-out permit that asks `decide`, the right to opt in, whenever a change loosens."""

    def permit(change: OptOutChange) -> str:
        if change.is_own_restore or not change.is_loosening:
            return ""
        decision = decide()
        return "" if decision.is_allowed else decision.reason

    return permit


async def _nothing_to_recheck() -> None:
    """Recheck no rights of a run before it sends: there is no service to ask anew."""


@dataclass(frozen=True)
class RowPermits:
    """The rights asked before rows are sent: the opt-out permit, and what they take besides.

    `find_refusal` says why whoever applies the rows lacks a right, or "". `is_corrected` asks about
    records that somebody without these rights may have corrected. An edit of the outbox was judged
    when it was asked for, so that its sender asks for no more. `recheck` asks the service, between
    batches, whose rights these are now. `own_rights`: the fields of a plan
    that a right of their own is for. `is_of_people`: false where the rows are products.
    """

    optout: OptOutPermit
    find_refusal: Callable[[Permission], str] = lambda _permission: ""
    is_corrected: Callable[[str], bool] = lambda _source_id: False
    recheck: Callable[[], Awaitable[None]] = _nothing_to_recheck
    own_rights: Mapping[str, Permission] = field(default_factory=dict)
    is_of_people: bool = True

    def for_batch(self) -> "RowPermits":
        """Ask each right once for a batch to be sent: rules read anew, but not for every row."""
        return replace(self, find_refusal=cache(self.find_refusal))

    def find_row_refusal(self, row: PlanRow) -> str:
        """Say which right a row to be sent lacks, besides that to opt in, or ""."""
        for permission in self._needed_rights(row):
            # Whoever corrected it may lack the right; the schedule's owner did not look at it.
            if self.is_corrected(row.source_id):
                return corrected_reason(permission)
            if reason := self.find_refusal(permission):
                return reason
        return ""

    def _needed_rights(self, row: PlanRow) -> tuple[Permission, ...]:
        if self.is_of_people:
            return needed_rights(row, self.own_rights)
        return (Permission.CREATE,) if is_create(row) else ()


def corrected_reason(permission: Permission) -> str:
    """Say why a scheduled run may not send a record that a person has corrected."""
    return (
        "A person has corrected this record, and a scheduled run has not their right to"
        f" {permission.label}. Somebody who may can apply the row by hand."
    )


def is_create(row: PlanRow) -> bool:
    """Whether sending a plan row makes a record."""
    return row.fate is PlannedOutcome.CREATE and not row.target_id


def needed_rights(
    row: PlanRow, own_rights: Mapping[str, Permission] = MappingProxyType({})
) -> tuple[Permission, ...]:
    """Return the rights that a plan row takes to be sent, those over opt-outs left aside.

    They are an edit's of the same field, but for other fields and tags: the right to run syncs
    covers these. That to create covers what a new record begins with, but for lists and a pause.
    `own_rights` as in `RowPermits`.
    """
    needed = [_needed_right(change, own_rights) for change in row.changes_to_send]
    if is_create(row):
        beyond = (Permission.LIST_ADD, Permission.LIST_REMOVE, Permission.PAUSE)
        needed = [Permission.CREATE, *(one for one in needed if one in beyond)]
    return tuple(dict.fromkeys(one for one in needed if one is not None))


def rights_by_field(health_var: str, paused_var: str, paused_list: str) -> dict[str, Permission]:
    """Return the rights for health and a pause, by a plan's names of their vars and list."""
    pause = (f"{VAR_PREFIX}{paused_var}", f"{LIST_PREFIX}{paused_list}")
    return dict.fromkeys(pause, Permission.PAUSE) | {f"{VAR_PREFIX}{health_var}": Permission.HEALTH}


def _needed_right(change: FieldChange, own_rights: Mapping[str, Permission]) -> Permission | None:
    if change.field == OPTOUT_FIELD:
        return None
    if own := own_rights.get(change.field):
        return own
    if change.field.startswith(LIST_PREFIX):
        return Permission.LIST_ADD if change.new else Permission.LIST_REMOVE
    if change.field.startswith(ADDRESS_PREFIX) or change.field in _ADDRESS_FIELDS:
        return Permission.CHANGE_EMAIL
    return None


def find_made_keys(row: PlanRow) -> frozenset[str]:
    """Return the keys of whom a row to be sent makes, or gives an address; empty for other rows."""
    makes = is_create(row)
    addresses = [row.address] if makes else []
    external_ids = []
    for change in row.changes_to_send:
        if change.field in (PROFILE_EMAIL_FIELD, SELL_EMAIL_FIELD):
            addresses.append(str(change.new))
        elif change.field.startswith(ADDRESS_PREFIX) and change.new:
            addresses.append(change.field.removeprefix(ADDRESS_PREFIX))
        elif makes and change.field in ("external_id", "extid") and change.new:
            external_ids.append(str(change.new))
    ids = (row.source_id,) if makes else ()
    return person_keys(addresses=addresses, user_ids=ids, sids=ids, external_ids=external_ids)


class SendingWay(Enum):
    """How a row that passed the opt-out door may be sent: in a job, or by itself."""

    ANY = "any"
    SINGLY = "singly"


def admit(
    row: PlanRow,
    now: TargetRecord | None,
    permits: RowPermits,
    *,
    is_own_restore: bool = False,
    erased: ErasedPeople = NOBODY_ERASED,
) -> SendingWay:
    """Check a row's rights, and its opt-out against the level just read; say how it may go.

    `now` is None where a create was found to have no profile yet. `erased` are those whom no row
    makes again. Raises NotPermitted.
    """
    if (keys := find_made_keys(row)) and (refusal := erased.find_refusal(keys)):
        raise NotPermitted("Nobody is made who was erased.", refusal)
    if refusal := permits.find_row_refusal(row):
        raise NotPermitted("This row is not allowed.", refusal)
    change = find_optout_change(row)
    if change is None:
        return SendingWay.ANY
    new = OptOutLevel(str(change.new))
    # A profile still to be made has refused nothing.
    old = now.optout if now is not None else OptOutLevel.NONE
    asked = OptOutChange(row.label, old, new, is_own_restore, row.source_id)
    refusal = permits.optout(asked)
    if not refusal and not asked.is_loosening and not is_create(row):
        refusal = permits.find_refusal(Permission.OPT_OUT)
    if refusal:
        raise NotPermitted("This change of the opt-out is not allowed.", refusal)
    return SendingWay.ANY if new is OptOutLevel.ALL else SendingWay.SINGLY


def find_optout_change(row: PlanRow) -> FieldChange | None:
    """Return the opt-out change that sending a row would make."""
    return next((c for c in row.changes_to_send if c.field == OPTOUT_FIELD), None)


def split_optout(row: PlanRow) -> tuple[PlanRow, PlanRow]:
    """Split a row to be sent into its opt-out change alone and everything else."""
    ours = tuple(c for c in row.changes if c.field == OPTOUT_FIELD)
    others = tuple(c for c in row.changes if c.field != OPTOUT_FIELD)
    return replace(row, changes=ours), replace(row, changes=others)
