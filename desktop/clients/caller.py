"""One call to a service: sign, wait for the budget, send, read, and try again where that is right.

A write whose fate is unknown (TimedOut, or ServiceTrouble with `applied_unknown`) is raised and
never sent again here: `writing/` settles it by reading.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from desktop.clients.exchange import Answer, Request, Transport
from desktop.clients.limits import PEOPLE_SHARE, Limits, Pass
from desktop.clients.state import Tracker
from desktop.clients.waiting import retry_after_s
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthLost,
    Conflict,
    Offline,
    RateLimited,
    ServiceTrouble,
    TimedOut,
)
from desktop.model.retry import Backoff

T = TypeVar("T")
Read = Callable[[Answer, float], T]

# Reading more than this much JSON takes long enough to be felt in the window.
_LONG_BODY = 1_000_000
# While the credentials are refused one call in this time goes out, to see whether they still are:
# another process, or the service's administrator, may have put it right.
_PROBE_EVERY_S = 30.0
# Reading what is being changed just now is tried again so often.
_CONFLICTS = 3
# These ask who one is, on somebody's order: they always go out.
_PROBES = ("GET /api/v2/users/me", "GET /settings")


@dataclass(frozen=True)
class Patience:
    """How hard a caller tries: no wait may end later than `patience_s` after the start.

    `reserve` is the share of every rate budget this caller leaves untouched.
    """

    backoff: Backoff
    patience_s: float
    reserve: float = 0.0


INTERACTIVE = Patience(Backoff(first_s=0.3, longest_s=3.0, tries=3), patience_s=8.0)
RUN = Patience(
    Backoff(first_s=1.0, longest_s=60.0, tries=8), patience_s=900.0, reserve=PEOPLE_SHARE
)


class Authority(Protocol):
    """Puts the credentials on a request at the moment it is sent."""

    async def authorised(self, request: Request) -> Request:
        """The request as it goes out."""
        ...

    async def recovered(self, refused: Request) -> bool:
        """After a 401 on `refused`: whether there are other credentials now, worth one more try."""
        ...


class Unchanged:
    """For requests that carry their credentials already (Sailthru signs while building)."""

    async def authorised(self, request: Request) -> Request:
        """As it is."""
        return request

    async def recovered(self, refused: Request) -> bool:
        """There are no others."""
        del refused
        return False


@dataclass
class Caller:
    """Everything between a client's method and the transport. `jitter` gives [0, 1)."""

    transport: Transport
    limits: Limits
    tracker: Tracker
    clock: Clock
    authority: Authority = field(default_factory=Unchanged)
    patience: Patience = INTERACTIVE
    jitter: Callable[[], float] = random.random
    _probed_at: float = field(default=float("-inf"), init=False, repr=False)
    # By route: a run's other calls, while the first one of it is out.
    _ahead: dict[str, asyncio.Event] = field(default_factory=dict, init=False, repr=False)

    async def call(self, request: Request, read: Read[T]) -> T:
        """Send `request` and give what `read(answer, now)` makes of the answer.

        Raises what the transport and `read` raise, once trying again is no use, and RateLimited
        without sending anything while the budget is closed for longer than the patience, and
        AuthLost without sending anything while the credentials are known to be refused.
        """
        begun = self.clock.monotonic()
        attempt, renewed = 1, False
        while True:
            await self._pass_gate(request, begun)
            if not renewed:
                self._stop_if_refused(request)
            started = self.clock.monotonic()
            answer: Answer | None = None
            try:
                # Nothing awaits between the gate and the count, so no two take the last call.
                with self._counted(request) as entered:
                    outgoing = await self.authority.authorised(request)
                    answer = await self.transport.send(outgoing)
                    self.limits.note(request, answer, entered)
                value = await self._taken_in(request, answer, read)
            except AuthLost as error:
                if answer and not renewed and await self._recovered(outgoing, started):
                    renewed = True
                    continue
                self.tracker.failed(error, started)
                raise
            except AppError as error:
                wait_s = self._wait_after(request, error, attempt, answer)
                if wait_s is None or self._spent_s(begun) + wait_s > self.patience.patience_s:
                    self.tracker.failed(error, started)
                    raise
                attempt += 1
                await self.clock.sleep(wait_s)
            else:
                self.tracker.answered(started)
                return value

    def _stop_if_refused(self, request: Request) -> None:
        # Not told to the tracker: nothing was learnt, and the next probe would move away.
        refused_for_s = self.tracker.refused_for_s
        if refused_for_s is None or request.route in _PROBES:
            return
        if min(refused_for_s, self._spent_s(self._probed_at)) >= _PROBE_EVERY_S:
            self._probed_at = self.clock.monotonic()
            return
        raise AuthLost(
            f"{self.tracker.state.service} does not accept the sign-in.",
            "It was refused a moment ago, so this call was not sent.",
            "Sign in again.",
        )

    async def _recovered(self, refused: Request, started: float) -> bool:
        try:
            return await self.authority.recovered(refused)
        except AppError as error:
            self.tracker.failed(error, started)
            raise

    async def _taken_in(self, request: Request, answer: Answer, read: Read[T]) -> T:
        now = self.clock.now()
        try:
            if len(answer.body) > _LONG_BODY:
                return await asyncio.to_thread(read, answer, now)
            return read(answer, now)
        except RateLimited as error:
            self.limits.hold(request, max(0.0, error.until - now), of_all=error.of_all)
            raise

    async def _pass_gate(self, request: Request, begun: float) -> None:
        while (wait_s := self._closed_for_s(request)) > 0 or self._goes_second(request):
            if wait_s == 0:
                # Not by the clock: an answer comes when it comes.
                await self._ahead.setdefault(request.route, asyncio.Event()).wait()
                continue
            if self._spent_s(begun) + wait_s > self.patience.patience_s:
                raise RateLimited(
                    f"{self.tracker.state.service} asks for a pause.",
                    "Too many calls were made; this one was not sent.",
                    "It can be tried again after the pause.",
                    until=self.clock.now() + wait_s,
                )
            # Spread over a moment, so that those who waited, in every process, do not all start
            # at once; a moment that is short beside the wait, which may be a second.
            await self.clock.sleep(wait_s + min(0.25, 0.05 * wait_s) * self.jitter())

    def _closed_for_s(self, request: Request) -> float:
        return self.limits.closed_for_s(request, self.patience.reserve)

    def _goes_second(self, request: Request) -> bool:
        # A run's many calls let one go ahead that tells what is allowed; a person's few go at once.
        return self.patience.reserve > 0 and self.limits.first_is_out(request)

    @contextmanager
    def _counted(self, request: Request) -> Iterator[Pass]:
        entered = self.limits.enter(request)
        arrived = True
        try:
            yield entered
        except Offline:
            arrived = False
            raise
        finally:
            self.limits.leave(entered, arrived=arrived)
            if (waiting := self._ahead.pop(request.route, None)) is not None:
                waiting.set()

    def _wait_after(
        self, request: Request, error: AppError, attempt: int, answer: Answer | None
    ) -> float | None:
        """Seconds until the next try, or None: this error is final."""
        if isinstance(error, RateLimited):
            server_says_s: float | None = max(0.0, error.until - self.clock.now())
        elif isinstance(error, TimedOut):
            if not request.safe or request.heavy:
                return None
            server_says_s = None
        elif isinstance(error, ServiceTrouble):
            if not error.retryable or (error.applied_unknown and not request.safe):
                return None
            headers = answer.headers if answer else {}
            server_says_s = retry_after_s(headers, self.clock.now())
        elif isinstance(error, Offline) or (
            isinstance(error, Conflict) and request.safe and attempt <= _CONFLICTS
        ):
            server_says_s = None
        else:
            return None
        return self.patience.backoff.wait(attempt, self.jitter(), server_says_s)

    def _spent_s(self, begun: float) -> float:
        return self.clock.monotonic() - begun
