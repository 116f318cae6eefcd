"""How an attempt to write one record ended, and the sentences that say so on screen."""

from dataclasses import dataclass
from enum import Enum

from desktop.kit.errors import AppError, ResponseTimeout, ServiceError
from desktop.model.json_value import Json
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import TargetRecord

_MAX_SHOWN_LENGTH = 80


class WriteOutcome(Enum):
    """How the attempt ended. Before sending: UNCHANGED to NOT_PERMITTED; after it: the rest.

    CONFIRMED also before sending, where an earlier attempt may have written what stands there.
    ACCEPTED: answered ok, and not shown yet. REFUSED: surely not applied.
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


@dataclass(frozen=True)
class WriteItem:
    """One row to be written, from a plan or from the outbox.

    `is_maybe_sent`: an earlier attempt may have been applied. `is_accepted`: the service answered
    ok to it, so it is never sent again. `allows_staff`: the target may be an agent or admin.
    """

    row: PlanRow
    is_maybe_sent: bool = False
    is_accepted: bool = False
    allows_staff: bool = False


@dataclass(frozen=True)
class WriteResult:
    """The outcome of one item with what it was seen by.

    `change` is the field that stands in the way of CHANGED_ELSEWHERE. `error` goes with
    TARGET_GONE, UNREADABLE, NOT_PERMITTED, READ_BACK_FAILED, UNANSWERED and REFUSED.
    """

    item: WriteItem
    outcome: WriteOutcome
    record: TargetRecord | None = None
    change: FieldChange | None = None
    error: AppError | OSError | None = None
    sent_id: str = ""

    @property
    def target_id(self) -> str:
        """The id of the record as far as it is known by now; a create has none at first."""
        return self.record.id if self.record is not None else self.sent_id


def may_be_applied(error: AppError | OSError) -> bool:
    """Whether a write that ended in this error may have been applied all the same."""
    if isinstance(error, ServiceError):
        return error.is_outcome_unknown
    # An error of the operating system does not say how far the request came.
    return isinstance(error, (ResponseTimeout, OSError))


def shorten_value(value: Json) -> str:
    """Format a value for a sentence, at most 80 characters long."""
    text = "not set" if value is None else str(value)
    return text if len(text) <= _MAX_SHOWN_LENGTH else text[: _MAX_SHOWN_LENGTH - 1] + "…"


# Of an edit and of a plan's row alike.
UNCHANGED_TEXT = "It was so already: nothing was sent."

# Of a plan's row.
CONFIRMED_TEXT = "Confirmed"
UNANSWERED_TEXT = "No answer came, and it does not show. The next run reads it, and tries again."
GONE_TEXT = "It is not there any more: deleted or merged since the preview. Nothing was sent."
STAFF_TEXT = "Not a customer any more: agent or admin. Nothing was sent."
TAKEN_TEXT = (
    "Somebody made it meanwhile, with other values. Nothing was sent; the next preview compares."
)
CHANGED_TEXT = (
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. Nothing was sent."
)
CHANGED_MAYBE_OURS_TEXT = (
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. It may have been"
    " written before that; no answer came."
)
NOT_SHOWN_YET_TEXT = "Accepted, and not shown yet. The next preview reads it."
NOT_READ_BACK_TEXT = "Accepted, not read back. The next preview reads it."

# Of an edit.
EDIT_CONFIRMED_TEXT = "{service} confirmed"
EDIT_NOT_SHOWN_YET_TEXT = "{service} accepted it, but does not show it yet"
EDIT_CHANGED_TEXT = "Changed elsewhere, person unknown: it is now {now}. Nothing was sent."
EDIT_CHANGED_MAYBE_OURS_TEXT = "Changed elsewhere since it was sent: it is now {now}."
EDIT_REVERTED_TEXT = (
    "The service accepted the change, yet shows the old value: it was changed back elsewhere, or"
    " not applied."
)
NOTHING_TO_UNDO_TEXT = "Edit {id} changed nothing: there is nothing to take back. Nothing was sent."

# Of rows that went out in a job.
LINE_SKIPPED_TEXT = (
    "Sailthru's job ended, and skipped this line without a word. The next run tries it."
)
JOB_STUCK_TEXT = "{service} took the job and never ended it. The next run reads what it did."
JOB_ERROR_TEXT = "Sailthru's job ended with an error before this line. The next run tries it."
JOB_FAILED_TEXT = (
    "Zendesk's job failed: {message}. The next run reads what it did, and tries again."
)
ROW_NOT_DONE_TEXT = "Zendesk did not do this row and did not say why."
NO_SID_LINES_TEXT = (
    "This Sailthru account does not take jobs by profile id, and a single post could start e-mail"
    " flows, which this sync must not. Let it start flows, or ask Sailthru to allow such jobs."
)
LISTS_LEFT_TEXT = (
    "The opt-out was sent by itself and is not shown yet; lists and values wait for the next run."
)
