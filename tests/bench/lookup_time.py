"""How long a lookup takes in the window, beside the latency and the services' own clients."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.lookup_query import parse_lookup_query
from tests.bench.official_clients import make_official_lookup, measure_round_trip
from tests.bench.paint_observer import PaintObserver
from tests.bench.report import Figure, median, percentile
from tests.bench.window_session import (
    WindowSession,
    generated_addresses,
    run_in_window,
    run_sandbox,
)

LATENCY_MS = 80.0
FRAME_MS = 16.0
_ROUNDS = 12
# After the last news a layout may settle and paint once more.
_SETTLE_S = 0.06


@dataclass
class _LookupTimes:
    """Milliseconds from Enter, one of each per customer."""

    first: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    cached: list[float] = field(default_factory=list)
    official: list[float] = field(default_factory=list)
    trip: list[float] = field(default_factory=list)


def measure(rounds: int) -> list[Figure]:
    """Look several customers of the crowd up, in turn with the official clients."""
    figures = _LookupTimes()
    with run_sandbox("--customers", "300", "--latency-ms", str(LATENCY_MS)) as said:
        addresses = generated_addresses(said, (rounds or _ROUNDS) + 3)

        async def act(stage: WindowSession) -> None:
            await _measure_all(stage, addresses, figures)

        run_in_window(said, act)
    return _report_rows(figures)


async def _measure_all(stage: WindowSession, addresses: list[str], figures: _LookupTimes) -> None:
    bench = _LookupBench(stage)
    official = make_official_lookup(stage.connection_document)
    loop = asyncio.get_running_loop()
    # The connections are opened, and every panel is built, before anything is timed.
    for address in addresses[:2]:
        await bench.look_up(address)
    await loop.run_in_executor(None, official, addresses[0])
    other = addresses[2]
    for address in addresses[3:]:
        bench.forget_all()
        times = await bench.look_up(address)
        figures.first.append(times.first)
        figures.done.append(times.done)
        figures.answered.append(times.answered)
        figures.official.append(await loop.run_in_executor(None, official, address))
        figures.trip.append(
            await loop.run_in_executor(None, measure_round_trip, stage.connection_document)
        )
        await bench.look_up(other)
        figures.cached.append((await bench.look_up(address)).shown)
    bench.painted.close()


@dataclass(frozen=True)
class _OneLookup:
    """Of one lookup: something shown, first answers shown, all shown, all answered."""

    shown: float
    first: float
    done: float
    answered: float


class _LookupBench:
    """Types into the window and watches it paint."""

    def __init__(self, stage: WindowSession) -> None:
        self._window = stage.window
        self._store = stage.window.services.store
        self.painted = PaintObserver(stage.window.main_window)

    def forget_all(self) -> None:
        """Empty the cache, the lists and fields of the account too."""
        self._store.mirror_db.write(_empty_every_table)

    async def look_up(self, address: str) -> _OneLookup:
        """Type, press Enter, and wait until all of it is painted."""
        sheets: list[tuple[float, CustomerSheet]] = []
        model, field_ = self._window.sheet_model, self._window.main_window.top_bar.search_field
        wanted = parse_lookup_query(address)

        def note() -> None:
            if model.sheet is not None and model.sheet.query == wanted:
                sheets.append((time.perf_counter(), model.sheet))

        await asyncio.sleep(0.15)
        self.painted.moments.clear()
        # The window's own panels are connected already: `note` comes after they were filled.
        model.changed.connect(note)
        field_.setText(address)
        begun = time.perf_counter()
        QApplication.sendEvent(field_, _enter_key())
        while not (sheets and sheets[-1][1].is_complete):
            await asyncio.sleep(0.02)
            if time.perf_counter() - begun > 20:
                raise TimeoutError(address)
        await asyncio.sleep(_SETTLE_S * 2)
        model.changed.disconnect(note)
        return self._times(begun, sheets)

    def _times(self, begun: float, sheets: list[tuple[float, CustomerSheet]]) -> _OneLookup:
        answered = next(at for at, sheet in sheets if sheet.is_complete)
        some = next((at for at, sheet in sheets if _has_some_parts(sheet)), answered)
        shown = self.painted.first_paint_after(sheets[0][0]) or answered
        first = self.painted.first_paint_after(some) or answered
        last = self.painted.last_paint_within(answered, _SETTLE_S)
        since = [(moment - begun) * 1000 for moment in (shown, first, last, answered)]
        return _OneLookup(*since)


def _empty_every_table(connection: sqlite3.Connection) -> None:
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (name,) in names:
        connection.execute(f"DELETE FROM {name}")  # noqa: S608


def _has_some_parts(sheet: CustomerSheet) -> bool:
    return SheetPartState.READ in (sheet.user.state, sheet.profile.state)


def _enter_key() -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r")


def _report_rows(f: _LookupTimes) -> list[Figure]:
    count = f"{len(f.done)} customers, p95 "
    return [
        Figure(
            "first panels painted / 80 ms",
            median(f.first) / LATENCY_MS,
            "×",
            1.3,
            note=f"{count}{percentile(f.first, 0.95) / LATENCY_MS:.2f} ×",
        ),
        Figure(
            "whole sheet painted / 80 ms",
            median(f.done) / LATENCY_MS,
            "×",
            2.3,
            note=f"{count}{percentile(f.done, 0.95) / LATENCY_MS:.2f} ×",
        ),
        Figure("whole sheet painted", median(f.done), "ms"),
        Figure("of it until the last answer was in the panels", median(f.answered), "ms"),
        Figure(
            "a cached sheet painted after Enter",
            median(f.cached),
            "ms",
            FRAME_MS,
            note=f"{count}{percentile(f.cached, 0.95):.1f} ms",
        ),
        Figure("one bare round trip under the same load", median(f.trip), "ms"),
        Figure("official clients, one call after another", median(f.official), "ms"),
        Figure(
            "official clients / Fairlead",
            median(f.official) / median(f.done),
            "×",
            3.0,
            at_least=True,
        ),
    ]
