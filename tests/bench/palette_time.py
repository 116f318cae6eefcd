"""How long after a key the search field's list stands painted, over 100,000 kept customers."""

import asyncio
import sqlite3
import time
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from desktop.app.runner_factory import build_preset_names
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.customer_cache import upsert_user
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_presets import PRESETS
from tests.bench.report import Figure, median, percentile
from tests.bench.window_session import WindowSession, run_in_window, run_sandbox

KEPT_CUSTOMERS = 100_000
AIM_MS = 50.0
_BATCH_SIZE = 1_000
_CUSTOMER = "maria@lopez.example"  # one who has something in every panel
# People, parts of addresses and numbers, and commands, as they are typed: key by key.
_TYPED = (
    "maria lopez", "an", "ka@acme", "0134", "stop marketing", "opt", "vip", "health",
    ">", ">opt out", ">sync now", ">settings", "xyzzy",
)  # fmt: skip
_FIRST = ("Ana", "Kai", "Maria", "Marek", "Anna", "Stephan", "Optima", "Viola", "Jan", "Healy")
_LAST = ("Lopez", "Okafor", "Nair", "Marsh", "Andersen", "Stopford", "Viparelli", "Hansen")


def measure(rounds: int) -> list[Figure]:
    """Keep 100,000 customers, then type each text of the list key by key, `rounds` times."""
    found: list[Figure] = []
    with run_sandbox("--customers", "300", "--latency-ms", "5") as said:

        async def act(stage: WindowSession) -> None:
            found.extend(await _measure_keys(stage, rounds or 3))

        run_in_window(said, act)
    return found


async def _measure_keys(stage: WindowSession, rounds: int) -> list[Figure]:
    services, main = stage.window.services, stage.window.main_window
    begun = time.perf_counter()
    await asyncio.to_thread(keep_customers, services.store, KEPT_CUSTOMERS)
    kept_s = time.perf_counter() - begun
    for preset in PRESETS:
        services.syncs.add_preset(preset, build_preset_names(services))
    main.resize(1280, 820)
    main.look_up(_CUSTOMER)
    await asyncio.sleep(2)
    took: dict[str, list[float]] = {}
    wall: list[float] = []
    for _ in range(rounds):
        for text in _TYPED:
            main.top_bar.search_field.setText("")
            main.top_bar.search_field.take_focus()
            for place, letter in enumerate(text):
                begun, begun_wall = time.thread_time(), time.perf_counter()
                _press(main.top_bar.search_field, letter)
                took.setdefault(text[: place + 1], []).append((time.thread_time() - begun) * 1000)
                wall.append((time.perf_counter() - begun_wall) * 1000)
                # Nobody types faster; what comes of a search would be counted as the next key's.
                await asyncio.sleep(0.01)
    every = [ms for times in took.values() for ms in times]
    slowest = max(took, key=lambda text: median(took[text]))
    kept = services.store.sheet_reader.count_customers.blocking()
    note = f"{len(every)} keys, {kept:,} customers kept in {kept_s:.0f} s"
    wall_note = f"by the clock {median(wall):.1f} ms, 99 % {percentile(wall, 0.99):.1f} ms"
    slow_note = f"after “{slowest}”; median of {len(took[slowest])}"
    return [
        Figure("key to painted list, processor, median", median(every), "ms", AIM_MS, note=note),
        Figure(
            "key to painted list, processor, 99 %",
            percentile(every, 0.99),
            "ms",
            AIM_MS,
            note=wall_note,
        ),
        Figure("the slowest text, processor", median(took[slowest]), "ms", AIM_MS, note=slow_note),
    ]


def keep_customers(store: WorkspaceStore, count: int) -> None:
    """Keep so many invented Zendesk users in the mirror, as if each had been opened."""
    for start in range(0, count, _BATCH_SIZE):
        users = [_invented_user(number) for number in range(start, start + _BATCH_SIZE)]
        store.mirror_db.write(partial(_keep, users))


def _keep(users: list[ZendeskUser], connection: sqlite3.Connection) -> None:
    for user in users:
        upsert_user(connection, user, 1.0)


def _invented_user(number: int) -> ZendeskUser:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // 7 % len(_LAST)]
    return ZendeskUser(
        id=10_000_000 + number,
        name=f"{first} {last}",
        email=f"{first}.{last}{number}@acme{number % 97}.example".lower(),
        phone=f"+1555{number:07d}",
    )


def _press(field: object, letter: str) -> None:
    """Press a key in the search field, and paint the window as the next frame would."""
    key = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
    QApplication.sendEvent(field, key)  # type: ignore[arg-type]
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    for window in QApplication.topLevelWidgets():
        if window.isVisible():
            QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest.value)
