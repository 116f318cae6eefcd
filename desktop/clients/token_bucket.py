"""A rate limiter for a service that says nothing of its limit: it keeps below a known rate.

Zendesk Sell sends no rate headers and no Retry-After (docs/zendesk-sell.md 4).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.rate_limiter import (
    ACCOUNT_BUCKET,
    CallPermit,
    RateBudget,
    RateLimiter,
    RateLimitReading,
)
from desktop.kit.clock import Clock

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_ROUNDING = 1e-6


@dataclass
class TokenBucket:
    """Calls that may be made now; filled at `rate` a second up to `size` (monotonic time)."""

    rate: float
    size: float
    level: float
    at: float

    def fill(self, now: float) -> None:
        """Add the tokens that have come since the bucket was last looked at."""
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now

    def wait_s(self) -> float:
        """Return the seconds until a token is there; 0 where one is."""
        missing = 1.0 - self.level
        # Less is what floating-point numbers make of a whole token.
        return missing / self.rate if missing > _ROUNDING else 0.0


def _read_nothing(
    _request: HttpRequest, _headers: Mapping[str, str], _now: float
) -> Iterator[RateLimitReading]:
    return iter(())


class PacedRateLimiter(RateLimiter):
    """A rate limiter with a token bucket of its own, and pauses that double with each 429.

    Callers with a reserve (runs) draw from a second bucket as well, which is smaller by that
    share: what they leave is the people's, also in another process.
    """

    def __init__(self, clock: Clock, *, calls_per_s: float) -> None:
        """`calls_per_s` is also the number of calls that may go out at once after a rest."""
        super().__init__(clock, _read_nothing, shared=True)
        self._calls_per_s = calls_per_s
        self._bucket = TokenBucket(calls_per_s, calls_per_s, calls_per_s, clock.monotonic())
        self._reserved_bucket: TokenBucket | None = None
        self._refusals = 0

    def wait_s(self, request: HttpRequest, reserve: float = 0.0) -> float:
        """Return how long a call has to wait for a token, or for a pause after a 429."""
        now = self._clock.monotonic()
        self._bucket.fill(now)
        waits = [super().wait_s(request), self._bucket.wait_s()]
        if reserve > 0:
            waits.append(self._bucket_of_runs(reserve, now).wait_s())
        return max(waits)

    def _bucket_of_runs(self, reserve: float, now: float) -> TokenBucket:
        if self._reserved_bucket is None:
            rate = self._calls_per_s * (1 - reserve)
            self._reserved_bucket = TokenBucket(rate, rate, rate, now)
        self._reserved_bucket.fill(now)
        return self._reserved_bucket

    def acquire(self, request: HttpRequest) -> CallPermit:
        """Let a call through and take its token."""
        self._bucket.fill(self._clock.monotonic())
        self._bucket.level -= 1
        if self._reserved_bucket is not None:
            self._reserved_bucket.level -= 1
        return super().acquire(request)

    def is_first_call_pending(self, request: HttpRequest) -> bool:
        """Return False: no answer tells of the limit, so none need be waited for."""
        del request
        return False

    def record_response(
        self, request: HttpRequest, response: HttpResponse, permit: CallPermit | None = None
    ) -> None:
        """Record an answer for the rate limit: any but a 429 ends the doubling of pauses."""
        super().record_response(request, response, permit)
        if response.status != 429:
            self._refusals = 0

    def pause_after_429(self, request: HttpRequest, wait_s: float, *, of_all: bool = True) -> None:
        """Let nothing through for a while that doubles with each 429 in a row."""
        own = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._refusals)
        self._refusals = min(self._refusals + 1, 10)
        self._bucket.level = min(self._bucket.level, 0.0)
        super().pause_after_429(request, max(wait_s, own), of_all=of_all)

    def budgets(self) -> tuple[RateBudget, ...]:
        """Return the one rate budget: the tokens that are left now."""
        self._bucket.fill(self._clock.monotonic())
        left = int(max(0.0, self._bucket.level))
        size = int(self._bucket.size)
        return (RateBudget(ACCOUNT_BUCKET, size, left, self._bucket.wait_s()),)
