"""Qt timers of view-models, made and connected in one call."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

# Ages such as "3 min ago" are shown in minutes: twice a minute is often enough.
AGE_REFRESH_MS = 30_000


def create_timer(
    parent: QObject, interval_ms: int, on_timeout: Callable[[], None], *, repeats: bool = False
) -> QTimer:
    """Create a stopped QTimer that calls a view-model's bound method; it goes with its parent."""
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.setSingleShot(not repeats)
    timer.timeout.connect(on_timeout)
    return timer
