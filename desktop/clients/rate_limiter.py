"""The rate budget of one service: what every answer's headers said, per bucket.

A bucket is a name with a limit; a route (`GET user`) draws from the buckets its own answers
named. Times are kept on the monotonic clock, so that a changed clock neither blocks nor floods.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.kit.clock import Clock

ACCOUNT_BUCKET = "account"
INTERACTIVE_SHARE = 0.25
_UNTIL_HEARD_S = 0.1


@dataclass(frozen=True)
class RateLimitReading:
    """What one answer said about one bucket; `resets_in_s` is None where it did not say.

    A `level` says how many things may be under way at once rather than how many calls are left:
    it falls and rises by itself, and nobody waits for it before being refused.
    """

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float | None
    is_concurrency: bool = False


RateLimitReader = Callable[[HttpRequest, Mapping[str, str], float], Iterable[RateLimitReading]]


@dataclass(frozen=True)
class RateBudget:
    """What is left of a bucket; `resets_in_s` seconds from the moment it was asked."""

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float

    @property
    def share(self) -> float:
        """What is left, 0 to 1."""
        return self.remaining / self.limit if self.limit > 0 else 0.0

    @property
    def is_below_half(self) -> bool:
        """Whether less than half is left."""
        return self.share < 0.5


@dataclass
class _Bucket:
    """One bucket as far as it is known.

    `remaining` counts down with every call that is let through, so that many callers at once
    cannot all take the last one; `said` is what the service said last, `under_way` how many
    calls have no answer yet, `over` how many had one. `window` numbers the windows; `heard`: an
    answer has told of this one.
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
        """Fill it again once its window has passed.

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
        """Believe what an answer to a call of this window said; `mark`: of that call."""
        self.is_confirmed = True
        if reading.resets_in_s is not None:
            self.resets_at = now + wait_s
            self.window_s = max(self.window_s, wait_s)
        self.limit, self.last_reported = reading.limit, reading.remaining
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
    """When a call was let through: in which window, and after how many others were over."""

    window: int
    finished: int


@dataclass(frozen=True)
class CallPermit:
    """A call let through, with its mark in every bucket; `RateLimiter.leave` gives it back."""

    route: str
    marks: Mapping[str, WindowMark]


class RateLimiter:
    """Fed by every answer; asked by the window and before every call."""

    def __init__(
        self, clock: Clock, read: RateLimitReader, *, shared: bool, window_s: float = 60.0
    ) -> None:
        """`read` is the service's own header reader.

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
        self, request: HttpRequest, answer: HttpResponse, entered: CallPermit | None = None
    ) -> None:
        """Take in an answer's headers; those of a call begun in an earlier window are late."""
        now = self._clock.monotonic()
        drawn_from = self._routes.setdefault(request.route, set())
        for reading in self._read(request, answer.headers, self._clock.now()):
            drawn_from.add(reading.bucket)
            wait_s = self._window_s if reading.resets_in_s is None else reading.resets_in_s
            if (known := self._buckets.get(reading.bucket)) is not None:
                known.roll_window(now)
                mark = entered.marks.get(reading.bucket) if entered else None
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
        """After a 429: no call of this route, or of the whole account, for so long."""
        now = self._clock.monotonic()
        own = (self._buckets[b] for b in self._routes.get(request.route, ()) if b != ACCOUNT_BUCKET)
        spent_own = any(bucket.last_reported == 0 and now < bucket.resets_at for bucket in own)
        key = ACCOUNT_BUCKET if self._shared and of_all and not spent_own else request.route
        self._paused_until[key] = max(self._paused_until.get(key, 0.0), now + wait_s)

    def wait_s(self, request: HttpRequest, reserve: float = 0.0) -> float:
        """How long this call should wait; 0: it may go.

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
        """Whether nothing is known of this route yet and a call that will tell is under way."""
        return request.route not in self._routes and self._under_way.get(request.route, 0) > 0

    def acquire(self, request: HttpRequest) -> CallPermit:
        """Let a call through, and count it before its answer does."""
        marks: dict[str, WindowMark] = {}
        for name in self._buckets_of(request):
            bucket = self._buckets[name]
            marks[name] = WindowMark(bucket.window, bucket.finished)
            bucket.under_way += 1
            bucket.remaining -= 1
        self._under_way[request.route] = self._under_way.get(request.route, 0) + 1
        return CallPermit(request.route, marks)

    def release(self, entered: CallPermit, *, arrived: bool = True) -> None:
        """The call is over; one that never `arrived` has cost nothing."""
        for name, mark in entered.marks.items():
            bucket = self._buckets[name]
            bucket.under_way -= 1
            bucket.finished += 1
            bucket.remaining += not arrived and bucket.window == mark.window
        self._under_way[entered.route] -= 1

    def budgets(self) -> tuple[RateBudget, ...]:
        """Every bucket heard of; one whose window has passed is full again."""
        now = self._clock.monotonic()
        return tuple(
            RateBudget(name, b.limit, _remaining_calls(b, now), max(0.0, b.resets_at - now))
            for name, b in sorted(self._buckets.items())
        )

    def budget(self, bucket: str = ACCOUNT_BUCKET) -> RateBudget | None:
        """One bucket, or None when nothing was heard of it."""
        return next((b for b in self.budgets() if b.bucket == bucket), None)

    def is_below_half(self, bucket: str = ACCOUNT_BUCKET) -> bool:
        """Whether less than half of that bucket is left, as far as is known."""
        found = self.budget(bucket)
        return found is not None and found.is_below_half

    def _buckets_of(self, request: HttpRequest) -> tuple[str, ...]:
        own = self._routes.get(request.route, set())
        every = own | {ACCOUNT_BUCKET} if self._shared and ACCOUNT_BUCKET in self._buckets else own
        return tuple(name for name in every if not self._buckets[name].is_concurrency)


def _remaining_calls(bucket: _Bucket, now: float) -> int:
    return bucket.limit if now >= bucket.resets_at else max(0, bucket.remaining)
