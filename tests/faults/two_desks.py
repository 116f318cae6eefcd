"""Two desks and the services under drawn edits, outages, kills and changes made elsewhere.

A state machine: whatever happens, once the services answer and both desks have sent what waits,
everybody agrees, nothing is lost or doubled, and no opt-out was loosened without the right to.
`python -m tests.faults.two_desks [--examples N --steps N]` draws more than the tests do.
"""

import argparse
import asyncio
import itertools
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_factory import EditFactory
from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.kit.errors import AppError
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.marketing_pause import pause_until
from desktop.model.optout_level import OptOutLevel
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS
from tests.support.clocks import ManualClock
from tests.support.sandbox_process import agent_document
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

T = TypeVar("T")
ADMIN, AGENT = 0, 1
LEVELS = ("none", "basic", "all")
# From the loosest to the strictest; Sailthru's fourth is of messages alone.
_STRICTNESS = {name: place for place, name in enumerate(LEVELS)}
LIST = "Newsletter"
HEALTH = "zendesk_health"
_DAY_S = 86400.0
_DEAD = "999999999:1:boot:1"
_DISOWN_SQL = "UPDATE outbox SET owner = ? WHERE owner IS NOT NULL"
OUTAGES = (
    ("zendesk:* *:503", None),
    ("sailthru:* *:503", None),
    ("zendesk:* *:reset", None),
    ("sailthru:* *:reset", None),
    ("sailthru:POST /user:reset-after", 1),
    ("sailthru:POST /user:500", 1),
    ("zendesk:PUT *:reset-after", 1),
    ("zendesk:POST *:reset-after", 1),
    ("sailthru:* *:429=2", 2),
)


class Killed(BaseException):
    """The desk's process ends here."""


@dataclass
class Person:
    """A customer of both services with an open ticket, and the addresses that they had."""

    email: str
    sid: str
    user_id: int
    ticket: int
    addresses: set[str] = field(default_factory=set)


class Desk:
    """One computer: a home, its open services, and what it saw of each customer last."""

    def __init__(self, home: Path, document: dict[str, Any], clock: ManualClock) -> None:
        self.home, self._document, self._clock = home, document, clock
        self._opened: AbstractAsyncContextManager[WorkspaceServices] | None = None
        self.house: WorkspaceServices = None  # type: ignore[assignment]
        self.seen: dict[str, CustomerSheet] = {}
        self.kills = 0

    async def open(self) -> None:
        """Start the program; what the last one claimed is taken over."""
        self._opened = open_workspace_services(self.home, self._document, clock=self._clock)
        self.house = await self._opened.__aenter__()

    async def close(self) -> None:
        """End the program; the window's memory of customers goes with it."""
        if self._opened is not None:
            await self._opened.__aexit__(None, None, None)
        self._opened = None
        self.seen.clear()

    async def look_up(self, person: Person) -> CustomerSheet:
        sheet = await self.house.lookup.look_up(f"#{person.ticket}")
        self.seen[person.sid] = sheet
        return sheet

    async def send(self, die_at: str = "", turn: int = 1) -> None:
        """Send what is due; at a named point the process ends and is started anew."""
        passed: Counter[str] = Counter()

        def checkpoint(name: str) -> None:
            passed[name] += 1
            if name == die_at and passed[name] == turn:
                raise Killed

        try:
            await self.house.build_edit_sender(checkpoint).send_due()
        except Killed:
            self.kills += 1
            # It died in this process, which goes on: what it had claimed is nobody's any more.
            self.house.store.fairlead_db.write(lambda c: c.execute(_DISOWN_SQL, (_DEAD,)))
            await self.close()
            await self.open()

    def edits(self) -> tuple[Edit, ...]:
        return self.house.store.outbox.list_recent.blocking(-1)


class TwoDesks(RuleBasedStateMachine):
    """Ada, an admin, and an agent at a desk each; everything is asked of real HTTP servers."""

    servers: ClassVar[SandboxServers]
    template: ClassVar[Path]
    names: ClassVar["itertools.count[int]"] = itertools.count()
    # How the edits of all sequences ended, and how often a desk was killed.
    outcomes: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="fairlead-two-desks-"))
        self.clock = ManualClock()
        self.people: list[Person] = []
        self.notes: dict[str, int] = {}
        # What anybody but the desks has written, per value of a customer: when, and what.
        self.elsewhere: dict[tuple[str, str], list[tuple[float, Any]]] = {}
        self.levels: dict[str, str] = {}
        self.is_out = False
        self.loosened_elsewhere: set[str] = set()

    def run(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        # Each act has a time of its own: what came later is known.
        self.clock.advance(1.0)
        return self.runner.run(awaited())

    def try_(self, work: Awaitable[object]) -> None:
        """Do what the app may refuse, and count what it said."""
        try:
            self.run(work)
        except AppError as error:
            self.outcomes[f"refused: {error.code}"] += 1

    @initialize()
    def begin(self) -> None:
        self.servers.clear_faults()
        document = {**self.servers.connection_document, "audit_key": "k" * 64}
        # Sell has a pace of its own, and no part in this.
        document.pop("sell", None)
        self.desks = []
        # One Sailthru key for both: Zendesk alone says who somebody is.
        zendesk = agent_document(self.servers.connection_document)["zendesk"]
        agents = {**document, "zendesk": zendesk, "agent": zendesk["email"]}
        for name, given in (("ada", document), ("agent", agents)):
            shutil.copytree(self.template, self.folder / name)
            self.desks.append(Desk(self.folder / name, given, self.clock))
        for level in ("none", "all"):
            email = f"two{next(self.names)}@desks.example"
            profile = {"optout_email": level, "lists": {LIST: 1}, "vars": {HEALTH: "happy"}}
            sid = self.servers.create_profile(email, **profile)
            user_id = self.servers.create_user(email)
            asked = {"subject": "Hello", "comment": {"body": "It broke."}, "requester_id": user_id}
            _, body = self.servers.zendesk_request("POST", "/api/v2/tickets", {"ticket": asked})
            self.people.append(Person(email, sid, user_id, body["ticket"]["id"], {email}))
            self.levels[sid] = level
        self.run(self._begin())

    async def _begin(self) -> None:
        for desk in self.desks:
            await desk.open()
            for person in self.people:
                await desk.look_up(person)

    def teardown(self) -> None:
        try:
            if self.people:
                self.settle()
        finally:
            for desk in getattr(self, "desks", ()):
                self.run(desk.close())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    people_drawn = st.sampled_from((0, 1))
    desks_drawn = st.sampled_from((ADMIN, AGENT))

    @rule(who=people_drawn, at=desks_drawn, is_fresh=st.booleans(), level=st.sampled_from(LEVELS))
    def set_level(self, who: int, at: int, is_fresh: bool, level: str) -> None:
        """Somebody chooses an opt-out level on a sheet, which may be hours old."""
        self.edit(who, at, is_fresh, "optout", level)

    @rule(
        who=people_drawn,
        at=desks_drawn,
        is_fresh=st.booleans(),
        what=st.sampled_from(
            [("list", True), ("list", False), ("health", "frustrated"), ("health", "happy")]
        ),
    )
    def set_value(self, who: int, at: int, is_fresh: bool, what: tuple[str, Any]) -> None:
        """Somebody changes a list or the health; a list change waits for its undo time."""
        self.edit(who, at, is_fresh, *what)

    @rule(
        who=people_drawn,
        at=desks_drawn,
        what=st.sampled_from([("pause", 2), ("end pause", 0), ("note", 0), ("note", 1)]),
    )
    def pause_or_note(self, who: int, at: int, what: tuple[str, Any]) -> None:
        """Somebody holds marketing back, ends that, or writes a note for colleagues."""
        self.edit(who, at, True, *what)

    def edit(self, who: int, at: int, is_fresh: bool, kind: str, new: Any) -> None:
        self.try_(self._edit(self.desks[at], self.people[who], is_fresh, kind, new))

    async def _edit(self, desk: Desk, person: Person, is_fresh: bool, kind: str, new: Any) -> None:
        sheet = desk.seen.get(person.sid)
        if is_fresh or sheet is None:
            sheet = await desk.look_up(person)
        names = desk.house.session.account_names()
        factory = EditFactory(sheet, names, reason="asked", ticket=person.ticket)
        if kind == "note":
            text = f"Words {next(self.names)} of a colleague."
            request = factory.note(text)
            self.notes.setdefault(text, person.ticket)
        elif kind == "optout":
            request = factory.optout(OptOutLevel(new))
        elif kind == "list":
            request = factory.list_membership(LIST, member=new)
        elif kind == "health":
            request = factory.health(CustomerHealth(new))
        elif kind == "pause":
            request = factory.pause(pause_until(self.clock.now(), new))
        else:
            request = factory.end_pause()
        await desk.house.editor.submit([request], wait_for_undo=kind == "list")

    @rule(who=people_drawn, at=desks_drawn)
    def change_address(self, who: int, at: int) -> None:
        """Somebody begins a change of the address, or resumes one that has stopped."""
        desk, person = self.desks[at], self.people[who]
        self.try_(self._change_address(desk, person))

    async def _change_address(self, desk: Desk, person: Person) -> None:
        changes, sheet = desk.house.email_changes, await desk.look_up(person)
        progress = await changes.find_of_customer(sheet)
        if progress is not None and progress.change.ended_at is None:
            await changes.resume(progress.change.id, sheet)
            return
        new = f"new{next(self.names)}@desks.example"
        person.addresses.add(new)
        check = await changes.check(sheet, new)
        await changes.submit(sheet, check, EmailChangeChoices(reason="asked"))

    @precondition(lambda self: any(desk.edits() for desk in self.desks))
    @rule(at=desks_drawn, back=st.integers(0, 3))
    def undo(self, at: int, back: int) -> None:
        """Somebody takes one of the last edits back."""
        desk = self.desks[at]
        edits = desk.edits()
        if back < len(edits):
            self.try_(desk.house.undo.undo(edits[back].id, wait_for_undo=False))

    @rule(
        at=desks_drawn,
        die_at=st.sampled_from(("", "", *DELIVERY_CHECKPOINTS[1:])),
        turn=st.integers(1, 3),
    )
    def send(self, at: int, die_at: str, turn: int) -> None:
        """A desk sends what is due, and may be killed on the way."""
        self.run(self.desks[at].send(die_at, turn))

    @precondition(lambda self: self.is_out)
    @rule(at=desks_drawn)
    def restart(self, at: int) -> None:
        """A desk is closed and opened, also while the services are away."""
        self.run(self.desks[at].close())
        self.run(self.desks[at].open())

    @rule(outage=st.sampled_from(OUTAGES))
    def begin_outage(self, outage: tuple[str, int | None]) -> None:
        self.servers.add_fault(outage[0], times=outage[1])
        self.is_out = True

    @precondition(lambda self: self.is_out)
    @rule()
    def end_outage(self) -> None:
        self.servers.clear_faults()
        self.is_out = False

    @rule(seconds=st.sampled_from((11.0, 700.0, 3 * _DAY_S)))
    def let_time_pass(self, seconds: float) -> None:
        """An undo time, a wait between tries or a pause ends; desks look for ended pauses."""
        self.clock.advance(seconds)
        for desk in self.desks:
            self.try_(desk.house.pauses.queue_due())

    @rule(
        who=people_drawn,
        what=st.sampled_from(
            [("optout", level) for level in LEVELS]
            + [("list", 0), ("list", 1), ("health", "unhappy"), ("ticket", "solved")]
        ),
    )
    def change_elsewhere(self, who: int, what: tuple[str, Any]) -> None:
        """Somebody changes the customer in the service itself."""
        self.end_outage()
        person, (kind, new) = self.people[who], what
        self.clock.advance(1.0)
        if kind == "ticket":
            path = f"/api/v2/tickets/{person.ticket}"
            self.servers.zendesk_request("PUT", path, {"ticket": {"status": new}})
            return
        values: dict[str, Any] = {"optout_email": new}
        if kind == "list":
            values = {"lists": {LIST: new}}
        elif kind == "health":
            values = {"vars": {HEALTH: new}}
        else:
            self.loosened_elsewhere.add(person.sid)
        self.servers.write_profile(person.sid, **values)
        shown = bool(new) if kind == "list" else new
        self.elsewhere.setdefault((person.sid, kind), []).append((self.clock.now(), shown))

    @invariant()
    def loosened_only_by_who_may(self) -> None:
        """A level became looser only by somebody else, an admin, or who takes back their own."""
        if self.is_out:
            return
        for person in self.people:
            level = self.read(person)["optout_email"]
            before = self.levels[person.sid]
            self.levels[person.sid] = level
            is_elsewhere = person.sid in self.loosened_elsewhere
            self.loosened_elsewhere.discard(person.sid)
            if _STRICTNESS[level] >= _STRICTNESS[before] or is_elsewhere:
                continue
            assert any(
                edit.request.new == level
                for edit in self._sent_levels(person)
                if self._may_loosen(edit)
            ), f"{before} became {level}"

    def _sent_levels(self, person: Person) -> list[Edit]:
        return [
            edit
            for desk in self.desks
            for edit in desk.edits()
            if edit.request.kind is EditKind.OPTOUT and edit.request.target.id == person.sid
            and (edit.state in (EditState.DONE, EditState.UNDONE) or edit.tries)
        ]  # fmt: skip

    def _may_loosen(self, edit: Edit) -> bool:
        own = {one.id for one in self.desks[AGENT].edits()}
        is_agents = edit in self.desks[AGENT].edits()
        return not is_agents or (edit.request.undoes in own)

    def read(self, person: Person) -> dict[str, Any]:
        found = self.servers.read_profile(person.sid)
        assert found is not None
        return found

    def settle(self) -> None:
        """End the outage, let both desks send all that waits, and compare."""
        self.end_outage()
        self.loosened_only_by_who_may()
        for _ in range(30):
            for desk in self.desks:
                if not desk.house.session.is_connected:
                    self.run(desk.close())
                    self.run(desk.open())
                self.run(desk.send())
            if not any(self._open_edits(desk) for desk in self.desks):
                break
            self.clock.advance(1000.0)
        self.loosened_only_by_who_may()
        for desk in self.desks:
            assert not self._open_edits(desk), [
                (edit.request.kind, edit.state, edit.detail) for edit in self._open_edits(desk)
            ]
            self._check_audit(desk)
        for person in self.people:
            self._check_values(person)
            self._check_addresses(person)
            self._check_sheets(person)
        self._check_notes()
        for desk in self.desks:
            self.outcomes["kills"] += desk.kills
            for edit in desk.edits():
                self.outcomes[f"{edit.request.kind.value} {edit.state.value}"] += 1

    @staticmethod
    def _open_edits(desk: Desk) -> list[Edit]:
        """Edits that still wait, but for steps that wait for a failed one: a person resumes it."""
        edits = desk.edits()
        stopped = {
            edit.email_change
            for edit in edits
            if edit.state in (EditState.CONFLICT, EditState.FAILED, EditState.UNDONE)
        } - {None}
        return [e for e in edits if not e.state.is_final and e.email_change not in stopped]

    @staticmethod
    def _check_audit(desk: Desk) -> None:
        """Each edit that ended is told once."""
        store = desk.house.store
        told = Counter(
            entry.edit for entry in store.audit.list_entries.blocking(limit=10_000) if entry.edit
        )
        assert store.audit.verify_chain.blocking().is_whole
        doubled = {edit: count for edit, count in told.items() if count != 1}
        assert not doubled, doubled
        ended = {int(e.id) for e in desk.edits() if e.state is EditState.DONE}
        assert ended <= {int(edit) for edit in told}

    def _check_values(self, person: Person) -> None:
        """Each value is what was written last, as far as anybody was told."""
        now = self.read(person)
        values = {
            "optout": now["optout_email"],
            "list": LIST in (now["lists"] or {}),
            "health": (now["vars"] or {}).get(HEALTH),
        }
        kinds = {"optout": EditKind.OPTOUT, "list": EditKind.LIST, "health": EditKind.HEALTH}
        for name, value in values.items():
            written = list(self.elsewhere.get((person.sid, name), []))
            maybe: set[Any] = set()
            for desk in self.desks:
                for edit in desk.edits():
                    if edit.request.kind is not kinds[name] or edit.request.target.id != person.sid:
                        continue
                    if edit.state is EditState.DONE or (
                        edit.state is EditState.UNDONE and edit.accepted_at
                    ):
                        written.append((edit.accepted_at or edit.updated_at, edit.request.new))
                    elif edit.tries:
                        maybe.add(edit.request.new)
            last = max(written, key=lambda one: one[0], default=None)
            if last is not None and value not in maybe:
                assert value == last[1], (name, value, written)

    def _check_addresses(self, person: Person) -> None:
        """The profile keeps its sid, and no other one was made beside it."""
        assert self.read(person)["keys"]["email"] in person.addresses
        for address in person.addresses:
            found = self.servers.read_profile(address)
            assert found is None or found["keys"]["sid"] == person.sid
        path = f"/api/v2/users/{person.user_id}/identities"
        identities = self.servers.zendesk_request("GET", path)[1]["identities"]
        emails = [one["value"] for one in identities if one["type"] == "email"]
        assert len(emails) == len(set(emails))
        assert set(emails) <= person.addresses
        assert sum(one["primary"] for one in identities) == 1

    def _check_sheets(self, person: Person) -> None:
        """Both desks show what the service says."""
        level = self.read(person)["optout_email"]
        for desk in self.desks:
            profile = self.run(desk.look_up(person)).profile.value
            assert profile is not None
            assert (profile.sid, profile.optout) == (person.sid, OptOutLevel(level))

    def _check_notes(self) -> None:
        """Each note that was sent stands once, and no other stands at all."""
        wanted = {
            str(edit.request.new): edit
            for desk in self.desks
            for edit in desk.edits()
            if edit.request.kind is EditKind.NOTE
        }
        for text, ticket in self.notes.items():
            path = f"/api/v2/tickets/{ticket}/comments"
            comments = self.servers.zendesk_request("GET", path)[1]["comments"]
            count = sum(text in comment["body"] for comment in comments)
            edit = next((one for said, one in wanted.items() if text in said), None)
            is_done = edit is not None and edit.state is EditState.DONE
            assert count == int(is_done) or (edit is not None and edit.tries and count <= 1)


def run_two_desks(
    servers: SandboxServers,
    folder: Path,
    *,
    examples: int,
    steps: int,
    template: Path | None = None,
) -> Counter[str]:
    """Draw so many sequences of so many steps; raises AssertionError with a failing one.

    `template` is a home that is set up, copied for each desk. Returns how the edits ended
    ("optout done") and the number of kills.
    """
    if template is None:
        template = folder / "template"
        create_workspace_home(template, servers.connection_document)

    class Bound(TwoDesks):
        outcomes: ClassVar[Counter[str]] = Counter()

    Bound.servers, Bound.template = servers, template
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Bound.outcomes


def main(argv: list[str]) -> int:
    """Draw many; a failing sequence ends it with its steps."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.two_desks")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--steps", type=int, default=25)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="fairlead-two-desks-") as name:
        servers = SandboxServers("--customers", "0", log=Path(name) / "requests.jsonl")
        try:
            found = run_two_desks(
                servers, Path(name), examples=options.examples, steps=options.steps
            )
        finally:
            servers.stop()
    for name, count in sorted(found.items()):
        sys.stdout.write(f"{name:<28}{count:>8}\n")
    sys.stdout.write(f"{options.examples} sequences of {options.steps} steps: all agree\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
