"""How often links and second starts may open a customer: a page full of links must not storm."""

from collections import deque

_MOST = 10
_WITHIN_S = 30.0


class LinkGate:
    """At most ten within thirty seconds; `now` is monotonic."""

    def __init__(self) -> None:
        self._opened: deque[float] = deque(maxlen=_MOST)

    def lets_in(self, now: float) -> bool:
        """Whether this one may open something; if so it counts."""
        if len(self._opened) == _MOST and now - self._opened[0] < _WITHIN_S:
            return False
        self._opened.append(now)
        return True
