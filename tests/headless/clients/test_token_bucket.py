"""The limiter of a service that tells nothing of its limit: its pace, its share, its pauses."""

import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.token_bucket import PacedRateLimiter
from tests.support.clocks import ManualClock
from tests.support.fake_transport import NOW

REQUEST = HttpRequest("GET", "/v2/contacts", "/v2/contacts")


def count_calls(
    limiter: PacedRateLimiter, clock: ManualClock, seconds: float, reserve: float
) -> int:
    """How many calls get through in this time by one who always wants to."""
    end, calls = clock.monotonic() + seconds, 0
    while True:
        wait = limiter.wait_s(REQUEST, reserve)
        if clock.monotonic() + wait >= end:
            return calls
        clock.advance(wait)
        if limiter.wait_s(REQUEST, reserve) <= 0:
            limiter.release(limiter.acquire(REQUEST))
            calls += 1


@pytest.mark.parametrize(("reserve", "a_second"), [(0.0, 8), (0.25, 6)])
def test_calls_keep_to_the_rate(reserve: float, a_second: int) -> None:
    clock = ManualClock(NOW)
    limiter = PacedRateLimiter(clock, calls_per_s=8)
    calls = count_calls(limiter, clock, 100, reserve)
    assert 0.95 * 100 * a_second <= calls <= 101 * a_second


def test_run_leaves_calls_to_people() -> None:
    clock = ManualClock(NOW)
    limiter = PacedRateLimiter(clock, calls_per_s=8)
    count_calls(limiter, clock, 10, 0.25)
    # The run waits, a person does not.
    assert limiter.wait_s(REQUEST, 0.25) > 0
    assert limiter.wait_s(REQUEST) == 0


def test_refusals_in_a_row_double_the_pause() -> None:
    clock = ManualClock(NOW)
    limiter = PacedRateLimiter(clock, calls_per_s=8)
    pauses = []
    for _ in range(8):
        limiter.record_response(REQUEST, HttpResponse(429))
        limiter.pause_after_429(REQUEST, 0.0)
        pauses.append(limiter.wait_s(REQUEST))
        clock.advance(pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    limiter.record_response(REQUEST, HttpResponse(200))
    limiter.pause_after_429(REQUEST, 0.0)
    assert limiter.wait_s(REQUEST) == 1


def test_budget_tells_what_is_left() -> None:
    clock = ManualClock(NOW)
    limiter = PacedRateLimiter(clock, calls_per_s=8)
    for _ in range(6):
        limiter.release(limiter.acquire(REQUEST))
    budget = limiter.budget()
    assert budget is not None
    assert (budget.limit, budget.remaining) == (8, 2)
    assert limiter.share_left() == 0.25
