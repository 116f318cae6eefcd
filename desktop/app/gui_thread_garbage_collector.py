"""Runs Python's garbage collector on Qt's thread only, by a timer.

By itself Python collects in whichever thread happens to allocate; a QObject with a timer that
dies in the database's thread takes the process with it.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500
# By then the window stands. What lives until its end need not be looked through each time:
# that took 25 ms, now it is a fraction of one.
_FREEZE_AFTER_MS = 5_000


class GuiThreadGarbageCollector(QObject):
    """Switches Python's automatic collection off, and collects on Qt's thread every half second."""

    def __init__(self) -> None:
        super().__init__()
        self._thresholds = gc.get_threshold()
        self._is_frozen = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._collect_generation)
        self._timer.start()
        QTimer.singleShot(_FREEZE_AFTER_MS, self, self._freeze_survivors)

    def restore_automatic_collection(self) -> None:
        """Stop the collector's timer, collect once more, and let Python collect by itself again."""
        self._timer.stop()
        # Widgets in a cycle must go while the application is still there.
        if self._is_frozen:
            gc.unfreeze()
        gc.collect()
        gc.enable()

    def _freeze_survivors(self) -> None:
        if self._timer.isActive():
            # Not all generations: to look through what imports have made takes four frames.
            gc.collect(1)
            gc.freeze()
            self._is_frozen = True

    def _collect_generation(self) -> None:
        young, middle, old = gc.get_count()
        if old > self._thresholds[2]:
            gc.collect(2)
        elif middle > self._thresholds[1]:
            gc.collect(1)
        elif young > self._thresholds[0]:
            gc.collect(0)
