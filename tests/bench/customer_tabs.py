"""How soon a third customer stands in a tab of their own, and what 200 opened customers keep."""

import asyncio
import gc
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from desktop.model.lookup_query import parse_lookup_query
from tests.bench.paint_observer import PaintObserver
from tests.bench.report import Figure, median, ratio_of_medians
from tests.bench.window_session import (
    WindowSession,
    generated_addresses,
    run_in_window,
    run_sandbox,
)

FRAME_MS = 16.0
_ROUNDS = 12
_FEW, _MANY = 10, 200
# Answers that came before the paint would be part of its time.
_LATENCY_MS = 40
_OPEN_AT_ONCE = 20  # the tabs that somebody leaves open; each older one is closed
_SETTLE_S = 0.3


def measure(rounds: int) -> list[Figure]:
    """Open customers in tabs of the real window: kept ones for the time, all for the memory."""
    figures: list[Figure] = []
    with run_sandbox("--customers", "400", "--latency-ms", str(_LATENCY_MS)) as said:
        addresses = generated_addresses(said, _MANY + 2)

        async def act(stage: WindowSession) -> None:
            bench = _TabBench(stage)
            figures.extend(await bench.measure_third_tab(addresses, rounds or _ROUNDS))
            figures.append(await bench.measure_memory(addresses))
            bench.painted.close()

        run_in_window(said, act)
    return figures


@dataclass(frozen=True)
class _Opening:
    """Milliseconds from Enter to the paint: by the clock, and of this thread's processor."""

    clock: float
    processor: float


class _TabBench:
    """Opens customers by keys in the window, watches it paint, and weighs the process."""

    def __init__(self, stage: WindowSession) -> None:
        self._window = stage.window
        self._sheet, self._tabs = stage.window.sheet_model, stage.window.tabs_model
        self.painted = PaintObserver(stage.window.main_window)

    async def measure_third_tab(self, addresses: list[str], rounds: int) -> list[Figure]:
        """Time the third tab, of a customer kept here, in turn with one in the same tab."""
        first, second, *others = addresses[: rounds + 2]
        for address in (*others, first, second):
            await self._open(address, apart=False)
        third, same, back = [], [], []
        for address in others:
            self._close_all_but_one()
            await self._open(first, apart=False)
            same.append(await self._open(address, apart=False))
            await self._open(first, apart=False)
            await self._open(second, apart=True)
            third.append(await self._open(address, apart=True))
            back.append(await self._go_back())
        clock = f"{rounds} customers; by the clock {median([t.clock for t in third]):.1f} ms"
        tabs, usual, backs = ([t.processor for t in times] for times in (third, same, back))
        return [
            Figure("third tab, customer kept: painted, processor", median(tabs), "ms", FRAME_MS,
                   note=clock),
            Figure("the same in the tab in front, processor", median(usual), "ms"),
            ratio_of_medians("third tab / tab in front", tabs, usual, 1.2),
            Figure("back to a tab, from memory, processor", median(backs), "ms", FRAME_MS),
        ]  # fmt: skip

    async def measure_memory(self, addresses: list[str]) -> Figure:
        """Weigh the process after ten opened customers and after two hundred."""
        few = 0.0
        for number, address in enumerate(addresses[:_MANY], start=1):
            await self._open(address, apart=True)
            while len(self._tabs.tabs) > _OPEN_AT_ONCE:
                self._tabs.close_tab(self._tabs.tabs[0].key)
            if number == _FEW:
                few = await _resident_mib()
        many = await _resident_mib()
        note = f"{few:.0f} MiB after {_FEW}, {many:.0f} MiB after {_MANY}, {_OPEN_AT_ONCE} open"
        return Figure("memory, 200 customers opened to 10", many / few, "×", 1.2, note=note)

    def _close_all_but_one(self) -> None:
        while len(self._tabs.tabs) > 1:
            self._tabs.close_tab(self._tabs.tabs[-1].key)

    async def _open(self, address: str, *, apart: bool) -> _Opening:
        """Type, press Enter or Ctrl+Enter, and wait until all of the customer is there."""
        wanted, shown = parse_lookup_query(address), []

        def note() -> None:
            sheet = self._sheet.sheet
            if sheet is not None and sheet.query == wanted:
                shown.append((time.perf_counter(), time.thread_time()))

        await asyncio.sleep(0.1)
        field = self._window.main_window.top_bar.search_field
        field.setText(address)
        self._sheet.changed.connect(note)
        self.painted.clear()
        begun, spent = time.perf_counter(), time.thread_time()
        QApplication.sendEvent(field, _enter_key(apart=apart))
        while not (shown and not self._sheet.is_loading and not self._sheet.is_looking_up()):
            await asyncio.sleep(0.01)
            if time.perf_counter() - begun > 20:
                raise TimeoutError(address)
        self._sheet.changed.disconnect(note)
        return self._opening(begun, spent, *shown[0])

    async def _go_back(self) -> _Opening:
        await asyncio.sleep(0.1)
        self.painted.clear()
        begun, spent = time.perf_counter(), time.thread_time()
        self._tabs.show_next(-1)
        shown = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.1)
        return self._opening(begun, spent, *shown)

    def _opening(self, begun: float, spent: float, shown_at: float, shown_by: float) -> _Opening:
        painted = self.painted.first_paint_after(shown_at) or shown_at
        processor = self.painted.first_processor_after(shown_by) or shown_by
        return _Opening((painted - begun) * 1000, (processor - spent) * 1000)


async def _resident_mib() -> float:
    """What the process holds once the collector has been through it."""
    await asyncio.sleep(_SETTLE_S)
    gc.collect()
    pages = await asyncio.to_thread(_read_resident_pages)
    return pages * resource.getpagesize() / 2**20


def _read_resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])


def _enter_key(*, apart: bool) -> QKeyEvent:
    modifier = Qt.KeyboardModifier.ControlModifier if apart else Qt.KeyboardModifier.NoModifier
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, modifier, "\r")
