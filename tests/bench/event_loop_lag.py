"""A timer that should fire every 10 ms, how late it was each time, and what was done between."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer

from tests.bench.report import Figure, format_table, percentile
from tests.bench.timed_process import ROOT

BEAT_INTERVAL_MS = 10
STALL_MS = 50.0
FRAME_MS = 16.0


class LatenessTimer(QObject):
    """Notes each beat's lateness in milliseconds, beside the moment (time.time)."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self.at: list[float] = []
        self.busy: list[float] = []  # ms of processor that this thread used since the beat before
        self._last = self._last_busy = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_INTERVAL_MS)
        self._timer.timeout.connect(self._on_beat)

    def start(self) -> None:
        """Begin to count."""
        self.late.clear()
        self.at.clear()
        self.busy.clear()
        self._last, self._last_busy = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        """Count no more."""
        self._timer.stop()

    def _on_beat(self) -> None:
        now, busy = time.perf_counter(), time.thread_time()
        self.busy.append((busy - self._last_busy) * 1000)
        self._last_busy = busy
        self.late.append(max(0.0, (now - self._last) * 1000 - BEAT_INTERVAL_MS))
        self.at.append(time.time())
        self._last = now


class BareWindowProcess:
    """An empty window in a process of its own, whose heart beats at the same time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.event_loop_lag"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def stop(self) -> list[float]:
        """End it; how late each of its beats was."""
        said, _ = self._process.communicate("stop\n", timeout=20)
        late: list[float] = json.loads(said)
        return late


@dataclass(frozen=True)
class LatenessReport:
    """Of one load: how late Fairlead's beats were, and a bare window's beside it.

    Beside other work on the same cores a beat is late without a fault of the window: what its
    thread did between two beats (`window_busy`, ms of processor) tells more than the clock.
    """

    load: str
    window_lateness: Sequence[float]
    bare_window_lateness: Sequence[float]
    window_busy: Sequence[float]

    def rows(self) -> list[Figure]:
        """The figures with their aims."""
        over = sum(late > STALL_MS for late in self.window_lateness)
        bare_over = sum(late > STALL_MS for late in self.bare_window_lateness)
        spread = ", ".join(f"{percentile(self.window_lateness, p):.1f}" for p in (0.5, 0.95, 0.99))
        beside = ", ".join(
            f"{percentile(self.bare_window_lateness, p):.1f}" for p in (0.5, 0.95, 0.99)
        )
        return [
            Figure(
                f"{self.load}: gaps above {STALL_MS:.0f} ms",
                over,
                "",
                0,
                note=f"of {len(self.window_lateness)};"
                f" bare window {bare_over} of {len(self.bare_window_lateness)}",
            ),
            Figure(
                f"{self.load}: p99",
                percentile(self.window_lateness, 0.99),
                "ms",
                FRAME_MS,
                note=f"p50, p95, p99: {spread}; bare {beside}",
            ),
            Figure(
                f"{self.load}: longest gap",
                max(self.window_lateness),
                "ms",
                STALL_MS,
                note=f"bare {max(self.bare_window_lateness):.1f} ms",
            ),
            Figure(
                f"{self.load}: processor between beats, p99",
                percentile(self.window_busy, 0.99),
                "ms",
                FRAME_MS,
                note=f"most {max(self.window_busy):.1f} ms",
            ),
        ]


@asynccontextmanager
async def measure_lateness(load: str, found: list[LatenessReport]) -> AsyncIterator[None]:
    """Count beats, here and in a bare window, for as long as the block runs."""
    bare = await asyncio.to_thread(BareWindowProcess)
    heart = LatenessTimer()
    await asyncio.sleep(0.5)
    heart.start()
    try:
        yield
    finally:
        heart.stop()
        beside = await asyncio.to_thread(bare.stop)
        found.append(LatenessReport(load, heart.late, beside, heart.busy))
        # Told at once: the loads take minutes.
        print(format_table(found[-1].rows()), flush=True)


def _run_bare_window() -> None:
    """The bare window's process: beats until its input says something."""
    from PySide6.QtCore import QSocketNotifier
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.resize(1280, 820)
    window.show()
    heart = LatenessTimer()
    heart.start()
    told = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    told.activated.connect(app.quit)
    print("beats", flush=True)
    app.exec()
    heart.stop()
    print(json.dumps(heart.late))


if __name__ == "__main__":
    _run_bare_window()
