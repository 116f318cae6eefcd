"""Consequences: what people will notice of a row, which the limits count (S2-52, S2-53, 7.7)."""

from typing import Any

import pytest

from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.consequences import find_consequences
from tests.support import pipeline_cases as cases

JOIN, LEAVE = FieldChange("lists.A", False, True), FieldChange("lists.A", True, False)
VAR, BLANK = FieldChange("vars.a", 1, 2), FieldChange("vars.a", 1, None)
TAG, UNTAG = FieldChange("tags.vip", False, True), FieldChange("tags.vip", True, False)
OPEN_TICKETS = {"open_tickets": {"7": 1}}
PLAIN = cases.users_sync()
FLOWS = cases.users_sync(flows=FlowPolicy.MAY_START)
NEW = {"fate": PlannedOutcome.CREATE, "target_id": ""}


def _optout(old: str | None, new: str) -> FieldChange:
    return FieldChange("optout", old, new)


@pytest.mark.parametrize(
    ("row", "target", "sync", "expected"),
    [
        pytest.param(cases.row(VAR), cases.profile(), PLAIN, set(), id="7.7 a value alone"),
        pytest.param(
            cases.row(JOIN),
            cases.profile(),
            PLAIN,
            {"joins:A", "starts"},
            id="S2-52 the first list",
        ),
        pytest.param(
            cases.row(JOIN),
            cases.profile(lists_B=True),
            PLAIN,
            {"joins:A"},
            id="S2-52 one more list",
        ),
        pytest.param(
            cases.row(LEAVE),
            cases.profile(lists_A=True),
            PLAIN,
            {"leaves:A", "stops"},
            id="S2-53 the last list",
        ),
        pytest.param(
            cases.row(JOIN), cases.profile(optout="all"), PLAIN, {"joins:A"}, id="S2-52 opted out"
        ),
        pytest.param(
            cases.row(_optout(None, "basic")),
            cases.profile(lists_A=True),
            PLAIN,
            {"stops", "loosened"},
            id="S2-49 over a level that was not read",
        ),
        pytest.param(
            cases.row(_optout(None, "none")),
            cases.profile(lists_A=True),
            PLAIN,
            {"starts", "loosened"},
            id="S2-49 opted in from a level that was not read",
        ),
        pytest.param(
            cases.row(_optout(None, "all")),
            cases.profile(lists_A=True),
            PLAIN,
            {"stops", "opted_out"},
            id="S2-49 opted out from a level that was not read",
        ),
        pytest.param(
            cases.row(_optout("all", "none")),
            cases.profile(optout="all", lists_A=True),
            PLAIN,
            {"starts", "loosened"},
            id="S2-49 opted in",
        ),
        pytest.param(
            cases.row(_optout("none", "all")),
            cases.profile(lists_A=True),
            PLAIN,
            {"stops", "opted_out"},
            id="S2-49 opted out",
        ),
        pytest.param(
            cases.row(_optout("basic", "all")),
            cases.profile(optout="basic"),
            PLAIN,
            {"opted_out"},
            id="S2-49 opted out further on no list",
        ),
        pytest.param(
            cases.row(JOIN),
            cases.profile(lists_B=True),
            FLOWS,
            {"joins:A", "flows"},
            id="S2-04 flows",
        ),
        pytest.param(cases.row(VAR, **NEW), None, FLOWS, {"flows"}, id="S2-04 a new profile"),
        pytest.param(cases.row(VAR), cases.profile(), FLOWS, set(), id="S2-04 no list changes"),
        pytest.param(
            cases.row(JOIN, **NEW, evidence="attested"),
            None,
            PLAIN,
            {"joins:A", "starts"},
            id="S2-62 with consent",
        ),
        pytest.param(cases.row(BLANK), cases.profile(), PLAIN, {"blanked"}, id="7.7 emptied"),
        pytest.param(
            cases.row(FieldChange("lists.A", False, True, ticked=False)),
            cases.profile(),
            PLAIN,
            set(),
            id="6-2 a field that is left out",
        ),
    ],
)
def test_consequences_for_profiles(
    row: PlanRow, target: TargetRecord | None, sync: Sync, expected: set[str]
) -> None:
    assert _found(row, target, sync) == expected


@pytest.mark.parametrize(
    ("row", "known", "expected"),
    [
        pytest.param(cases.row(TAG, target_id="7"), {}, set(), id="S2-45 a tag"),
        pytest.param(
            cases.row(TAG, target_id="7"), OPEN_TICKETS, {"tickets:vip"}, id="6-21 open tickets"
        ),
        pytest.param(cases.row(UNTAG, target_id="7"), OPEN_TICKETS, set(), id="6-21 tag taken off"),
    ],
)
def test_consequences_for_users(row: PlanRow, known: dict[str, Any], expected: set[str]) -> None:
    sync = cases.lists_sync(effects=SyncEffects(add_tags=("vip",)))
    assert _found(row, cases.user(), sync, **known) == expected


@pytest.mark.parametrize(
    ("change", "known", "expected"),
    [
        pytest.param(VAR, {"synced_values": {"sid1": {"vars.a": 1}}}, {"again"}, id="S2-20 synced"),
        pytest.param(VAR, {"accepted_values": {"sid1": {"vars.a": 1}}}, {"again"}, id="S2-20 sent"),
        pytest.param(VAR, {"synced_values": {"sid1": {"vars.b": 1}}}, set(), id="S2-20 another"),
        pytest.param(
            JOIN,
            {"synced_values": {"sid1": {"lists.A": False}}},
            {"joins:A", "starts"},
            id="S2-20 a list is told by itself",
        ),
    ],
)
def test_value_that_changes_again(
    change: FieldChange, known: dict[str, Any], expected: set[str]
) -> None:
    assert _found(cases.row(change), cases.profile(), PLAIN, **known) == expected


def _found(row: PlanRow, target: TargetRecord | None, sync: Sync, **known: Any) -> set[str]:
    found = find_consequences(row, target, cases.context(sync, **known))
    assert all(isinstance(consequence, Consequence) for consequence, _ in found)
    return {f"{kind.value}:{name}" if name else kind.value for kind, name in found}
