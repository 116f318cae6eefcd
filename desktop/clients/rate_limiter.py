"""The rate limiter of one service: tracks the budgets in response headers, and waits for them.

A bucket is a name with a limit; a route (`GET user`) draws from the buckets its own answers
named. Times are kept on the monotonic clock, so that a changed clock neither blocks nor floods.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.kit.clock import Clock

ACCOUNT_BUCKET = "account"
# Of each bucket a run leaves this share to the people at work.
INTERACTIVE_SHARE = 0.25
# Seconds between looks whether a call under way has told of the new window.
_UNTIL_HEARD_S = 0.1


@dataclass(frozen=True)
class RateLimitReading:
    """A rate limit bucket as an HTTP answer's headers tell it.

    `is_concurrency`: the reading says how many things may be under way at once rather than how
    many calls are left: it falls and rises by itself, and nobody waits for it before being
    refused.
    """

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float | None
    is_concurrency: bool = False


RateLimitReader = Callable[[HttpRequest, Mapping[str, str], float], Iterable[RateLimitReading]]


@dataclass(frozen=True)
class RateBudget:
    """The calls left in a rate limit bucket; refilled `resets_in_s` seconds from the reading."""

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float

    @property
    def share(self) -> float:
        """The share of the rate limit that is left, 0 to 1."""
        return self.remaining / self.limit if self.limit > 0 else 0.0


@dataclass
class _Bucket:
    """The state of one rate limit bucket, as far as it is known.

    `remaining` counts down with every call that is let through, so that many callers at once
    cannot all take the last one; `last_reported` is what the service said last. `under_way` calls
    have no response yet, `finished` ones had one. `window` numbers the windows; `is_confirmed`: a
    response has told of the present one.
    """

    limit: int
    remaining: int
    last_reported: int
    resets_at: float
    window_s: float
    is_concurrency: bool
    under_way: int = 0
    finished: int = 0
    window: int = 0
    is_confirmed: bool = True

    def roll_window(self, now: float) -> None:
        """Refill the rate limit bucket once its window has passed.

        The next window is laid beside the last one, as long as the longest wait that was ever
        told. That is too short at first, so another is not begun before an answer has told.
        """
        if now < self.resets_at:
            return
        if not self.is_confirmed and self.under_way:
            self.resets_at = now + _UNTIL_HEARD_S
            return
        window_s = max(self.window_s, _UNTIL_HEARD_S)
        self.resets_at += window_s * (1 + (now - self.resets_at) // window_s)
        # Calls under way may be counted in the old window or in the new one.
        self.remaining = self.last_reported = max(0, self.limit - self.under_way)
        self.window += 1
        self.is_confirmed = False

    def apply_reading(
        self, reading: RateLimitReading, now: float, wait_s: float, mark: "WindowMark | None"
    ) -> None:
        """Take over a rate limit reading; `mark` tells which calls the server had counted then."""
        self.is_confirmed = True
        if reading.resets_in_s is not None:
            self.resets_at = now + wait_s
            self.window_s = max(self.window_s, wait_s)
        self.limit, self.last_reported = reading.limit, reading.remaining
        # Jobs end by themselves: the newest number is right, higher or lower.
        if self.is_concurrency:
            self.remaining = reading.remaining
            return
        # Answers overtake each other, so a higher number than ours is the older one, unless it
        # stays higher less every call that it may not have counted: then a sliding window has
        # recovered. Of a call without a mark that number is guessed.
        if mark is not None:
            uncounted = self.under_way + self.finished - mark.finished - 1
        else:
            uncounted = self.under_way + reading.limit // 10
        if reading.remaining - uncounted > self.remaining:
            self.remaining = reading.remaining - (uncounted if mark else self.under_way)
        else:
            self.remaining = min(self.remaining, reading.remaining)


@dataclass(frozen=True)
class WindowMark:
    """The rate limit window a call was let through in, and how many calls had ended before."""

    window: int
    finished: int


@dataclass(frozen=True)
class CallPermit:
    """A call that the rate limiter let through; `RateLimiter.release` gives it back."""

    route: str
    marks: Mapping[str, WindowMark]


class RateLimiter:
    """Tracks the rate limits of one service's routes and tells how long a call has to wait."""

    def __init__(
        self, clock: Clock, read: RateLimitReader, *, shared: bool, window_s: float = 60.0
    ) -> None:
        """`read` extracts rate limit readings from an HTTP answer's headers.

        `shared`: all routes draw from the account's bucket too (Zendesk), so that a 429 not
        explained by a bucket of the route's own stops them all. `window_s` is assumed where an
        answer does not say when a bucket is filled again.
        """
        self._clock = clock
        self._read = read
        self._shared = shared
        self._window_s = window_s
        self._buckets: dict[str, _Bucket] = {}
        self._routes: dict[str, set[str]] = {}
        self._paused_until: dict[str, float] = {}
        self._under_way: dict[str, int] = {}

    def record_response(
        self, request: HttpRequest, response: HttpResponse, permit: CallPermit | None = None
    ) -> None:
        """Take over an answer's rate limit headers; those of an earlier window's call are late."""
        now = self._clock.monotonic()
        drawn_from = self._routes.setdefault(request.route, set())
        for reading in self._read(request, response.headers, self._clock.now()):
            drawn_from.add(reading.bucket)
            wait_s = self._window_s if reading.resets_in_s is None else reading.resets_in_s
            if (known := self._buckets.get(reading.bucket)) is not None:
                known.roll_window(now)
                mark = permit.marks.get(reading.bucket) if permit else None
                if mark is None or mark.window == known.window:
                    known.apply_reading(reading, now, wait_s, mark)
                continue
            self._buckets[reading.bucket] = _Bucket(
                reading.limit,
                reading.remaining,
                reading.remaining,
                now + wait_s,
                wait_s,
                reading.is_concurrency,
            )

    def pause_after_429(self, request: HttpRequest, wait_s: float, *, of_all: bool = True) -> None:
        """Block a rate limited route, or the whole account, for `wait_s` seconds after a 429."""
        now = self._clock.monotonic()
        # An exhausted bucket of the route's own explains the 429, so that others may go on.
        own = (self._buckets[b] for b in self._routes.get(request.route, ()) if b != ACCOUNT_BUCKET)
        spent_own = any(bucket.last_reported == 0 and now < bucket.resets_at for bucket in own)
        key = ACCOUNT_BUCKET if self._shared and of_all and not spent_own else request.route
        self._paused_until[key] = max(self._paused_until.get(key, 0.0), now + wait_s)

    def wait_s(self, request: HttpRequest, reserve: float = 0.0) -> float:
        """Return how long the rate limit makes a request wait; 0: it may be sent.

        `reserve` is the share of each bucket that this caller leaves to others.
        """
        now = self._clock.monotonic()
        until = max(
            self._paused_until.get(request.route, 0.0), self._paused_until.get(ACCOUNT_BUCKET, 0.0)
        )
        for name in self._buckets_of(request):
            bucket = self._buckets[name]
            bucket.roll_window(now)
            if bucket.remaining <= bucket.limit * reserve:
                until = max(until, bucket.resets_at)
        return max(0.0, until - now)

    def is_first_call_pending(self, request: HttpRequest) -> bool:
        """Whether a route's rate limit is unknown and its first call is under way."""
        return request.route not in self._routes and self._under_way.get(request.route, 0) > 0

    def acquire(self, request: HttpRequest) -> CallPermit:
        """Let a call through the rate limiter and count it before its answer does."""
        marks: dict[str, WindowMark] = {}
        for name in self._buckets_of(request):
            bucket = self._buckets[name]
            marks[name] = WindowMark(bucket.window, bucket.finished)
            bucket.under_way += 1
            bucket.remaining -= 1
        self._under_way[request.route] = self._under_way.get(request.route, 0) + 1
        return CallPermit(request.route, marks)

    def release(self, permit: CallPermit, *, arrived: bool = True) -> None:
        """End a call of the rate limiter; one that never `arrived` at the service cost nothing."""
        for name, mark in permit.marks.items():
            bucket = self._buckets[name]
            bucket.under_way -= 1
            bucket.finished += 1
            bucket.remaining += not arrived and bucket.window == mark.window
        self._under_way[permit.route] -= 1

    def budgets(self) -> tuple[RateBudget, ...]:
        """Return the rate budget of every known bucket; one whose window has passed is full."""
        now = self._clock.monotonic()
        return tuple(
            RateBudget(name, b.limit, _remaining_calls(b, now), max(0.0, b.resets_at - now))
            for name, b in sorted(self._buckets.items())
        )

    def budget(self, bucket: str = ACCOUNT_BUCKET) -> RateBudget | None:
        """Return the rate budget of one bucket, or None when it is not known."""
        return next((b for b in self.budgets() if b.bucket == bucket), None)

    def share_left(self, bucket: str = ACCOUNT_BUCKET) -> float:
        """Return the share of a rate limit bucket that is left; 1 while nothing is known of it."""
        found = self.budget(bucket)
        return found.share if found is not None else 1.0

    def _buckets_of(self, request: HttpRequest) -> tuple[str, ...]:
        own = self._routes.get(request.route, set())
        every = own | {ACCOUNT_BUCKET} if self._shared and ACCOUNT_BUCKET in self._buckets else own
        return tuple(name for name in every if not self._buckets[name].is_concurrency)


def _remaining_calls(bucket: _Bucket, now: float) -> int:
    return bucket.limit if now >= bucket.resets_at else max(0, bucket.remaining)
