"""The Sync page's own table over a preview of a million rows: opened, scrolled, sifted."""

import asyncio
import time
from collections.abc import Iterator

from PySide6.QtWidgets import QTableView

from desktop.app.runs import sync_names
from desktop.model.json_value import Json
from desktop.model.plan import Fate, FieldChange, PlanRow, PlanState
from desktop.sync.presets import TO_ZENDESK
from tests.bench.heartbeat import Beats, beating
from tests.bench.report import Row
from tests.bench.stage import Stage

ROWS = 1_000_000
_CHUNK = 20_000
_SCROLL_S = 8.0
_WITHIN_S = 60.0


async def measure_plan(stage: Stage, found: list[Beats], rows: int = ROWS) -> list[Row]:
    """Beats while it is opened and while it is scrolled, and how long until its rows stood."""
    house = stage.window.house
    goal = house.goals.add(TO_ZENDESK, sync_names(house)).name
    stage.window.view.resize(1280, 820)
    await asyncio.to_thread(_fill, stage, goal, rows)
    async with beating(f"a preview of {rows:,} rows opened", found):
        begun = time.perf_counter()
        stage.window.view.show_page("sync")
        table = await _shown(stage, rows)
        opened_s = time.perf_counter() - begun
        await asyncio.sleep(0.5)
    async with beating(f"a preview of {rows:,} rows scrolled", found):
        await scrolled(table, _SCROLL_S)
    stage.window.view.show_page("customers")
    return [Row(f"a preview of {rows:,} rows: opened", opened_s, "s")]


async def scrolled(view: QTableView, seconds: float) -> None:
    """Wheel turns, with a drag to elsewhere now and then."""
    bar = view.verticalScrollBar()
    turn = bar.singleStep() * 3
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    step = 0
    while loop.time() < end:
        step += 1
        bar.setValue(bar.value() + turn if step % 50 else step * 7919 * turn % bar.maximum())
        await asyncio.sleep(0.016)


async def _shown(stage: Stage, rows: int) -> QTableView:
    loop = asyncio.get_running_loop()
    end = loop.time() + _WITHIN_S
    while loop.time() < end:
        await asyncio.sleep(0.02)
        for view in stage.window.view.findChildren(QTableView, "Rows"):
            model = view.model()
            there = model.rowCount() == rows and model.index(0, 1).data()
            if there and view.verticalScrollBar().maximum():
                return view
    raise TimeoutError("the rows do not come")


def _fill(stage: Stage, goal: str, rows: int) -> None:
    house = stage.window.house
    plans, now = house.store.plans, time.time()
    plan = plans.begin(house.store.goals.get(goal), "Ada Admin", now)
    for first in range(1, rows + 1, _CHUNK):
        plans.add(plan, _rows(first, min(first + _CHUNK, rows + 1)))
    plans.finish(plan, state=PlanState.READY, read=rows, breaches=(), mark="")


def _rows(first: int, end: int) -> Iterator[PlanRow]:
    for n in range(first, end):
        values: tuple[tuple[str, Json, Json], ...] = (
            ("user_fields.loyalty", None, "gold"),
            ("tags.vip", False, True),
        )
        yield PlanRow(
            row=n,
            fate=Fate.UPDATE,
            source_id=f"{n:024x}",
            target_id=str(10_000 + n),
            label=f"customer{n}@crowd.example",
            address=f"customer{n}@crowd.example",
            changes=tuple(FieldChange(field, old, new) for field, old, new in values),
            why="both sides differ",
        )
