"""What is chosen in the tab “Schedule”: when a sync runs, and who hears how it went."""

import re
from dataclasses import dataclass, replace

from desktop.kit.errors import BadInput
from desktop.model.goal import Notify
from desktop.model.schedule import Form, Rule, read_rule

_COMMA = re.compile(r"[,;\s]+")

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


OCCASIONS = (
    ("never", "Never"),
    ("failure", "When somebody should look"),
    ("run", "After every run"),
)


@dataclass(frozen=True)
class Telling:
    """Who hears how runs went. `when` is a key of OCCASIONS; `email` as it is typed."""

    when: str = "failure"
    desktop: bool = True
    email: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses typed, each once."""
        return tuple(dict.fromkeys(part for part in _COMMA.split(self.email) if part))

    def notify(self) -> Notify:
        """What is stored; whether the addresses are any is for the sync's own rules."""
        return Notify(
            on_run=self.when == "run",
            on_failure=self.when != "never",
            desktop=self.desktop,
            email=self.addresses,
        )

    @property
    def words(self) -> str:
        """What follows from it, as one sentence."""
        places = ["a notification on the computer that runs it"] if self.desktop else []
        if self.addresses:
            places.append(f"an e-mail to {', '.join(self.addresses)}")
        if self.when == "never" or not places:
            return "Nobody is told; how it went stands in History."
        said = " and ".join(places)
        if self.when == "run":
            return f"After every run: {said}."
        return f"When a run fails, waits for somebody or has rows refused: {said}."


def telling_of(notify: Notify) -> Telling:
    """The choices that make this."""
    when = "run" if notify.on_run else "failure" if notify.on_failure else "never"
    return Telling(when, notify.desktop, ", ".join(notify.email))


@dataclass(frozen=True)
class Draft:
    """What is chosen: the form with what it asks for; `at` is minutes after midnight."""

    form: str = "off"
    minutes: int = 5
    count: int = 3
    at: int = 9 * 60
    weekdays: tuple[int, ...] = (0,)
    month_days: str = "1"
    telling: Telling = Telling()

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


def draft_of(text: str, notify: Notify = Notify()) -> Draft:
    """The choices that make this rule, and tell these people."""
    return replace(_draft_of(read_rule(text)), telling=telling_of(notify))


def _draft_of(rule: Rule) -> Draft:
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
