"""How long the window is deaf while it works, beside a bare window at the same time."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from desktop.customer.edit_factory import EditFactory
from desktop.model.edit import EditState
from desktop.panels.widgets.opaque_table_view import OpaqueTableView
from tests.bench.event_loop_lag import LatenessReport, measure_lateness
from tests.bench.million_row_table import MillionRowModel, create_table_file
from tests.bench.report import Figure
from tests.bench.sync_plan_table import measure_plan_table, scroll_table
from tests.bench.window_session import (
    WindowSession,
    generated_addresses,
    run_in_window,
    run_sandbox,
)

_LOOKUPS = 60
_EDITS = 50
_TABLE_ROWS = 1_000_000
_LARGEST_PROFILE_EMAIL = "vera@archive.example"
_SCROLL_S = 8.0


def measure(rounds: int, *, scale: float = 1.0) -> list[Figure]:
    """Lookups, an outbox that is delivered, and long tables (`scale` of the rows) scrolled."""
    rows = round(_TABLE_ROWS * scale)
    found: list[LatenessReport] = []
    opened: list[Figure] = []
    with run_sandbox("--customers", "300", "--latency-ms", "20") as said:
        addresses = generated_addresses(said, rounds or _LOOKUPS)

        async def act(stage: WindowSession) -> None:
            await _first_lookup(stage, addresses, found)
            await _lookups(stage, addresses, found)
            await _edits(stage, addresses[0], found)
            await _measure_long_table(stage, found, rows)
            opened.extend(await measure_plan_table(stage, found, rows))

        run_in_window(said, act)
    return [*(row for beats in found for row in beats.rows()), *opened]


async def _first_lookup(
    stage: WindowSession, addresses: list[str], found: list[LatenessReport]
) -> None:
    """The window has just been opened: every panel is built for the first time."""
    async with measure_lateness("first customer", found):
        await _look_up_customer(stage, addresses[0])
        await asyncio.sleep(0.5)


async def _lookups(stage: WindowSession, addresses: list[str], found: list[LatenessReport]) -> None:
    some = list(addresses)
    some[:: max(1, len(some) // 6)] = [_LARGEST_PROFILE_EMAIL] * len(
        some[:: max(1, len(some) // 6)]
    )
    async with measure_lateness(f"{len(some)} lookups", found):
        for address in some:
            await _look_up_customer(stage, address)


async def _look_up_customer(stage: WindowSession, address: str) -> None:
    model = stage.window.sheet_model
    stage.window.main_window.look_up(address)
    wanted = address.lower()
    for _ in range(1000):
        await asyncio.sleep(0.01)
        sheet = model.sheet
        if sheet is not None and sheet.is_complete and sheet.query.value == wanted:
            return
    raise TimeoutError(address)


async def _edits(stage: WindowSession, address: str, found: list[LatenessReport]) -> None:
    house = stage.window.services
    await _look_up_customer(stage, address)
    sheet = stage.window.sheet_model.sheet
    assert sheet is not None
    wishes = EditFactory(sheet, house.session.account_names(), reason="bench")
    intents = [wishes.var(f"bench_{number}", number) for number in range(_EDITS)]
    async with measure_lateness(f"{_EDITS} edits delivered", found):
        edits = await house.editor.submit(intents)
        await _wait_until(
            lambda: all(house.store.outbox.get_edit.blocking(e.id).state.is_final for e in edits),
            within_s=60,
        )
    ended = [house.store.outbox.get_edit.blocking(e.id).state for e in edits]
    assert ended == [EditState.DONE] * _EDITS, ended


async def _wait_until(true: Callable[[], bool], *, within_s: float) -> None:
    for _ in range(int(within_s * 10)):
        await asyncio.sleep(0.1)
        if true():
            return
    raise TimeoutError


async def _measure_long_table(stage: WindowSession, found: list[LatenessReport], rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        path = Path(folder) / "rows.db"
        await asyncio.to_thread(create_table_file, path, rows)
        model = MillionRowModel(path, rows)
        view = _make_table_view(model)
        stage.window.main_window.add_page("bench", view)
        async with measure_lateness(f"{rows:,} rows scrolled", found):
            stage.window.main_window.show_page("bench")
            await scroll_table(view, _SCROLL_S)
        assert model.shown, "nothing was read"
        stage.window.main_window.show_page("customers")
        view.setModel(None)
        model.close()


def _make_table_view(model: MillionRowModel) -> OpaqueTableView:
    view = OpaqueTableView()
    view.setModel(model)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().hide()
    return view
