"""Desks and workers of a team as processes that are killed at any moment, and PostgreSQL too.

`python -m tests.faults.team_crashes [--desks N --rows N --rounds N --seed N]` prints what was lost
and what is there twice. What counts as right is what a witness reads: the desks' own files, the
team store as its owner, the services.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop.model.sync_run import RunState
from desktop.store.workspace_store import open_store
from tests.support.child_processes import ROOT
from tests.support.fresh_store import open_fresh_store
from tests.support.postgres_server import PostgresServer, why_no_postgres
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import SANDBOX_FLAGS, create_customers
from tests.support.team_desk import KEY
from tests.support.team_process import join_team
from tests.support.workspace_home import create_workspace_home

_PERIOD_S = 300


@dataclass
class TeamCounts:
    """What a fault run of a team came to."""

    rows: int = 0
    kills: int = 0
    store_crashes: int = 0
    lost: int = 0
    doubled: int = 0
    due_times: int = 0
    run_twice: int = 0
    details: list[str] = field(default_factory=list)


def hand_over_under_kills(
    server: PostgresServer, folder: Path, *, desks: int, rows: int, seed: int
) -> TeamCounts:
    """Let so many desks write so many rows each and hand them in, while all are killed at random.

    Half of the kills are the store's: it is stopped at once, stays away for a moment, and recovers.
    """
    database = server.new_database()
    dsn, rng, counts = (
        server.address(database).with_key(KEY).text,
        random.Random(seed),
        TeamCounts(),
    )
    homes = [folder / f"desk{number}" for number in range(desks)]
    for number, home in enumerate(homes):
        store = open_fresh_store(home)
        join_team(store, dsn, f"desk{number}").close()
        store.close()
    running: dict[Path, subprocess.Popen[bytes]] = {}
    seen = 0
    while True:
        waiting = [home for home in homes if _count_rows(home) < rows]
        for home in waiting:
            if home not in running or running[home].poll() is not None:
                running[home] = _start("write", home, dsn, str(rows))
        if not waiting:
            break
        time.sleep(rng.uniform(0.3, 1.2))
        # On a slow computer a process that is killed while it starts would never write anything.
        if (written := sum(map(_count_rows, homes))) == seen:
            continue
        seen = written
        victims = [one for one in running.values() if one.poll() is None]
        if rng.random() < 0.2:
            server.stop()
            time.sleep(rng.uniform(0.0, 0.5))
            server.start()
            counts.store_crashes += 1
        elif victims:
            rng.choice(victims).kill()
            counts.kills += 1
    for one in running.values():
        one.wait(60)
    for home in homes:
        # Whatever was cut short before is handed in by the next one.
        assert _start("hand-in", home, dsn, "").wait(60) == 0
    _compare_records(server, database, homes, counts)
    return counts


def _compare_records(
    server: PostgresServer, database: str, homes: list[Path], counts: TeamCounts
) -> None:
    there = Counter(server.execute("SELECT desk, seq::int, hash FROM fairlead.audit", database))
    here: Counter[tuple[object, ...]] = Counter()
    for number, home in enumerate(homes):
        store = open_store(home)
        known = store.team.list_hashes.blocking()
        here.update({(f"desk{number}", seq, row): 1 for seq, row in known.items()})
        store.close()
    counts.rows = sum(here.values())
    counts.lost = sum((here - there).values())
    counts.doubled = sum((there - here).values())


def runs_under_kills(
    server: PostgresServer,
    sandbox: SandboxServers,
    folder: Path,
    *,
    rounds: int,
    people: int,
    seed: int,
    control: str = "",
) -> TeamCounts:
    """Let two workers of two desks run one sync's due times, while both are killed at random.

    `control`: the mechanism that is taken away: `lease` or nothing.
    """
    rng, counts = random.Random(seed), TeamCounts()
    database = server.new_database()
    given, homes = _prepare_desks(server, database, sandbox, folder, control)
    made = create_customers(sandbox, people)
    for turn in range(1, rounds + 1):
        at = turn * (_PERIOD_S + 1)
        for number, pair in enumerate(made):
            # Each round has something to write for each customer.
            sandbox.write_user(pair.user_id, name=f"Round{turn} Person{number}")
        workers = [_work(home, given, "once", at, control) for home in homes]
        while any(one.poll() is None for one in workers):
            time.sleep(rng.uniform(0.2, 1.5))
            alive = [one for one in workers if one.poll() is None]
            if alive and rng.random() < 0.5 and counts.kills < turn * 3:
                rng.choice(alive).kill()
                counts.kills += 1
    # Twice more in peace: what was killed is gone on with.
    for turn in (rounds + 1, rounds + 2):
        for home in homes:
            assert _work(home, given, "once", turn * (_PERIOD_S + 1), control).wait(120) in (0, 3)
    _count_runs(homes, rounds + 2, counts)
    _compare_profiles(sandbox, [pair.email for pair in made], rounds, counts)
    return counts


def queued_runs_under_kills(
    server: PostgresServer,
    sandbox: SandboxServers,
    folder: Path,
    *,
    rounds: int,
    people: int,
    seed: int,
) -> TeamCounts:
    """Let two workers of two desks take one sync's due times from the queue, killed at random.

    Whatever was killed is taken for dead at once, and its lease for over.
    """
    rng, counts = random.Random(seed), TeamCounts()
    database = server.new_database()
    given, homes = _prepare_desks(server, database, sandbox, folder, "")
    assert _work(homes[0], given, "share", 0, "").wait(60) == 0
    made = create_customers(sandbox, people)
    # The first time is run where it is found, and hands the sync's memory in.
    assert _work(homes[0], given, "worker", _PERIOD_S + 1, "").wait(120) == 0
    for turn in range(2, rounds + 2):
        at = turn * (_PERIOD_S + 1)
        for number, pair in enumerate(made):
            sandbox.write_user(pair.user_id, name=f"Round{turn} Person{number}")
        kills, was_killed = counts.kills, True
        # Until both have looked in peace, and nothing is left to them.
        while was_killed or _count_jobs(server, database):
            was_killed = False
            workers = [_work(home, given, "worker", at, "") for home in homes]
            while any(one.poll() is None for one in workers):
                time.sleep(rng.uniform(0.2, 1.5))
                alive = [one for one in workers if one.poll() is None]
                if alive and rng.random() < 0.5 and counts.kills < kills + 3:
                    rng.choice(alive).kill()
                    was_killed, counts.kills = True, counts.kills + 1
            server.execute(_TIME_HAS_PASSED, database)
    _count_ended_runs(homes, rounds + 1, counts)
    _compare_profiles(sandbox, [pair.email for pair in made], rounds + 1, counts)
    return counts


_TIME_HAS_PASSED = (
    "SET search_path TO procrastinate;"
    " UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min';"
    " UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo';"
    " UPDATE fairlead.sync_lease SET held_until = now() - interval '1 s'"
)


def _count_jobs(server: PostgresServer, database: str) -> int:
    ((count,),) = server.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs", database)
    return int(str(count))


def _count_ended_runs(homes: list[Path], rounds: int, counts: TeamCounts) -> None:
    """Count due times whose run came to its end at any desk, and what both desks have written."""
    ended: Counter[int] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    for home in homes:
        store = open_store(home / "workspaces" / "main")
        for run in store.runs.list_runs.blocking(None, 1000):
            if run.state is RunState.DONE:
                ended[round(run.started_at // (_PERIOD_S + 1))] += 1
        told.update(
            (str(entry.target), str(entry.new))
            for entry in store.audit.list_entries.blocking(limit=1_000_000)
            if entry.kind == "sync"
        )
        store.close()
    counts.rows = sum(told.values())
    counts.doubled = sum(count - 1 for count in told.values())
    counts.due_times = rounds
    counts.run_twice = sum(count - 1 for count in ended.values())
    counts.details += [f"round {turn}: not run" for turn in range(1, rounds + 1) if not ended[turn]]


def _count_runs(homes: list[Path], rounds: int, counts: TeamCounts) -> None:
    """Count due times that were begun at both desks: one row of the run table per desk and time."""
    begun: list[set[int]] = []
    for home in homes:
        store = open_store(home / "workspaces" / "main")
        runs = store.runs.list_runs.blocking(None, 1000)
        # The clock of a round begins at its due time: its number tells which one.
        begun.append({round(run.started_at // (_PERIOD_S + 1)) for run in runs})
        told = Counter(
            (entry.target, str(entry.new))
            for entry in store.audit.list_entries.blocking(limit=1_000_000)
            if entry.kind == "sync"
        )
        counts.rows += sum(told.values())
        counts.doubled += sum(count - 1 for count in told.values())
        store.close()
    counts.due_times = rounds
    counts.run_twice = len(begun[0] & begun[1])


def _compare_profiles(
    sandbox: SandboxServers, emails: list[str], rounds: int, counts: TeamCounts
) -> None:
    for email in emails:
        profile = sandbox.read_profile(email)
        name = str((profile or {}).get("vars", {}).get("first_name"))
        if name != f"Round{rounds}":
            counts.lost += 1
            counts.details.append(f"{email}: {name}")


def _start(what: str, home: Path, dsn: str, argument: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.team_process", what, home, dsn, argument]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def _prepare_desks(
    server: PostgresServer, database: str, sandbox: SandboxServers, folder: Path, control: str
) -> tuple[Path, list[Path]]:
    """Make two desks of one team store; returns their set-up document and their homes."""
    dsn = server.address(database).with_key(KEY).text
    document = {**sandbox.connection_document, "team_dsn": dsn, "audit_key": "one of the tests"}
    given = folder / "document.json"
    given.write_text(json.dumps(document), encoding="utf-8")
    create_workspace_home(folder / "template", document)
    homes = [folder / name for name in ("one", "two")]
    for home in homes:
        shutil.copytree(folder / "template", home)
        assert _work(home, given, "prepare", 0, control).wait(60) == 0
    return given, homes


def _work(
    home: Path, document: Path, what: str, offset_s: float, control: str
) -> subprocess.Popen[bytes]:
    words: list[Any] = [home, document, what, offset_s, control]
    command = [sys.executable, "-m", "tests.support.team_worker", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def _count_rows(home: Path) -> int:
    store = open_store(home)
    count = len(store.team.list_hashes.blocking())
    store.close()
    return count


def main(argv: list[str]) -> int:
    """Do it in full; 0 where nothing was lost, doubled or run twice, and the controls show more."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.team_crashes")
    parser.add_argument("--desks", type=int, default=10)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    if why := why_no_postgres():
        sys.exit(why)
    with tempfile.TemporaryDirectory(prefix="fairlead-team-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = PostgresServer(folder / "server")
        sandbox = SandboxServers("--customers", "0", *SANDBOX_FLAGS)
        try:
            handed = hand_over_under_kills(
                server, folder, desks=options.desks, rows=options.rows, seed=options.seed
            )
            found = {"hand-over": handed}
            for control in ("", "lease"):
                where = folder / f"runs-{control}"
                where.mkdir()
                sandbox.control("POST", "reset")
                found[f"runs {control and f'without {control}'}".strip()] = runs_under_kills(
                    server, sandbox, where, rounds=options.rounds, people=options.people,
                    seed=options.seed, control=control,
                )  # fmt: skip
            (folder / "queue").mkdir()
            sandbox.control("POST", "reset")
            found["runs from the queue"] = queued_runs_under_kills(
                server, sandbox, folder / "queue", rounds=options.rounds, people=options.people,
                seed=options.seed,
            )  # fmt: skip
        finally:
            sandbox.stop()
            server.stop()
    for step, counts in found.items():
        sys.stdout.write(f"{step}: {counts}\n")
    right = [found["hand-over"], found["runs"], found["runs from the queue"]]
    is_right = not any(one.lost or one.doubled or one.run_twice or one.details for one in right)
    return 0 if is_right and found["runs without lease"].run_twice else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
