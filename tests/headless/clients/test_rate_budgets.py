"""Rate budgets out of headers."""

import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.rate_limiter import ACCOUNT_BUCKET, RateLimiter
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.zendesk import protocol as zendesk
from tests.support.clocks import ManualClock
from tests.support.fake_transport import NOW

GET = HttpRequest("GET", "/user", "/user")
POST = HttpRequest("POST", "/user", "/user")
DATE = "Sat, 21 Nov 2026 10:42:15 GMT"


def minute(remaining: int, limit: int = 100, reset: float = NOW + 45) -> HttpResponse:
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(reset)),
        "date": DATE,
    }
    return HttpResponse(200, headers)


def account(remaining: int, resets: int = 30, **named: str) -> HttpResponse:
    headers = {
        "x-rate-limit": "700",
        "x-rate-limit-remaining": str(remaining),
        "ratelimit-reset": str(resets),
    }
    named = {f"zendesk-ratelimit-{k.replace('_', '-')}": v for k, v in named.items()}
    return HttpResponse(200, headers | named)


def test_sailthru_rate_budget_is_per_endpoint_and_method() -> None:
    limits = RateLimiter(ManualClock(NOW), sailthru.read_endpoint_rate_limits, shared=False)
    limits.record_response(GET, minute(40))
    limits.record_response(POST, minute(90))
    names = {b.bucket: (b.limit, b.remaining) for b in limits.budgets()}
    assert names == {"GET /user": (100, 40), "POST /user": (100, 90)}
    assert limits.share_left("GET /user") < 0.5
    assert limits.share_left("unheard of") == 1.0
    assert limits.budget("GET /user").resets_in_s == pytest.approx(45)  # type: ignore[union-attr]


def test_rate_budget_out_of_order_responses_do_not_raise_it() -> None:
    limits = RateLimiter(ManualClock(NOW), sailthru.read_endpoint_rate_limits, shared=False)
    for left in (50, 48, 49):
        limits.record_response(GET, minute(left))
    assert limits.budgets()[0].remaining == 48


def test_rate_budget_new_window_is_full() -> None:
    clock = ManualClock(NOW)
    limits = RateLimiter(clock, sailthru.read_endpoint_rate_limits, shared=False)
    limits.record_response(GET, minute(0))
    assert limits.wait_s(GET) == pytest.approx(45)
    assert limits.wait_s(POST) == 0
    clock.advance(45)
    assert limits.wait_s(GET) == 0
    assert limits.budgets()[0].remaining == 100
    limits.record_response(GET, minute(99, reset=NOW + 60))
    assert limits.budgets()[0].remaining == 99


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0, 3e8, -3e8])
def test_rate_budget_clock_jump_neither_blocks_nor_floods(jump_s: float) -> None:
    clock = ManualClock(NOW)
    limits = RateLimiter(clock, sailthru.read_endpoint_rate_limits, shared=False)
    clock.correct_wall_clock(jump_s)
    limits.record_response(GET, minute(0))
    assert limits.wait_s(GET) == pytest.approx(45)
    clock.correct_wall_clock(-jump_s)
    assert limits.wait_s(GET) == pytest.approx(45)


def test_zendesk_rate_budget_buckets_are_named() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    put = zendesk.build_request("PUT", "/api/v2/users/{id}", ids={"id": 1})
    limits.record_response(put, account(600, create_update_user="total=60; remaining=0; resets=20"))
    assert {b.bucket for b in limits.budgets()} == {ACCOUNT_BUCKET, "create-update-user"}
    assert limits.wait_s(put) == pytest.approx(20)
    assert limits.wait_s(GET) == 0
    assert limits.share_left() >= 0.5
    limits.record_response(GET, account(300))
    assert limits.share_left() < 0.5


def test_rate_budget_429_holds_spent_bucket_or_account() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    put = zendesk.build_request("PUT", "/api/v2/users/{id}", ids={"id": 1})
    limits.record_response(put, account(600, create_update_user="total=60; remaining=0; resets=20"))
    limits.pause_after_429(put, 25)
    assert limits.wait_s(put) == pytest.approx(25)
    assert limits.wait_s(GET) == 0
    limits.pause_after_429(GET, 40)
    assert limits.wait_s(GET) == pytest.approx(40)
    assert limits.wait_s(put) == pytest.approx(40)


def test_rate_budget_sliding_window_recovery_is_accepted() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    for left, seen in ((100, 100), (110, 100), (400, 400)):
        limits.record_response(GET, account(left))
        assert limits.budget().remaining == seen  # type: ignore[union-attr]


def test_rate_budget_reserve_is_kept() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    limits.record_response(GET, account(176))
    assert limits.wait_s(GET, 0.25) == 0
    limits.record_response(GET, account(175))
    assert limits.wait_s(GET, 0.25) == pytest.approx(30)
    assert limits.wait_s(GET) == 0


def test_rate_budget_call_in_flight_is_counted() -> None:
    limits = RateLimiter(ManualClock(NOW), sailthru.read_endpoint_rate_limits, shared=False)
    limits.record_response(GET, minute(3))
    entered = [limits.acquire(GET) for _ in range(3)]
    assert limits.wait_s(GET) == pytest.approx(45)
    limits.release(entered.pop(), arrived=False)
    assert limits.wait_s(GET) == 0
    limits.record_response(GET, minute(2), entered[0])
    limits.release(entered[0])
    assert limits.budget("GET /user").remaining == 1  # type: ignore[union-attr]


def test_rate_budget_late_response_of_old_window_is_ignored() -> None:
    clock = ManualClock(NOW)
    limits = RateLimiter(clock, sailthru.read_endpoint_rate_limits, shared=False)
    limits.record_response(GET, minute(50))
    late = limits.acquire(GET)
    clock.advance(46)
    assert limits.wait_s(GET) == 0
    limits.record_response(GET, minute(3, reset=NOW + 46), late)
    limits.release(late)
    # It may be counted in the new window, so one less than all is left.
    assert limits.budget("GET /user").remaining == 99  # type: ignore[union-attr]


def test_rate_budget_sliding_window_recovery_minus_uncounted_calls() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    limits.record_response(GET, account(10))
    first, *others = [limits.acquire(GET) for _ in range(4)]
    limits.release(others.pop())
    limits.record_response(GET, account(60), first)
    assert limits.budget().remaining == 57  # type: ignore[union-attr]


def test_inflight_job_limit_is_reported_and_never_waited_for() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    start = zendesk.build_request("PUT", "/api/v2/users/update_many")
    for left in (1, 0, 12):
        jobs = f"total=30; remaining={left}; resets=60"
        entered = limits.acquire(start)
        limits.record_response(start, account(600, inflight_jobs=jobs), entered)
        limits.release(entered)
        assert limits.budget("inflight-jobs").remaining == left  # type: ignore[union-attr]
        assert limits.wait_s(start, 0.25) == 0


def test_too_many_jobs_holds_only_job_starts() -> None:
    limits = RateLimiter(ManualClock(NOW), zendesk.read_account_rate_limits, shared=True)
    start = zendesk.build_request("PUT", "/api/v2/users/update_many")
    limits.record_response(start, account(600))
    limits.pause_after_429(start, 10, of_all=False)
    assert limits.wait_s(start) == pytest.approx(10)
    assert limits.wait_s(GET) == 0
