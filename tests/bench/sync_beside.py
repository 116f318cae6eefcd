"""The window, on its page Sync and with customers, while a sync of a whole crowd runs beside it."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from desktop.app.runs import sync_names
from desktop.sync.presets import TO_SAILTHRU
from tests.bench.child import ROOT
from tests.bench.heartbeat import BareWindow, Beats, Heartbeat
from tests.bench.report import Row
from tests.bench.stage import Stage, crowd, on_stage, running_sandbox
from tests.bench.sync_stage import EVERYBODY

_PEOPLE = 100_000
_BESIDE_S = 60.0
_LOOKUP_S = 3.0


def measure_beside(people: int = _PEOPLE, seconds: float = _BESIDE_S) -> list[Row]:
    """How late the window's beats are for as long as that; the sync is ended afterwards."""
    found: list[Beats] = []
    account = ("--account", EVERYBODY)
    with running_sandbox("--customers", str(people), *account) as said:
        addresses = crowd(said, 30)

        async def act(stage: Stage) -> None:
            await _beside(stage, addresses, seconds, found)

        on_stage(said, act)
    return [row for beats in found for row in beats.rows()]


async def _beside(stage: Stage, addresses: list[str], seconds: float, found: list[Beats]) -> None:
    house = stage.window.house
    goal = house.goals.add(TO_SAILTHRU, sync_names(house))
    services = house.live.services
    assert services.sailthru is not None
    assert services.zendesk is not None
    await house.goals.check(goal.name, services.sailthru, services.zendesk)
    house.goals.switch(goal.name, on=True)
    process = await asyncio.to_thread(_started, stage, goal.name)
    # What is built once, the first time it is shown, is measured elsewhere.
    stage.window.view.show_page("sync")
    await asyncio.sleep(_LOOKUP_S)
    stage.window.view.show_page("customers")
    stage.window.view.look_up(addresses[-1])
    await asyncio.sleep(_LOOKUP_S)
    bare = await asyncio.to_thread(BareWindow)
    heart = Heartbeat()
    await asyncio.sleep(0.5)
    heart.start()
    end = asyncio.get_running_loop().time() + seconds
    turn = 0
    while asyncio.get_running_loop().time() < end:
        # Half of the time on the page itself, half of it with a customer.
        stage.window.view.show_page("sync" if turn % 2 else "customers")
        if not turn % 2:
            stage.window.view.look_up(addresses[turn % len(addresses)])
        turn += 1
        await asyncio.sleep(_LOOKUP_S)
    heart.stop()
    running = process.poll() is None
    beside = await asyncio.to_thread(bare.stop)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, 20)
    assert running, "the sync had ended before"
    found.append(Beats("a sync runs beside", heart.late, beside))


def _started(stage: Stage, goal: str) -> "subprocess.Popen[bytes]":
    """A run as the window starts it; this stage's secrets are in memory, so they are handed on."""
    said: dict[str, Any] = stage.said
    home = stage.window.house.workspace.folder
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
    workspace = stage.window.house.workspace.name
    words = ["sync", "run", goal, "--workspace", workspace, "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "desktop", *words],
        env=environ,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    print(json.dumps([row.as_json() for row in measure_beside()], indent=2))
