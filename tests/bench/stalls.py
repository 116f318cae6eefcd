"""How long the window is deaf while it works, beside a bare window at the same time."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from desktop.customer.wish import Wishes
from desktop.model.edit import EditState
from tests.bench.heartbeat import Beats, beating
from tests.bench.long_table import LongTable, fill
from tests.bench.plan_table import measure_plan, scrolled
from tests.bench.report import Row
from tests.bench.stage import Stage, crowd, on_stage, running_sandbox

_LOOKUPS = 60
_EDITS = 50
_TABLE_ROWS = 1_000_000
_HEAVY = "vera@archive.example"
_SCROLL_S = 8.0


def measure(rounds: int) -> list[Row]:
    """Lookups, an outbox that is delivered, and long tables that are scrolled."""
    found: list[Beats] = []
    opened: list[Row] = []
    with running_sandbox("--customers", "300", "--latency-ms", "20") as said:
        addresses = crowd(said, rounds or _LOOKUPS)

        async def act(stage: Stage) -> None:
            await _first_lookup(stage, addresses, found)
            await _lookups(stage, addresses, found)
            await _edits(stage, addresses[0], found)
            await _table(stage, found)
            opened.extend(await measure_plan(stage, found))

        on_stage(said, act)
    return [*(row for beats in found for row in beats.rows()), *opened]


async def _first_lookup(stage: Stage, addresses: list[str], found: list[Beats]) -> None:
    """The window has just been opened: every panel is built for the first time."""
    async with beating("first customer", found):
        await _look_up(stage, addresses[0])
        await asyncio.sleep(0.5)


async def _lookups(stage: Stage, addresses: list[str], found: list[Beats]) -> None:
    some = list(addresses)
    some[:: max(1, len(some) // 6)] = [_HEAVY] * len(some[:: max(1, len(some) // 6)])
    async with beating(f"{len(some)} lookups", found):
        for address in some:
            await _look_up(stage, address)


async def _look_up(stage: Stage, address: str) -> None:
    model = stage.window.sheet
    stage.window.view.look_up(address)
    wanted = address.lower()
    for _ in range(1000):
        await asyncio.sleep(0.01)
        sheet = model.sheet
        if sheet is not None and sheet.finished and sheet.query.value == wanted:
            return
    raise TimeoutError(address)


async def _edits(stage: Stage, address: str, found: list[Beats]) -> None:
    house = stage.window.house
    await _look_up(stage, address)
    sheet = stage.window.sheet.sheet
    assert sheet is not None
    wishes = Wishes(sheet, house.live.names(), reason="bench")
    intents = [wishes.var(f"bench_{number}", number) for number in range(_EDITS)]
    async with beating(f"{_EDITS} edits delivered", found):
        edits = await house.editor.submit(intents)
        await _until(
            lambda: all(house.store.outbox.get(e.id).state.final for e in edits), within_s=60
        )
    ended = [house.store.outbox.get(e.id).state for e in edits]
    assert ended == [EditState.DONE] * _EDITS, ended


async def _until(true: Callable[[], bool], *, within_s: float) -> None:
    for _ in range(int(within_s * 10)):
        await asyncio.sleep(0.1)
        if true():
            return
    raise TimeoutError


async def _table(stage: Stage, found: list[Beats]) -> None:
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        path = Path(folder) / "rows.db"
        await asyncio.to_thread(fill, path, _TABLE_ROWS)
        model = LongTable(path, _TABLE_ROWS)
        view = _view(model)
        stage.window.view.add_page("bench", view)
        async with beating(f"{_TABLE_ROWS:,} rows scrolled", found):
            stage.window.view.show_page("bench")
            await scrolled(view, _SCROLL_S)
        assert model.shown, "nothing was read"
        stage.window.view.show_page("customers")
        view.setModel(None)
        model.close()


def _view(model: LongTable) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().hide()
    return view
