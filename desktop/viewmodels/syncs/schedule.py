"""The tab “Schedule”: when a sync runs and who hears of it, tried before it is saved."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.model.goal import Goal
from desktop.model.schedule import Rule, next_times, read_rule
from desktop.model.zone import local_time, read_zone
from desktop.settings import sync_settings
from desktop.sync.goals import problems
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.kept_draft import KeptDrafts
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.syncs.schedule_draft import Draft, draft_of, telling_of
from desktop.viewmodels.tasks import Tasks

_NEXT = 5
_NO_MAIL = "No mail server is set up, so no e-mail goes out: Settings, Syncs."


@dataclass(frozen=True)
class ScheduleView:
    """`times` are day and hour in the account's zone, and this computer's hour.

    `wrong` and `telling_wrong` say what is to be chosen otherwise.
    """

    draft: Draft
    words: str
    zone: str
    times: tuple[tuple[str, str, str], ...]
    times_note: str
    telling_words: str
    telling_note: str
    telling_wrong: str
    here: bool
    here_why_not: str
    here_note: str
    unsaved: bool
    wrong: str
    why_not: str


class ScheduleModel(QObject):
    """Nothing changes until it is saved; the next times follow every choice."""

    changed = Signal()
    failed = Signal(object)
    told = Signal(str)

    def __init__(self, page: SyncsModel) -> None:
        super().__init__()
        self._page = page
        self._room = page.room
        self.tasks = Tasks(self.failed.emit)
        self._drafts = KeptDrafts(self._room, self.tasks, "schedule", Draft)
        self._kept: Goal | None = None
        self._draft = Draft()
        page.looked.connect(self._on_looked)
        page.chosen.connect(self._on_looked)
        page.removed.connect(self._on_removed)

    # What is shown.

    def view(self) -> ScheduleView:
        """What the tab shows."""
        values = self._room.office.values
        here, managed = values.get(sync_settings.RUN_HERE), values.managed(sync_settings.RUN_HERE)
        words, wrong, times = self._rule_words()
        telling = self._draft.telling
        mails = telling.when != "never" and telling.addresses
        telling_wrong = self._telling_wrong()
        trouble = wrong or telling_wrong or self._room.goals.permitted().reason
        return ScheduleView(
            draft=self._draft,
            words=words,
            zone=self._room.zone,
            times=times,
            times_note=self._times_note(here=here) if times else "",
            telling_words="" if telling_wrong else telling.words,
            telling_note=_NO_MAIL if mails and not values.get(sync_settings.MAIL_HOST) else "",
            telling_wrong=telling_wrong,
            here=here,
            here_why_not="Your organisation manages this." if managed else "",
            here_note="What was missed while everything was closed is caught up once.",
            unsaved=self.unsaved,
            wrong=wrong,
            why_not=trouble or ("" if self.unsaved else "Nothing is changed."),
        )

    @property
    def unsaved(self) -> bool:
        """Whether a choice would be lost."""
        if self._kept is None:
            return False
        telling, notify = self._draft.telling, self._kept.notify
        # How addresses are written down does not count, nor what is said twice.
        if telling != telling_of(notify) and telling.notify() != notify:
            return True
        try:
            return self._draft.rule().text != read_rule(self._kept.schedule).text
        except AppError:
            return True

    # What people do.

    def choose(self, **parts: object) -> None:
        """Another choice."""
        self._draft = replace(self._draft, **parts)  # type: ignore[arg-type]
        self._keep()
        self.changed.emit()

    def tell(self, **parts: object) -> None:
        """Other people hear of it, or on other occasions."""
        self.choose(telling=replace(self._draft.telling, **parts))  # type: ignore[arg-type]

    def discard(self) -> None:
        """Back to what is saved."""
        self._draft = _draft_of(self._kept)
        self._keep()
        self.changed.emit()

    def save(self) -> None:
        """Store the rule, and who is told."""
        if self._kept is not None:
            self.tasks.start("save", self._save(self._kept.name, self._draft))

    def run_here(self, on: bool) -> None:
        """Whether this computer runs what is due."""
        try:
            self._room.office.change({sync_settings.RUN_HERE.key: on})
        except AppError as error:
            self.failed.emit(error)
        self.changed.emit()

    async def close(self) -> None:
        """End what runs; what was chosen last is kept."""
        await asyncio.sleep(0)
        await self._drafts.close()
        await self.tasks.close()

    # How it comes about.

    def _rule_words(self) -> tuple[str, str, tuple[tuple[str, str, str], ...]]:
        """The rule in words, what is wrong with it, and its next times."""
        try:
            rule = self._draft.rule()
            return rule.words, "", self._times(rule)
        except AppError as error:
            return "", error.title, ()

    def _times_note(self, *, here: bool) -> str:
        if self._kept is not None and not self._kept.on:
            return "It is switched off: none of these comes before it is on."
        return "" if here else "This computer does not run what is due."

    def _telling_wrong(self) -> str:
        """What of the addresses is no address."""
        if self._kept is None:
            return ""
        before = problems(self._kept)
        after = problems(replace(self._kept, notify=self._draft.telling.notify()))
        return next((problem for problem in after if problem not in before), "")

    def _keep(self) -> None:
        if self._kept is not None:
            self._drafts.keep(self._kept.name, self._draft if self.unsaved else None)

    async def _save(self, name: str, draft: Draft) -> None:
        goals = self._room.goals
        goal = await self._room.run(self._room.store.goals.get, name)
        text, notify = draft.rule().text, draft.telling.notify()
        said = []
        if text != read_rule(goal.schedule).text:
            goal = await self._room.run(goals.reschedule, name, text)
            said.append(f"{goal.title} runs {read_rule(text).words}.")
        if notify != goal.notify:
            goal = await self._room.run(goals.save, replace(goal, notify=notify))
            said.append(draft.telling.words)
        if self._kept is not None and self._kept.name == name:
            self._kept = goal
            if self._draft == draft:
                self._draft = _draft_of(goal)
            self._keep()
        self._room.tell()
        self.told.emit(" ".join(said))
        self.changed.emit()

    def _times(self, rule: Rule) -> tuple[tuple[str, str, str], ...]:
        now = self._room.clock.now()
        zone = read_zone(self._room.zone)
        found = []
        for at in next_times(rule, now, self._room.zone, _NEXT):
            there, here = local_time(at, zone), moment.local(at)
            day = f"{there:%A} {there.day} {there:%B}"
            other = f"{here:%H:%M}" if there.date() == here.date() else f"{here:%a %H:%M}"
            same = there.utcoffset() == here.utcoffset()
            found.append((day, f"{there:%H:%M}", "" if same else f"{other} here"))
        return tuple(found)

    def _on_looked(self, _goal: str = "") -> None:
        sync = self._page.sync()
        goal = sync.goal if sync is not None else None
        before, unsaved = self._kept, self.unsaved
        self._kept = goal
        if goal is None or before is None or goal.name != before.name:
            self._draft = _draft_of(goal)
            if goal is not None:
                self._drafts.recall(goal.name, self._on_recalled)
        elif not unsaved:
            self._draft = _draft_of(goal)
        self.changed.emit()

    def _on_removed(self, goal: str) -> None:
        self._drafts.keep(goal, None)

    def _on_recalled(self, draft: Draft | None) -> None:
        if draft is not None and not self.unsaved:
            self._draft = draft
            self.changed.emit()


def _draft_of(goal: Goal | None) -> Draft:
    return draft_of(goal.schedule, goal.notify) if goal is not None else Draft()
