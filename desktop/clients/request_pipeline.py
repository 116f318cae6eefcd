"""Sends one request to a service: authenticate, rate limit, send, parse, retry.

A write whose fate is unknown (ResponseTimeout, or ServiceError with `is_outcome_unknown`) is
raised and never sent again here: `writing/` settles it by reading.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from desktop.clients.http_messages import HttpRequest, HttpResponse, Transport
from desktop.clients.rate_limiter import INTERACTIVE_SHARE, CallPermit, RateLimiter
from desktop.clients.retry_after import retry_after_s, server_time
from desktop.clients.service_errors import rate_limit_title
from desktop.clients.service_status import ServiceStatusTracker
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from desktop.model.retry_backoff import ExponentialBackoff

T = TypeVar("T")
ResponseReader = Callable[[HttpResponse, float], T]

# Reading more than this much JSON takes long enough to be felt in the window.
_THREAD_PARSE_BYTES = 1_000_000
# While the credentials are refused one call in this time goes out, to see whether they still are:
# another process, or the service's administrator, may have put it right.
_PROBE_EVERY_S = 30.0
# Reading what is being changed just now is tried again so often.
_MAX_CONFLICT_RETRIES = 3
# These ask who one is, on somebody's order: they always go out.
_SIGN_IN_PROBES = ("GET /api/v2/users/me", "GET /settings", "GET /v2/users/self")


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often a failed HTTP request is retried.

    `reserved_share` is the share of every rate budget this caller leaves untouched.
    """

    backoff: ExponentialBackoff
    max_wait_s: float
    reserved_share: float = 0.0


# A person waits: three attempts within eight seconds.
INTERACTIVE_RETRY_POLICY = RetryPolicy(
    ExponentialBackoff(first_delay_s=0.3, max_delay_s=3.0, max_attempts=3), max_wait_s=8.0
)
# Nobody waits for a run: it may sit out a quarter of an hour.
RUN_RETRY_POLICY = RetryPolicy(
    ExponentialBackoff(first_delay_s=1.0, max_delay_s=60.0, max_attempts=8),
    max_wait_s=900.0,
    reserved_share=INTERACTIVE_SHARE,
)


class RequestAuthenticator(Protocol):
    """Adds credentials to an HTTP request at the moment it is sent."""

    async def authenticate(self, request: HttpRequest) -> HttpRequest:
        """Return the HTTP request with the service's current credentials."""
        ...

    async def recover_from_401(self, refused: HttpRequest) -> bool:
        """Whether a request has other credentials after a 401, worth one retry."""
        ...


class NoAuthenticator:
    """Sailthru's request authenticator: requests are signed when they are built."""

    async def authenticate(self, request: HttpRequest) -> HttpRequest:
        """Return a Sailthru request unchanged: it is signed already."""
        return request

    async def recover_from_401(self, refused: HttpRequest) -> bool:
        """Return False: Sailthru's API key has no other credentials after a 401."""
        del refused
        return False


def request_id_of(response: HttpResponse) -> str:
    """Return the number that a service gave a call of ours, as its support asks for it; or ""."""
    headers = response.headers
    return headers.get("x-zendesk-request-id") or headers.get("x-request-id") or ""


@dataclass
class RequestPipeline:
    """The way of a client's request to the transport and back; `jitter` gives [0, 1)."""

    transport: Transport
    rate_limiter: RateLimiter
    status_tracker: ServiceStatusTracker
    clock: Clock
    authenticator: RequestAuthenticator = field(default_factory=NoAuthenticator)
    retry_policy: RetryPolicy = INTERACTIVE_RETRY_POLICY
    jitter: Callable[[], float] = random.random
    # How far the service's clock is ahead of this computer's (seconds), as its last answer said.
    clock_ahead_s: float = field(default=0.0, init=False)
    _probed_at: float = field(default=float("-inf"), init=False, repr=False)
    # By route: a run's other calls, while the first one of it is out.
    _first_calls: dict[str, asyncio.Event] = field(default_factory=dict, init=False, repr=False)

    async def call(self, request: HttpRequest, read: ResponseReader[T]) -> T:
        """Send a request with retries; returns what `read(response, now)` makes of the answer.

        Raises what the transport and `read` raise, once trying again is no use, and RateLimited
        without sending anything while the budget is closed for longer than the patience, and
        AuthenticationError without sending anything while the credentials are known to be refused.
        """
        # The patience counts from here, waits for the rate limit included.
        begun = self.clock.monotonic()
        attempt, renewed = 1, False
        while True:
            await self._wait_for_budget(request, begun)
            if not renewed:
                self._stop_if_refused(request)
            started = self.clock.monotonic()
            response: HttpResponse | None = None
            try:
                # Nothing awaits between the gate and the count, so no two take the last call.
                with self._acquired_permit(request) as permit:
                    outgoing = await self.authenticator.authenticate(request)
                    response = await self.transport.send(outgoing)
                    self.rate_limiter.record_response(request, response, permit)
                value = await self._read_response(request, response, read)
            except AuthenticationError as error:
                if response and not renewed and await self._recover_credentials(outgoing, started):
                    renewed = True
                    continue
                self.status_tracker.record_failure(error, started)
                raise
            except AppError as error:
                wait_s = self._retry_delay_s(request, error, attempt)
                if wait_s is None or self._elapsed_s(begun) + wait_s > self.retry_policy.max_wait_s:
                    self.status_tracker.record_failure(error, started)
                    raise
                attempt += 1
                await self.clock.sleep(wait_s)
            else:
                self.status_tracker.record_response(started)
                return value

    def _stop_if_refused(self, request: HttpRequest) -> None:
        # Not told to the tracker: nothing was learnt, and the next probe would move away.
        refused_for_s = self.status_tracker.refused_for_s
        if refused_for_s is None or request.route in _SIGN_IN_PROBES:
            return
        if min(refused_for_s, self._elapsed_s(self._probed_at)) >= _PROBE_EVERY_S:
            self._probed_at = self.clock.monotonic()
            return
        raise AuthenticationError(
            f"{self.status_tracker.state.service} does not accept the sign-in.",
            "It was refused a moment ago, so this call was not sent.",
            "Sign in again.",
        )

    async def _recover_credentials(self, refused: HttpRequest, started: float) -> bool:
        try:
            return await self.authenticator.recover_from_401(refused)
        except AppError as error:
            self.status_tracker.record_failure(error, started)
            raise

    async def _read_response(
        self, request: HttpRequest, response: HttpResponse, read: ResponseReader[T]
    ) -> T:
        now = self.clock.now()
        self.clock_ahead_s = server_time(response.headers, now) - now
        try:
            try:
                if len(response.body) > _THREAD_PARSE_BYTES:
                    return await asyncio.to_thread(read, response, now)
                return read(response, now)
            except AppError as error:
                # By this number the service's support finds the call.
                error.request_id = error.request_id or request_id_of(response)
                raise
        except RateLimited as error:
            self.rate_limiter.pause_after_429(
                request, max(0.0, error.retry_at - now), of_all=error.applies_to_account
            )
            raise
        except ServiceError as error:
            pause_s = retry_after_s(response.headers, now)
            if pause_s is not None:
                error.retry_at = now + pause_s
                self.rate_limiter.pause_after_429(request, pause_s)
            raise

    async def _wait_for_budget(self, request: HttpRequest, begun: float) -> None:
        while (wait_s := self._closed_for_s(request)) > 0 or self._must_wait_for_first_response(
            request
        ):
            if wait_s == 0:
                # Not by the clock: an answer comes when it comes.
                await self._first_calls.setdefault(request.route, asyncio.Event()).wait()
                continue
            if self._elapsed_s(begun) + wait_s > self.retry_policy.max_wait_s:
                retry_at = self.clock.now() + wait_s
                raise RateLimited(
                    rate_limit_title(self.status_tracker.state.service, retry_at),
                    "Too many calls were made. This one was not sent.",
                    "Fairlead retries by itself.",
                    retry_at=retry_at,
                )
            # Spread over a moment, so that those who waited, in every process, do not all start
            # at once; a moment that is short beside the wait, which may be a second.
            await self.clock.sleep(wait_s + min(0.25, 0.05 * wait_s) * self.jitter())

    def _closed_for_s(self, request: HttpRequest) -> float:
        return self.rate_limiter.wait_s(request, self.retry_policy.reserved_share)

    def _must_wait_for_first_response(self, request: HttpRequest) -> bool:
        # A run's many calls let one go ahead that tells what is allowed; a person's few go at once.
        return self.retry_policy.reserved_share > 0 and self.rate_limiter.is_first_call_pending(
            request
        )

    @contextmanager
    def _acquired_permit(self, request: HttpRequest) -> Iterator[CallPermit]:
        permit = self.rate_limiter.acquire(request)
        arrived = True
        try:
            yield permit
        except ServiceUnreachable:
            arrived = False
            raise
        finally:
            self.rate_limiter.release(permit, arrived=arrived)
            if (waiting := self._first_calls.pop(request.route, None)) is not None:
                waiting.set()

    def _retry_delay_s(self, request: HttpRequest, error: AppError, attempt: int) -> float | None:
        """Return the seconds until a request's next attempt, or None: its error is final."""
        if isinstance(error, RateLimited):
            server_says_s: float | None = max(0.0, error.retry_at - self.clock.now())
        elif isinstance(error, ResponseTimeout):
            # A write that may have been applied is settled by reading, never by sending it again.
            if not request.is_idempotent or request.is_splittable:
                return None
            server_says_s = None
        elif isinstance(error, ServiceError):
            if not error.is_retryable or (error.is_outcome_unknown and not request.is_idempotent):
                return None
            asked_at = error.retry_at
            server_says_s = None if asked_at is None else max(0.0, asked_at - self.clock.now())
        elif isinstance(error, ServiceUnreachable) or (
            isinstance(error, ConflictError)
            and request.is_idempotent
            and attempt <= _MAX_CONFLICT_RETRIES
        ):
            server_says_s = None
        else:
            return None
        return self.retry_policy.backoff.delay_s(attempt, self.jitter(), server_says_s)

    def _elapsed_s(self, begun: float) -> float:
        return self.clock.monotonic() - begun
