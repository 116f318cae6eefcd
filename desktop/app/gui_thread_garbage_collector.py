"""Runs Python's garbage collector on Qt's thread only, by a timer.

By itself Python collects in whichever thread happens to allocate; a QObject with a timer that
dies in the database's thread takes the process with it.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500
# By then the window stands. What was made until then is never looked through: four collections
# took up to 45 ms each, and freed three hundred of 130,000 objects.
_BEGIN_AFTER_MS = 5_000


class GuiThreadGarbageCollector(QObject):
    """Switches Python's automatic collection off, and collects on Qt's thread every half second.

    It begins `begin_after_ms` after it was made; what lives then is kept until the end.
    """

    def __init__(self, begin_after_ms: int = _BEGIN_AFTER_MS) -> None:
        super().__init__()
        self._thresholds = gc.get_threshold()
        self._is_begun = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start(begin_after_ms)

    def restore_automatic_collection(self) -> None:
        """Stop the collector's timer, collect once more, and let Python collect by itself again."""
        self._timer.stop()
        # Widgets in a cycle must go while the application is still there.
        if self._is_begun:
            gc.unfreeze()
        gc.collect()
        gc.enable()

    def _on_timeout(self) -> None:
        if self._is_begun:
            self._collect_generation()
        else:
            gc.freeze()
            self._is_begun = True
            self._timer.setInterval(_INTERVAL_MS)

    def _collect_generation(self) -> None:
        young, middle, old = gc.get_count()
        if old > self._thresholds[2]:
            gc.collect(2)
        elif middle > self._thresholds[1]:
            gc.collect(1)
        elif young > self._thresholds[0]:
            gc.collect(0)
