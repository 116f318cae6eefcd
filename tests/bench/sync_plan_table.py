"""The Sync page's own table over a preview of a million rows: opened, scrolled, sifted."""

import asyncio
import time
from collections.abc import Iterator

from PySide6.QtWidgets import QTableView

from desktop.app.runner_factory import build_preset_names
from desktop.model.json_value import Json
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanState
from desktop.sync.sync_presets import SAILTHRU_TO_ZENDESK
from tests.bench.event_loop_lag import LatenessReport, measure_lateness
from tests.bench.report import Figure
from tests.bench.window_session import WindowSession

_CHUNK = 20_000
_SCROLL_S = 8.0
_WITHIN_S = 60.0


async def measure_plan_table(
    stage: WindowSession, found: list[LatenessReport], rows: int
) -> list[Figure]:
    """Beats while it is opened and while it is scrolled, and how long until its rows stood."""
    house = stage.window.services
    goal = house.syncs.add_preset(SAILTHRU_TO_ZENDESK, build_preset_names(house)).name
    stage.window.main_window.resize(1280, 820)
    await asyncio.to_thread(_write_plan_rows, stage, goal, rows)
    async with measure_lateness(f"a preview of {rows:,} rows opened", found):
        begun = time.perf_counter()
        stage.window.main_window.show_page("sync")
        table = await _open_plan(stage, rows)
        opened_s = time.perf_counter() - begun
        await asyncio.sleep(0.5)
    async with measure_lateness(f"a preview of {rows:,} rows scrolled", found):
        await scroll_table(table, _SCROLL_S)
    stage.window.main_window.show_page("customers")
    return [Figure(f"a preview of {rows:,} rows: opened", opened_s, "s")]


async def scroll_table(view: QTableView, seconds: float) -> None:
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


async def _open_plan(stage: WindowSession, rows: int) -> QTableView:
    loop = asyncio.get_running_loop()
    end = loop.time() + _WITHIN_S
    while loop.time() < end:
        await asyncio.sleep(0.02)
        for view in stage.window.main_window.findChildren(QTableView, "Rows"):
            model = view.model()
            there = model.rowCount() == rows and model.index(0, 1).data()
            if there and view.verticalScrollBar().maximum():
                return view
    raise TimeoutError("the rows do not come")


def _write_plan_rows(stage: WindowSession, goal: str, rows: int) -> None:
    house = stage.window.services
    plans, now = house.store.plans, time.time()
    plan = plans.begin.blocking(house.store.syncs.get.blocking(goal), "Ada Admin", now)
    for first in range(1, rows + 1, _CHUNK):
        plans.add_rows.blocking(plan, _make_plan_rows(first, min(first + _CHUNK, rows + 1)))
    plans.finish.blocking(
        plan, state=PlanState.READY, read=rows, included=rows, breaches=(), mark=""
    )


def _make_plan_rows(first: int, end: int) -> Iterator[PlanRow]:
    for n in range(first, end):
        values: tuple[tuple[str, Json, Json], ...] = (
            ("user_fields.loyalty", None, "gold"),
            ("tags.vip", False, True),
        )
        yield PlanRow(
            row=n,
            fate=PlannedOutcome.UPDATE,
            source_id=f"{n:024x}",
            target_id=str(10_000 + n),
            label=f"customer{n}@crowd.example",
            address=f"customer{n}@crowd.example",
            changes=tuple(FieldChange(field, old, new) for field, old, new in values),
            why="both sides differ",
        )
