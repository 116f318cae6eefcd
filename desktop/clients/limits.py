"""The rate budget of one service: what every answer's headers said, per bucket.

A bucket is a name with a limit; a route (`GET user`) draws from the buckets its own answers
named. Times are kept on the monotonic clock, so that a changed clock neither blocks nor floods.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from desktop.clients.exchange import Answer, Request
from desktop.kit.clock import Clock

ACCOUNT = "account"
PEOPLE_SHARE = 0.25


@dataclass(frozen=True)
class Reading:
    """What one answer said about one bucket; `resets_in_s` is None where it did not say."""

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float | None


Reader = Callable[[Request, Mapping[str, str], float], Iterable[Reading]]


@dataclass(frozen=True)
class Budget:
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
    def below_half(self) -> bool:
        """Whether less than half is left."""
        return self.share < 0.5


@dataclass
class _Bucket:
    limit: int
    remaining: int
    resets_at: float


class Limits:
    """Fed by every answer; asked by the window and before every call."""

    def __init__(self, clock: Clock, read: Reader, *, shared: bool, window_s: float = 60.0) -> None:
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
        self._holds: dict[str, float] = {}

    def note(self, request: Request, answer: Answer) -> None:
        """Take in an answer's headers."""
        now = self._clock.monotonic()
        for reading in self._read(request, answer.headers, self._clock.now()):
            self._routes.setdefault(request.route, set()).add(reading.bucket)
            wait_s = self._window_s if reading.resets_in_s is None else reading.resets_in_s
            known = self._buckets.get(reading.bucket)
            if known is None or now >= known.resets_at:
                self._buckets[reading.bucket] = _Bucket(
                    reading.limit, reading.remaining, now + wait_s
                )
                continue
            if reading.resets_in_s is not None:
                known.resets_at = now + wait_s
            # Answers overtake each other within a window, where the lower number is the newer;
            # a sliding window that has recovered says so with a clearly higher one.
            recovered = reading.remaining > known.remaining + reading.limit // 10
            known.limit = reading.limit
            known.remaining = (
                reading.remaining if recovered else min(known.remaining, reading.remaining)
            )

    def hold(self, request: Request, wait_s: float) -> None:
        """After a 429: no call of this route, or of the whole account, for so long."""
        now = self._clock.monotonic()
        own = (b for b in self._routes.get(request.route, ()) if b != ACCOUNT)
        spent_own = any(self._remaining(name, now) == 0 for name in own)
        key = ACCOUNT if self._shared and not spent_own else request.route
        self._holds[key] = max(self._holds.get(key, 0.0), now + wait_s)

    def closed_for_s(self, request: Request, reserve: float = 0.0) -> float:
        """How long this call should wait; 0: it may go.

        `reserve` is the share of each bucket that this caller leaves to others.
        """
        now = self._clock.monotonic()
        until = max(self._holds.get(request.route, 0.0), self._holds.get(ACCOUNT, 0.0))
        for name in self._routes.get(request.route, ()):
            bucket = self._buckets[name]
            if now < bucket.resets_at and bucket.remaining <= bucket.limit * reserve:
                until = max(until, bucket.resets_at)
        return max(0.0, until - now)

    def budgets(self) -> tuple[Budget, ...]:
        """Every bucket heard of; one whose window has passed is full again."""
        now = self._clock.monotonic()
        return tuple(
            Budget(name, b.limit, self._remaining(name, now), max(0.0, b.resets_at - now))
            for name, b in sorted(self._buckets.items())
        )

    def budget(self, bucket: str = ACCOUNT) -> Budget | None:
        """One bucket, or None when nothing was heard of it."""
        return next((b for b in self.budgets() if b.bucket == bucket), None)

    def below_half(self, bucket: str = ACCOUNT) -> bool:
        """Whether less than half of that bucket is left, as far as is known."""
        found = self.budget(bucket)
        return found is not None and found.below_half

    def _remaining(self, name: str, now: float) -> int:
        bucket = self._buckets[name]
        return bucket.limit if now >= bucket.resets_at else bucket.remaining
