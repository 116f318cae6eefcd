"""The tab “Schedule”: when a sync runs, built from choices, with its next times as they come."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError, BadInput
from desktop.model.schedule import Form, Rule, next_times, read_rule
from desktop.model.zone import local_time, read_zone
from desktop.settings import sync_settings
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.tasks import Tasks

_NEXT = 5
_WORKDAYS = (0, 1, 2, 3, 4)
FORMS = (
    ("off", "Only by hand"),
    ("minutes", "Every so many minutes"),
    ("hourly", "Every hour"),
    ("spread", "Several times a day"),
    ("daily", "Every day"),
    ("weekdays", "Monday to Friday"),
    ("weekly", "On chosen weekdays"),
    ("monthly", "On days of the month"),
)


@dataclass(frozen=True)
class Draft:
    """What is chosen: the form with what it asks for; `at` is minutes after midnight."""

    form: str = "off"
    minutes: int = 5
    count: int = 3
    at: int = 9 * 60
    weekdays: tuple[int, ...] = (0,)
    month_days: str = "1"

    @property
    def timed(self) -> bool:
        """Whether it has a time of day."""
        return self.form in ("spread", "daily", "weekdays", "weekly", "monthly")

    def rule(self) -> Rule:
        """The rule. Raises BadInput where the days of the month are none."""
        if self.form == "minutes":
            return Rule(Form.EVERY, minutes=self.minutes)
        if self.form == "hourly":
            return Rule(Form.EVERY, minutes=60)
        if self.form == "spread":
            return Rule(Form.SPREAD, count=self.count, at=self.at)
        if self.form == "daily":
            return Rule(Form.DAILY, at=self.at)
        if self.form in ("weekdays", "weekly"):
            return self._weekly()
        if self.form == "monthly":
            return self._monthly()
        return Rule(Form.OFF)

    def _weekly(self) -> Rule:
        days = _WORKDAYS if self.form == "weekdays" else tuple(sorted(self.weekdays))
        if not days:
            raise BadInput("Choose at least one weekday.")
        if len(days) == 7:
            return Rule(Form.DAILY, at=self.at)
        return Rule(Form.WEEKLY, at=self.at, weekdays=days)

    def _monthly(self) -> Rule:
        text = f"days {self.month_days.strip()} {self.at // 60:02}:{self.at % 60:02}"
        try:
            return read_rule(text)
        except BadInput as error:
            raise BadInput("Days of the month look like 1, 15 or last.") from error


def draft_of(text: str) -> Draft:
    """The choices that make this rule."""
    rule = read_rule(text)
    if rule.form is Form.EVERY:
        return Draft("hourly") if rule.minutes == 60 else Draft("minutes", minutes=rule.minutes)
    if rule.form is Form.SPREAD:
        return Draft("spread", count=rule.count, at=rule.at)
    if rule.form is Form.DAILY:
        return Draft("daily", at=rule.at)
    if rule.form is Form.WEEKLY:
        form = "weekdays" if rule.weekdays == _WORKDAYS else "weekly"
        return Draft(form, at=rule.at, weekdays=rule.weekdays)
    if rule.form is Form.MONTHLY:
        days = ", ".join("last" if day == -1 else str(day) for day in rule.month_days)
        return Draft("monthly", at=rule.at, month_days=days)
    return Draft()


@dataclass(frozen=True)
class ScheduleView:
    """`times` are day and hour in the account's zone, and this computer's hour.

    `wrong` says what is to be chosen otherwise.
    """

    draft: Draft
    words: str
    zone: str
    times: tuple[tuple[str, str, str], ...]
    times_note: str
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
        self._goal = ""
        self._kept = ""
        self._draft = Draft()
        page.looked.connect(self._on_looked)
        page.chosen.connect(self._on_looked)

    def view(self) -> ScheduleView:
        """What the tab shows."""
        office = self._room.office
        here = office.values.get(sync_settings.RUN_HERE)
        managed = office.values.managed(sync_settings.RUN_HERE)
        words, wrong = "", ""
        times: tuple[tuple[str, str, str], ...] = ()
        try:
            rule = self._draft.rule()
            words = rule.words
            times = self._times(rule)
        except AppError as error:
            wrong = error.title
        sync = self._page.sync()
        note = ""
        if times and sync is not None and not sync.goal.on:
            note = "It is switched off: none of these comes before it is on."
        elif times and not here:
            note = "This computer does not run what is due."
        verdict = self._room.goals.permitted()
        return ScheduleView(
            draft=self._draft,
            words=words,
            zone=self._room.zone,
            times=times,
            times_note=note,
            here=here,
            here_why_not="Your organisation manages this." if managed else "",
            here_note="What was missed while everything was closed is caught up once.",
            unsaved=self.unsaved,
            wrong=wrong,
            why_not=wrong or verdict.reason or ("" if self.unsaved else "Nothing is changed."),
        )

    @property
    def unsaved(self) -> bool:
        """Whether a choice would be lost."""
        try:
            return self._draft.rule().text != read_rule(self._kept).text
        except AppError:
            return True

    def choose(self, **parts: object) -> None:
        """Another choice."""
        self._draft = replace(self._draft, **parts)  # type: ignore[arg-type]
        self.changed.emit()

    def discard(self) -> None:
        """Back to what is saved."""
        self._draft = draft_of(self._kept)
        self.changed.emit()

    def save(self) -> None:
        """Store the rule."""
        self.tasks.start("save", self._save())

    def run_here(self, on: bool) -> None:
        """Whether this computer runs what is due."""
        try:
            self._room.office.change({sync_settings.RUN_HERE.key: on})
        except AppError as error:
            self.failed.emit(error)
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await asyncio.sleep(0)
        await self.tasks.close()

    async def _save(self) -> None:
        text = self._draft.rule().text
        goal = await self._room.run(self._room.goals.reschedule, self._goal, text)
        self._kept = goal.schedule
        self._room.tell()
        self.told.emit(f"{goal.title} runs {read_rule(text).words}.")
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
        kept = sync.goal.schedule if sync is not None else ""
        goal = sync.goal.name if sync is not None else ""
        if goal != self._goal or (kept != self._kept and not self.unsaved):
            self._goal, self._kept = goal, kept
            self._draft = draft_of(kept)
        self._kept = kept
        self.changed.emit()
