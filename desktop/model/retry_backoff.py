"""Exponential back-off: the delay before a request's next attempt."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ExponentialBackoff:
    """Retry delays that double from `first_delay_s`, jittered between half and the whole."""

    first_delay_s: float = 0.5
    factor: float = 2.0
    max_delay_s: float = 60.0
    max_attempts: int = 4

    def attempt_after(self, last_delay_s: float) -> int:
        """Return the number of the attempt that failed, by the back-off before it (0: none)."""
        if last_delay_s <= 0:
            return 1
        steps = math.log(max(1.0, last_delay_s / self.first_delay_s), self.factor)
        # A delay is jittered down to half of its step.
        return math.ceil(steps - 1e-9) + 2

    def delay_s(
        self, attempt: int, jitter: float, server_says_s: float | None = None
    ) -> float | None:
        """Return the back-off after failed attempt `attempt` (from 1); None: give up.

        `jitter` is a random number in [0, 1). What the server asks for is never undercut.
        """
        if attempt >= self.max_attempts:
            return None
        step = min(self.max_delay_s, self.first_delay_s * self.factor ** (attempt - 1))
        # Spread, so that many waiting calls do not come back at the same moment.
        own = step * (0.5 + 0.5 * jitter)
        if server_says_s is None:
            return own
        # Never before the server's time, and spread over a moment after it.
        return server_says_s + own * 0.25
