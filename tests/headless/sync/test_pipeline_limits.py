"""Limits: what stops a plan and whose approval lets it pass (7.7, 6-16, 6-18)."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.limit import EMPTY_SOURCE, Limit, LimitApproval, LimitBreach
from desktop.model.service import Service
from desktop.model.sync_plan import Plan, PlanState
from desktop.sync.pipeline.limits import (
    blocking_reason,
    find_limit_breaches,
    find_pending_limits,
    require_known_limits,
)
from tests.support import pipeline_cases as cases

EMPTY = LimitBreach(EMPTY_SOURCE, 0, 0, "The source is empty.")
LEAVES = LimitBreach("leaves", 300, 200, "300 people would leave a list.")
STARTS = LimitBreach("starts", 300, 200, "300 people would start.")


def _approval(code: str, user_id: str) -> LimitApproval:
    return LimitApproval(code, user_id, user_id, cases.NOW)


def _plan(read: int, *breaches: str) -> Plan:
    return Plan(
        "1", "to-sailthru", Service.SAILTHRU, PlanState.STOPPED, 0.0, "Ada", read,
        limit_breaches=breaches,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "ticked", "codes"),
    [
        pytest.param(_plan(1000), {"leaves": 200}, (), id="7.7 at the limit"),
        pytest.param(_plan(1000), {"leaves": 201}, ("leaves",), id="7.7 above the number"),
        pytest.param(_plan(5000), {"leaves": 1000}, (), id="7.7 the share is larger"),
        pytest.param(_plan(1000), {"again": 900}, (), id="7.7 changed alone never stops"),
        pytest.param(_plan(0), {}, (), id="7.7 nothing changed is no empty source"),
        pytest.param(_plan(0, EMPTY_SOURCE), {}, (EMPTY_SOURCE,), id="7.7 an empty source stops"),
        pytest.param(
            _plan(0, EMPTY_SOURCE), {"leaves": 0}, (EMPTY_SOURCE,), id="7.7 whatever is ticked"
        ),
    ],
)
def test_limit_breaches(plan: Plan, ticked: dict[str, int], codes: tuple[str, ...]) -> None:
    found = find_limit_breaches(cases.users_sync(limits=Limit()), plan, ticked)
    assert tuple(breach.code for breach in found) == codes


@pytest.mark.parametrize(
    ("breach", "approvers", "needed"),
    [
        pytest.param(LEAVES, (), 1, id="6-16 an admin is needed"),
        pytest.param(LEAVES, ("Ada",), None, id="6-16 an admin has let it pass"),
        pytest.param(STARTS, ("Ada",), 2, id="6-18 a mass opt-in needs a second admin"),
        pytest.param(STARTS, ("Ada", "Ada"), 2, id="6-18 the same admin counts once"),
        pytest.param(STARTS, ("Ada", "Bo"), None, id="6-18 two admins"),
        pytest.param(EMPTY, ("Ada", "Bo"), 0, id="7.7 an empty source: nobody lets it pass"),
    ],
)
def test_pending_limits(
    breach: LimitBreach, approvers: tuple[str, ...], needed: int | None
) -> None:
    approvals = [_approval(breach.code, name) for name in approvers]
    pending = find_pending_limits([breach], [*approvals, _approval("blanked", "Cy")])
    assert [one.needed for one in pending] == ([] if needed is None else [needed])


@pytest.mark.parametrize(
    ("breaches", "approvers", "reason"),
    [
        pytest.param((), (), "", id="7.7 nothing holds it"),
        pytest.param((EMPTY,), (), "Nothing written. The source is empty.", id="7.7 empty source"),
        pytest.param(
            (LEAVES,),
            (),
            "Nothing written. 300 people would leave a list. An admin may let it pass once.",
            id="6-16 one admin",
        ),
        pytest.param(
            (LEAVES, STARTS),
            ("Ada",),
            "Nothing written. 300 people would leave a list. 300 people would start."
            " Two admins, one after the other (so far 1), may let it pass once.",
            id="6-18 two admins",
        ),
    ],
)
def test_blocking_reason(
    breaches: tuple[LimitBreach, ...], approvers: tuple[str, ...], reason: str
) -> None:
    given = [_approval("starts", name) for name in approvers]
    assert blocking_reason(find_pending_limits(breaches, given)) == reason


def test_only_known_limits_can_be_let_pass() -> None:
    require_known_limits(["starts", "leaves"])
    with pytest.raises(InvalidInput, match="“empty” is no limit"):
        require_known_limits(["starts", EMPTY_SOURCE])
