"""How long a lookup takes in the window, beside the latency and the services' own clients."""

import asyncio
import time
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from desktop.model.query import recognise
from desktop.model.sheet import PartState, Sheet
from tests.bench.official import official_clients, round_trip
from tests.bench.painting import Painted
from tests.bench.report import Row, median, percentile
from tests.bench.stage import Stage, crowd, on_stage, running_sandbox

LATENCY_MS = 80.0
FRAME_MS = 16.0
_ROUNDS = 12
# After the last news a layout may settle and paint once more.
_SETTLE_S = 0.06
_MIRROR = (
    *("profile", "profile_address", "person", "person_address", "tickets", "ticket"),
    *("catalogue", "opened"),
)


@dataclass
class _Figures:
    """Milliseconds from Enter, one of each per customer."""

    first: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    cached: list[float] = field(default_factory=list)
    official: list[float] = field(default_factory=list)
    trip: list[float] = field(default_factory=list)


def measure(rounds: int) -> list[Row]:
    """Look several customers of the crowd up, in turn with the official clients."""
    figures = _Figures()
    with running_sandbox("--customers", "300", "--latency-ms", str(LATENCY_MS)) as said:
        addresses = crowd(said, (rounds or _ROUNDS) + 3)

        async def act(stage: Stage) -> None:
            await _all(stage, addresses, figures)

        on_stage(said, act)
    return _rows(figures)


async def _all(stage: Stage, addresses: list[str], figures: _Figures) -> None:
    bench = _Bench(stage)
    official = official_clients(stage.said)
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
        figures.trip.append(await loop.run_in_executor(None, round_trip, stage.said))
        await bench.look_up(other)
        figures.cached.append((await bench.look_up(address)).shown)
    bench.painted.close()


@dataclass(frozen=True)
class _Times:
    """Of one lookup: something shown, first answers shown, all shown, all answered."""

    shown: float
    first: float
    done: float
    answered: float


class _Bench:
    """Types into the window and watches it paint."""

    def __init__(self, stage: Stage) -> None:
        self._window = stage.window
        self._store = stage.window.house.store
        self.painted = Painted(stage.window.view)

    def forget_all(self) -> None:
        """Empty the cache, the lists and fields of the account too."""
        for name in _MIRROR:
            self._store.said.write(lambda c, name=name: c.execute(f"DELETE FROM {name}"))  # type: ignore[misc]  # noqa: S608

    async def look_up(self, address: str) -> _Times:
        """Type, press Enter, and wait until all of it is painted."""
        sheets: list[tuple[float, Sheet]] = []
        model, field_ = self._window.sheet, self._window.view.top.field
        wanted = recognise(address)

        def note() -> None:
            if model.sheet is not None and model.sheet.query == wanted:
                sheets.append((time.perf_counter(), model.sheet))

        await asyncio.sleep(0.15)
        self.painted.moments.clear()
        # The window's own panels are connected already: `note` comes after they were filled.
        model.changed.connect(note)
        field_.setText(address)
        begun = time.perf_counter()
        QApplication.sendEvent(field_, _enter())
        while not (sheets and sheets[-1][1].finished):
            await asyncio.sleep(0.02)
            if time.perf_counter() - begun > 20:
                raise TimeoutError(address)
        await asyncio.sleep(_SETTLE_S * 2)
        model.changed.disconnect(note)
        return self._times(begun, sheets)

    def _times(self, begun: float, sheets: list[tuple[float, Sheet]]) -> _Times:
        answered = next(at for at, sheet in sheets if sheet.finished)
        some = next((at for at, sheet in sheets if _some(sheet)), answered)
        shown = self.painted.first_after(sheets[0][0]) or answered
        first = self.painted.first_after(some) or answered
        last = self.painted.last_within(answered, _SETTLE_S)
        since = [(moment - begun) * 1000 for moment in (shown, first, last, answered)]
        return _Times(*since)


def _some(sheet: Sheet) -> bool:
    return PartState.READ in (sheet.person.state, sheet.profile.state)


def _enter() -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r")


def _rows(f: _Figures) -> list[Row]:
    count = f"{len(f.done)} customers, p95 "
    return [
        Row(
            "first panels painted / 80 ms",
            median(f.first) / LATENCY_MS,
            "×",
            1.3,
            note=f"{count}{percentile(f.first, 0.95) / LATENCY_MS:.2f} ×",
        ),
        Row(
            "whole sheet painted / 80 ms",
            median(f.done) / LATENCY_MS,
            "×",
            2.3,
            note=f"{count}{percentile(f.done, 0.95) / LATENCY_MS:.2f} ×",
        ),
        Row("whole sheet painted", median(f.done), "ms"),
        Row("of it until the last answer was in the panels", median(f.answered), "ms"),
        Row(
            "a cached sheet painted after Enter",
            median(f.cached),
            "ms",
            FRAME_MS,
            note=f"{count}{percentile(f.cached, 0.95):.1f} ms",
        ),
        Row("one bare round trip under the same load", median(f.trip), "ms"),
        Row("official clients, one call after another", median(f.official), "ms"),
        Row(
            "official clients / Fairlead",
            median(f.official) / median(f.done),
            "×",
            3.0,
            at_least=True,
        ),
    ]
