"""A planned row against what was read for it: what is sent, and what stands in the way."""

from dataclasses import replace

import pytest

from desktop.kit.errors import NotFound, ServiceError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import TargetRecord
from desktop.writing.outcomes import WriteOutcome
from desktop.writing.row_comparison import ReadResult, compare_row, is_row_applied

SEND = None


def row(*changes: FieldChange, fate: PlannedOutcome = PlannedOutcome.UPDATE) -> PlanRow:
    target = "" if fate is PlannedOutcome.CREATE else "sid1"
    return PlanRow(1, fate, "src1", target, "ada@x.example", "ada@x.example", changes=changes)


def record(**fields: Json) -> TargetRecord:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return TargetRecord(Service.SAILTHRU, "sid1", "ada@x.example", "ada@x.example", named)


@pytest.mark.parametrize(
    ("field", "old", "new", "seen", "expected"),
    [
        ("vars.shoe", 42, 43, 42, SEND),
        ("vars.shoe", 42, 43, 43, WriteOutcome.UNCHANGED),
        ("vars.shoe", 42, 43, 44, WriteOutcome.CHANGED_ELSEWHERE),
        # The services keep a value in another form than it was sent in.
        ("vars.shoe", 42, 43, "42", SEND),
        ("vars.shoe", None, {}, [], WriteOutcome.UNCHANGED),
        ("vars.shoe", None, "x", "", SEND),
        ("vars.flag", None, True, 1, WriteOutcome.UNCHANGED),
        # Where only the form is to change, the form decides.
        ("vars.flag", "1", True, "1", SEND),
        ("vars.flag", "1", True, True, WriteOutcome.UNCHANGED),
        ("vars.shoe", "4", 4, "4", SEND),
        ("vars.note", "", None, "", WriteOutcome.UNCHANGED),
        ("lists.News", False, True, None, SEND),
        ("lists.News", True, False, None, WriteOutcome.UNCHANGED),
        # A check box that was never ticked reads as null.
        ("user_fields.box", False, True, None, SEND),
        ("user_fields.box", True, False, None, WriteOutcome.UNCHANGED),
        ("optout", "none", "basic", "none", SEND),
        ("optout", "none", "basic", "all", WriteOutcome.CHANGED_ELSEWHERE),
        # A level that was not read is no level, not even "none".
        ("optout", "none", "basic", None, WriteOutcome.CHANGED_ELSEWHERE),
        ("optout", "basic", "none", None, WriteOutcome.CHANGED_ELSEWHERE),
        # Planned from no level, the door judges it by the one read now.
        ("optout", None, "basic", "all", SEND),
        ("optout", None, "all", "all", WriteOutcome.UNCHANGED),
        # The strictest level may be written over any that is not known.
        ("optout", None, "all", None, SEND),
        ("optout", "none", "all", None, SEND),
        ("optout", "none", "all", "basic", WriteOutcome.CHANGED_ELSEWHERE),
    ],
)
def test_compare_update_with_value_seen(
    field: str, old: Json, new: Json, seen: Json, expected: WriteOutcome | None
) -> None:
    fields = {} if seen is None else {field.replace(".", "__"): seen}
    outcome, change = compare_row(row(FieldChange(field, old, new)), record(**fields))
    assert outcome is expected
    assert (change is not None) == (expected is WriteOutcome.CHANGED_ELSEWHERE)


CREATE = row(FieldChange("vars.shoe", None, 43), fate=PlannedOutcome.CREATE)
UPDATE = row(FieldChange("vars.shoe", 42, 43))
STAFF = replace(record(vars__shoe=42), is_editable=False)


@pytest.mark.parametrize(
    ("planned", "now", "expected"),
    [
        (CREATE, None, SEND),
        (CREATE, record(vars__shoe=43), WriteOutcome.UNCHANGED),
        (CREATE, record(vars__shoe=44), WriteOutcome.ADDRESS_TAKEN),
        (CREATE, ServiceError("x"), WriteOutcome.UNREADABLE),
        (UPDATE, None, WriteOutcome.TARGET_GONE),
        (UPDATE, NotFound("x"), WriteOutcome.TARGET_GONE),
        (UPDATE, ServiceError("x"), WriteOutcome.UNREADABLE),
        (UPDATE, STAFF, WriteOutcome.NOT_A_CUSTOMER),
    ],
)
def test_compare_row_with_what_was_read(
    planned: PlanRow, now: ReadResult, expected: WriteOutcome | None
) -> None:
    assert compare_row(planned, now)[0] is expected


def test_edit_may_change_staff() -> None:
    assert compare_row(UPDATE, STAFF, allows_staff=True)[0] is SEND


def test_one_changed_field_stops_the_whole_row() -> None:
    two = row(FieldChange("vars.shoe", 42, 43), FieldChange("vars.hat", "s", "m"))
    assert compare_row(two, record(vars__shoe=43, vars__hat="s"))[0] is SEND
    outcome, change = compare_row(two, record(vars__shoe=42, vars__hat="l"))
    assert outcome is WriteOutcome.CHANGED_ELSEWHERE
    assert change is not None
    assert change.field == "vars.hat"


@pytest.mark.parametrize(
    ("now", "applied"),
    [
        (record(vars__flag=True), True),
        # PHP's form of true: read back, it is the value that was sent.
        (record(vars__flag=1), True),
        (record(vars__flag=0), False),
        (None, False),
        (NotFound("x"), False),
    ],
)
def test_read_back_shows_row(now: ReadResult, applied: bool) -> None:
    assert is_row_applied(row(FieldChange("vars.flag", "1", True)), now) is applied


def test_read_back_without_optout_level_confirms_nothing() -> None:
    assert not is_row_applied(row(FieldChange("optout", "basic", "none")), record())
