"""Tracks a service's status (live, slow, offline, signed out) and reports each change."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)


class ServiceStatus(Enum):
    """A service's status as its HTTP calls show it; FAILING: it answers with errors of its own."""

    UNKNOWN = "unknown"
    LIVE = "live"
    SLOW = "slow"
    FAILING = "failing"
    LIMITED = "limited"  # over the rate limit: it takes no calls for a while
    OFFLINE = "offline"
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True)
class ServiceState:
    """A service's status, since when (Unix seconds), and why in a sentence or empty.

    `until` is when a service over its rate limit takes calls again (Unix seconds); 0 for others.
    """

    service: str
    status: ServiceStatus
    since: float
    detail: str = ""
    until: float = 0.0


OnServiceState = Callable[[ServiceState], None]


class ServiceStatusTracker:
    """Derives a service's status from the outcomes of its HTTP calls."""

    def __init__(
        self,
        service: str,
        clock: Clock,
        on_state: OnServiceState | None = None,
        *,
        slow_s: float = 3.0,
    ) -> None:
        """An HTTP answer slower than `slow_s` makes the service slow until a quicker one."""
        self._clock = clock
        self._on_state = on_state
        self._slow_s = slow_s
        self.state = ServiceState(service, ServiceStatus.UNKNOWN, clock.now())
        self._refused_at: float | None = None

    def record_response(self, started: float) -> None:
        """Record the answer to a service's HTTP call begun at monotonic `started`."""
        if self._refused_at is not None and started <= self._refused_at:
            # It was let in before the credentials were refused and says nothing about now.
            return
        self._refused_at = None
        if self._clock.monotonic() - started > self._slow_s:
            self._set_status(ServiceStatus.SLOW, "It takes long to answer.")
        else:
            self._set_status(ServiceStatus.LIVE)

    @property
    def refused_for_s(self) -> float | None:
        """Seconds since a service last refused the credentials; None while it does not."""
        return None if self._refused_at is None else self._clock.monotonic() - self._refused_at

    def reset_refusal(self) -> None:
        """Forget a service's refusal of the credentials: a person asks for another attempt."""
        self._refused_at = None

    def record_failure(self, error: AppError, started: float) -> None:
        """Record an HTTP call's final error; being signed out outlasts every other fault."""
        if isinstance(error, AuthenticationError):
            self._refused_at = self._clock.monotonic()
            self._set_status(ServiceStatus.SIGNED_OUT, error.title)
        elif isinstance(error, ServiceUnreachable | ResponseTimeout | ServiceError):
            if self._refused_at is None:
                status = ServiceStatus.SLOW
                if isinstance(error, ServiceUnreachable):
                    status = ServiceStatus.OFFLINE
                elif isinstance(error, ServiceError):
                    status = ServiceStatus.FAILING
                self._set_status(status, error.title)
        elif isinstance(error, RateLimited) and error.applies_to_account:
            self._set_status(ServiceStatus.LIMITED, error.title, error.retry_at)
        else:
            self.record_response(started)

    def _set_status(self, status: ServiceStatus, detail: str = "", until: float = 0.0) -> None:
        # The detail may change; only a change of status, or of its end, is news.
        if (status, until) == (self.state.status, self.state.until):
            return
        self.state = ServiceState(self.state.service, status, self._clock.now(), detail, until)
        if self._on_state is not None:
            self._on_state(self.state)
