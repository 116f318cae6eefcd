"""What an agent does with one customer or many, killed at every step, or answered by a fault.

Each work is begun and gone on with by one task of a process; what it came to is counted by what a
witness reads at the services, by the outbox and by the audit.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.email_change import EmailChangeStep, StepState
from desktop.model.marketing_pause import pause_name
from desktop.model.service import Service
from desktop.model.ticket_note import new_note_stamp
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS, edit_to_json
from tests.faults.edit_crashes import CrashCounts, EditCrashHarness
from tests.support.customer_ticket import CustomerTicket
from tests.support.sell_cases import create_sell_person, read_sell_person
from tests.support.workspace_home import create_workspace_home

_NUMBERS = itertools.count(1)
_SENDING = DELIVERY_CHECKPOINTS[1:]
_VARS = {"city": "Lisbon", "age": 41}
_PAUSED_VAR, _PAUSED_LIST = "zendesk_paused", "Support - paused"


@dataclass(frozen=True)
class FoundChanges:
    """What stands at the services: how often each wanted change is there, and what is wrong."""

    counts: tuple[int, ...]
    problems: tuple[str, ...] = ()


@dataclass
class Work:
    """One work of an agent; `writes` are the faultable requests of it.

    `task` and `order` begin it or go on with it; `points` are where it may be killed, with how
    often each is passed.
    """

    harness: EditCrashHarness
    task: ClassVar[str] = "deliver"
    writes: ClassVar[tuple[str, ...]] = ()
    order: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        """Yield each named point of the work with each turn in which it is passed."""
        yield from ((point, 1) for point in DELIVERY_CHECKPOINTS)

    def run(self, **more: Any) -> int:
        """Begin the work, or go on with it, in a process of its own; returns how it ended."""
        order = {**self.harness.task_arguments, **self.order, **more}
        return int(self.harness.fork_server.run_task(self.task, **order))

    def go_on(self) -> int:
        return self.run()

    def stands(self) -> FoundChanges:
        raise NotImplementedError

    def repeated(self) -> str:
        """Say which request was sent more often than a kill explains; "" for none."""
        return ""

    def open_store(self) -> WorkspaceStore:
        return self.harness.open_store()

    def count(self, where: str, kills: int) -> CrashCounts:
        """Compare what stands with what was wanted: each change once."""
        found = self.stands()
        counts = CrashCounts(kills, wanted=len(found.counts))
        counts.lost = sum(count == 0 for count in found.counts)
        counts.doubled = sum(count > 1 for count in found.counts)
        counts.problems = [f"{where}: {one}" for one in found.problems]
        if (counts.lost or counts.doubled) and not found.problems:
            counts.problems = [f"{where}: stands {found.counts} times"]
        counts.lost += int(bool(found.problems) and not counts.lost and not counts.doubled)
        return counts

    def _audit(self, ids: set[str]) -> Counter[str]:
        """How often the audit tells the end of each edit of these records."""
        store = self.open_store()
        try:
            entries = store.audit.list_entries.blocking(limit=10_000)
            assert store.audit.verify_chain.blocking().is_whole
            return Counter(str(one.edit) for one in entries if one.target in ids and one.edit)
        finally:
            store.close()


class AddressChange(Work):
    """The e-mail address changes in both services: add, make primary, move the profile."""

    task = "change email"
    writes = ("zendesk:POST /api/v2/users/*", "zendesk:PUT /api/v2/users/*", "sailthru:POST /user")
    step_count = 3

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        name, servers = f"work{next(_NUMBERS)}", harness.servers
        self.old, self.new = f"{name}.old@faults.example", f"{name}.new@faults.example"
        self.sid = servers.create_profile(
            self.old, vars=_VARS, lists={"Newsletter": 1}, optout_email="basic"
        )
        self.user_id = servers.create_user(self.old)
        self.order = {"old": self.old, "new": self.new}

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        yield "enqueued", 1
        for point in _SENDING:
            yield from ((point, turn) for turn in range(1, cls.step_count + 1))

    def repeated(self) -> str:
        made = self._requests()
        # What was answered is never sent again; what may not have left is looked for first.
        wanted = ["POST identities", "PUT make_primary", "POST keys"]
        return "" if made == wanted else f"sent {made}"

    def _requests(self) -> list[str]:
        """The app's writes of this customer: method and what they are about."""
        made = []
        for seen in self.harness.servers.logged_requests():
            if seen["method"] == "GET" or seen["headers"].get("x-witness"):
                continue
            if f"/users/{self.user_id}/" in seen["path"]:
                made.append(f"{seen['method']} {seen['path'].rsplit('/', 1)[1]}")
            elif self.sid in seen["body"]:
                made.append("POST keys")
        return made

    def stands(self) -> FoundChanges:
        servers = self.harness.servers
        profile = servers.read_profile(self.sid)
        path = f"/api/v2/users/{self.user_id}/identities"
        identities = servers.zendesk_request("GET", path)[1]["identities"]
        values = [one["value"] for one in identities]
        is_primary = {one["value"]: one["primary"] for one in identities}
        beside = servers.read_profile(self.new)
        keys = profile["keys"]["email"] if profile is not None else ""
        # One address, one primary address, one profile of it.
        counts = (
            values.count(self.new),
            int(is_primary.get(self.new, False)),
            int(keys == self.new),
        )
        problems = []
        if profile is None or (profile["vars"], profile["optout_email"]) != (_VARS, "basic"):
            problems.append(f"the profile lost something: {profile}")
        if beside is not None and beside["keys"]["sid"] != self.sid:
            problems.append("a second profile was made")
        doubled = [edit for edit, n in self._audit({self.sid, str(self.user_id)}).items() if n > 1]
        problems += [f"edit {edit} is told twice" for edit in doubled]
        store = self.open_store()
        try:
            progress = store.email_changes.find_newest.blocking(self.user_id, self.sid)
        finally:
            store.close()
        states = {} if progress is None else {one.step: one.state for one in progress.steps}
        if states.get(EmailChangeStep.VERIFY) is not StepState.DONE:
            problems.append(f"not verified: {states}")
        return FoundChanges(counts, tuple(problems))


class AddressChangeWithSell(AddressChange):
    """The same of a customer whom Zendesk Sell has as a contact and as a lead, in that order."""

    writes = ("sell:PUT /v2/contacts/*", "sell:PUT /v2/leads/*")
    step_count = 5

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        servers, document = harness.servers, harness.servers.connection_document
        self.people = {
            kind: create_sell_person(servers, kind, self.old) for kind in ("contact", "lead")
        }
        home = harness.folder / f"with-sell-{self.sid}"
        self._workspace = create_workspace_home(home, document, sell=document["sell"])
        self.order = {**self.order, "home": str(home)}

    def open_store(self) -> WorkspaceStore:
        return open_store(self._workspace)

    def repeated(self) -> str:
        sent = [
            seen["path"]
            for seen in self.harness.servers.logged_requests()
            if seen["method"] == "PUT"
            and seen["service"] == "sell"
            and not seen["headers"].get("x-witness")
            and int(seen["path"].rsplit("/", 1)[1]) in self.people.values()
        ]
        wanted = [f"/v2/{kind}s/{number}" for kind, number in self.people.items()]
        return super().repeated() or ("" if sent == wanted else f"sent {sent}")

    def stands(self) -> FoundChanges:
        found = super().stands()
        counts = tuple(
            int(
                (read_sell_person(self.harness.servers, kind, number) or {}).get("email")
                == self.new
            )
            for kind, number in self.people.items()
        )
        told = self._audit({f"{kind}-{number}" for kind, number in self.people.items()})
        doubled = [f"edit {edit} is told twice" for edit, count in told.items() if count > 1]
        return FoundChanges((*found.counts, *counts), (*found.problems, *doubled))


class HandOverNote(Work):
    """An internal note on a ticket of the customer."""

    writes = ("zendesk:PUT /api/v2/tickets/*",)

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        number = next(_NUMBERS)
        self.ticket = CustomerTicket(harness.servers, f"note{number}@faults.example")
        self.text = f"Words {number} for colleagues."
        target = EditTarget(Service.ZENDESK, str(self.ticket.user_id), self.ticket.email)
        self.request = EditRequest(
            EditKind.NOTE, target, new_note_stamp(), None, self.text, "", self.ticket.number
        )

    def run(self, **more: Any) -> int:
        return super().run(intent=edit_to_json(self.request), **more)

    def go_on(self) -> int:
        return super().run()

    def stands(self) -> FoundChanges:
        count = sum(self.text in one["body"] for one in self.ticket.comments)
        told = self._audit({str(self.ticket.user_id)})
        public = [one for one in self.ticket.comments if self.text in one["body"] and one["public"]]
        problems = [] if list(told.values()) == [1] else [f"told {dict(told)}"]
        return FoundChanges((count,), (*problems, *("the note is public" for _ in public)))


class Pause(Work):
    """Marketing is held back until a day: a var and a list of the profile."""

    writes = ("sailthru:POST /user",)

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        email = f"pause{next(_NUMBERS)}@faults.example"
        self.sid = harness.servers.create_profile(email, vars=dict(_VARS))
        self.until = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011 - any day will do
        target = EditTarget(Service.SAILTHRU, self.sid, email)
        terms = {"until": self.until, "user_id": None}
        name = pause_name(_PAUSED_VAR, _PAUSED_LIST)
        self.request = EditRequest(EditKind.PAUSE, target, name, None, terms, "fault test")

    def run(self, **more: Any) -> int:
        return super().run(intent=edit_to_json(self.request), **more)

    def go_on(self) -> int:
        return super().run()

    def _wanted(self, profile: dict[str, Any]) -> bool:
        is_on = profile["vars"].get(_PAUSED_VAR) == self.until
        return is_on and _PAUSED_LIST in (profile["lists"] or {})

    def stands(self) -> FoundChanges:
        profile = self.harness.servers.read_profile(self.sid)
        told = self._audit({self.sid})
        if profile is None or profile["vars"].get("city") != "Lisbon":
            return FoundChanges((0,), (f"the profile lost something: {profile}",))
        problems = [] if max(told.values(), default=0) == 1 else [f"told {dict(told)}"]
        return FoundChanges((int(self._wanted(profile)),), tuple(problems))


class PauseEnd(Pause):
    """The pause is ended: only what it put on is taken back."""

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        assert Pause.run(self) == 0
        paused = self.request
        self.request = EditRequest(
            EditKind.PAUSE, paused.target, paused.name, paused.new, None, "fault test"
        )

    def _wanted(self, profile: dict[str, Any]) -> bool:
        is_off = profile["vars"].get(_PAUSED_VAR) is None
        return is_off and _PAUSED_LIST not in (profile["lists"] or {})


class UndoJustLate(Work):
    """Somebody leaves a list, undone a millisecond after the undo time: sent, and taken back."""

    task = "undo at the end"
    writes = ("sailthru:POST /user",)
    late_s = 0.001
    posts: ClassVar[tuple[int, ...]] = (2,)

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        email = f"undo{next(_NUMBERS)}@faults.example"
        self.sid = harness.servers.create_profile(email, lists={"Newsletter": 1})
        target = EditTarget(Service.SAILTHRU, self.sid, email)
        self.request = EditRequest(EditKind.LIST, target, "Newsletter", True, False, "fault test")
        self.order = {"target": self.sid}

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        yield from (("enqueued", 1), ("undo asked", 1))
        yield from ((point, turn) for point in _SENDING for turn in (1, 2))

    def run(self, **more: Any) -> int:
        return super().run(intent=edit_to_json(self.request), late_s=self.late_s, **more)

    def go_on(self) -> int:
        return super().run()

    def stands(self) -> FoundChanges:
        profile = self.harness.servers.read_profile(self.sid) or {}
        sent = self.harness.servers.count_writes(self.sid)
        told = self._audit({self.sid})
        problems = [
            f"edit {edit} is told {count} times" for edit, count in told.items() if count > 2
        ]
        # Never undone and sent: sent, it was taken back by a second request.
        if sent not in self.posts:
            problems.append(f"sent {sent} times")
        return FoundChanges((int("Newsletter" in (profile.get("lists") or {})),), tuple(problems))


class UndoJustInTime(UndoJustLate):
    """The same a millisecond before its end: nothing is sent, unless a kill made it late."""

    late_s = -0.001
    posts = (0, 2)

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        yield from (("enqueued", 1), ("undo asked", 1))


class Batch(Work):
    """Many customers are opted out by one batch."""

    task = "batch"
    writes = ("sailthru:POST /user",)
    people = 3
    level, posts = "basic", 1

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        name, servers = f"batch{next(_NUMBERS)}", harness.servers
        self.emails = [f"{name}.{number}@batch.example" for number in range(self.people)]
        self.sids = [servers.create_profile(one, lists={"Newsletter": 1}) for one in self.emails]
        for one in self.emails:
            servers.create_user(one)
        home = harness.folder / name
        self._workspace = create_workspace_home(home, servers.connection_document)
        self.order = {"home": str(home), "addresses": self.emails}

    def open_store(self) -> WorkspaceStore:
        return open_store(self._workspace)

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        yield from ((point, 1) for point in ("created", "found", "looked up", "planned", "applied"))
        for point in _SENDING:
            yield from ((point, turn) for turn in range(1, cls.people + 1))

    def repeated(self) -> str:
        posts = [self.harness.servers.count_writes(sid) for sid in self.sids]
        return "" if posts == [self.posts] * self.people else f"wrote {posts} times"

    def stands(self) -> FoundChanges:
        profiles = [self.harness.servers.read_profile(sid) for sid in self.sids]
        store = self.open_store()
        try:
            edits = store.outbox.list_recent.blocking(-1)
        finally:
            store.close()
        ours = [e for e in edits if e.request.new == self.level and e.state is EditState.DONE]
        per_customer = Counter(edit.request.target.id for edit in ours)
        told = self._audit(set(self.sids))
        problems = [
            f"edit {edit} is told {count} times" for edit, count in told.items() if count > 1
        ]
        counts = tuple(
            per_customer[sid]
            if profile is not None and profile["optout_email"] == self.level
            else 0
            for sid, profile in zip(self.sids, profiles, strict=True)
        )
        return FoundChanges(counts, tuple(problems))


class BatchUndo(Batch):
    """The one undo of a batch takes every change of it back."""

    level, posts = "none", 2

    def __init__(self, harness: EditCrashHarness) -> None:
        super().__init__(harness)
        assert Batch.run(self) == 0
        self.order = {**self.order, "undo": True}

    @classmethod
    def points(cls) -> Iterator[tuple[str, int]]:
        yield from (("undo asked", 1), ("undo queued", 1), ("undo queued", 3), ("undone", 1))
        for point in _SENDING:
            yield from ((point, turn) for turn in range(1, cls.people + 1))


WORKS: dict[str, type[Work]] = {
    "address": AddressChange,
    "address with Sell": AddressChangeWithSell,
    "note": HandOverNote,
    "pause": Pause,
    "pause end": PauseEnd,
    "undo just late": UndoJustLate,
    "undo just in time": UndoJustInTime,
    "batch": Batch,
    "batch undo": BatchUndo,
}
# How a write of each work may go wrong: the request may or may not have been applied.
FAULTS = (
    "429=1", "500", "502", "503", "423", "html", "page=403", "page=302",
    "proxy-json=200",
    "error-200=9", "reset", "reset-after", "500-after", "truncated", "cut", "timeout-after=1",
)  # fmt: skip


def kill_work(harness: EditCrashHarness, name: str, point: str, turn: int) -> CrashCounts:
    """Kill a work at a named point the so-manyth time it is passed, then let it go on."""
    work = WORKS[name](harness)
    where = f"{name} at {point} {turn}"
    ended = work.run(die_at=point, **({"turn": turn} if turn > 1 else {}))
    if ended != -9:
        return CrashCounts(1, lost=1, problems=[f"{where}: not killed ({ended})"])
    if work.go_on() != 0:
        return CrashCounts(1, lost=1, problems=[f"{where}: could not go on"])
    counts = work.count(where, kills=1)
    if said := work.repeated():
        counts.problems.append(f"{where}: {said}")
        counts.doubled += 1
    return counts


def answer_work_with_fault(
    harness: EditCrashHarness, name: str, write: str, fault: str
) -> CrashCounts:
    """Let the first of a work's writes go wrong, then let it go on."""
    work = WORKS[name](harness)
    harness.servers.add_fault(f"{write}:{fault}")
    try:
        work.run()
    finally:
        harness.servers.clear_faults()
    work.go_on()
    return work.count(f"{name} over {fault} at {write}", kills=0)


def work_kills() -> Iterator[tuple[str, str, int]]:
    """Each work with each named point and turn."""
    for name, work in WORKS.items():
        for point, turn in work.points():
            yield name, point, turn


def work_faults() -> Iterator[tuple[str, str, str]]:
    """Each work with each of its writes and each fault."""
    for name, work in WORKS.items():
        for write in work.writes:
            for fault in FAULTS:
                yield name, write, fault
