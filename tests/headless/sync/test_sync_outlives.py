"""A run that a window has started goes on when the window is killed, with everything it started."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop.app.detached import Detached
from desktop.app.housekeeping import keep_house
from desktop.app.run_logs import FOLDER, forget_old
from desktop.app.wiring import House
from desktop.model.run import Run, RunStage, RunState
from tests.faults import syncs
from tests.faults.servers import Servers
from tests.faults.town import ManualClock

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
    said = [log.read_text() for log in (house.ground.paths.logs / FOLDER).glob("*.log")]
    raise AssertionError(f"{runs} {said or 'nothing was said'}")


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It never came to that.")


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


async def test_each_start_says_its_last_words_in_a_file_of_its_own(
    town_hall: House, city_home: Path
) -> None:
    """Two that end at once, started together: neither speaks for the other."""
    starts = Detached(town_hall, {"FAIRLEAD_HOME": str(city_home)})
    begun = [starts.start("run", "it", f"--{name}") for name in ("no-such", "nor-this")]
    await until(lambda: all(process.gone for process in begun))
    one, other = (process.last_words() for process in begun)
    assert "--no-such" in one
    assert "--nor-this" not in one
    assert "--nor-this" in other
    assert "--no-such" not in other


async def test_what_runs_said_is_forgotten_in_time(town_hall: House, clock: ManualClock) -> None:
    folder = town_hall.ground.paths.logs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for age_days in range(0, 21, 5):
        path = folder / f"run-{age_days}.log"
        path.write_text("said")
        os.utime(path, (clock.now() - age_days * 86_400.0,) * 2)
    house = asyncio.create_task(keep_house(town_hall))
    await until(lambda: not (folder / "run-20.log").exists())
    house.cancel()
    assert sorted(path.name for path in folder.iterdir()) == [
        "run-0.log",
        "run-10.log",
        "run-5.log",
    ]
    # However many were started today.
    for number in range(300):
        (folder / f"plan-{number}.log").touch()
    assert forget_old(town_hall.ground.paths.logs, clock.now()) == 103
