"""How an attempt to write one record ended, and the sentences that say so on screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from desktop.kit.errors import AppError, ResponseTimeout, ServiceError
from desktop.model.sync_plan import FieldChange, PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord


class WriteOutcome(Enum):
    """How a write ended: up to NOT_PERMITTED before anything was sent, then after it.

    CONFIRMED also before sending, where an earlier attempt may have written what stands there.
    ACCEPTED: answered ok, and not shown yet. REFUSED: surely not applied. NOT_DONE: a bulk job did
    not do it, or has not yet. NOT_SHOWN: one completed, and the record does not show it.
    """

    UNCHANGED = "unchanged"
    CHANGED_ELSEWHERE = "changed elsewhere"
    TARGET_GONE = "gone"
    ADDRESS_TAKEN = "address taken"
    NOT_A_CUSTOMER = "not a customer"
    UNREADABLE = "unreadable"
    NOT_PERMITTED = "not permitted"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    READ_BACK_FAILED = "read back failed"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    NOT_DONE = "not done"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class WriteItem:
    """One row to be written to a service, from a plan or from the outbox.

    `is_maybe_sent`: an earlier attempt may have been applied. `is_accepted`: the service answered
    ok to it, so it is never sent again. `allows_staff`: the target may be an agent or admin.
    `is_own_restore`: it takes back its maker's own opt-out of the last 24 h.
    """

    row: PlanRow
    is_maybe_sent: bool = False
    is_accepted: bool = False
    allows_staff: bool = False
    is_own_restore: bool = False


@dataclass(frozen=True)
class WriteResult:
    """The outcome of one row's write, and what it was seen by.

    `change` is the field that stands in the way of CHANGED_ELSEWHERE. `error` goes with
    TARGET_GONE, UNREADABLE, NOT_PERMITTED, READ_BACK_FAILED, UNANSWERED and REFUSED. `words` say
    more than the outcome's own sentence. `job` is the bulk job that may still do it.
    """

    item: WriteItem
    outcome: WriteOutcome
    record: TargetRecord | None = None
    change: FieldChange | None = None
    error: AppError | OSError | None = None
    sent_id: str = ""
    words: str = ""
    job: str | None = None

    @property
    def target_id(self) -> str:
        """The id of the written record as far as it is known by now; a create has none at first."""
        return self.record.id if self.record is not None else self.sent_id


def may_be_applied(error: AppError | OSError) -> bool:
    """Whether a write that ended in this error may have been applied by the service anyway."""
    if isinstance(error, ServiceError):
        return error.is_outcome_unknown
    # An error of the operating system does not say how far the request came.
    return isinstance(error, (ResponseTimeout, OSError))


UNCHANGED_TEXT = "It was so already: nothing was sent."

# How a plan's row ends, and the sentence; "" where the error or the job has the words.
ROW_ENDS: Mapping[WriteOutcome, tuple[PlanRowState, str]] = {
    WriteOutcome.UNCHANGED: (PlanRowState.SAME, UNCHANGED_TEXT),
    WriteOutcome.CHANGED_ELSEWHERE: (
        PlanRowState.PARKED,
        "Changed since the preview: {field} is now {now}.",
    ),
    WriteOutcome.TARGET_GONE: (
        PlanRowState.PARKED,
        "It no longer exists: deleted or merged since the preview. Nothing was sent.",
    ),
    WriteOutcome.ADDRESS_TAKEN: (
        PlanRowState.PARKED,
        "Somebody made it meanwhile, with other values. Nothing was sent; the next preview"
        " compares.",
    ),
    WriteOutcome.NOT_A_CUSTOMER: (
        PlanRowState.PARKED,
        "Not a customer any more: agent or admin. Nothing was sent.",
    ),
    WriteOutcome.UNREADABLE: (PlanRowState.FAILED, ""),
    WriteOutcome.NOT_PERMITTED: (PlanRowState.PARKED, ""),
    WriteOutcome.CONFIRMED: (PlanRowState.DONE, "Confirmed"),
    WriteOutcome.ACCEPTED: (
        PlanRowState.ACCEPTED,
        "Accepted, and not shown yet. The next preview reads it.",
    ),
    WriteOutcome.UNANSWERED: (
        PlanRowState.FAILED,
        "No answer came, and it does not show. The next run reads it, and tries again.",
    ),
    WriteOutcome.REFUSED: (PlanRowState.PARKED, ""),
    WriteOutcome.NOT_DONE: (PlanRowState.FAILED, ""),
    WriteOutcome.NOT_SHOWN: (PlanRowState.FAILED, ""),
}
# What is certain about a row that was changed elsewhere.
ROW_NOT_SENT_TEXT = " Nothing was sent."
ROW_MAYBE_SENT_TEXT = " It may have been written before that; no answer came."
NOT_READ_BACK_TEXT = "Accepted, not read back. The next preview reads it."
JOB_STUCK_TEXT = "{service} took the job and never ended it. The next run reads what it did."

EDIT_CONFIRMED_TEXT = "{service} confirmed"
EDIT_KEPT_TEXT = "{service} confirmed, and keeps it as {now}"
EDIT_ACCEPTED_TEXT = "{service} accepted it, and does it in the background"
EDIT_NOT_SHOWN_YET_TEXT = "{service} accepted it, but does not show it yet"
EDIT_CHANGED_TEXT = "Changed elsewhere, person unknown: it is now {now}. Nothing was sent."
EDIT_CHANGED_HERE_TEXT = "Changed by {who}: it is now {now}. Nothing was sent."
EDIT_CHANGED_MAYBE_OURS_TEXT = "Changed elsewhere since it was sent: it is now {now}."
EDIT_GONE_TEXT = "{error} {certainty}"
EDIT_REVERTED_TEXT = (
    "The service accepted the change, yet shows the old value: it was changed back elsewhere, or"
    " not applied."
)
EDIT_WAITS_FOR_RIGHT_TEXT = (
    "{reason} It goes out once {actor}, or somebody else who may, is at work here."
)
NOTHING_TO_UNDO_TEXT = "Edit {id} changed nothing: there is nothing to take back. Nothing was sent."
OPTOUT_CHOSEN_LATER_TEXT = (
    "The customer has opted out after this change, as Sailthru tells: that is kept as it is."
)
