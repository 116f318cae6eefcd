"""Limits how often links and second starts may open a customer, against a page full of links."""

from collections import deque

_MAX_LINKS = 10
_WINDOW_S = 30.0


class LinkRateLimiter:
    """Allows ten `fairlead://` links within thirty seconds; `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._opened_at: deque[float] = deque(maxlen=_MAX_LINKS)

    def try_acquire(self, now: float) -> bool:
        """Whether this `fairlead://` link may open a customer; if so it counts."""
        if len(self._opened_at) == _MAX_LINKS and now - self._opened_at[0] < _WINDOW_S:
            return False
        self._opened_at.append(now)
        return True
