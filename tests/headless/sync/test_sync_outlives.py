"""A run that a window has started goes on when the window is killed, with everything it started."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from desktop.app.wiring import House
from desktop.model.run import Run, RunStage, RunState
from tests.faults import syncs
from tests.faults.servers import Servers

ROOT = Path(__file__).resolve().parents[3]

# What a window does to start a run, without its widgets.
_WINDOW = """
import asyncio, json, sys
from pathlib import Path
from desktop.app.detached import Detached
from tests.faults.home import opened

async def act():
    home, document, lent, goal = map(json.loads, sys.argv[1:])
    async with opened(Path(home), document, connect=False) as house:
        Detached(house, lent).start("run", goal)
        await asyncio.sleep(600)

asyncio.run(act())
"""


def opened_window(home: Path, document: dict[str, Any], goal: str) -> "subprocess.Popen[bytes]":
    s, z = document["sailthru"], document["zendesk"]
    lent = {
        "FAIRLEAD_SAILTHRU_KEY": s["api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": s["api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": z["email"],
        "FAIRLEAD_ZENDESK_TOKEN": z["api_token"],
    }
    given = [json.dumps(part) for part in (str(home), document, lent, goal)]
    return subprocess.Popen(
        [sys.executable, "-c", _WINDOW, *given],
        cwd=ROOT,
        env={**os.environ, "FAIRLEAD_HOME": str(home)},
        start_new_session=True,
    )


async def run_once(house: House, goal: str, *states: RunState, stage: RunStage) -> Run:
    """The goal's run, once it is in one of these states and as far as that."""
    for _ in range(600):
        runs = house.store.runs.of_goal(goal, 1)
        if runs and runs[0].state in states and runs[0].stage is stage:
            return runs[0]
        await asyncio.sleep(0.1)
    log = house.ground.paths.logs / "runs.log"
    raise AssertionError(f"{runs} {log.read_text() if log.exists() else 'nothing was said'}")


async def test_a_run_outlives_the_window_that_started_it(
    town_hall: House, city_home: Path, city: Servers
) -> None:
    (one,) = syncs.people(city, 1)
    goal = syncs.goal_for(town_hall, syncs.TICKETS)
    city.control("POST", "account", {"job_ms": 3000})
    window = opened_window(city_home, city.document, goal.name)
    try:
        begun = await run_once(town_hall, goal.name, RunState.RUNNING, stage=RunStage.APPLY)
    finally:
        # Its whole group, as a terminal that is closed would.
        os.killpg(window.pid, signal.SIGKILL)
        assert window.wait(10) == -signal.SIGKILL
    done = await run_once(town_hall, goal.name, RunState.DONE, stage=RunStage.FINISH)
    assert (done.id, done.totals["updated"]) == (begun.id, 1)
    profile = city.profile(one.sid)
    assert profile is not None
    assert profile["vars"]["ticket_count"] == 1
