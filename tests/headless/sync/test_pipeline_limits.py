"""The limits of a plan: what it exceeds, who has allowed it, how long writing takes (7.7)."""

from dataclasses import replace

import pytest

from desktop.model.run_limit import EMPTY_SOURCE, Limit, LimitBreach, find_open_limits
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import Plan, PlanState
from desktop.sync.pipeline.limits import describe_open_limits, estimate_write_s, plan_breaches
from tests.support import pipeline_cases as cases

SYNC = cases.users_sync(limits=Limit(people=3, percent=0))
PLAN = Plan(
    "1", SYNC.name, Service.SAILTHRU, PlanState.READY, cases.NOW, "Ada", source_record_count=10
)


def _breach(code: str) -> LimitBreach:
    return LimitBreach(code, 9, 3, f"9 {code}.")


@pytest.mark.parametrize(
    ("counts", "stopped_by", "expected"),
    [
        ({}, (), []),
        ({"joins": 3}, (), []),
        ({"joins": 4}, (), ["joins"]),
        ({"leaves": 4, "starts": 4}, (), ["starts", "leaves"]),
        ({"again": 900}, (), []),
        # Unticking everything does not fill a source.
        ({}, (EMPTY_SOURCE,), [EMPTY_SOURCE]),
    ],
)
def test_plan_breaches_follow_ticked_counts(
    counts: dict[str, int], stopped_by: tuple[str, ...], expected: list[str]
) -> None:
    plan = replace(PLAN, limit_breaches=stopped_by)
    assert [breach.code for breach in plan_breaches(SYNC, plan, counts)] == expected


@pytest.mark.parametrize(
    ("code", "approvers", "expected"),
    [
        ("joins", [], [(0, 1)]),
        ("joins", ["7"], []),
        ("starts", ["7"], [(1, 2)]),
        ("starts", ["7", "7"], [(1, 2)]),
        ("starts", ["7", "8"], []),
        ("loosened", ["7"], [(1, 2)]),
        # Nobody can let an empty source pass.
        (EMPTY_SOURCE, ["7", "8"], [(2, 0)]),
    ],
)
def test_open_limits_count_each_approver_once(
    code: str, approvers: list[str], expected: list[tuple[int, int]]
) -> None:
    found = find_open_limits((_breach(code),), {code: approvers, "leaves": ["1", "2"]})
    assert [(one.approval_count, one.needed_count) for one in found] == expected


def test_open_limits_description_says_who_may_allow_them() -> None:
    breaches = (_breach("starts"), _breach("joins"))
    both = find_open_limits(breaches, {"starts": ["7"]})
    assert describe_open_limits(both) == (
        "Nothing written. 9 starts. 9 joins. Two admins, one after the other (so far 1),"
        " may let it pass once"
    )
    assert "An admin may" in describe_open_limits(find_open_limits(breaches[1:], {}))
    opted_out = find_open_limits((_breach("opted_out"),), {})
    assert "Whoever runs it may" in describe_open_limits(opted_out)
    both = find_open_limits((_breach("opted_out"), _breach("joins")), {})
    assert "An admin may" in describe_open_limits(both)
    empty = find_open_limits((_breach(EMPTY_SOURCE),), {})
    assert describe_open_limits(empty) == "Nothing written. 9 empty."
    assert describe_open_limits(()) == ""


@pytest.mark.parametrize("rows", [0, 1, 100, 5000])
def test_write_estimate_grows_with_rows_and_single_posts(rows: int) -> None:
    at_a_time = {"concurrent_calls": 16, "users_per_call": 100}
    jobs = estimate_write_s(SYNC, rows, **at_a_time)
    posts = estimate_write_s(replace(SYNC, flows=FlowPolicy.MAY_START), rows, **at_a_time)
    users = estimate_write_s(cases.lists_sync(), rows, **at_a_time)
    assert posts == pytest.approx(3 * 0.4 * rows / 16)
    assert jobs == pytest.approx(2 + rows / 1000 + 2 * 0.4 * rows / 16)
    assert users == pytest.approx(-(-rows // 100) * 2.4)
