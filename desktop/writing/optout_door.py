"""The one door through which every row passes before it is sent, and each opt-out change with it.

Edits, undo, retries, rows of a sync, rollback and creates all come here from `WriteProtocol`.
Sailthru has no compare-and-set: between the read and the post lie some milliseconds. A job's
lines are applied minutes later, so of all levels only `all`, the strictest, may travel in one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from desktop.kit.errors import NotPermitted
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople, person_keys
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import Permission, PermissionDecision
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import (
    ADDRESS_PREFIX,
    LIST_PREFIX,
    OPTOUT_FIELD,
    PROFILE_EMAIL_FIELD,
    SELL_EMAIL_FIELD,
    TargetRecord,
)


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
    batches, whose rights these are now.
    """

    optout: OptOutPermit
    find_refusal: Callable[[Permission], str] = lambda _permission: ""
    is_corrected: Callable[[str], bool] = lambda _source_id: False
    recheck: Callable[[], Awaitable[None]] = _nothing_to_recheck

    def for_batch(self) -> "RowPermits":
        """Ask each right once for a batch to be sent: rules read anew, but not for every row."""
        return replace(self, find_refusal=cache(self.find_refusal))

    def find_row_refusal(self, row: PlanRow) -> str:
        """Say which right a row to be sent lacks, besides that to opt in, or ""."""
        for permission in needed_rights(row):
            if self.is_corrected(row.source_id):
                return corrected_reason(permission)
            if reason := self.find_refusal(permission):
                return reason
        return ""


def corrected_reason(permission: Permission) -> str:
    """Say why a scheduled run may not send a record that a person has corrected."""
    return (
        "A person has corrected this record, and a scheduled run has not their right to"
        f" {permission.label}. Somebody who may can apply the row by hand."
    )


def needed_rights(row: PlanRow) -> tuple[Permission, ...]:
    """Return the rights to create and to change lists that a plan row takes to be sent."""
    lists = [c for c in row.changes_to_send if c.field.startswith(LIST_PREFIX)]
    is_create = row.fate is PlannedOutcome.CREATE and not row.target_id
    needed = {
        Permission.CREATE: is_create,
        Permission.LIST_ADD: any(bool(change.new) for change in lists),
        Permission.LIST_REMOVE: any(not change.new for change in lists),
    }
    return tuple(permission for permission, is_needed in needed.items() if is_needed)


def find_made_keys(row: PlanRow) -> frozenset[str]:
    """Return the keys of whom a row to be sent makes, or gives an address; empty for other rows."""
    is_create = row.fate is PlannedOutcome.CREATE and not row.target_id
    addresses = [row.address] if is_create else []
    external_ids = []
    for change in row.changes_to_send:
        if change.field in (PROFILE_EMAIL_FIELD, SELL_EMAIL_FIELD):
            addresses.append(str(change.new))
        elif change.field.startswith(ADDRESS_PREFIX) and change.new:
            addresses.append(change.field.removeprefix(ADDRESS_PREFIX))
        elif is_create and change.field in ("external_id", "extid") and change.new:
            external_ids.append(str(change.new))
    ids = (row.source_id,) if is_create else ()
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
    refusal = permits.optout(OptOutChange(row.label, old, new, is_own_restore, row.source_id))
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
