"""Due times of shared syncs wait in the team's queue; one worker runs each, also after a kill."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from desktop.app import team_queue_runner
from desktop.app.background.due_runs import DueRunStarter
from desktop.app.cli_output import ExitCode
from desktop.app.commands.sync_subcommands import scheduled_runs
from desktop.app.commands.sync_subcommands.scheduled_runs import (
    DueRunResult,
    run_due_sync,
    run_due_syncs,
)
from desktop.app.commands.worker import TeamWorker
from desktop.app.container import WorkspaceServices
from desktop.app.team_queue_runner import TeamQueueRunner
from desktop.kit.errors import AppError
from desktop.model.sync import FlowPolicy, Sync
from desktop.model.sync_run import Run, RunState
from desktop.settings.sync_settings import RUN_DUE_SYNCS_HERE
from desktop.store.sqlite_database import load_migrations
from desktop.store.team.due_run_queue import DueRunQueue
from desktop.store.team.team_errors import TeamStoreAway, TeamStoreRefused
from desktop.store.team.team_store import TeamStore, build_team_store
from tests.support.child_processes import ROOT
from tests.support.clocks import ManualClock
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import (
    TICKETS_INCREMENTED,
    CustomerPair,
    create_customers,
    create_ticket,
    save_preset,
)
from tests.support.team_desk import KEY
from tests.support.team_process import ACCOUNT

_PERIOD_S = 300


# As long as one may be.
_LONG_NAME = "z" * 64


async def share_sync(desks: list[WorkspaceServices], name: str = "") -> Sync:
    """The same scheduled sync at both desks, which adds each new ticket to a number."""
    await desks[0].team.share_rows(is_on=True, actor=desks[0].session.actor)
    saved = [
        save_preset(
            house,
            TICKETS_INCREMENTED,
            lambda sync: replace(
                sync,
                name=name or sync.name,
                flows=FlowPolicy.MAY_START,
                schedule="every 5 min",
                switched_on_by=desks[0].session.actor.key,
            ),
        )
        for house in desks
    ]
    for house in desks:
        assert await run_due_syncs(house) == ((), ())
    return saved[0]


async def run_first_at(house: WorkspaceServices, clock: ManualClock) -> None:
    """A worker has the sync from its first time on, and its memory is in the team store."""
    clock.advance(_PERIOD_S + 1)
    (first,) = await work_at(house)
    assert first.run is not None, first.error


async def work_at(house: WorkspaceServices) -> tuple[DueRunResult, ...]:
    done = await TeamWorker(house).do_what_is_due()
    assert done.error is None, done.error
    return done.runs


def runs_of(desks: list[WorkspaceServices]) -> list[list[Run]]:
    return [list(house.store.runs.list_runs.blocking(None)) for house in desks]


def total(sandbox: SandboxServers, pair: CustomerPair) -> Any:
    profile = sandbox.read_profile(pair.sid)
    assert profile is not None
    return (profile["vars"] or {}).get("tickets")


def jobs_of(postgres: PostgresServer, database: str) -> list[tuple[object, ...]]:
    return postgres.execute(
        "SELECT status::text, lock, queueing_lock FROM procrastinate.procrastinate_jobs", database
    )


async def test_due_time_is_queued_once_and_run_by_the_worker_that_takes_it(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
) -> None:
    one, two = desks
    (pair,) = create_customers(sync_sandbox, 1)
    sync = await share_sync(desks, _LONG_NAME)
    await run_first_at(one, clock)
    create_ticket(sync_sandbox, pair.user_id)
    clock.advance(_PERIOD_S)
    # A desk that only looks queues the time, and so does each other: it is there once.
    for house in (two, one, two):
        assert await run_due_syncs(house) == ((), ())
    ((status, lock, queueing_lock),) = jobs_of(postgres, database)
    assert (status, lock) == ("todo", sync.name)
    assert str(queueing_lock).startswith(f"{sync.name}@")
    # The other desk's worker takes it, with what the sync remembers.
    (result,) = await work_at(two)
    assert result.run is not None
    assert (result.run.state, result.run.trigger) == (RunState.DONE, "schedule")
    assert result.run.totals["updated"] == 1
    for house in desks:
        assert await work_at(house) == ()
    assert (total(sync_sandbox, pair), jobs_of(postgres, database)) == (2, [])
    assert [len(runs) for runs in runs_of(desks)] == [1, 1]


async def test_sync_that_the_team_store_refuses_to_queue_leaves_the_next_one_its_turn(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
) -> None:
    house = desks[0]
    create_customers(sync_sandbox, 1)
    refused = await share_sync(desks, "aaa")
    other = replace(refused, name="another", title="Another", version=0)
    house.store.syncs.save.blocking(other, clock.now())
    await run_due_syncs(house)
    clock.advance(_PERIOD_S + 1)
    assert len(await work_at(house)) == 2
    postgres.execute(
        "ALTER TABLE procrastinate.procrastinate_jobs ADD CHECK (lock <> 'aaa')", database
    )
    clock.advance(_PERIOD_S)
    started: list[object] = []
    shown: list[AppError] = []
    house.session.change_settings({RUN_DUE_SYNCS_HERE.key: True})
    window = DueRunStarter(house, lambda *words: started.append(words), shown.append)
    for _ in range(2):
        assert await window.start_due_runs() == ()
    assert [error.code for error in shown] == ["team_store_refused"]
    assert [job[1] for job in jobs_of(postgres, database)] == ["another"]
    clock.advance(_PERIOD_S)
    (result,), _ = await run_due_syncs(house)
    assert (result.due_sync.sync.name, result.error and result.error.code) == (
        "aaa",
        "team_store_refused",
    )
    # Queued anew, for the newest time.
    assert [job[2] for job in jobs_of(postgres, database)] == [
        f"another@{result.due_sync.due_at:.0f}"
    ]


async def test_of_several_times_that_were_missed_the_newest_waits(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
) -> None:
    create_customers(sync_sandbox, 1)
    await share_sync(desks)
    await run_first_at(desks[0], clock)
    for _ in range(3):
        clock.advance(_PERIOD_S)
        await run_due_syncs(desks[1])
        await run_due_syncs(desks[1])
    assert len(jobs_of(postgres, database)) == 1
    assert len(await work_at(desks[0])) == 1
    assert jobs_of(postgres, database) == []


async def test_sync_that_no_worker_has_runs_at_its_desk_as_before(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
) -> None:
    create_customers(sync_sandbox, 1)
    await share_sync(desks)
    for _ in range(2):
        clock.advance(_PERIOD_S + 1)
        results, _ = await run_due_syncs(desks[0])
        assert len(results) == 1
        assert await work_at(desks[1]) == ()
    assert jobs_of(postgres, database) == []


def start_worker(home: Path, document: Path, now: float) -> "subprocess.Popen[bytes]":
    words = [home, document, "worker", now]
    command = [sys.executable, "-m", "tests.support.team_worker", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT)


async def kill_worker_amid_its_run(
    desks: list[WorkspaceServices],
    sandbox: SandboxServers,
    clock: ManualClock,
    tmp_path: Path,
    dsn: str,
) -> CustomerPair:
    """A worker at the first desk is killed once Sailthru has done what it asked for."""
    (pair,) = create_customers(sandbox, 1)
    await share_sync(desks)
    await run_first_at(desks[0], clock)
    create_ticket(sandbox, pair.user_id)
    clock.advance(_PERIOD_S)
    document = tmp_path / "document.json"
    document.write_text(json.dumps({**sandbox.connection_document, "team_dsn": dsn}), "utf-8")
    sandbox.add_fault("sailthru:POST /user:timeout-after=60", times=None)
    worker = start_worker(tmp_path / "one", document, clock.now())
    try:
        end = time.monotonic() + 120
        while total(sandbox, pair) != 2:
            assert worker.poll() is None
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(30)
        sandbox.clear_faults()
    return pair


def let_time_pass(postgres: PostgresServer, database: str) -> None:
    """As a quarter of an hour after the worker's last sign of life."""
    postgres.execute(
        "UPDATE procrastinate.procrastinate_workers SET last_heartbeat = now() - interval '15 min'",
        database,
    )
    postgres.execute("UPDATE fairlead.sync_lease SET held_until = now() - interval '1 s'", database)


async def leave_stalled(_queue: DueRunQueue) -> int:
    """What a dead worker had taken stays with it."""
    return 0


async def test_time_of_a_worker_that_was_killed_is_run_by_another_once(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
    dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = await kill_worker_amid_its_run(desks, sync_sandbox, clock, tmp_path, dsn)
    # It may be alive and slow: nobody takes its time from it yet.
    assert await work_at(desks[1]) == ()
    let_time_pass(postgres, database)
    # Negative control: without the retry of stalled jobs the time is lost.
    with monkeypatch.context() as without:
        without.setattr(DueRunQueue, "retry_stalled", leave_stalled)
        assert await work_at(desks[1]) == ()
    assert [job[0] for job in jobs_of(postgres, database)] == ["doing"]
    (result,) = await work_at(desks[1])
    assert result.run is not None, result.error
    assert (result.run.state, result.run.trigger) == (RunState.DONE, "schedule")
    # What the killed one had added is looked for, and not added again.
    assert total(sync_sandbox, pair) == 2
    for house in desks:
        assert await work_at(house) == ()
    assert jobs_of(postgres, database) == []


async def test_time_waits_in_the_queue_while_another_run_holds_the_sync(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
) -> None:
    create_customers(sync_sandbox, 1)
    sync = await share_sync(desks)
    await run_first_at(desks[0], clock)
    held = await desks[0].acquire_run_lease(sync)
    assert held is not None
    clock.advance(_PERIOD_S)
    later = "SELECT scheduled_at > now(), attempts FROM procrastinate.procrastinate_jobs"
    due_now = "SET search_path TO procrastinate; UPDATE procrastinate_jobs SET scheduled_at = now()"
    # A worker elsewhere, and one beside the run: the process of the run is alive.
    for tries, house in enumerate(reversed(desks), 1):
        assert await work_at(house) == ()
        assert postgres.execute(later, database) == [(True, tries)]
        postgres.execute(due_now, database)
    await held.release()
    assert len(await work_at(desks[1])) == 1


async def test_worker_that_is_told_to_stop_ends_its_run_and_leaves_the_rest(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_customers(sync_sandbox, 1)
    sync = await share_sync(desks)
    other = replace(sync, name="another", title="Another", version=0)
    for house in desks:
        house.store.syncs.save.blocking(other, clock.now())
    await run_due_syncs(desks[0])
    clock.advance(_PERIOD_S + 1)
    assert len(await work_at(desks[0])) == 2
    clock.advance(_PERIOD_S)
    worker = TeamWorker(desks[0])

    async def stop_amid(*given: Any) -> DueRunResult:
        worker.stop()
        return await run_due_sync(*given)

    monkeypatch.setattr(team_queue_runner, "run_due_sync", stop_amid)
    done = await worker.do_what_is_due()
    assert [one.run and one.run.state for one in done.runs] == [RunState.DONE]
    assert [job[0] for job in jobs_of(postgres, database)] == ["todo"]


async def test_worker_that_the_queue_fails_tells_its_runs_and_hands_its_record_in(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    create_customers(sync_sandbox, 1)
    sync = await share_sync(desks)
    await run_first_at(desks[0], clock)
    clock.advance(_PERIOD_S)
    looked_after: list[float] = []
    work = DueRunQueue.work

    async def look_after(_services: WorkspaceServices) -> None:
        looked_after.append(clock.now())

    async def work_and_fail(queue: DueRunQueue, syncs: Sequence[str]) -> None:
        await work(queue, syncs)
        await desks[0].store.audit.note_export(what="list", content=1, actor="Ada", now=clock.now())
        raise TeamStoreAway("The team store can't be reached.")

    monkeypatch.setattr(scheduled_runs, "_look_after_customers", look_after)
    monkeypatch.setattr(DueRunQueue, "work", work_and_fail)
    worker = TeamWorker(desks[0])
    done = await worker.do_what_is_due()
    assert [one.run and one.run.state for one in done.runs] == [RunState.DONE]
    assert done.error is not None
    assert done.as_json()["error"] == done.error.as_json()
    assert done.exit_code == ExitCode.SERVICE_AWAY
    # Exchanged all the same, and customers are not looked after once more.
    assert await desks[0].team.hand_in_audit() == 0
    await worker.do_what_is_due()
    assert len(looked_after) == 1
    with caplog.at_level("INFO"):
        for _ in range(2):
            worker.log_results(done)
    assert [one[:23] for one in caplog.messages if "not all" in one.lower()] == [
        "Not all was done: The t"
    ]
    assert sum(one.startswith(f"{sync.name}, due") for one in caplog.messages) == 2


@pytest.mark.parametrize(
    "moment",
    [
        (TeamQueueRunner, "announce"),
        (DueRunQueue, "retry_stalled"),
        (team_queue_runner, "connect_for_due_runs"),
    ],
)
async def test_worker_that_is_told_to_stop_before_it_works_takes_nothing(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    moment: tuple[Any, str],
) -> None:
    create_customers(sync_sandbox, 1)
    await share_sync(desks)
    await run_first_at(desks[0], clock)
    clock.advance(_PERIOD_S)
    await run_due_syncs(desks[1])
    worker, (owner, name) = TeamWorker(desks[0]), moment
    act = getattr(owner, name)

    async def stop_amid(*given: Any, **more: Any) -> Any:
        worker.stop()
        return await act(*given, **more)

    monkeypatch.setattr(owner, name, stop_amid)
    done = await worker.do_what_is_due()
    assert (done.runs, [job[0] for job in jobs_of(postgres, database)]) == ((), ["todo"])


async def test_worker_that_is_told_to_stop_amid_its_own_sync_leaves_what_is_due_after_it(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_customers(sync_sandbox, 1)
    first = await share_sync(desks)
    other = replace(first, name="another", title="Another", version=0)
    desks[0].store.syncs.save.blocking(other, clock.now())
    await run_due_syncs(desks[0])
    clock.advance(_PERIOD_S + 1)
    worker = TeamWorker(desks[0])

    async def stop_amid(*given: Any) -> DueRunResult:
        worker.stop()
        return await run_due_sync(*given)

    monkeypatch.setattr(scheduled_runs, "run_due_sync", stop_amid)
    assert len((await worker.do_what_is_due()).runs) == 1
    assert len((await run_due_syncs(desks[0]))[0]) == 1


# The queue in the database.


def test_desk_that_is_no_worker_puts_times_in_and_reads_none(
    postgres: PostgresServer, database: str, open_desk: Callable[[str], TeamStore]
) -> None:
    worker = open_desk("worker")
    worker.desks.note_queue_worker.blocking()
    assert worker.leases.claim_due.blocking("vip", 100.0, "Ada")
    postgres.execute("UPDATE fairlead.sync_lease SET memory_desk = 'worker'", database)
    postgres.execute("CREATE ROLE lou_login LOGIN IN ROLE fairlead_desk")
    where = postgres.address(database, "lou_login").with_key(KEY)
    lou = build_team_store(where, "lou")
    lou.desks.join.blocking("Lou", "Lou", "1", ACCOUNT)
    assert lou.leases.queue_due.blocking("vip", 200.0, 100.0) == 200.0
    assert lou.leases.queue_due.blocking("vip", 200.0, 100.0) == 200.0
    # Counted from an earlier time: on from the newest one first.
    assert lou.leases.queue_due.blocking("vip", 250.0, 50.0) == 200.0
    assert lou.leases.queue_due.blocking("other", 200.0, 100.0) is None
    assert len(jobs_of(postgres, database)) == 1
    count = "SELECT count(*) AS n FROM procrastinate.procrastinate_jobs"
    counts = [store.database.run(lambda c: c.execute(count).fetchone()) for store in (worker, lou)]
    assert counts == [{"n": 1}, {"n": 0}]
    for statement in (
        "INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')",
        "SELECT procrastinate.procrastinate_defer_jobs_v1(NULL)",
        "DROP TABLE procrastinate.procrastinate_jobs",
        "TRUNCATE procrastinate.procrastinate_jobs CASCADE",
    ):
        for store in (worker, lou):
            with pytest.raises(TeamStoreRefused, match="lacks a right"):
                store.database.run(lambda c, s=statement: c.execute(s))  # type: ignore[misc]
    lou.close()


def test_tables_of_the_queue_are_those_of_the_package() -> None:
    scripts = dict(load_migrations("team"))
    ours = "\n".join(
        re.search(r"procrastinate;\n\n(.*?)\n\nSET LOCAL", scripts[number], re.DOTALL)[1]  # type: ignore[index]
        for number in (6, 7)
    )
    package = (resources.files("procrastinate.sql") / "schema.sql").read_text(encoding="utf-8")
    theirs = package[package.index("-- Enums") :]
    assert ours.split() == theirs.split()
