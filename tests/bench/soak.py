"""A day's work of one desk without its pauses: what is left behind by it, beside a leaking one."""

import asyncio
import gc
import logging
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop.customer.edit_factory import EditFactory
from desktop.model.lookup_query import parse_lookup_query
from tests.bench.report import Figure
from tests.bench.window_session import (
    WindowSession,
    generated_addresses,
    run_in_window,
    run_sandbox,
)
from tests.support.leak_census import (
    LeakCensus,
    find_leaks,
    lose_references_to_none,
    take_census,
)

# An agent opens and changes somebody about every three minutes: 480 times a day.
_ROUNDS = 480
_STRETCHES = 4
_WARM_UP = 20
_CUSTOMERS = 12
_CONTROL_ROUNDS = 8
_PLANTED = ("tasks:", "open files:", "objects LookupQuery:", "references to None:")
_PAGES = ("sync", "settings", "customers")
_WITHIN_S = 60.0
# Activity lists what was done since the window was opened.
_LISTED = ("ActivityRow", "Edit", "EditRequest", "EditTarget")


def measure(rounds: int) -> list[Figure]:
    """Open, change, undo and go through the pages `rounds` times; then once more, leaking."""
    figures: list[Figure] = []
    with run_sandbox("--customers", "60", "--account", "profile=100%") as said:
        addresses = generated_addresses(said, _CUSTOMERS)

        async def act(stage: WindowSession) -> None:
            figures.extend(await _Soak(stage, addresses).measure(rounds or _ROUNDS))

        run_in_window(said, act)
    return figures


class _Trouble(logging.Handler):
    """Counts what is logged as an error, and what the event loop was left with."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1

    def note(self, _loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
        self.count += 1


class _Soak:
    """Does one agent's round again and again in the open window."""

    def __init__(self, stage: WindowSession, addresses: list[str]) -> None:
        self._window = stage.window
        self._addresses = addresses
        self._number = 0

    async def measure(self, rounds: int) -> list[Figure]:
        """Count what is held after each stretch of the rounds; the control's rounds come last."""
        trouble, each = _Trouble(), max(1, rounds // _STRETCHES)
        logging.getLogger().addHandler(trouble)
        asyncio.get_running_loop().set_exception_handler(trouble.note)
        await self._work(_WARM_UP, lambda: None)
        before = _resident_mib()
        censuses = await self._work_in_stretches(_STRETCHES, each, lambda: None)
        leaks, after = find_leaks(censuses, each, _LISTED), _resident_mib()
        kept: list[object] = []
        control = await self._work_in_stretches(2, _CONTROL_ROUNDS, lambda: _leak(kept))
        found = [one for one in find_leaks(control, _CONTROL_ROUNDS) if one.startswith(_PLANTED)]
        for task in kept:
            if isinstance(task, asyncio.Task):
                task.cancel()
        logging.getLogger().removeHandler(trouble)
        worked = f"{_STRETCHES * each} rounds: open, change, undo, three pages"
        return [
            Figure("kinds of things that grow with the rounds", len(leaks), "", 0,
                   note="; ".join(leaks) or worked),
            Figure("errors meanwhile, logged or left to the event loop", trouble.count, "", 0),
            Figure("kinds of leaks found in a control that leaks", len(found), "",
                   len(_PLANTED), at_least=True, note="; ".join(found)),
            Figure("memory after the rounds / before", after / before, "×", 1.2,
                   note=f"{before:.0f}, then {after:.0f} MiB"),
        ]  # fmt: skip

    async def _work_in_stretches(
        self, stretches: int, rounds: int, extra: Callable[[], None]
    ) -> list[LeakCensus]:
        censuses = [await self._take_census()]
        for _ in range(stretches):
            await self._work(rounds, extra)
            censuses.append(await self._take_census())
        return censuses

    async def _take_census(self) -> LeakCensus:
        """Count with nobody open and everything sent: what is shown is held for a reason."""
        while self._window.tabs_model.tabs and self._window.sheet_model.sheet is not None:
            self._window.tabs_model.close_tab(self._window.tabs_model.tabs[0].key)
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        return take_census()

    async def _work(self, rounds: int, extra: Callable[[], None]) -> None:
        for _ in range(rounds):
            await self._do_round()
            extra()

    async def _do_round(self) -> None:
        """Open a customer, set their health, take it back, and go through the pages."""
        self._number += 1
        address = self._addresses[self._number % len(self._addresses)]
        model, house = self._window.sheet_model, self._window.services
        self._window.main_window.look_up(address)
        await _wait_until(
            lambda: (
                model.sheet is not None
                and model.sheet.is_complete
                and model.sheet.query.value == address
            )
        )
        assert model.sheet is not None
        factory = EditFactory(model.sheet, house.session.account_names(), reason="soak")
        (edit,) = await house.editor.submit([factory.var("soak", self._number)])
        await self._wait_until_sent()
        await house.undo.undo(edit.id, wait_for_undo=False)
        await self._wait_until_sent()
        for page in _PAGES:
            self._window.main_window.show_page(page)
            await asyncio.sleep(0.02)

    async def _wait_until_sent(self) -> None:
        await _wait_until(lambda: not self._window.services.store.outbox.count_open.blocking())


def _leak(kept: list[object]) -> None:
    """Leave behind one of each kind that the soak looks for."""
    kept.append(asyncio.ensure_future(asyncio.Event().wait()))
    kept.append(Path("/dev/null").open("rb"))  # noqa: SIM115 - it stays open
    kept.append(parse_lookup_query("#48213"))
    lose_references_to_none(1_000)


async def _wait_until(true: Callable[[], bool]) -> None:
    for _ in range(round(_WITHIN_S * 100)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def _resident_mib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
