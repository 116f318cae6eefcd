"""kill -9 while something is written: what was lost, what was doubled, what was overwritten."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop.model.edit import EditKind, EditState, same
from desktop.store.store import Store, open_store
from tests.faults.child import POINTS, intent_to
from tests.faults.forge import Forge
from tests.faults.home import make_home
from tests.faults.kinds import KINDS, Subject, change_elsewhere, make_subject, seen
from tests.faults.servers import Servers

# The service has applied it, the answer never left it: a fault holds it back.
APPLIED = "applied, not answered"
ALL_POINTS = (*POINTS, APPLIED)
# From these on the service may hold the new value: somebody may change it before the next start.
AFTER_SENDING = ("answered", "accepted", "read back", "kept", APPLIED)


@dataclass
class Tally:
    """What a number of kills has shown; `troubles` says what and where."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0
    overwritten: int = 0
    troubles: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.kills += other.kills
        self.lost += other.lost
        self.doubled += other.doubled
        self.overwritten += other.overwritten
        self.troubles += other.troubles


class Yard:
    """One sandbox, one home and one forge for any number of cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = Servers("--customers", "0", log=folder / "requests.jsonl")
        self.workspace = make_home(folder / "home", self.servers.document)
        self.forge = Forge()
        self._made = 0

    def close(self) -> None:
        """End both processes."""
        self.forge.stop()
        self.servers.stop()

    @property
    def told(self) -> dict[str, Any]:
        """What every child is given."""
        return {"home": str(self.folder / "home"), "document": self.servers.document}

    def subject(self, kind: str) -> Subject:
        """A customer of their own for each case."""
        self._made += 1
        return make_subject(self.servers, kind, f"case{self._made}.x@faults.example")

    def store(self) -> Store:
        """The workspace's files, to look at afterwards."""
        return open_store(self.workspace)

    def kill_at(self, subject: Subject, point: str) -> int:
        """A child that wants and delivers, killed there; how it ended."""
        order: dict[str, Any] = {"intent": intent_to(subject.intent()), **self.told}
        if point != APPLIED:
            return self.forge.run("deliver", die_at=point, **order)
        box = subject.kind.kind is EditKind.BOX
        where = "zendesk:PUT /api/v2/users/*" if box else "sailthru:POST /user"
        self.servers.fault(f"{where}:timeout-after=30")
        trigger = self.folder / f"kill-{self._made}"
        self.forge.start("deliver", kill_when=str(trigger), **order)
        until = time.monotonic() + 10
        while not _applied(subject, seen(self.servers, subject)) and time.monotonic() < until:
            time.sleep(0.01)
        trigger.touch()
        ended = self.forge.finish()
        self.servers.quiet()
        return ended

    def kill_named(self, kind: str, point: str) -> Tally:
        """One kill at a named point, then a fresh process to the end."""
        subject = self.subject(kind)
        ended = self.kill_at(subject, point)
        if ended != -9:
            return Tally(1, lost=1, troubles=[f"{kind} at {point}: not killed ({ended})"])
        self.forge.run("deliver", **self.told)
        return self.judge(subject, f"{kind} at {point}")

    def kill_then_foreign(self, kind: str, point: str, *, naive: bool = False) -> Tally:
        """Killed after the service had it; then somebody else changes it, then the next start."""
        subject = self.subject(kind)
        self.kill_at(subject, point)
        change_elsewhere(self.servers, subject)
        self.forge.run("naive" if naive else "deliver", **self.told)
        now = seen(self.servers, subject)
        if same(now, subject.kind.foreign):
            return Tally(1)
        return Tally(1, overwritten=1, troubles=[f"{kind} at {point}: overwrote with {now!r}"])

    def kill_at_random(self, rng: random.Random, edits: int = 6) -> Tally:
        """Several edits under way, killed some time within half a second."""
        subjects = [self.subject(rng.choice(list(KINDS))) for _ in range(edits)]
        intents = [intent_to(s.intent()) for s in subjects]
        self.forge.run("want", intents=intents, **self.told)
        self.servers.control("POST", "speed", {"latency_ms": 15})
        after_s = rng.uniform(0.0, 0.5)
        self.forge.run("deliver", kill_after_s=after_s, **self.told)
        self.servers.quiet()
        self.forge.run("deliver", **self.told)
        tally = Tally(1)
        for subject in subjects:
            judged = self.judge(subject, f"after {after_s:.3f} s")
            judged.kills = 0
            tally.add(judged)
        return tally

    def judge(self, subject: Subject, where: str) -> Tally:
        """Applied, closed once, told once."""
        tally = Tally(1)
        now = seen(self.servers, subject)
        store = self.store()
        try:
            edits = [e for e in store.outbox.recent(50) if e.intent.target.id == subject.key]
            rows = [r for r in store.audit.rows(limit=50) if r.target == subject.key]
            whole = store.audit.verify().broken_at is None
        finally:
            store.close()
        states = [e.state for e in edits]
        if not _applied(subject, now) or states != [EditState.DONE] or not whole:
            tally.lost += 1
            tally.troubles.append(f"{where}: {now!r}, {[s.value for s in states]}, chain {whole}")
        if len(rows) != 1 or len(edits) != 1:
            tally.doubled += 1
            tally.troubles.append(f"{where}: {len(rows)} audit rows, {len(edits)} edits")
        return tally

    def unclaimed(self, rows: int) -> int:
        """The second control: two deliverers without claims; how many rows were sent twice."""
        subjects = [self.subject("var") for _ in range(rows)]
        intents = [intent_to(s.intent()) for s in subjects]
        self.forge.run("want", intents=intents, **self.told)
        gate = self.folder / f"gate{self._made}"
        other = Forge()
        try:
            self.forge.start("naive", gate=str(gate), **self.told)
            other.start("naive", gate=str(gate), **self.told)
            until = time.monotonic() + 10
            while len(list(self.folder.glob(f"{gate.name}.*.ready"))) < 2:
                assert time.monotonic() < until
                time.sleep(0.005)
            gate.touch()
            self.forge.finish()
            other.finish()
        finally:
            other.stop()
        twice = sum(self.servers.writes(s.key) > 1 for s in subjects)
        self.forge.run("deliver", **self.told)
        return twice


def named_cases() -> Iterator[tuple[str, str]]:
    """Each kind of edit with each named point."""
    for kind in KINDS:
        for point in ALL_POINTS:
            yield kind, point


def foreign_cases() -> Iterator[tuple[str, str]]:
    """The kinds that have a third value, with each point after which it may matter."""
    for name, kind in KINDS.items():
        if kind.foreign is not None:
            for point in AFTER_SENDING:
                yield name, point


def _applied(subject: Subject, now: Any) -> bool:
    if subject.kind.kind is EditKind.CREATE:
        return now is not None
    return same(now, subject.kind.new)
