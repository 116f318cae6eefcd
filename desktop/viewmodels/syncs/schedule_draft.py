"""Drafts of the tab Schedule's view-model: when a sync runs, and who is told of its runs."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from desktop.kit.errors import InvalidInput
from desktop.model.sync import NotificationSettings
from desktop.model.sync_schedule import ScheduleKind, ScheduleRule, parse_schedule_rule
from desktop.viewmodels.form import FieldKind, FormField, FormValues

_ADDRESS_SEPARATOR = re.compile(r"[,;\s]+")

# Monday is 0, as in datetime.weekday().
_WORKDAYS = (0, 1, 2, 3, 4)
_FORMS_AT_A_TIME = ("spread", "daily", "weekdays", "weekly", "monthly")
SCHEDULE_FORM_LABELS = (
    ("off", "Only by hand"),
    ("minutes", "Every so many minutes"),
    ("hourly", "Every hour"),
    ("spread", "Several times a day"),
    ("daily", "Every day"),
    ("weekdays", "Monday to Friday"),
    ("weekly", "On chosen weekdays"),
    ("monthly", "On days of the month"),
)


NOTIFICATION_LABELS = (
    ("never", "Never"),
    ("failure", "When it needs attention"),
    ("run", "After every run"),
)


@dataclass(frozen=True)
class NotificationDraft:
    """The tab Schedule's choice of who is notified; `when`: a key of NOTIFICATION_LABELS."""

    when: str = "failure"
    desktop: bool = True
    email: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses to notify, typed into the tab Schedule, each once."""
        return tuple(dict.fromkeys(part for part in _ADDRESS_SEPARATOR.split(self.email) if part))

    def to_notify(self) -> NotificationSettings:
        """Convert the notification draft to what is stored; validate_sync judges the addresses."""
        return NotificationSettings(
            on_run=self.when == "run",
            on_failure=self.when != "never",
            desktop=self.desktop,
            email=self.addresses,
        )

    @property
    def summary(self) -> str:
        """Say in the tab Schedule in one sentence who is notified of runs."""
        places = ["a notification on the computer that runs it"] if self.desktop else []
        if self.addresses:
            places.append(f"an e-mail to {', '.join(self.addresses)}")
        if self.when == "never" or not places:
            return "Nobody is notified; see History for how runs went."
        how = " and ".join(places)
        if self.when == "run":
            return f"After every run: {how}."
        return f"When a run fails, waits for you or has refused rows: {how}."


def notification_draft_of(notify: NotificationSettings) -> NotificationDraft:
    """Make the draft that stands for stored notification settings."""
    when = "run" if notify.on_run else "failure" if notify.on_failure else "never"
    return NotificationDraft(when, notify.desktop, ", ".join(notify.email))


@dataclass(frozen=True)
class ScheduleDraft:
    """A sync's schedule as choices: `form` and what it asks for; `at`: minutes after midnight."""

    form: str = "off"
    minutes: int = 5
    count: int = 3
    at: int = 9 * 60
    weekdays: tuple[int, ...] = (0,)
    month_days: str = "1"
    telling: NotificationDraft = NotificationDraft()

    @property
    def has_time_of_day(self) -> bool:
        """Whether the chosen form of schedule asks for a time of day."""
        return self.form in _FORMS_AT_A_TIME

    def to_rule(self) -> ScheduleRule:
        """Convert the schedule draft to a rule. Raises InvalidInput for bad days of the month."""
        if self.form == "minutes":
            return ScheduleRule(ScheduleKind.EVERY, interval_minutes=self.minutes)
        if self.form == "hourly":
            return ScheduleRule(ScheduleKind.EVERY, interval_minutes=60)
        if self.form == "spread":
            return ScheduleRule(ScheduleKind.SPREAD, runs_per_day=self.count, start_minute=self.at)
        if self.form == "daily":
            return ScheduleRule(ScheduleKind.DAILY, start_minute=self.at)
        if self.form in ("weekdays", "weekly"):
            return self._weekly_rule()
        if self.form == "monthly":
            return self._monthly_rule()
        return ScheduleRule(ScheduleKind.OFF)

    def _weekly_rule(self) -> ScheduleRule:
        days = _WORKDAYS if self.form == "weekdays" else tuple(sorted(self.weekdays))
        if not days:
            raise InvalidInput("Choose at least one weekday.")
        # One rule for one meaning: every weekday is every day.
        if len(days) == 7:
            return ScheduleRule(ScheduleKind.DAILY, start_minute=self.at)
        return ScheduleRule(ScheduleKind.WEEKLY, start_minute=self.at, weekdays=days)

    def _monthly_rule(self) -> ScheduleRule:
        text = f"days {self.month_days.strip()} {self.at // 60:02}:{self.at % 60:02}"
        try:
            return parse_schedule_rule(text)
        except InvalidInput as error:
            raise InvalidInput("Days of the month look like 1, 15 or last.") from error


def schedule_draft_of(
    text: str, notify: NotificationSettings = NotificationSettings()
) -> ScheduleDraft:
    """Make the draft that stands for a stored rule and its notification settings."""
    return replace(
        _schedule_draft_of_rule(parse_schedule_rule(text)), telling=notification_draft_of(notify)
    )


def _schedule_draft_of_rule(rule: ScheduleRule) -> ScheduleDraft:
    if rule.kind is ScheduleKind.EVERY:
        return (
            ScheduleDraft("hourly")
            if rule.interval_minutes == 60
            else ScheduleDraft("minutes", minutes=rule.interval_minutes)
        )
    if rule.kind is ScheduleKind.SPREAD:
        return ScheduleDraft("spread", count=rule.runs_per_day, at=rule.start_minute)
    if rule.kind is ScheduleKind.DAILY:
        return ScheduleDraft("daily", at=rule.start_minute)
    if rule.kind is ScheduleKind.WEEKLY:
        form = "weekdays" if rule.weekdays == _WORKDAYS else "weekly"
        return ScheduleDraft(form, at=rule.start_minute, weekdays=rule.weekdays)
    if rule.kind is ScheduleKind.MONTHLY:
        days = ", ".join("last" if day == -1 else str(day) for day in rule.month_days)
        return ScheduleDraft("monthly", at=rule.start_minute, month_days=days)
    return ScheduleDraft()


def _form_is(*forms: str) -> Callable[[FormValues], bool]:
    return lambda values: values["form"] in forms


def _somebody_is_told(values: FormValues) -> bool:
    return values["telling.when"] != "never"


# Paths are attributes of ScheduleDraft.
RULE_FIELDS = (
    FormField("form", "Runs", FieldKind.CHOICE, name="When it runs", choices=SCHEDULE_FORM_LABELS),
    FormField(
        "minutes",
        "Every",
        FieldKind.NUMBER,
        name="Minutes between two runs",
        minimum=1,
        maximum=7 * 24 * 60,
        suffix=" min",
        visible_when=_form_is("minutes"),
    ),
    FormField(
        "count",
        "Times a day",
        FieldKind.NUMBER,
        name="Runs a day",
        minimum=2,
        maximum=48,
        visible_when=_form_is("spread"),
    ),
    FormField("weekdays", "On", FieldKind.CUSTOM, name="Weekdays", visible_when=_form_is("weekly")),
    FormField(
        "month_days",
        "Days",
        name="Days of the month",
        placeholder="1, 15, last",
        visible_when=_form_is("monthly"),
    ),
    FormField(
        "at",
        "At",
        FieldKind.TIME,
        name="Time",
        visible_when=_form_is(*_FORMS_AT_A_TIME),
        label_when=lambda values: "First at" if values["form"] == "spread" else "At",
    ),
)
NOTIFICATION_FIELDS = (
    FormField(
        "telling.when",
        "When",
        FieldKind.CHOICE,
        name="When to notify",
        choices=NOTIFICATION_LABELS,
    ),
    FormField(
        "telling.desktop",
        "A notification on the computer that runs it",
        FieldKind.CHECK_BOX,
        visible_when=_somebody_is_told,
    ),
    FormField("telling.email", "E-mail to", placeholder="Nobody", visible_when=_somebody_is_told),
)
