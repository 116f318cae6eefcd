"""The page “Sync”: every sync with its state, the chosen one, and what people do with them."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError
from desktop.model.permission import Permission, Role, check
from desktop.sync.goals import Absence
from desktop.sync.presets import SyncNames
from desktop.viewmodels.syncs.card import CardView, card_of
from desktop.viewmodels.syncs.goal_acts import GoalActs
from desktop.viewmodels.syncs.head import Around, HeadView, MessageView, head_of
from desktop.viewmodels.syncs.look import Look, SyncLook, look
from desktop.viewmodels.syncs.processes import Processes
from desktop.viewmodels.syncs.room import Room
from desktop.viewmodels.syncs.words import source_words, target_words
from desktop.viewmodels.tasks import Tasks

_THROTTLE_MS = 150
_BEGINS_EVERY_MS = 500
_AGES_EVERY_MS = 30_000


@dataclass(frozen=True)
class Offer:
    """A preset that can be added."""

    name: str
    title: str
    source: str
    target: str
    description: str


@dataclass(frozen=True)
class ListState:
    """Whether there is a list to show, and if not, the sentence in its place."""

    loading: bool = False
    text: str = ""
    failed: bool = False
    empty: bool = False


class SyncsModel(QObject):
    """`changed`: list or head are new; `chosen` names the sync whose tabs are shown."""

    changed = Signal()
    chosen = Signal(str)
    looked = Signal()  # the store was read again: the tabs may be out of date
    failed = Signal(object)  # AppError
    told = Signal(str)
    waiting_changed = Signal(int)
    removed = Signal(str)

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room
        self.tasks = Tasks(self._on_trouble)
        self.goal = ""
        self._look: Look | None = None
        self._trouble: AppError | None = None
        self._acts = GoalActs(room)
        self._processes = Processes(room)
        self._busy: dict[str, str] = {}
        self._absences: dict[str, tuple[Absence, ...]] = {}
        self._said: dict[str, MessageView] = {}
        self._waiting = 0
        self._again = False
        self._closed = False
        self._begins = QTimer(self)
        self._begins.setSingleShot(True)
        self._begins.setInterval(_BEGINS_EVERY_MS)
        self._begins.timeout.connect(self.refresh)
        self._throttle = QTimer(self)
        self._throttle.setSingleShot(True)
        self._throttle.setInterval(_THROTTLE_MS)
        self._throttle.timeout.connect(self.refresh)
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES_EVERY_MS)
        self._ages.timeout.connect(self.refresh)
        self._unsubscribe = room.bus.subscribe(self._on_changes)

    # What the page shows.

    @property
    def names(self) -> SyncNames:
        """How this account calls things."""
        return self.room.names()

    @property
    def waiting(self) -> int:
        """How many syncs wait for a person."""
        return self._waiting

    def list_state(self) -> ListState:
        """What stands in place of the list where there is none."""
        allowed = check(Permission.VIEW, self.room.office.actor, self.room.office.rules)
        if not allowed.allowed:
            return ListState(text=allowed.reason)
        if self._trouble is not None:
            return ListState(text=str(self._trouble), failed=True)
        if self._look is None:
            return ListState(loading=True)
        return ListState(empty=not self._look.syncs)

    def cards(self) -> tuple[CardView, ...]:
        """Every sync, favourites first."""
        if self._look is None:
            return ()
        now, names = self.room.clock.now(), self.names
        return tuple(
            card_of(sync, names, now, starting=self._processes.begun(sync.goal.name) is not None)
            for sync in self._look.syncs
        )

    def offers(self) -> tuple[Offer, ...]:
        """The presets that are not added yet."""
        if self._look is None:
            return ()
        names = self.names
        return tuple(
            Offer(
                goal.name,
                goal.title,
                source_words(goal, names),
                target_words(goal, names),
                goal.description,
            )
            for goal in self._look.presets
        )

    @property
    def next_at(self) -> float | None:
        """When the next run begins by itself, of whatever sync; None: none does."""
        times = [s.state.next_at for s in self._look.syncs] if self._look else []
        return min((at for at in times if at is not None), default=None)

    def add_why_not(self) -> str:
        """Why no sync can be added; empty: it can."""
        verdict = self.room.goals.permitted()
        return verdict.reason if not verdict.allowed else ""

    def sync(self) -> SyncLook | None:
        """The chosen sync as it was read last."""
        return self._look.of(self.goal) if self._look else None

    def head(self) -> HeadView | None:
        """The chosen sync's head."""
        sync = self.sync()
        if sync is None:
            return None
        name = sync.goal.name
        around = Around(
            now=self.room.clock.now(),
            begun=self._processes.begun(name),
            busy=self._busy.get(name, ""),
            absences=self._absences.get(name, ()),
            may_make=self.room.office.actor.role is Role.ADMIN,
            rate=self._processes.rate(sync),
            trouble=self._said.get(name),
        )
        return head_of(sync, around)

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """A page that is seen keeps its ages; the badge is kept in any case."""
        if visible and not self._closed:
            self._ages.start()
            self.refresh()
        else:
            self._ages.stop()

    def refresh(self) -> None:
        """Read again."""
        self._again = True
        if not self.tasks.runs("look"):
            self.tasks.start("look", self._read())

    def choose(self, goal: str) -> None:
        """Show one sync."""
        if goal != self.goal:
            self.goal = goal
            self.chosen.emit(goal)
            self.changed.emit()

    def add(self, preset: str) -> None:
        """Add a preset, off, and show it."""
        self._start(f"add {preset}", self._add(preset))

    def switch(self, *, on: bool) -> None:
        """Switch the chosen sync; on, after asking both services for what it needs."""
        if self.goal:
            self._start(f"switch {self.goal}", self._switch(self.goal, on=on))

    def message_act(self, act: str) -> None:
        """What a message offers: create what is missing, resume, try again, or go away."""
        goal = self.goal
        if act == "make":
            self._start(f"switch {goal}", self._make(goal))
        elif act == "close":
            self._absences.pop(goal, None)
            self._said.pop(goal, None)
            self.changed.emit()
        elif act == "check":
            self.switch(on=True)
        elif act == "preview":
            self.preview()
        elif act == "resume":
            self.resume()

    def preview(self, *, full: bool = False) -> None:
        """Make a preview, in a process of its own; `full` looks at everybody again."""
        self._begin(self.goal, "plan", "plan", self.goal, *_fully(full))

    def run_now(self, *, full: bool = False) -> None:
        """Run it, from reading to writing; `full` looks at everybody again."""
        self._begin(self.goal, "run", "run", self.goal, *_fully(full))

    def resume(self, run: str = "") -> None:
        """Go on with a run that stopped."""
        sync = self.sync()
        last = sync.run.id if sync is not None and sync.run is not None else ""
        if run or last:
            self._begin(self.goal, "run", "run", self.goal, "--resume", run or last)

    def write(self, plan: str, *allow: str) -> None:
        """Write exactly this preview; `allow` lets limits pass once."""
        more = [word for limit in allow for word in ("--allow", limit)]
        self._begin(self.goal, "run", "run", self.goal, "--plan", plan, *more)

    def retry(self, row: int | None = None) -> None:
        """Try again what was refused or corrected: all of it, or one row of the last preview."""
        rest = () if row is None else (str(row),)
        self._begin(self.goal, "run", "retry", self.goal, *rest)

    def roll_back(self, run: str) -> None:
        """Make the preview that takes a run back; it is written like any other."""
        self._begin(self.goal, "plan", "rollback", run, "--dry-run")

    def cancel(self) -> None:
        """Ask what is under way to stop."""
        sync = self.sync()
        if sync is not None and sync.running is not None:
            self._start(f"cancel {sync.running.id}", self._cancel(sync.running.id))

    def amend(self, **parts: object) -> None:
        """Another title, description, labels, or favourite; what it means stays."""
        self._start(f"amend {self.goal}", self._acts.amend(self.goal, parts))

    def remove(self) -> None:
        """Take the chosen sync away; what it wrote and its history stay."""
        self._start(f"remove {self.goal}", self._remove(self.goal))

    async def close(self) -> None:
        """End what runs here; processes go on."""
        self._unsubscribe()
        self._closed = True
        for timer in (self._throttle, self._ages, self._begins):
            timer.stop()
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _start(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.runs(name):
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    def _begin(self, goal: str, kind: str, *arguments: str) -> None:
        sync = self.sync()
        if sync is None or self._processes.begun(goal) is not None:
            return
        self._said.pop(goal, None)
        try:
            self._processes.start(sync, kind, *arguments)
        except AppError as error:
            self._said[goal] = MessageView("bad", error.title, f"{error.message} {error.hint}")
        self._look_again()
        self.changed.emit()

    async def _read(self) -> None:
        while self._again:
            self._again = False
            services = self.room.office.services
            connected = services.sailthru is not None and services.zendesk is not None
            try:
                self._look = await self.room.run(look, self.room, connected=connected)
                self._trouble = None
            except AppError as error:
                self._trouble = error
            if self._look is not None:
                self._heed(self._look)
            self.changed.emit()
            self.looked.emit()

    def _heed(self, seen: Look) -> None:
        """What a look says of the processes, the badge and the choice."""
        self._said |= self._processes.settle(seen)
        self._look_again()
        for sentence in self._processes.ends(seen):
            self.told.emit(sentence)
        self._count()
        if seen.of(self.goal) is None:
            first = next(iter(seen.syncs), None)
            self.goal = first.goal.name if first else ""
            self.chosen.emit(self.goal)

    def _look_again(self) -> None:
        """A process that ends before it begins changes nothing that would be noticed."""
        if self._processes.any_begun and not self._closed:
            self._begins.start()

    def _count(self) -> None:
        waiting = sum(card.waits for card in self.cards())
        if waiting != self._waiting:
            self._waiting = waiting
            self.waiting_changed.emit(waiting)

    async def _add(self, preset: str) -> None:
        goal = await self._acts.add(preset)
        self.goal = goal.name
        self.chosen.emit(goal.name)
        self.told.emit(f"{goal.title} is added, and off.")

    async def _switch(self, name: str, *, on: bool) -> None:
        self._absences.pop(name, None)
        self._said.pop(name, None)
        if on:
            words = "Asking Zendesk and Sailthru for what it needs…"
            await self._during(name, words, self._check(name))
            return
        goal = await self._acts.switch_off(name)
        self.told.emit(f"{goal.title} is off.")

    async def _make(self, name: str) -> None:
        async def make() -> None:
            await self._acts.make(self._absences.get(name, ()))
            await self._check(name)

        await self._during(name, "Creating what is missing…", make())

    async def _check(self, name: str) -> None:
        goal, self._absences[name] = await self._acts.check_and_switch_on(name)
        if goal.on:
            self.told.emit(f"{goal.title} is on.")

    async def _during(self, name: str, words: str, work: Coroutine[Any, Any, None]) -> None:
        self._busy[name] = words
        self.changed.emit()
        try:
            await work
        except AppError as error:
            self._said[name] = MessageView(
                "bad", error.title, f"{error.message} {error.hint}".strip(), (("close", "Close"),)
            )
        finally:
            self._busy.pop(name, None)
            self.room.tell()
            self.changed.emit()

    async def _cancel(self, run: str) -> None:
        await self.room.run(self.room.store.runs.ask_cancel, run)
        self.room.tell()

    async def _remove(self, name: str) -> None:
        await self._acts.remove(name)
        self.goal = ""
        self.removed.emit(name)
        self.told.emit("It is gone; what it wrote and its history stay.")

    def _on_changes(self, changes: Changes) -> None:
        topics = (Topic.SYNC, Topic.PERMISSIONS, Topic.SERVICE, Topic.SETTINGS)
        if changes.touches(*topics) and not self._throttle.isActive() and not self._closed:
            self._throttle.start()

    def _on_trouble(self, error: AppError) -> None:
        self.failed.emit(error)
        self.changed.emit()


def _fully(full: bool) -> tuple[str, ...]:
    return ("--full",) if full else ()
