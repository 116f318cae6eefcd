"""How often links and second starts may open a customer: a page full of links must not storm."""

from collections import deque

_MAX_LINKS = 10
_WINDOW_S = 30.0


class LinkRateLimiter:
    """At most ten within thirty seconds; `now` is monotonic."""

    def __init__(self) -> None:
        self._opened_at: deque[float] = deque(maxlen=_MAX_LINKS)

    def try_acquire(self, now: float) -> bool:
        """Whether this one may open something; if so it counts."""
        if len(self._opened_at) == _MAX_LINKS and now - self._opened_at[0] < _WINDOW_S:
            return False
        self._opened_at.append(now)
        return True
