"""When to try again: a pure rule (design, “Budgets and retries”)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExponentialBackoff:
    """Exponential back-off with full jitter between half and whole of the step; in seconds."""

    first_delay_s: float = 0.5
    factor: float = 2.0
    max_delay_s: float = 60.0
    max_attempts: int = 4

    def delay_s(
        self, attempt: int, jitter: float, server_says_s: float | None = None
    ) -> float | None:
        """How long to wait after failed attempt number `attempt` (from 1), or None: give up.

        `jitter` is a random number in [0, 1). What the server asks for is never undercut.
        """
        if attempt >= self.max_attempts:
            return None
        step = min(self.max_delay_s, self.first_delay_s * self.factor ** (attempt - 1))
        own = step * (0.5 + 0.5 * jitter)
        if server_says_s is None:
            return own
        return server_says_s + own * 0.25
