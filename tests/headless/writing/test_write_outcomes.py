"""How a plan's row is closed for each outcome, and which errors leave the outcome unknown."""

import pytest

from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    KeyringError,
    NotFound,
    NotPermitted,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    StopsRun,
    StorageError,
    ValuesRejected,
)
from desktop.model.field_value import shorten_value
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.writing.outcomes import (
    ROW_ENDS,
    WriteItem,
    WriteOutcome,
    WriteResult,
    may_be_applied,
)
from desktop.writing.plan_row_queue import make_completion

CHANGE = FieldChange("vars.shoe", 42, 43)
ROW = PlanRow(7, PlannedOutcome.UPDATE, "src1", "sid1", "ada@x.example", changes=(CHANGE,))
SEEN = TargetRecord(Service.SAILTHRU, "sid1", "ada@x.example", "", {"vars.shoe": 44})
WRITTEN = (("vars.shoe", 43),)


@pytest.mark.parametrize(
    ("outcome", "state", "words", "is_written", "unconfirmed"),
    [
        (WriteOutcome.UNCHANGED, PlanRowState.SAME, "nothing was sent", True, None),
        (WriteOutcome.CHANGED_ELSEWHERE, PlanRowState.PARKED, "is now 44. Nothing", False, None),
        (WriteOutcome.TARGET_GONE, PlanRowState.PARKED, "deleted or merged", False, None),
        (WriteOutcome.ADDRESS_TAKEN, PlanRowState.PARKED, "made it meanwhile", False, None),
        (WriteOutcome.NOT_A_CUSTOMER, PlanRowState.PARKED, "agent or admin", False, None),
        (WriteOutcome.UNREADABLE, PlanRowState.FAILED, "Too long.", False, None),
        (WriteOutcome.NOT_PERMITTED, PlanRowState.PARKED, "Too long.", False, None),
        (WriteOutcome.CONFIRMED, PlanRowState.DONE, "Confirmed", True, None),
        (WriteOutcome.ACCEPTED, PlanRowState.ACCEPTED, "not shown yet", True, None),
        (WriteOutcome.UNANSWERED, PlanRowState.FAILED, "No answer came", False, ""),
        (WriteOutcome.REFUSED, PlanRowState.PARKED, "Too long.", False, None),
        (WriteOutcome.NOT_DONE, PlanRowState.FAILED, "Too long.", False, None),
        (WriteOutcome.NOT_SHOWN, PlanRowState.FAILED, "Too long.", False, None),
    ],
)
def test_completion_of_row(
    outcome: WriteOutcome,
    state: PlanRowState,
    words: str,
    is_written: bool,
    unconfirmed: str | None,
) -> None:
    error = ValuesRejected("Too long.")
    ended = make_completion(WriteResult(WriteItem(ROW), outcome, SEEN, CHANGE, error))
    assert (ended.state, ended.unconfirmed_job) == (state, unconfirmed)
    assert words in ended.detail
    assert ended.written_values == (WRITTEN if is_written else ())
    assert ended.target_id == ("" if outcome is WriteOutcome.ADDRESS_TAKEN else "sid1")


def test_every_outcome_but_failed_read_back_ends_a_row() -> None:
    # A row that could not be read back stays open, and is read by the next try.
    assert set(WriteOutcome) - set(ROW_ENDS) == {WriteOutcome.READ_BACK_FAILED}


def test_row_changed_elsewhere_after_sending_is_unconfirmed() -> None:
    item = WriteItem(ROW, is_maybe_sent=True)
    ended = make_completion(WriteResult(item, WriteOutcome.CHANGED_ELSEWHERE, SEEN, CHANGE))
    assert ended.unconfirmed_job == ""
    assert ended.detail.endswith("It may have been written before that; no answer came.")


def test_row_not_done_by_job_names_the_job() -> None:
    left = WriteResult(WriteItem(ROW), WriteOutcome.NOT_DONE, words="Stuck.", job="j1")
    ended = make_completion(left)
    assert (ended.detail, ended.unconfirmed_job) == ("Stuck.", "j1")


def test_id_that_the_service_gave_a_create_is_kept() -> None:
    made = WriteResult(WriteItem(ROW), WriteOutcome.ACCEPTED, sent_id="501")
    assert make_completion(made).target_id == "501"


@pytest.mark.parametrize(
    ("error", "unknown", "stops"),
    [
        (ServiceUnreachable("x"), False, True),
        (ResponseTimeout("x"), True, True),
        (AuthenticationError("x"), False, True),
        (RateLimited("x", retry_at=1.0), False, True),
        (Forbidden("x"), False, True),
        (ServiceError("x"), True, True),
        (ServiceError("x", is_outcome_unknown=False), False, True),
        (StorageError("x"), False, True),
        (KeyringError("x"), False, True),
        (NotFound("x"), False, False),
        (ValuesRejected("x"), False, False),
        (ConflictError("x"), False, False),
        (NotPermitted("x"), False, False),
    ],
)
def test_error_of_a_write(error: AppError, unknown: bool, stops: bool) -> None:
    assert may_be_applied(error) is unknown
    assert isinstance(error, StopsRun) is stops


def test_error_of_operating_system_leaves_outcome_unknown() -> None:
    assert may_be_applied(OSError("broken pipe"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "not set"), (4, "4"), ("x" * 81, "x" * 79 + "…"), ("x" * 80, "x" * 80)],
)
def test_value_in_a_sentence(value: object, text: str) -> None:
    assert shorten_value(value) == text  # type: ignore[arg-type]
