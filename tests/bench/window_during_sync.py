"""The window, on its page Sync and with customers, while a sync of a whole crowd runs beside it."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from desktop.app.runner_factory import build_preset_names
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU
from tests.bench.event_loop_lag import BareWindowProcess, LatenessReport, LatenessTimer
from tests.bench.report import Figure
from tests.bench.sync_session import ALL_IN_SYNC_ACCOUNT
from tests.bench.timed_process import ROOT
from tests.bench.window_session import (
    WindowSession,
    generated_addresses,
    run_in_window,
    run_sandbox,
)

_PEOPLE = 100_000
_BESIDE_S = 60.0
_LOOKUP_S = 3.0


def measure_window_during_sync(people: int = _PEOPLE, seconds: float = _BESIDE_S) -> list[Figure]:
    """How late the window's beats are for as long as that; the sync is ended afterwards."""
    found: list[LatenessReport] = []
    account = ("--account", ALL_IN_SYNC_ACCOUNT)
    with run_sandbox("--customers", str(people), *account) as said:
        addresses = generated_addresses(said, 30)

        async def act(stage: WindowSession) -> None:
            await _measure_lateness(stage, addresses, seconds, found)

        run_in_window(said, act)
    return [row for beats in found for row in beats.rows()]


async def _measure_lateness(
    stage: WindowSession, addresses: list[str], seconds: float, found: list[LatenessReport]
) -> None:
    house = stage.window.services
    goal = house.syncs.add_preset(ZENDESK_TO_SAILTHRU, build_preset_names(house))
    services = house.session.clients
    assert services.sailthru is not None
    assert services.zendesk is not None
    await house.syncs.check_resources(goal.name, services.sailthru, services.zendesk)
    house.syncs.set_enabled(goal.name, on=True)
    process = await asyncio.to_thread(_start_run, stage, goal.name)
    # What is built once, the first time it is shown, is measured elsewhere.
    stage.window.main_window.show_page("sync")
    await asyncio.sleep(_LOOKUP_S)
    stage.window.main_window.show_page("customers")
    stage.window.main_window.look_up(addresses[-1])
    await asyncio.sleep(_LOOKUP_S)
    bare = await asyncio.to_thread(BareWindowProcess)
    heart = LatenessTimer()
    await asyncio.sleep(0.5)
    heart.start()
    end = asyncio.get_running_loop().time() + seconds
    turn = 0
    while asyncio.get_running_loop().time() < end:
        # Half of the time on the page itself, half of it with a customer.
        stage.window.main_window.show_page("sync" if turn % 2 else "customers")
        if not turn % 2:
            stage.window.main_window.look_up(addresses[turn % len(addresses)])
        turn += 1
        await asyncio.sleep(_LOOKUP_S)
    heart.stop()
    running = process.poll() is None
    beside = await asyncio.to_thread(bare.stop)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, 20)
    assert running, "the sync had ended before"
    found.append(LatenessReport("a sync runs beside", heart.late, beside, heart.busy))


def _start_run(stage: WindowSession, goal: str) -> "subprocess.Popen[bytes]":
    """A run as the window starts it; this stage's secrets are in memory, so they are handed on."""
    said: dict[str, Any] = stage.connection_document
    home = stage.window.services.workspace.folder
    # The workspace's own folder is three below the home: state, workspaces, its name.
    while not (home / "config").exists():
        home = home.parent
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FAIRLEAD_HOME": str(home),
        "FAIRLEAD_SAILTHRU_KEY": said["sailthru"]["api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": said["sailthru"]["api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": said["zendesk"]["email"],
        "FAIRLEAD_ZENDESK_TOKEN": said["zendesk"]["api_token"],
    }
    workspace = stage.window.services.workspace.name
    words = ["sync", "run", goal, "--workspace", workspace, "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "desktop", *words],
        env=environ,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    print(json.dumps([row.as_json() for row in measure_window_during_sync()], indent=2))
