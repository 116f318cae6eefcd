"""kill -9 while something is written: what was lost, what was doubled, what was overwritten."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop.model.edit import EditKind, EditState, is_same_json
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS, edit_to_json
from tests.support.edit_cases import (
    EDIT_CASES,
    EditedCustomer,
    create_customer,
    read_current_value,
    write_third_value,
)
from tests.support.fork_server import ForkServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

# The service has applied it, the answer never left it: a fault holds it back.
APPLIED_UNANSWERED = "applied, not answered"
ALL_CHECKPOINTS = (*DELIVERY_CHECKPOINTS, APPLIED_UNANSWERED)
# From these on the service may hold the new value: somebody may change it before the next start.
CHECKPOINTS_AFTER_SENDING = ("answered", "accepted", "read back", "kept", APPLIED_UNANSWERED)


@dataclass
class CrashCounts:
    """What a number of kills has shown of `wanted` changes; `problems` says what and where."""

    kills: int = 0
    wanted: int = 0
    lost: int = 0
    doubled: int = 0
    overwritten: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "CrashCounts") -> None:
        """Count another one in."""
        self.kills += other.kills
        self.wanted += other.wanted
        self.lost += other.lost
        self.doubled += other.doubled
        self.overwritten += other.overwritten
        self.problems += other.problems


class EditCrashHarness:
    """One sandbox, one home and one forge for any number of cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = SandboxServers("--customers", "0", log=folder / "requests.jsonl")
        self.workspace = create_workspace_home(folder / "home", self.servers.connection_document)
        self.fork_server = ForkServer()
        self._made = 0

    def close(self) -> None:
        """End both processes."""
        self.fork_server.stop()
        self.servers.stop()

    @property
    def document(self) -> dict[str, Any]:
        """What every child connects with: one keyring, so that one proves what another queued."""
        return {**self.servers.connection_document, "audit_key": "k" * 64}

    @property
    def task_arguments(self) -> dict[str, Any]:
        """What every child is given."""
        return {"home": str(self.folder / "home"), "document": self.document}

    def new_customer(self, kind: str) -> EditedCustomer:
        """A customer of their own for each case."""
        self._made += 1
        return create_customer(self.servers, kind, f"case{self._made}.x@faults.example")

    def open_store(self) -> WorkspaceStore:
        """The workspace's files, to look at afterwards."""
        return open_store(self.workspace)

    def kill_at(self, subject: EditedCustomer, point: str) -> int:
        """A child that wants and delivers, killed there; how it ended."""
        order: dict[str, Any] = {"intent": edit_to_json(subject.make_edit()), **self.task_arguments}
        if point != APPLIED_UNANSWERED:
            return self.fork_server.run_task("deliver", die_at=point, **order)
        box = subject.case.kind is EditKind.SYNC_CHECKBOX
        where = "zendesk:PUT /api/v2/users/*" if box else "sailthru:POST /user"
        self.servers.add_fault(f"{where}:timeout-after=30")
        trigger = self.folder / f"kill-{self._made}"
        self.fork_server.start_task("deliver", kill_when=str(trigger), **order)
        until = time.monotonic() + 10
        while (
            not _is_applied(subject, read_current_value(self.servers, subject))
            and time.monotonic() < until
        ):
            time.sleep(0.01)
        trigger.touch()
        ended = self.fork_server.wait_for_exit_code()
        self.servers.clear_faults()
        return ended

    def kill_at_checkpoint(self, kind: str, point: str) -> CrashCounts:
        """One kill at a named point, then a fresh process to the end."""
        subject = self.new_customer(kind)
        ended = self.kill_at(subject, point)
        if ended != -9:
            return CrashCounts(1, lost=1, problems=[f"{kind} at {point}: not killed ({ended})"])
        self.fork_server.run_task("deliver", **self.task_arguments)
        return self.check_outcome(subject, f"{kind} at {point}")

    def kill_then_change_elsewhere(
        self, kind: str, point: str, *, naive: bool = False
    ) -> CrashCounts:
        """Killed after the service had it; then somebody else changes it, then the next start."""
        subject = self.new_customer(kind)
        self.kill_at(subject, point)
        write_third_value(self.servers, subject)
        self.fork_server.run_task("naive" if naive else "deliver", **self.task_arguments)
        now = read_current_value(self.servers, subject)
        if is_same_json(now, subject.case.third_value):
            return CrashCounts(1)
        return CrashCounts(
            1, overwritten=1, problems=[f"{kind} at {point}: overwrote with {now!r}"]
        )

    def kill_at_random(self, rng: random.Random, edits: int = 6) -> CrashCounts:
        """Several edits under way, killed some time within half a second."""
        subjects = [self.new_customer(rng.choice(list(EDIT_CASES))) for _ in range(edits)]
        intents = [edit_to_json(s.make_edit()) for s in subjects]
        self.fork_server.run_task("want", intents=intents, **self.task_arguments)
        self.servers.control("POST", "speed", {"latency_ms": 15})
        after_s = rng.uniform(0.0, 0.5)
        self.fork_server.run_task("deliver", kill_after_s=after_s, **self.task_arguments)
        self.servers.clear_faults()
        self.fork_server.run_task("deliver", **self.task_arguments)
        tally = CrashCounts(1)
        for subject in subjects:
            judged = self.check_outcome(subject, f"after {after_s:.3f} s")
            judged.kills = 0
            tally.add(judged)
        return tally

    def check_outcome(self, subject: EditedCustomer, where: str) -> CrashCounts:
        """Applied, closed once, told once."""
        tally = CrashCounts(1, wanted=1)
        now = read_current_value(self.servers, subject)
        store = self.open_store()
        try:
            edits = [
                e
                for e in store.outbox.list_recent.blocking(50)
                if e.request.target.id == subject.key
            ]
            rows = [
                r for r in store.audit.list_entries.blocking(limit=50) if r.target == subject.key
            ]
            whole = store.audit.verify_chain.blocking().first_broken_seq is None
        finally:
            store.close()
        states = [e.state for e in edits]
        if not _is_applied(subject, now) or states != [EditState.DONE] or not whole:
            tally.lost += 1
            tally.problems.append(f"{where}: {now!r}, {[s.value for s in states]}, chain {whole}")
        if len(rows) != 1 or len(edits) != 1:
            tally.doubled += 1
            tally.problems.append(f"{where}: {len(rows)} audit rows, {len(edits)} edits")
        return tally

    def send_without_claims(self, rows: int) -> int:
        """The second control: two deliverers without claims; how many rows were sent twice."""
        subjects = [self.new_customer("var") for _ in range(rows)]
        intents = [edit_to_json(s.make_edit()) for s in subjects]
        self.fork_server.run_task("want", intents=intents, **self.task_arguments)
        gate = self.folder / f"gate{self._made}"
        other = ForkServer()
        try:
            self.fork_server.start_task("naive", gate=str(gate), **self.task_arguments)
            other.start_task("naive", gate=str(gate), **self.task_arguments)
            until = time.monotonic() + 10
            while len(list(self.folder.glob(f"{gate.name}.*.ready"))) < 2:
                assert time.monotonic() < until
                time.sleep(0.005)
            gate.touch()
            self.fork_server.wait_for_exit_code()
            other.wait_for_exit_code()
        finally:
            other.stop()
        twice = sum(self.servers.count_writes(s.key) > 1 for s in subjects)
        self.fork_server.run_task("deliver", **self.task_arguments)
        return twice


def checkpoint_cases() -> Iterator[tuple[str, str]]:
    """Each kind of edit with each named point."""
    for kind in EDIT_CASES:
        for point in ALL_CHECKPOINTS:
            yield kind, point


def changed_elsewhere_cases() -> Iterator[tuple[str, str]]:
    """The kinds that have a third value, with each point after which it may matter."""
    for name, kind in EDIT_CASES.items():
        if kind.third_value is not None:
            for point in CHECKPOINTS_AFTER_SENDING:
                yield name, point


def _is_applied(subject: EditedCustomer, now: Any) -> bool:
    if subject.case.kind is EditKind.CREATE:
        return now is not None
    return is_same_json(now, subject.case.new)
