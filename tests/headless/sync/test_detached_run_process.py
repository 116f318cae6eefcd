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

from desktop.app.background.retention import delete_expired_data
from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.app.run_log_files import LOG_FOLDER, delete_old_logs
from desktop.model.sync_run import Run, RunStage, RunState
from tests.support import sync_cases
from tests.support.child_processes import ROOT
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

# What a window does to start a run, without its widgets.
_WINDOW = """
import asyncio, json, sys
from pathlib import Path
from desktop.app.detached_run_process import DetachedRunLauncher
from tests.support.workspace_home import open_workspace_services

async def act():
    home, document, lent, goal = map(json.loads, sys.argv[1:])
    async with open_workspace_services(Path(home), document, connect=False) as house:
        DetachedRunLauncher(house, lent).start("run", goal)
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


async def run_once(house: WorkspaceServices, goal: str, *states: RunState, stage: RunStage) -> Run:
    """The goal's run, once it is in one of these states and as far as that."""
    for _ in range(600):
        runs = house.store.runs.list_runs.blocking(goal, 1)
        if runs and runs[0].state in states and runs[0].stage is stage:
            return runs[0]
        await asyncio.sleep(0.1)
    said = [log.read_text() for log in (house.context.paths.logs / LOG_FOLDER).glob("*.log")]
    raise AssertionError(f"{runs} {said or 'nothing was said'}")


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It never came to that.")


async def test_detached_run_survives_killed_window(
    sync_services: WorkspaceServices, sync_home_copy: Path, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    sync_sandbox.control("POST", "account", {"job_ms": 3000})
    window = opened_window(sync_home_copy, sync_sandbox.connection_document, goal.name)
    try:
        begun = await run_once(sync_services, goal.name, RunState.RUNNING, stage=RunStage.APPLY)
    finally:
        # Its whole group, as a terminal that is closed would.
        os.killpg(window.pid, signal.SIGKILL)
        assert window.wait(10) == -signal.SIGKILL
    done = await run_once(sync_services, goal.name, RunState.DONE, stage=RunStage.FINISH)
    assert (done.id, done.totals["updated"]) == (begun.id, 1)
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["vars"]["ticket_count"] == 1


async def test_detached_run_output_has_own_file(
    sync_services: WorkspaceServices, sync_home_copy: Path
) -> None:
    """Two that end at once, started together: neither speaks for the other."""
    starts = DetachedRunLauncher(sync_services, {"FAIRLEAD_HOME": str(sync_home_copy)})
    begun = [starts.start("run", "it", f"--{name}") for name in ("no-such", "nor-this")]
    await until(lambda: all(process.has_exited for process in begun))
    one, other = (process.last_output() for process in begun)
    assert "--no-such" in one
    assert "--nor-this" not in one
    assert "--nor-this" in other
    assert "--no-such" not in other


async def test_customers_open_in_a_tab_are_kept(
    sync_services: WorkspaceServices, clock: ManualClock
) -> None:
    store, sid = sync_services.store, "5e" * 12
    store.customer_cache.mark_opened.blocking(person=7701, sid=sid, at=clock.now() - 90 * 86_400)
    store.customer_cache.mark_opened.blocking(person=7702, sid=None, at=clock.now() - 90 * 86_400)
    await delete_expired_data(sync_services, lambda: ("7701", sid))
    ids = ["7701", "7702", sid]
    assert store.sheet_reader.list_opened_ids.blocking(ids) == {"7701", sid}


async def test_detached_run_output_files_expire(
    sync_services: WorkspaceServices, clock: ManualClock
) -> None:
    folder = sync_services.context.paths.logs / LOG_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for age_days in range(0, 21, 5):
        path = folder / f"run-{age_days}.log"
        path.write_text("said")
        os.utime(path, (clock.now() - age_days * 86_400.0,) * 2)
    await delete_expired_data(sync_services)
    assert sorted(path.name for path in folder.iterdir()) == [
        "run-0.log",
        "run-10.log",
        "run-5.log",
    ]
    # However many were started today.
    for number in range(300):
        (folder / f"plan-{number}.log").touch()
    assert delete_old_logs(sync_services.context.paths.logs, clock.now()) == 103
