"""Rate budgets out of headers."""

import pytest

from desktop.clients.exchange import Answer, Request
from desktop.clients.limits import ACCOUNT, Limits
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.zendesk import protocol as zendesk
from tests.headless.clients.fakes import NOW, ManualClock

GET = Request("GET", "/user", "/user")
POST = Request("POST", "/user", "/user")
DATE = "Sat, 21 Nov 2026 10:42:15 GMT"


def minute(remaining: int, limit: int = 100, reset: float = NOW + 45) -> Answer:
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(reset)),
        "date": DATE,
    }
    return Answer(200, headers)


def account(remaining: int, resets: int = 30, **named: str) -> Answer:
    headers = {
        "x-rate-limit": "700",
        "x-rate-limit-remaining": str(remaining),
        "ratelimit-reset": str(resets),
    }
    named = {f"zendesk-ratelimit-{k.replace('_', '-')}": v for k, v in named.items()}
    return Answer(200, headers | named)


def test_sailthru_counts_each_endpoint_and_method() -> None:
    limits = Limits(ManualClock(), sailthru.readings, shared=False)
    limits.note(GET, minute(40))
    limits.note(POST, minute(90))
    names = {b.bucket: (b.limit, b.remaining, b.below_half) for b in limits.budgets()}
    assert names == {"GET /user": (100, 40, True), "POST /user": (100, 90, False)}
    assert limits.below_half("GET /user")
    assert not limits.below_half("unheard of")
    assert limits.budget("GET /user").resets_in_s == pytest.approx(45)  # type: ignore[union-attr]


def test_answers_that_overtake_each_other_do_not_raise_the_budget() -> None:
    limits = Limits(ManualClock(), sailthru.readings, shared=False)
    for left in (50, 48, 49):
        limits.note(GET, minute(left))
    assert limits.budgets()[0].remaining == 48


def test_a_new_window_is_full_again() -> None:
    clock = ManualClock()
    limits = Limits(clock, sailthru.readings, shared=False)
    limits.note(GET, minute(0))
    assert limits.closed_for_s(GET) == pytest.approx(45)
    assert limits.closed_for_s(POST) == 0
    clock.at += 45
    assert limits.closed_for_s(GET) == 0
    assert limits.budgets()[0].remaining == 100
    limits.note(GET, minute(99, reset=NOW + 60))
    assert limits.budgets()[0].remaining == 99


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0, 3e8, -3e8])
def test_a_jumping_clock_neither_blocks_nor_floods(jump_s: float) -> None:
    clock = ManualClock()
    limits = Limits(clock, sailthru.readings, shared=False)
    clock.offset += jump_s
    limits.note(GET, minute(0))
    assert limits.closed_for_s(GET) == pytest.approx(45)
    clock.offset -= jump_s
    assert limits.closed_for_s(GET) == pytest.approx(45)


def test_zendesk_names_its_buckets() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    put = zendesk.build("PUT", "/api/v2/users/{id}", ids={"id": 1})
    limits.note(put, account(600, create_update_user="total=60; remaining=0; resets=20"))
    assert {b.bucket for b in limits.budgets()} == {ACCOUNT, "create-update-user"}
    assert limits.closed_for_s(put) == pytest.approx(20)
    assert limits.closed_for_s(GET) == 0
    assert not limits.below_half()
    limits.note(GET, account(300))
    assert limits.below_half()


def test_after_429_the_spent_bucket_is_held_or_the_account() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    put = zendesk.build("PUT", "/api/v2/users/{id}", ids={"id": 1})
    limits.note(put, account(600, create_update_user="total=60; remaining=0; resets=20"))
    limits.hold(put, 25)
    assert limits.closed_for_s(put) == pytest.approx(25)
    assert limits.closed_for_s(GET) == 0
    limits.hold(GET, 40)
    assert limits.closed_for_s(GET) == pytest.approx(40)
    assert limits.closed_for_s(put) == pytest.approx(40)


def test_a_sliding_window_that_recovers_is_believed() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    for left, seen in ((100, 100), (110, 100), (400, 400)):
        limits.note(GET, account(left))
        assert limits.budget().remaining == seen  # type: ignore[union-attr]


def test_the_reserve() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    limits.note(GET, account(176))
    assert limits.closed_for_s(GET, 0.25) == 0
    limits.note(GET, account(175))
    assert limits.closed_for_s(GET, 0.25) == pytest.approx(30)
    assert limits.closed_for_s(GET) == 0


def test_a_call_let_through_counts_before_its_answer() -> None:
    limits = Limits(ManualClock(), sailthru.readings, shared=False)
    limits.note(GET, minute(3))
    entered = [limits.enter(GET) for _ in range(3)]
    assert limits.closed_for_s(GET) == pytest.approx(45)
    limits.leave(entered.pop(), arrived=False)
    assert limits.closed_for_s(GET) == 0
    limits.note(GET, minute(2), entered[0])
    limits.leave(entered[0])
    assert limits.budget("GET /user").remaining == 1  # type: ignore[union-attr]


def test_an_answer_of_the_window_before_is_late() -> None:
    clock = ManualClock()
    limits = Limits(clock, sailthru.readings, shared=False)
    limits.note(GET, minute(50))
    late = limits.enter(GET)
    clock.at += 46
    assert limits.closed_for_s(GET) == 0
    limits.note(GET, minute(3, reset=NOW + 46), late)
    limits.leave(late)
    # It may be counted in the new window, so one less than all is left.
    assert limits.budget("GET /user").remaining == 99  # type: ignore[union-attr]


def test_a_sliding_window_that_recovers_is_believed_less_what_it_may_not_have_counted() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    limits.note(GET, account(10))
    first, *others = [limits.enter(GET) for _ in range(4)]
    limits.leave(others.pop())
    limits.note(GET, account(60), first)
    assert limits.budget().remaining == 57  # type: ignore[union-attr]


def test_jobs_at_once_are_shown_and_never_waited_for() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    start = zendesk.build("PUT", "/api/v2/users/update_many")
    for left in (1, 0, 12):
        jobs = f"total=30; remaining={left}; resets=60"
        entered = limits.enter(start)
        limits.note(start, account(600, inflight_jobs=jobs), entered)
        limits.leave(entered)
        assert limits.budget("inflight-jobs").remaining == left  # type: ignore[union-attr]
        assert limits.closed_for_s(start, 0.25) == 0


def test_too_many_jobs_hold_only_those_who_start_some() -> None:
    limits = Limits(ManualClock(), zendesk.readings, shared=True)
    start = zendesk.build("PUT", "/api/v2/users/update_many")
    limits.note(start, account(600))
    limits.hold(start, 10, of_all=False)
    assert limits.closed_for_s(start) == pytest.approx(10)
    assert limits.closed_for_s(GET) == 0
