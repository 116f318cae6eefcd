"""Which errors of a delivery pass, how long to wait, and whether the service itself is away.

One event that Zendesk stumbles over must not hold up the others, and an hour without Zendesk must
not cost each event its tries: several failures in a row with nothing in between that worked are
the service's trouble, and none of them is counted.
"""

from dataclasses import dataclass, field

from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    KeyringError,
    NotPermitted,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    StorageError,
)
from desktop.model.retry_backoff import ExponentialBackoff

# Some twenty minutes in all; what Zendesk asks for is waited for in any case.
EVENT_BACKOFF = ExponentialBackoff(first_delay_s=1.0, factor=3.0, max_delay_s=600.0, max_attempts=8)
# Different events that fail one after another before the service counts as away.
_AWAY_AFTER = 5


def is_tried_again(error: AppError) -> bool:
    """Whether the same request may succeed later: 408, 423, 429, 5xx but 501, network errors."""
    is_passing = isinstance(
        error, ServiceError | ServiceUnreachable | ResponseTimeout | RateLimited
    )
    return is_passing and error.is_retryable


def stops_delivery(error: AppError) -> bool:
    """Whether every other event would meet the same error, whatever it asks for."""
    return isinstance(error, AuthenticationError | NotPermitted | StorageError | KeyringError)


def wait_after(error: AppError, failures: int, jitter: float, now: float) -> float | None:
    """Return the seconds until an event's next try after so many failures; None: give it up."""
    asked_at = getattr(error, "retry_at", None)
    server_says_s = None if asked_at is None else max(0.0, float(asked_at) - now)
    return EVENT_BACKOFF.delay_s(failures, jitter, server_says_s)


@dataclass
class FailureStreak:
    """The events that failed since something of the same kind last worked."""

    event_ids: set[int] = field(default_factory=set)

    def note_success(self) -> None:
        """Forget the failed deliveries of events: Zendesk has answered again."""
        self.event_ids.clear()

    def is_away_after(self, event_id: int) -> bool:
        """Count an event's failure; whether the service counts as away now."""
        self.event_ids.add(event_id)
        return len(self.event_ids) >= _AWAY_AFTER
