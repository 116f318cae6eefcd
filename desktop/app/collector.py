"""Collects garbage on Qt's thread only.

Python collects in whichever thread happens to allocate; a QObject with a timer that dies in the
store's thread takes the process with it.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500
# By then the window stands. What lives until its end need not be looked through each time:
# that took 25 ms, now it is a fraction of one.
_SETTLED_MS = 5_000


class Collector(QObject):
    """Keep it for as long as the window lives."""

    def __init__(self) -> None:
        super().__init__()
        self._thresholds = gc.get_threshold()
        self._settled = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._on_time)
        self._timer.start()
        QTimer.singleShot(_SETTLED_MS, self, self._on_settled)

    def close(self) -> None:
        """Python collects by itself again."""
        self._timer.stop()
        # Widgets in a cycle must go while the application is still there.
        if self._settled:
            gc.unfreeze()
        gc.collect()
        gc.enable()

    def _on_settled(self) -> None:
        if self._timer.isActive():
            # Not all generations: to look through what imports have made takes four frames.
            gc.collect(1)
            gc.freeze()
            self._settled = True

    def _on_time(self) -> None:
        young, middle, old = gc.get_count()
        if old > self._thresholds[2]:
            gc.collect(2)
        elif middle > self._thresholds[1]:
            gc.collect(1)
        elif young > self._thresholds[0]:
            gc.collect(0)
