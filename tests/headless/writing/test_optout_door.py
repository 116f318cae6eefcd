"""The door for opt-outs: who may, what was read, and what may travel in a job."""

import json
from dataclasses import replace

import pytest

from desktop.kit.errors import InternalError, NotPermitted
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import TargetRecord
from desktop.writing.optout_door import (
    OptOutChange,
    RowPermits,
    SendingWay,
    admit,
    needed_rights,
    rights_by_field,
    split_optout,
)
from desktop.writing.sailthru_gateway import encode_job_line

OTHER = FieldChange("vars.shoe", 42, 43)


def row(*changes: FieldChange) -> PlanRow:
    return PlanRow(7, PlannedOutcome.UPDATE, "src1", "sid1", "ada@x.example", changes=changes)


def optout(level: str, *, ticked: bool = True) -> FieldChange:
    return FieldChange("optout", "none", level, ticked=ticked)


def record(level: str | None) -> TargetRecord:
    fields = {} if level is None else {"optout": level}
    return TargetRecord(Service.SAILTHRU, "sid1", "ada@x.example", "", fields)


def permit_all(_change: OptOutChange) -> str:
    return ""


@pytest.mark.parametrize(
    ("changes", "now", "way"),
    [
        ((OTHER,), record("none"), SendingWay.ANY),
        ((OTHER,), record(None), SendingWay.ANY),
        ((OTHER, optout("basic")), record("none"), SendingWay.SINGLY),
        ((optout("none"),), record("all"), SendingWay.SINGLY),
        ((optout("blast"),), record("none"), SendingWay.SINGLY),
        # Nothing stricter can come between the reading and the job.
        ((OTHER, optout("all")), record("none"), SendingWay.ANY),
        ((OTHER, optout("basic", ticked=False)), record("none"), SendingWay.ANY),
        # A profile still to be made has no level that could be loosened.
        ((optout("basic"),), None, SendingWay.SINGLY),
    ],
)
def test_admitted_row(
    changes: tuple[FieldChange, ...], now: TargetRecord | None, way: SendingWay
) -> None:
    assert admit(row(*changes), now, RowPermits(permit_all)) is way


@pytest.mark.parametrize("level", ["none", "blast", "basic", "all"])
def test_level_not_read_is_loosened_by_all_but_the_strictest(level: str) -> None:
    heard: list[OptOutChange] = []

    def refuse_loosening(change: OptOutChange) -> str:
        heard.append(change)
        return "Ask an admin." if change.is_loosening else ""

    if level == "all":
        assert (
            admit(row(optout(level)), record(None), RowPermits(refuse_loosening)) is SendingWay.ANY
        )
    else:
        with pytest.raises(NotPermitted):
            admit(row(optout(level)), record(None), RowPermits(refuse_loosening))
    assert heard == [OptOutChange("ada@x.example", None, OptOutLevel(level), source_id="src1")]


JOIN = FieldChange("lists.Loyal", False, True)
LEAVE = FieldChange("lists.Old", True, False)
CREATE = replace(row(OTHER), fate=PlannedOutcome.CREATE, target_id="")


@pytest.mark.parametrize(
    ("sent", "needed"),
    [
        # What a sync is for, as for the right to run one.
        (row(OTHER), []),
        (row(JOIN), [Permission.LIST_ADD]),
        (row(LEAVE), [Permission.LIST_REMOVE]),
        (row(OTHER, JOIN, LEAVE), [Permission.LIST_ADD, Permission.LIST_REMOVE]),
        (row(replace(JOIN, ticked=False)), []),
        (row(FieldChange("tags.vip", True, False)), []),
        (row(FieldChange("user_fields.plan", "a", "b")), []),
        (row(FieldChange("addresses.ada@new.example", False, True)), [Permission.CHANGE_EMAIL]),
        (row(FieldChange("email", "ada@x.example", "ada@y.example")), [Permission.CHANGE_EMAIL]),
        # As on the sheet: health and a pause have rights of their own.
        (row(FieldChange("vars.mood", "happy", "neutral")), [Permission.HEALTH]),
        (
            row(
                FieldChange("vars.held", None, "2026-10-01"),
                FieldChange("lists.On hold", False, True),
            ),
            [Permission.PAUSE],
        ),
        (CREATE, [Permission.CREATE]),
        (replace(CREATE, changes=(JOIN,)), [Permission.CREATE, Permission.LIST_ADD]),
        (
            replace(CREATE, changes=(FieldChange("lists.On hold", False, True),)),
            [Permission.CREATE, Permission.PAUSE],
        ),
        (
            replace(CREATE, changes=(OTHER, FieldChange("tags.vip", False, True))),
            [Permission.CREATE],
        ),
        # Its profile was made by the run that is taken back.
        (replace(CREATE, target_id="sid1"), []),
    ],
)
def test_row_needs_each_of_its_rights(sent: PlanRow, needed: list[Permission]) -> None:
    own = rights_by_field("mood", "held", "On hold")
    assert list(needed_rights(sent, own)) == needed
    for missing in Permission:

        def find_refusal(right: Permission, missing: Permission = missing) -> str:
            return f"Not {right.value}." if right is missing else ""

        permits = RowPermits(permit_all, find_refusal, own_rights=own)
        if missing not in needed:
            admit(sent, record("none"), permits)
            continue
        with pytest.raises(NotPermitted) as refused:
            admit(sent, record("none"), permits)
        assert refused.value.message == f"Not {missing.value}."
    corrected = RowPermits(permit_all, is_corrected=lambda source: source == "src1", own_rights=own)
    if needed:
        with pytest.raises(NotPermitted, match="corrected"):
            admit(sent, record("none"), corrected)
    else:
        admit(sent, record("none"), corrected)


@pytest.mark.parametrize(("new", "is_asked"), [("all", True), ("none", False)])
def test_stricter_level_takes_the_right_to_opt_out(new: str, is_asked: bool) -> None:
    permits = RowPermits(permit_all, lambda right: f"Not {right.value}.")
    if is_asked:
        with pytest.raises(NotPermitted) as refused:
            admit(row(optout(new)), record("basic"), permits)
        assert refused.value.message == "Not opt_out."
    else:
        # The right to opt in was asked for one that loosens.
        admit(row(optout(new)), record("basic"), permits)


def test_product_takes_the_right_to_create_and_no_more() -> None:
    permits = RowPermits(permit_all, lambda right: f"Not {right.value}.", is_of_people=False)
    admit(row(OTHER), None, permits)
    with pytest.raises(NotPermitted):
        admit(CREATE, None, permits)


def test_refused_right_stops_the_row_and_hears_both_levels() -> None:
    heard: list[OptOutChange] = []

    def refuse(change: OptOutChange) -> str:
        heard.append(change)
        return "Ask an admin."

    with pytest.raises(NotPermitted, match="opt-out") as refused:
        admit(row(optout("none")), record("all"), RowPermits(refuse))
    assert refused.value.message == "Ask an admin."
    assert heard == [
        OptOutChange("ada@x.example", OptOutLevel.ALL, OptOutLevel.NONE, source_id="src1")
    ]
    admit(row(OTHER), record("all"), RowPermits(refuse))
    assert len(heard) == 1


def test_only_level_all_is_encoded_for_a_job() -> None:
    line = json.loads(encode_job_line(row(OTHER, optout("all"))))
    assert line == {"id": "sid1", "key": "sid", "vars": {"shoe": 43}, "optout_email": "all"}
    for level in ("none", "basic", "blast"):
        with pytest.raises(InternalError):
            encode_job_line(row(optout(level)))


def test_split_row_keeps_every_change_once() -> None:
    ours, rest = split_optout(row(OTHER, optout("basic")))
    assert ours.changes == (optout("basic"),)
    assert rest.changes == (OTHER,)
    assert ours.row == rest.row == 7
