"""When to try again: a pure rule (design, “Budgets and retries”)."""

from dataclasses import dataclass

RETRIED_STATUSES = frozenset({408, 423, 429}) | (frozenset(range(500, 600)) - {501})


@dataclass(frozen=True)
class Backoff:
    """Exponential back-off with full jitter between half and whole of the step; in seconds."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0
    tries: int = 4

    def wait(self, attempt: int, jitter: float, server_says_s: float | None = None) -> float | None:
        """How long to wait after failed attempt number `attempt` (from 1), or None: give up.

        `jitter` is a random number in [0, 1). What the server asks for is never undercut.
        """
        if attempt >= self.tries:
            return None
        step = min(self.longest_s, self.first_s * self.factor ** (attempt - 1))
        own = step * (0.5 + 0.5 * jitter)
        if server_says_s is None:
            return own
        return server_says_s + own * 0.25
