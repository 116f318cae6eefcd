"""Five thousand pasted addresses: how soon what is kept is there, how fast the rest is read."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

import msgspec

from desktop.app.container import WorkspaceServices
from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.customer.edit_batch.batch_lookup import zendesk_limit
from desktop.model.edit import EditKind
from desktop.model.edit_batch import BatchAction
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.customer_cache import upsert_profile
from desktop.store.workspace_store import WorkspaceStore
from tests.bench.event_loop_lag import LatenessReport, measure_lateness
from tests.bench.report import Figure
from tests.bench.window_session import (
    ConnectionDocument,
    WindowSession,
    run_in_window,
    run_sandbox,
)
from tests.support.workspace_home import create_workspace_home, open_workspace_services

_PASTED = 5_000
_KEPT_WITHIN_S = 2.0
_READ_WITHIN_MS = 16.0
# Nothing but the limit holds a look-up up for as long as this.
_WAIT_S = 5.0


def measure(rounds: int) -> list[Figure]:
    """Paste into the window, queue a change of all, then look up at Zendesk's own limit."""
    del rounds
    beats: list[LatenessReport] = []
    figures: list[Figure] = []
    with run_sandbox("--customers", "0") as said:

        async def act(stage: WindowSession) -> None:
            figures.extend(await _measure_paste(stage, beats))

        run_in_window(said, act)
    with run_sandbox("--customers", "0", "--rate-limits", "real") as said:
        figures.append(asyncio.run(_measure_limited_lookup(said)))
    return [*figures, *(row for report in beats for row in report.rows())]


async def _measure_paste(stage: WindowSession, beats: list[LatenessReport]) -> list[Figure]:
    services = stage.window.services
    emails = [f"customer{number}@kept.example" for number in range(_PASTED)]
    await services.store.run(_keep_everybody, services.store, emails, services.context.clock.now())
    assert stage.window.page_factory is not None
    page = stage.window.page_factory.open_batch_page()
    assert page is not None
    text = "\n".join(f'"Customer, {n}" <{email}>;{n}' for n, email in enumerate(emails))
    model = page.model
    await asyncio.sleep(0.5)
    async with measure_lateness(f"{_PASTED:,} addresses pasted", beats):
        begun = time.perf_counter()
        found = asyncio.Event()
        model.changed.connect(lambda: found.set() if model._counts.kept == _PASTED else None)
        model.paste(text)
        await found.wait()
        paste_s = time.perf_counter() - begun
        await asyncio.sleep(0.5)
    batch_id = model.batch.id
    await services.edit_batches.set_action(
        batch_id, BatchAction(EditKind.OPTOUT, "", OptOutLevel.BASIC.value), "bench"
    )
    await services.build_batch_runner().go_on(batch_id, known_only=True)
    reads: list[float] = []
    reading = asyncio.create_task(_read_as_status_bar(services, reads))
    async with measure_lateness(f"{_PASTED:,} changes queued", beats):
        begun = time.perf_counter()
        await services.edit_batches.apply(batch_id, confirmed=_PASTED)
        queue_s = time.perf_counter() - begun
    reading.cancel()
    await services.edit_batches.cancel(batch_id)
    return [
        Figure(
            f"{_PASTED:,} pasted addresses found on this computer", paste_s, "s", _KEPT_WITHIN_S
        ),
        Figure(f"{_PASTED:,} changes queued in one transaction", queue_s, "s"),
        Figure(
            "longest read of the window meanwhile",
            max(reads) * 1000,
            "ms",
            _READ_WITHIN_MS,
            note=f"of {len(reads)}",
        ),
    ]


async def _read_as_status_bar(services: WorkspaceServices, reads: list[float]) -> None:
    """Count what waits, again and again, on the window's thread; keeps how long each took (s)."""
    while True:
        begun = time.perf_counter()
        services.store.outbox.count_open.blocking()
        reads.append(time.perf_counter() - begun)
        await asyncio.sleep(0.005)


def _keep_everybody(store: WorkspaceStore, emails: list[str], now: float) -> None:
    """Cache a user and a profile for each address, as look-ups have left them, in one go."""

    def act(connection: sqlite3.Connection) -> None:
        for number, email in enumerate(emails, 1):
            user = ZendeskUser(number, f"Customer {number}", email, identities_read=True)
            connection.execute(
                "INSERT INTO cached_user (id, name_folded, body, read_at) VALUES (?, ?, ?, ?)",
                (number, user.name.casefold(), msgspec.json.encode(user).decode(), now),
            )
            connection.execute(
                "INSERT INTO user_address (address, user_id, read_at) VALUES (?, ?, ?)",
                (email, number, now),
            )
            profile = SailthruProfile(
                f"{number:024x}", email, lists={"Newsletter": now}, optout=OptOutLevel.NONE
            )
            upsert_profile(connection, profile, now)

    store.mirror_db.write(act)


async def _measure_limited_lookup(said: ConnectionDocument) -> Figure:
    """Look up more addresses than a minute's calls, and compare with what the limit leaves."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        home = Path(folder) / "home"
        await asyncio.to_thread(create_workspace_home, home, said)
        async with open_workspace_services(home, said, for_runs=True) as services:
            left = round(zendesk_limit(services.session.clients) * (1 - INTERACTIVE_SHARE))
            emails = "\n".join(f"nobody{n}@nowhere.example" for n in range(2 * left + left // 10))
            batch = await services.edit_batches.create(emails)
            looking = asyncio.create_task(services.build_batch_runner().go_on(batch.id))
            (begun, before), (ended, after) = await _watch_waits(services, batch.id, looking)
            rate = (after - before) / (ended - begun) * 60
    return Figure(
        "addresses looked up while limited / what Zendesk's limit leaves",
        rate / left,
        "×",
        0.95,
        at_least=True,
        note=f"{left} a minute: 5,000 in {5000 / left:.0f} min",
    )


async def _watch_waits(
    services: WorkspaceServices, batch_id: str, looking: asyncio.Task[None]
) -> list[tuple[float, int]]:
    """Return when (seconds) a look-up's waits for the limit ended, and after how many addresses.

    From one such moment to the next is a minute of the service, wherever its minutes begin.
    """
    waits: list[tuple[float, int]] = []
    moved_at, done = time.perf_counter(), 0
    while not looking.done():
        await asyncio.sleep(0.05)
        now_done = (await services.store.edit_batches.get(batch_id)).done
        if now_done != done:
            now = time.perf_counter()
            if now - moved_at > _WAIT_S:
                waits.append((now, done))
            moved_at, done = now, now_done
    await looking
    return waits[:2]
