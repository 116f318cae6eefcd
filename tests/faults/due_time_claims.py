"""Many workers of many desks on many syncs: which due times were run twice, and which by nobody."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU, PresetNames, build_preset
from tests.support.child_processes import ROOT
from tests.support.fresh_store import open_fresh_store
from tests.support.postgres_server import PostgresServer
from tests.support.team_desk import KEY
from tests.support.team_process import join_team

_PERIOD_S = 300
_FIRST = 1_780_000_000.0


@dataclass
class ClaimCounts:
    """What the workers claimed of `due_times`; `seconds` is how long all of them took at it."""

    due_times: int = 0
    run_twice: int = 0
    not_run: int = 0
    desks_that_ran: int = 0
    seconds: float = 0.0


def claim_due_times(
    server: PostgresServer,
    folder: Path,
    *,
    desks: int,
    workers_per_desk: int,
    syncs: int,
    times: int,
    control: str = "",
) -> ClaimCounts:
    """Tell every worker each time at once; `control` is "alone" for no common store."""
    dsn = server.address(server.new_database()).with_key(KEY).text
    workers: list[tuple[int, subprocess.Popen[str]]] = []
    try:
        for desk in range(desks):
            home = folder / f"desk{desk}"
            _prepare(home, dsn, f"desk{desk}", syncs)
            words = ["-m", "tests.support.due_claims", home, dsn, f"desk{desk}", control]
            command = [sys.executable, *map(str, words)]
            workers += [
                (
                    desk,
                    subprocess.Popen(
                        command,
                        cwd=ROOT,
                        text=True,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                    ),
                )
                for _ in range(workers_per_desk)
            ]
        # The first time is where the schedules begin to count.
        _tell(workers, _FIRST)
        counts, ran = ClaimCounts(), set[int]()
        for turn in range(1, times + 1):
            begun = time.monotonic()
            claimed = _tell(workers, _FIRST + turn * (_PERIOD_S + 1))
            counts.seconds += time.monotonic() - begun
            per_sync = Counter(sync for _, sync in claimed)
            ran |= {desk for desk, _ in claimed}
            counts.due_times += syncs
            counts.run_twice += sum(count - 1 for count in per_sync.values())
            counts.not_run += syncs - len(per_sync)
        counts.desks_that_ran = len(ran)
        return counts
    finally:
        for _, one in workers:
            # The end of its input ends a worker.
            one.communicate()


def _prepare(home: Path, dsn: str, desk: str, syncs: int) -> None:
    store = open_fresh_store(home)
    join_team(store, dsn, desk).close()
    made = build_preset(ZENDESK_TO_SAILTHRU, PresetNames("box", "smart", "mark", "high"))
    made = replace(made, checked_at=1.0, on=True, schedule="every 5 min")
    for number in range(syncs):
        store.syncs.save.blocking(replace(made, name=f"sync-{number}"), _FIRST)
    store.close()


def _tell(workers: list[tuple[int, "subprocess.Popen[str]"]], now: float) -> list[tuple[int, str]]:
    """Tell all workers a time, and collect the desk and sync of each claim."""
    for _, one in workers:
        assert one.stdin is not None
        one.stdin.write(f"{now}\n")
        one.stdin.flush()
    found = []
    for desk, one in workers:
        assert one.stdout is not None
        found += [(desk, str(sync)) for sync, _due in json.loads(one.stdout.readline())]
    return found
