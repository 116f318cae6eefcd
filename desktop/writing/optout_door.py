"""The one door through which every change of a Sailthru opt-out level passes before it is sent.

Edits, undo, retries, rows of a sync, rollback and creates all come here from `WriteProtocol`.
Sailthru has no compare-and-set: between the read and the post lie some milliseconds. A job's
lines are applied minutes later, so of all levels only `all`, the strictest, may travel in one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from desktop.kit.errors import AppError, NotPermitted
from desktop.model.optout_level import OptOutLevel
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord


class OptOutLevelNotRead(AppError):
    """The service's answer did not say the opt-out level: no change of it may be compared."""

    code = "optout_not_read"


@dataclass(frozen=True)
class OptOutChange:
    """A change of one customer's opt-out level; `old` is None for a profile still to be made."""

    label: str
    old: OptOutLevel | None
    new: OptOutLevel


# Asks whether a change may be made: the reason why not as a sentence, or "" where it may.
OptOutPermit = Callable[[OptOutChange], str]


class SendingWay(Enum):
    """How a row may be sent."""

    ANY = "any"
    SINGLY = "singly"


def admit(row: PlanRow, now: TargetRecord | None, permit: OptOutPermit) -> SendingWay:
    """Check a row's opt-out change against the level just read; say how the row may be sent.

    `now` is None where a create was found to have no profile yet. Raises NotPermitted, and
    OptOutLevelNotRead where the record does not say the level.
    """
    change = find_optout_change(row)
    if change is None:
        return SendingWay.ANY
    if now is not None and now.optout is None:
        raise OptOutLevelNotRead(
            "Sailthru did not say the opt-out level.", "Nothing was sent.", "Try again later."
        )
    new = OptOutLevel(str(change.new))
    refusal = permit(OptOutChange(row.label, now.optout if now is not None else None, new))
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
