"""The one door through which every change of a Sailthru opt-out level passes before it is sent.

Edits, undo, retries, rows of a sync, rollback and creates all come here from `WriteProtocol`.
Sailthru has no compare-and-set: between the read and the post lie some milliseconds. A job's
lines are applied minutes later, so of all levels only `all`, the strictest, may travel in one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from desktop.kit.errors import NotPermitted
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import PermissionDecision
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord


@dataclass(frozen=True)
class OptOutChange:
    """A change of one customer's opt-out level, from the one that was read right before.

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
        """Whether more e-mail gets through, or may: what was not read is no level."""
        return is_loosening(self.old, self.new)


# Asks whether a change may be made: the reason why not as a sentence, or "" where it may.
OptOutPermit = Callable[[OptOutChange], str]


def permit_loosening_if(decide: Callable[[], PermissionDecision]) -> OptOutPermit:
    """Make a permit that asks `decide`, the right to opt in, whenever a change loosens."""

    def permit(change: OptOutChange) -> str:
        if change.is_own_restore or not change.is_loosening:
            return ""
        decision = decide()
        return "" if decision.is_allowed else decision.reason

    return permit


class SendingWay(Enum):
    """How a row may be sent."""

    ANY = "any"
    SINGLY = "singly"


def admit(
    row: PlanRow,
    now: TargetRecord | None,
    permit: OptOutPermit,
    *,
    is_own_restore: bool = False,
) -> SendingWay:
    """Check a row's opt-out change against the level just read; say how the row may be sent.

    `now` is None where a create was found to have no profile yet. Raises NotPermitted.
    """
    change = find_optout_change(row)
    if change is None:
        return SendingWay.ANY
    new = OptOutLevel(str(change.new))
    # A profile still to be made has refused nothing.
    old = now.optout if now is not None else OptOutLevel.NONE
    refusal = permit(OptOutChange(row.label, old, new, is_own_restore, row.source_id))
    if refusal:
        raise NotPermitted("This change of the opt-out is not allowed.", refusal)
    return SendingWay.ANY if new is OptOutLevel.ALL else SendingWay.SINGLY


def find_optout_change(row: PlanRow) -> FieldChange | None:
    """Return the change of the opt-out level that the row would send."""
    return next((c for c in row.changes_to_send if c.field == OPTOUT_FIELD), None)


def split_optout(row: PlanRow) -> tuple[PlanRow, PlanRow]:
    """Split a row into its opt-out change alone and everything else."""
    ours = tuple(c for c in row.changes if c.field == OPTOUT_FIELD)
    others = tuple(c for c in row.changes if c.field != OPTOUT_FIELD)
    return replace(row, changes=ours), replace(row, changes=others)
