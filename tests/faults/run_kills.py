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

from desktop.model.run import RunState
from desktop.settings.workspace import Workspaces
from desktop.store.store import Store, open_store
from tests.faults import syncs
from tests.faults.forge import Forge
from tests.faults.home import NAME, ground_at, make_home, opened
from tests.faults.kills import APPLIED, Tally
from tests.faults.servers import Servers

POINTS = (
    "extracted", "planned", "claimed", "read", "answered", "sent", "read back", "closed",
    "settled", "marked",
)  # fmt: skip
ALL_RUN_POINTS = (*POINTS, APPLIED)
# Between a sending and its commit: somebody may change it before the run goes on.
AFTER = ("answered", "sent", "read back", APPLIED)
_WRITES_AT = {
    syncs.TICKETS: "sailthru:POST /job",
    syncs.SUMMED: "sailthru:POST /job",
    syncs.TO_SAILTHRU: "sailthru:POST /job",
    syncs.BY_POSTS: "sailthru:POST /user",
    syncs.TO_ZENDESK: "zendesk:PUT /api/v2/users/update_many*",
    syncs.HIGH_VALUE: "zendesk:PUT /api/v2/users/update_many*",
}
# Single posts have no job that could be noted.
_NO_SUCH_POINT = {(syncs.BY_POSTS, "sent")}
_PEOPLE = 4


class RunYard:
    """One sandbox and one forge for any number of cases; each has people and a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = Servers("--customers", "0", *syncs.FLAGS, log=folder / "requests.jsonl")
        self._template = folder / "template"
        make_home(self._template, self.servers.document)
        asyncio.run(self._add_goals())
        self.forge = Forge()
        self._made = 0
        self.home = self._template
        self.people: list[syncs.Pair] = []

    async def _add_goals(self) -> None:
        async with opened(self._template, self.servers.document, connect=False) as house:
            for name in (*syncs.ALL, syncs.SUMMED):
                syncs.goal_for(house, name)

    def close(self) -> None:
        """End both processes."""
        self.forge.stop()
        self.servers.stop()

    def begin(self) -> None:
        """Services as they were started, four customers, and a home that knows nothing yet."""
        self._made += 1
        syncs.reset(self.servers)
        self.people = syncs.people(self.servers, _PEOPLE, unknown=1)
        self.home = self.folder / f"home{self._made}"
        shutil.copytree(self._template, self.home)

    def end(self) -> None:
        """The home goes."""
        shutil.rmtree(self.home)

    def told(self, name: str) -> dict[str, Any]:
        """What every child is given."""
        goal = name.replace(" ", "-")
        return {"home": str(self.home), "document": self.servers.document, "goal": goal}

    def store(self) -> Store:
        """The home's files, to look at afterwards."""
        ground = ground_at(self.home, self.servers.document)
        workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
        return open_store(workspaces.open(NAME).folder)

    def kill_at(self, name: str, point: str, turn: int = 1) -> int:
        """A child that runs the goal, killed there; how it ended."""
        if point != APPLIED:
            return self.forge.run("sync", die_at=point, turn=turn, **self.told(name))
        self.servers.fault(f"{_WRITES_AT[name]}:timeout-after=30")
        trigger = self.home / "kill"
        before = self._seen()
        self.forge.start("sync", kill_when=str(trigger), **self.told(name))
        until = time.monotonic() + 15
        while self._seen() == before and time.monotonic() < until:
            time.sleep(0.03)
        trigger.touch()
        ended = self.forge.finish()
        self.servers.quiet()
        return ended

    def kill_named(self, name: str, point: str, turn: int = 1, *, resume: bool = True) -> Tally:
        """One kill at a named point, then a fresh process to the end.

        `resume`: it goes on with that run; else it begins another, as the clock does.
        """
        self.begin()
        try:
            ended = self.kill_at(name, point, turn)
            if ended != -9:
                return Tally(1, lost=1, troubles=[f"{name} at {point}: not killed ({ended})"])
            self.forge.run("sync", resume=resume, **self.told(name))
            return self.judge(name, f"{name} at {point} {turn}", resume=resume)
        finally:
            self.end()

    def kill_then_foreign(self, name: str, point: str, *, naive: bool = False) -> Tally:
        """Killed after the service had it; then somebody else changes it, then it goes on.

        `naive`: it goes on as one would write it at first, the control.
        """
        self.begin()
        try:
            before = self._seen()
            self.kill_at(name, point)
            # A job outlives its sender: what somebody changes before it is the service's affair.
            one = self._reached(before)
            zendesk = name in (syncs.TO_ZENDESK, syncs.HIGH_VALUE)
            if zendesk:
                self.servers.write_person(
                    one.person, tags=["by_hand"], user_fields={"sailthru_optout": "by hand"}
                )
            else:
                self.servers.write_profile(
                    one.email, vars={"phone": "by hand", "ticket_count": "by hand"}
                )
            if naive:
                self.forge.run("naive sync", **self.told(name))
            else:
                self.forge.run("sync", resume=True, **self.told(name))
            tally = Tally(1)
            if not self._foreign_stands(name, one):
                tally.overwritten = 1
                tally.troubles.append(f"{name} at {point}: overwritten")
            return tally
        finally:
            self.end()

    def kill_then_count(self, point: str, *, naive: bool = False) -> Tally:
        """Killed while it adds up tickets; gone on with, and run once more over everything.

        `naive`: it goes on as one would write it at first, the control.
        """
        self.begin()
        try:
            ended = self.kill_at(syncs.SUMMED, point)
            if ended != -9:
                return Tally(1, lost=1, troubles=[f"summed at {point}: not killed ({ended})"])
            # A job outlives its sender.
            _wait_for(lambda: point != APPLIED or all(n for _, n in self._summed()))
            if naive:
                self.forge.run("naive sync", adds=True, **self.told(syncs.SUMMED))
            else:
                self.forge.run("sync", resume=True, **self.told(syncs.SUMMED))
                self.forge.run("sync", **self.told(syncs.SUMMED))
            wrong = [(email, number) for email, number in self._summed() if number != 1]
            tally = Tally(1, troubles=[f"summed at {point}: {email}: {n}" for email, n in wrong])
            tally.doubled = sum(number > 1 for _, number in wrong)
            tally.lost = len(wrong) - tally.doubled
            return tally
        finally:
            self.end()

    def _summed(self) -> list[tuple[str, int]]:
        """What is counted for each of those who have a profile; each has written once."""
        found = ((pair.email, self.servers.profile(pair.email)) for pair in self.people)
        return [(email, (p["vars"] or {}).get("tickets") or 0) for email, p in found if p]

    def asleep_at(self, name: str, point: str, seconds: float = 1.0) -> Tally:
        """The lid is closed at a point, connections are cut meanwhile, and it is opened again."""
        self.begin()
        try:
            self.forge.start("sync", sleep_at=point, **self.told(name))
            asleep = self.home / "asleep"
            _wait_for(lambda: asleep.exists() and asleep.read_text() != "")
            # Whatever it had open is gone: the next answer on it is a reset.
            self.servers.fault("*:* *:reset", times=3)
            time.sleep(seconds)
            os.kill(int(asleep.read_text()), signal.SIGCONT)
            self.forge.finish()
            self.servers.quiet()
            self.forge.run("sync", resume=True, **self.told(name))
            return self.judge(name, f"{name} asleep at {point}")
        finally:
            self.end()

    def two_homes(self, name: str) -> Tally:
        """Two computers on one account run the same goal at the same time."""
        self.begin()
        other_home = self.folder / f"other{self._made}"
        shutil.copytree(self._template, other_home)
        other, tally = Forge(), Tally(1)
        try:
            both = {**self.told(name), "home": str(other_home)}
            for forge, told in ((self.forge, self.told(name)), (other, both)):
                forge.start("sync", **told)
            self.forge.finish()
            other.finish()
            before = self._seen()
            count = len(self.servers.logged())
            for forge, told in ((self.forge, self.told(name)), (other, both)):
                forge.run("sync", **told)
            asked = self.servers.logged()[count:]
            sent = syncs.writes(r for r in asked if not r["headers"].get("x-witness"))
            if sent or self._seen() != before:
                tally.troubles.append(f"{name}: written again afterwards: {sent[:2]}")
            tally.troubles += self._not_right(name)
        finally:
            other.stop()
            shutil.rmtree(other_home)
            self.end()
        return tally

    def _not_right(self, name: str) -> list[str]:
        found = []
        for pair in self.people:
            profile, person = self.servers.profile(pair.email), self.servers.person(pair.person)
            variables = (profile and profile["vars"]) or {}
            if name in (syncs.TO_SAILTHRU, syncs.BY_POSTS):
                right = variables.get("zendesk_id") == pair.person
            elif name == syncs.TICKETS:
                right = not pair.sid or variables.get("ticket_count") == 1
            else:
                right = not pair.sid or bool(person["tags"])
            if not right:
                found.append(f"{pair.email}: {variables}, {person['tags']}")
        return found

    def kill_at_random(self, rng: random.Random) -> Tally:
        """Killed some time within a second, twice, then to the end."""
        self.begin()
        try:
            name = rng.choice(syncs.ALL)
            self.servers.control("POST", "speed", {"latency_ms": 15})
            times = [rng.uniform(0.2, 1.4) for _ in range(2)]
            for after_s in times:
                self.forge.run("sync", kill_after_s=after_s, resume=True, **self.told(name))
            self.servers.quiet()
            self.forge.run("sync", resume=True, **self.told(name))
            where = f"{name} after {times[0]:.3f} s and {times[1]:.3f} s"
            return self.judge(name, where, kills=2)
        finally:
            self.end()

    def judge(self, name: str, where: str, *, resume: bool = True, kills: int = 1) -> Tally:
        """Applied, told once, and the totals are the rows.

        Where another run was begun, the rows are those of both: the history alone tells.
        """
        tally = Tally(kills)
        goal = name.replace(" ", "-")
        store = self.store()
        try:
            run = store.runs.of_goal(goal)[0]
            found = syncs.troubles_of(store, self.servers, run) if resume else []
            told = syncs.audited(store, goal)
        finally:
            store.close()
        wanted = _PEOPLE if name in (syncs.TO_SAILTHRU, syncs.BY_POSTS) else _PEOPLE - 1
        if run.state is not RunState.DONE or len(told) != wanted:
            found.append(f"{run.state.value}, {len(told)} of {wanted} written: {run.error}")
        if any(times > 1 for times in told.values()):
            tally.doubled += 1
            found.append(f"told more than once: {dict(told)}")
        tally.lost += int(bool(found) and not tally.doubled)
        tally.troubles += [f"{where}: {trouble}" for trouble in found]
        return tally

    def _seen(self) -> list[Any]:
        found: list[Any] = []
        for pair in self.people:
            profile, person = self.servers.profile(pair.email), self.servers.person(pair.person)
            found.append((profile and profile["vars"], person["tags"], person["user_fields"]))
        return found

    def _reached(self, before: list[Any]) -> syncs.Pair:
        """The last one whom the run's writing has reached."""
        reached: list[syncs.Pair] = []

        def look() -> bool:
            both = zip(self.people, before, self._seen(), strict=True)
            reached[:] = [one for one, was, now in both if was != now]
            return bool(reached)

        _wait_for(look)
        return reached[-1]

    def _foreign_stands(self, name: str, one: syncs.Pair) -> bool:
        if name == syncs.HIGH_VALUE:
            return "by_hand" in self.servers.person(one.person)["tags"]
        if name == syncs.TO_ZENDESK:
            return bool(
                self.servers.person(one.person)["user_fields"]["sailthru_optout"] == "by hand"
            )
        profile = self.servers.profile(one.email)
        assert profile is not None
        key = "ticket_count" if name == syncs.TICKETS else "phone"
        return bool(profile["vars"].get(key) == "by hand")


def _wait_for(true: Callable[[], bool], within_s: float = 15.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def run_cases() -> Iterator[tuple[str, str]]:
    """Each preset with each named point."""
    for name in syncs.ALL:
        for point in ALL_RUN_POINTS:
            if (name, point) not in _NO_SUCH_POINT:
                yield name, point


def run_slice() -> Iterator[tuple[str, str]]:
    """Each point once, the presets in turn; the full counts are `python -m tests.faults`."""
    for number, point in enumerate(ALL_RUN_POINTS):
        name = syncs.ALL[number % len(syncs.ALL)]
        yield (syncs.TO_SAILTHRU if (name, point) in _NO_SUCH_POINT else name), point
