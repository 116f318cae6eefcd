"""kill -9 while a sync runs: what was lost, what was doubled, what was overwritten."""

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from desktop.model.sync_run import RunState
from desktop.settings.workspace import WorkspaceRegistry
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.faults.edit_crashes import APPLIED_UNANSWERED, CrashCounts
from tests.support import sync_cases
from tests.support.fork_server import ForkServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import (
    WORKSPACE_NAME,
    create_workspace_home,
    make_app_context,
    open_workspace_services,
)

RUN_CHECKPOINTS = (
    "extracted", "planned", "claimed", "read", "answered", "sent", "read back", "closed",
    "settled", "marked",
)  # fmt: skip
ALL_RUN_CHECKPOINTS = (*RUN_CHECKPOINTS, APPLIED_UNANSWERED)
# Between a sending and its commit: somebody may change it before the run goes on.
CHECKPOINTS_AFTER_SENDING = ("answered", "sent", "read back", APPLIED_UNANSWERED)
_WRITE_REQUEST_BY_PRESET = {
    sync_cases.TICKETS_TO_PROFILES: "sailthru:POST /job",
    sync_cases.TICKETS_INCREMENTED: "sailthru:POST /job",
    sync_cases.ZENDESK_TO_SAILTHRU: "sailthru:POST /job",
    sync_cases.TO_SAILTHRU_BY_POSTS: "sailthru:POST /user",
    sync_cases.SAILTHRU_TO_ZENDESK: "zendesk:PUT /api/v2/users/update_many*",
    sync_cases.HIGH_VALUE_TAGGING: "zendesk:PUT /api/v2/users/update_many*",
}
# Single posts have no job that could be noted.
_UNREACHABLE_CHECKPOINTS = {(sync_cases.TO_SAILTHRU_BY_POSTS, "sent")}
_CUSTOMER_COUNT = 4


class RunCrashHarness:
    """One sandbox and one forge for any number of cases; each has people and a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = SandboxServers(
            "--customers", "0", *sync_cases.SANDBOX_FLAGS, log=folder / "requests.jsonl"
        )
        self._template = folder / "template"
        create_workspace_home(self._template, self.servers.connection_document)
        asyncio.run(self._save_presets())
        self.fork_server = ForkServer()
        self._made = 0
        self.home = self._template
        self.people: list[sync_cases.CustomerPair] = []

    async def _save_presets(self) -> None:
        async with open_workspace_services(
            self._template, self.servers.connection_document, connect=False
        ) as house:
            for name in (*sync_cases.ALL_PRESETS, sync_cases.TICKETS_INCREMENTED):
                sync_cases.save_preset(house, name)

    def close(self) -> None:
        """End both processes."""
        self.fork_server.stop()
        self.servers.stop()

    def begin_case(self) -> None:
        """Services as they were started, four customers, and a home that knows nothing yet."""
        self._made += 1
        sync_cases.reset_sandbox(self.servers)
        self.people = sync_cases.create_customers(self.servers, _CUSTOMER_COUNT, unknown=1)
        self.home = self.folder / f"home{self._made}"
        shutil.copytree(self._template, self.home)

    def end_case(self) -> None:
        """The home goes."""
        shutil.rmtree(self.home)

    def task_arguments(self, name: str) -> dict[str, Any]:
        """What every child is given."""
        goal = name.replace(" ", "-")
        return {"home": str(self.home), "document": self.servers.connection_document, "goal": goal}

    def open_store(self) -> WorkspaceStore:
        """The home's files, to look at afterwards."""
        ground = make_app_context(self.home, self.servers.connection_document)
        workspaces = WorkspaceRegistry(ground.paths, ground.policy, ground.clock)
        return open_store(workspaces.open(WORKSPACE_NAME).folder)

    def kill_at(self, name: str, point: str, turn: int = 1) -> int:
        """A child that runs the goal, killed there; how it ended."""
        if point != APPLIED_UNANSWERED:
            return self.fork_server.run_task(
                "sync", die_at=point, turn=turn, **self.task_arguments(name)
            )
        self.servers.add_fault(f"{_WRITE_REQUEST_BY_PRESET[name]}:timeout-after=30")
        trigger = self.home / "kill"
        before = self._count_app_requests()
        self.fork_server.start_task("sync", kill_when=str(trigger), **self.task_arguments(name))
        until = time.monotonic() + 15
        while self._count_app_requests() == before and time.monotonic() < until:
            time.sleep(0.03)
        trigger.touch()
        ended = self.fork_server.wait_for_exit_code()
        self.servers.clear_faults()
        return ended

    def kill_at_checkpoint(
        self, name: str, point: str, turn: int = 1, *, resume: bool = True
    ) -> CrashCounts:
        """One kill at a named point, then a fresh process to the end.

        `resume`: it goes on with that run; else it begins another, as the clock does.
        """
        self.begin_case()
        try:
            ended = self.kill_at(name, point, turn)
            if ended != -9:
                return CrashCounts(1, lost=1, problems=[f"{name} at {point}: not killed ({ended})"])
            self.fork_server.run_task("sync", resume=resume, **self.task_arguments(name))
            return self.check_outcome(name, f"{name} at {point} {turn}", resume=resume)
        finally:
            self.end_case()

    def kill_then_change_elsewhere(
        self, name: str, point: str, *, naive: bool = False
    ) -> CrashCounts:
        """Killed after the service had it; then somebody else changes it, then it goes on.

        `naive`: it goes on as one would write it at first, the control.
        """
        self.begin_case()
        try:
            before = self._count_app_requests()
            self.kill_at(name, point)
            # A job outlives its sender: what somebody changes before it is the service's affair.
            one = self._last_written_customer(before)
            zendesk = name in (sync_cases.SAILTHRU_TO_ZENDESK, sync_cases.HIGH_VALUE_TAGGING)
            if zendesk:
                self.servers.write_user(
                    one.user_id, tags=["by_hand"], user_fields={"sailthru_optout": "by hand"}
                )
            else:
                self.servers.write_profile(
                    one.email, vars={"phone": "by hand", "ticket_count": "by hand"}
                )
            if naive:
                self.fork_server.run_task("naive sync", **self.task_arguments(name))
            else:
                self.fork_server.run_task("sync", resume=True, **self.task_arguments(name))
            tally = CrashCounts(1)
            if not self._third_value_kept(name, one):
                tally.overwritten = 1
                tally.problems.append(f"{name} at {point}: overwritten")
            return tally
        finally:
            self.end_case()

    def kill_then_count_increments(self, point: str, *, naive: bool = False) -> CrashCounts:
        """Killed while it adds up tickets; gone on with, and run once more over everything.

        `naive`: it goes on as one would write it at first, the control.
        """
        self.begin_case()
        try:
            ended = self.kill_at(sync_cases.TICKETS_INCREMENTED, point)
            if ended != -9:
                return CrashCounts(1, lost=1, problems=[f"summed at {point}: not killed ({ended})"])
            # A job outlives its sender.
            _wait_for(
                lambda: point != APPLIED_UNANSWERED or all(n for _, n in self._read_increments())
            )
            if naive:
                self.fork_server.run_task(
                    "naive sync", adds=True, **self.task_arguments(sync_cases.TICKETS_INCREMENTED)
                )
            else:
                self.fork_server.run_task(
                    "sync", resume=True, **self.task_arguments(sync_cases.TICKETS_INCREMENTED)
                )
                self.fork_server.run_task(
                    "sync", **self.task_arguments(sync_cases.TICKETS_INCREMENTED)
                )
            wrong = [(email, number) for email, number in self._read_increments() if number != 1]
            tally = CrashCounts(
                1, problems=[f"summed at {point}: {email}: {n}" for email, n in wrong]
            )
            tally.doubled = sum(number > 1 for _, number in wrong)
            tally.lost = len(wrong) - tally.doubled
            return tally
        finally:
            self.end_case()

    def _read_increments(self) -> list[tuple[str, int]]:
        """What is counted for each of those who have a profile; each has written once."""
        found = ((pair.email, self.servers.read_profile(pair.email)) for pair in self.people)
        return [(email, (p["vars"] or {}).get("tickets") or 0) for email, p in found if p]

    def suspend_at_checkpoint(self, name: str, point: str, seconds: float = 1.0) -> CrashCounts:
        """The lid is closed at a point, connections are cut meanwhile, and it is opened again."""
        self.begin_case()
        try:
            self.fork_server.start_task("sync", sleep_at=point, **self.task_arguments(name))
            asleep = self.home / "asleep"
            _wait_for(lambda: asleep.exists() and asleep.read_text() != "")
            # Whatever it had open is gone: the next answer on it is a reset.
            self.servers.add_fault("*:* *:reset", times=3)
            time.sleep(seconds)
            os.kill(int(asleep.read_text()), signal.SIGCONT)
            self.fork_server.wait_for_exit_code()
            self.servers.clear_faults()
            self.fork_server.run_task("sync", resume=True, **self.task_arguments(name))
            return self.check_outcome(name, f"{name} asleep at {point}")
        finally:
            self.end_case()

    def run_on_two_computers(self, name: str) -> CrashCounts:
        """Two computers on one account run the same goal at the same time."""
        self.begin_case()
        other_home = self.folder / f"other{self._made}"
        shutil.copytree(self._template, other_home)
        other, tally = ForkServer(), CrashCounts(1)
        try:
            both = {**self.task_arguments(name), "home": str(other_home)}
            for forge, told in ((self.fork_server, self.task_arguments(name)), (other, both)):
                forge.start_task("sync", **told)
            self.fork_server.wait_for_exit_code()
            other.wait_for_exit_code()
            before = self._count_app_requests()
            count = len(self.servers.logged_requests())
            for forge, told in ((self.fork_server, self.task_arguments(name)), (other, both)):
                forge.run_task("sync", **told)
            asked = self.servers.logged_requests()[count:]
            sent = sync_cases.write_requests(r for r in asked if not r["headers"].get("x-witness"))
            if sent or self._count_app_requests() != before:
                tally.problems.append(f"{name}: written again afterwards: {sent[:2]}")
            tally.problems += self._final_problems(name)
        finally:
            other.stop()
            shutil.rmtree(other_home)
            self.end_case()
        return tally

    def _final_problems(self, name: str) -> list[str]:
        found = []
        for pair in self.people:
            profile, person = (
                self.servers.read_profile(pair.email),
                self.servers.read_user(pair.user_id),
            )
            variables = (profile and profile["vars"]) or {}
            if name in (sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS):
                right = variables.get("zendesk_id") == pair.user_id
            elif name == sync_cases.TICKETS_TO_PROFILES:
                right = not pair.sid or variables.get("ticket_count") == 1
            else:
                right = not pair.sid or bool(person["tags"])
            if not right:
                found.append(f"{pair.email}: {variables}, {person['tags']}")
        return found

    def kill_at_random(self, rng: random.Random) -> CrashCounts:
        """Killed some time within a second, twice, then to the end."""
        self.begin_case()
        try:
            name = rng.choice(sync_cases.ALL_PRESETS)
            self.servers.control("POST", "speed", {"latency_ms": 15})
            times = [rng.uniform(0.2, 1.4) for _ in range(2)]
            for after_s in times:
                self.fork_server.run_task(
                    "sync", kill_after_s=after_s, resume=True, **self.task_arguments(name)
                )
            self.servers.clear_faults()
            self.fork_server.run_task("sync", resume=True, **self.task_arguments(name))
            where = f"{name} after {times[0]:.3f} s and {times[1]:.3f} s"
            return self.check_outcome(name, where, kills=2)
        finally:
            self.end_case()

    def check_outcome(
        self, name: str, where: str, *, resume: bool = True, kills: int = 1
    ) -> CrashCounts:
        """Applied, told once, and the totals are the rows.

        Where another run was begun, the rows are those of both: the history alone tells.
        """
        tally = CrashCounts(kills)
        goal = name.replace(" ", "-")
        store = self.open_store()
        try:
            run = store.runs.list_runs.blocking(goal)[0]
            found = sync_cases.check_finished_run(store, self.servers, run) if resume else []
            told = sync_cases.count_audit_rows(store, goal)
        finally:
            store.close()
        wanted = (
            _CUSTOMER_COUNT
            if name in (sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS)
            else _CUSTOMER_COUNT - 1
        )
        if run.state is not RunState.DONE or len(told) != wanted:
            found.append(f"{run.state.value}, {len(told)} of {wanted} written: {run.error}")
        if any(times > 1 for times in told.values()):
            tally.doubled += 1
            found.append(f"told more than once: {dict(told)}")
        tally.lost += int(bool(found) and not tally.doubled)
        tally.problems += [f"{where}: {trouble}" for trouble in found]
        return tally

    def _count_app_requests(self) -> list[Any]:
        found: list[Any] = []
        for pair in self.people:
            profile, person = (
                self.servers.read_profile(pair.email),
                self.servers.read_user(pair.user_id),
            )
            found.append((profile and profile["vars"], person["tags"], person["user_fields"]))
        return found

    def _last_written_customer(self, before: list[Any]) -> sync_cases.CustomerPair:
        """The last one whom the run's writing has reached."""
        reached: list[sync_cases.CustomerPair] = []

        def look() -> bool:
            both = zip(self.people, before, self._count_app_requests(), strict=True)
            reached[:] = [one for one, was, now in both if was != now]
            return bool(reached)

        _wait_for(look)
        return reached[-1]

    def _third_value_kept(self, name: str, one: sync_cases.CustomerPair) -> bool:
        if name == sync_cases.HIGH_VALUE_TAGGING:
            return "by_hand" in self.servers.read_user(one.user_id)["tags"]
        if name == sync_cases.SAILTHRU_TO_ZENDESK:
            return bool(
                self.servers.read_user(one.user_id)["user_fields"]["sailthru_optout"] == "by hand"
            )
        profile = self.servers.read_profile(one.email)
        assert profile is not None
        key = "ticket_count" if name == sync_cases.TICKETS_TO_PROFILES else "phone"
        return bool(profile["vars"].get(key) == "by hand")


def _wait_for(true: Callable[[], bool], within_s: float = 15.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def all_run_cases() -> Iterator[tuple[str, str]]:
    """Each preset with each named point."""
    for name in sync_cases.ALL_PRESETS:
        for point in ALL_RUN_CHECKPOINTS:
            if (name, point) not in _UNREACHABLE_CHECKPOINTS:
                yield name, point


def seeded_run_cases() -> Iterator[tuple[str, str]]:
    """Each point once, the presets in turn; the full counts are `python -m tests.faults`."""
    for number, point in enumerate(ALL_RUN_CHECKPOINTS):
        name = sync_cases.ALL_PRESETS[number % len(sync_cases.ALL_PRESETS)]
        yield (
            (sync_cases.ZENDESK_TO_SAILTHRU if (name, point) in _UNREACHABLE_CHECKPOINTS else name),
            point,
        )
