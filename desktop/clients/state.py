"""How a service is doing, and a tracker that tells only when that changes."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, AuthLost, Offline, ServiceTrouble, TimedOut


class Status(Enum):
    """UNKNOWN until the first answer; SLOW also covers a service that answers with errors."""

    UNKNOWN = "unknown"
    LIVE = "live"
    SLOW = "slow"
    OFFLINE = "offline"
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True)
class ServiceState:
    """`since` is the Unix second the status began; `detail` says why, in a sentence or empty."""

    service: str
    status: Status
    since: float
    detail: str = ""


OnState = Callable[[ServiceState], None]


class Tracker:
    """Turns the outcomes of calls into transitions."""

    def __init__(
        self, service: str, clock: Clock, on_state: OnState | None = None, *, slow_s: float = 3.0
    ) -> None:
        """An answer that took longer than `slow_s` makes the service slow until a quicker one."""
        self._clock = clock
        self._on_state = on_state
        self._slow_s = slow_s
        self.state = ServiceState(service, Status.UNKNOWN, clock.now())
        self._lost_at: float | None = None

    def answered(self, started: float) -> None:
        """An answer (also a refusal of one operation) to a call begun at monotonic `started`."""
        if self._lost_at is not None and started <= self._lost_at:
            # It was let in before the credentials were refused and says nothing about now.
            return
        self._lost_at = None
        if self._clock.monotonic() - started > self._slow_s:
            self._become(Status.SLOW, "It takes long to answer.")
        else:
            self._become(Status.LIVE)

    @property
    def refused_for_s(self) -> float | None:
        """Seconds since the credentials were last refused; None while they are not."""
        return None if self._lost_at is None else self._clock.monotonic() - self._lost_at

    def let_in(self) -> None:
        """A person asks for another try: the next call goes out, and tells."""
        self._lost_at = None

    def failed(self, error: AppError, started: float) -> None:
        """The final error of a call; being signed out outlasts every other trouble."""
        if isinstance(error, AuthLost):
            self._lost_at = self._clock.monotonic()
            self._become(Status.SIGNED_OUT, error.title)
        elif isinstance(error, Offline | TimedOut | ServiceTrouble):
            if self._lost_at is None:
                status = Status.OFFLINE if isinstance(error, Offline) else Status.SLOW
                self._become(status, error.title)
        else:
            self.answered(started)

    def _become(self, status: Status, detail: str = "") -> None:
        if status is self.state.status:
            return
        self.state = ServiceState(self.state.service, status, self._clock.now(), detail)
        if self._on_state is not None:
            self._on_state(self.state)
