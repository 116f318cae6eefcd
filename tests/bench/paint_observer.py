"""Notes when a window has been painted, and what it showed by then."""

import time

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QMainWindow


class PaintObserver(QObject):
    """Moments (perf_counter) at which everything dirty in the window stood on the screen."""

    def __init__(self, view: QMainWindow) -> None:
        super().__init__(view)
        self.moments: list[float] = []
        self.processor: list[float] = []  # of this thread (thread_time) at the same moments
        self._view = view
        self._inside = False
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """An update request is the window painting all that is dirty."""
        if event.type() is not QEvent.Type.UpdateRequest or self._inside:
            return False
        self._inside = True
        try:
            QMainWindow.event(self._view, event)
        finally:
            self._inside = False
        self.moments.append(time.perf_counter())
        self.processor.append(time.thread_time())
        return True

    def clear(self) -> None:
        """Forget the moments noted so far."""
        self.moments.clear()
        self.processor.clear()

    def first_paint_after(self, moment: float) -> float | None:
        """The first painting that ended after `moment`."""
        return next((m for m in self.moments if m >= moment), None)

    def first_processor_after(self, spent: float) -> float | None:
        """The processor time of the first painting that ended after `spent`."""
        return next((s for s in self.processor if s >= spent), None)

    def last_paint_within(self, moment: float, seconds: float) -> float:
        """The last painting up to `seconds` after `moment`; `moment` itself if there was none."""
        return max([m for m in self.moments if moment <= m <= moment + seconds], default=moment)

    def close(self) -> None:
        """Watch no longer."""
        self._view.removeEventFilter(self)
