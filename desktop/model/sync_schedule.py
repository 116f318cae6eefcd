"""Schedules of syncs: parses rules people type, computes next run times and missed runs.

A rule is either a distance (every 5 minutes), which goes by elapsed time, or days with a local
time. A local time that does not exist on the day the clocks go forward becomes the next one that
does; one that comes twice when they go back counts once, the first time.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule

from desktop.kit.errors import InvalidInput
from desktop.model.time_zone import first_timestamp_of_wall_time, local_time, parse_time_zone

SCHEDULE_EXAMPLES = (
    "every 5 min",
    "hourly",
    "4 times a day from 06:00",
    "daily 09:00",
    "weekdays 07:00",
    "mon,thu 07:30",
    "days 1,15 02:00",
    "last day 02:00",
)

_DAY_MINUTES = 1440
# Every half hour: below that, a distance says it better.
_MAX_RUNS_PER_DAY = 48
# A week: beyond, the days of a month are meant.
_MAX_INTERVAL_MINUTES = 7 * _DAY_MINUTES
# Day 31 comes every 62 days at the longest.
_MAX_GAP = timedelta(days=63)
_LAST = -1
_WEEKDAY_ABBREVIATIONS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY_GROUPS = {"weekdays": (0, 1, 2, 3, 4), "weekends": (5, 6)}


class ScheduleKind(Enum):
    """The kind of a schedule rule. SPREAD: several times a day at equal distances."""

    OFF = "off"
    EVERY = "every"
    SPREAD = "spread"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class ScheduleRule:
    """A sync's schedule rule: an interval, or days with a local time.

    `at`: minutes after local midnight, the first run's for SPREAD. `weekdays`: 0 is Monday,
    rising. `month_days`: 1 to 31 rising, then -1 for the last; a month without such a day is
    passed over.
    """

    kind: ScheduleKind
    interval_minutes: int = 0
    runs_per_day: int = 0
    start_minute: int = 0
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()

    @property
    def serialized(self) -> str:
        """The schedule rule as it is stored; `parse_schedule_rule` reads it back."""
        return _RULE_SERIALIZERS[self.kind](self)

    @property
    def description(self) -> str:
        """The schedule rule in words: “weekdays at 07:00”."""
        return _RULE_DESCRIPTIONS[self.kind](self)

    @property
    def minutes_of_day(self) -> tuple[int, ...]:
        """A scheduled day's run times in minutes after local midnight, ascending."""
        if self.kind is not ScheduleKind.SPREAD:
            return (self.start_minute,)
        spread = (
            self.start_minute + _DAY_MINUTES * n // self.runs_per_day
            for n in range(self.runs_per_day)
        )
        return tuple(sorted(minute % _DAY_MINUTES for minute in spread))


def parse_schedule_rule(text: str) -> ScheduleRule:
    """Parse a typed schedule rule; empty is off. Raises InvalidInput with examples.

    Case, spaces, “at”, “on” and “and” do not matter.
    """
    normalized = re.sub(r"\b(at|on)\b", " ", text.lower())
    normalized = re.sub(r"\s*(,|\band\b)\s*", ",", " ".join(normalized.split()))
    for pattern, make in _RULE_PATTERNS:
        found = re.fullmatch(pattern, normalized)
        rule = make(found) if found else None
        if rule is not None:
            return rule
    raise InvalidInput(
        f"“{text.strip()[:60]}” is no schedule.",
        "",
        f"For example: {'; '.join(SCHEDULE_EXAMPLES)}.",
    )


def next_run_times(
    rule: ScheduleRule, after: float, zone: str, count: int = 5
) -> tuple[float, ...]:
    """Return a schedule's next `count` run times after `after`, in ascending Unix seconds.

    `zone`: the Sailthru account's (IANA). For a distance, `after` is the last run.
    """
    if rule.kind is ScheduleKind.OFF:
        return ()
    if rule.kind is ScheduleKind.EVERY:
        return tuple(after + 60.0 * rule.interval_minutes * n for n in range(1, count + 1))
    return tuple(islice(_run_times_after(rule, after, parse_time_zone(zone)), count))


def find_due_run(rule: ScheduleRule, last: float | None, now: float, zone: str) -> float | None:
    """Find the scheduled run that is due at `now`, in Unix seconds, or None.

    However many were missed since `last`, it is one, the latest. `last` is when the rule last
    ran or began to count; without it the latest time of the past is due. A clock set back does
    not make a run repeat: nothing is due until it has passed `last` again.
    """
    if rule.kind is ScheduleKind.OFF or (last is not None and last >= now):
        return None
    if rule.kind is ScheduleKind.EVERY:
        return _interval_due(60.0 * rule.interval_minutes, last, now)
    latest = _latest_run_time(rule, now, parse_time_zone(zone))
    return latest if last is None or latest > last else None


def planned_run_times(
    rule: ScheduleRule, counted: float, now: float, zone: str, count: int = 1
) -> tuple[float, ...]:
    """Return when a schedule's next runs will begin: `now` where one is due, then later.

    `counted` is when the rule last ran or began to count (Unix seconds).
    """
    counted = min(counted, now)
    later = now
    if rule.kind is ScheduleKind.EVERY:
        distance_s = 60.0 * rule.interval_minutes
        later = counted + distance_s * ((now - counted) // distance_s)
    is_due = find_due_run(rule, counted, now, zone) is not None
    times = next_run_times(rule, later, zone, count)
    return ((now, *times) if is_due else times)[:count]


def _interval_due(distance_s: float, last: float | None, now: float) -> float | None:
    if last is None:
        return now
    # However many were missed: the latest one only.
    passed = (now - last) // distance_s
    return last + distance_s * passed if passed else None


def _run_times_after(rule: ScheduleRule, after: float, zone: ZoneInfo) -> Iterator[float]:
    # A day earlier, because a time that did not exist can have moved into the next day.
    first = local_time(after, zone).date() - timedelta(days=1)
    for day in _run_days(rule, first, date.max):
        for moment in _run_times_on(rule, day, zone):
            # Two times within one missing hour both become its end: that is one run.
            if moment > after:
                after = moment
                yield moment


def _latest_run_time(rule: ScheduleRule, now: float, zone: ZoneInfo) -> float:
    today = local_time(now, zone).date()
    days = reversed(list(_run_days(rule, today - _MAX_GAP, today)))
    return next(
        moment
        for day in days
        for moment in reversed(list(_run_times_on(rule, day, zone)))
        if moment <= now
    )


def _run_days(rule: ScheduleRule, first: date, last: date) -> Iterator[date]:
    """Yield the days of a schedule rule from `first` to `last`, both included."""
    days = rrule(
        DAILY,
        dtstart=datetime.combine(first, time()),
        until=datetime.combine(last, time()),
        byweekday=rule.weekdays or None,
        bymonthday=rule.month_days or None,
    )
    return (day.date() for day in days)


def _run_times_on(rule: ScheduleRule, day: date, zone: ZoneInfo) -> Iterator[float]:
    midnight = datetime.combine(day, time())
    return (
        first_timestamp_of_wall_time(midnight + timedelta(minutes=m), zone)
        for m in rule.minutes_of_day
    )


_COUNT_WORDS = {"once": 1, "twice": 2}
# `7`, `0700`, `06:30`, `6:30 pm`, `noon`; hours without minutes are full hours.
_TIME_OF_DAY = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*[:.h]?\s*(?P<minute>\d{2}))?\s*(?P<half>[ap])?\.?\s*m?\.?"
)
_NAMED_TIMES = {"noon": 12 * 60, "midnight": 0}
_TIME_PATTERN = r" (?P<time>noon|midnight|\d{1,2}(?:\s?[:.h]?\s?\d{2})?(?:\s?[ap]\.?\s?m\.?)?)"


def _read_every(found: re.Match[str]) -> ScheduleRule | None:
    unit = 60 if found["unit"].startswith("h") else 1
    minutes = int(found["number"] or 1) * unit
    return (
        ScheduleRule(ScheduleKind.EVERY, interval_minutes=minutes)
        if 0 < minutes <= _MAX_INTERVAL_MINUTES
        else None
    )


def _read_spread(found: re.Match[str]) -> ScheduleRule | None:
    count = _COUNT_WORDS.get(found["word"]) or int(found["number"])
    at = parse_time_of_day(found["time"]) if found["time"] else 0
    if at is None or not 0 < count <= _MAX_RUNS_PER_DAY:
        return None
    return (
        ScheduleRule(ScheduleKind.DAILY, start_minute=at)
        if count == 1
        else ScheduleRule(ScheduleKind.SPREAD, runs_per_day=count, start_minute=at)
    )


def _read_daily(found: re.Match[str]) -> ScheduleRule | None:
    at = parse_time_of_day(found["time"])
    return None if at is None else ScheduleRule(ScheduleKind.DAILY, start_minute=at)


def _read_weekly(found: re.Match[str]) -> ScheduleRule | None:
    at, days = parse_time_of_day(found["time"]), set[int]()
    for part in found["days"].split(","):
        named = _weekdays(part)
        if not named:
            return None
        days.update(named)
    if at is None:
        return None
    if len(days) == len(_WEEKDAY_ABBREVIATIONS):
        return ScheduleRule(ScheduleKind.DAILY, start_minute=at)
    return ScheduleRule(ScheduleKind.WEEKLY, start_minute=at, weekdays=tuple(sorted(days)))


def _read_monthly(found: re.Match[str]) -> ScheduleRule | None:
    at = parse_time_of_day(found["time"])
    days = {_LAST if part == "last" else int(part) for part in found["days"].split(",")}
    if at is None or not all(day == _LAST or 1 <= day <= 31 for day in days):
        return None
    numbers = sorted(day for day in days if day != _LAST)
    last = [_LAST] if _LAST in days else []
    return ScheduleRule(ScheduleKind.MONTHLY, start_minute=at, month_days=(*numbers, *last))


def parse_time_of_day(text: str) -> int | None:
    """Parse a typed time of day, in 24 or 12 hours, to minutes after midnight; None: none.

    `7` and `7 pm`, `0700`, `700`, `06:30`, `6.30`, `6:30 pm`, `noon`.
    """
    typed = " ".join(text.lower().split())
    if typed in _NAMED_TIMES:
        return _NAMED_TIMES[typed]
    found = _TIME_OF_DAY.fullmatch(typed)
    if found is None or (typed.rstrip(".").endswith("m") and not found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _weekdays(text: str) -> Sequence[int]:
    """Parse a schedule's weekday or range of two to numbers; none: no weekday."""
    if text.rstrip("s") + "s" in _WEEKDAY_GROUPS:
        return _WEEKDAY_GROUPS[text.rstrip("s") + "s"]
    first, dash, last = text.partition("-")
    start, end = _weekday(first), _weekday(last if dash else first)
    if start is None or end is None:
        return ()
    # A range may go over the weekend: fri-mon.
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def _weekday(text: str) -> int | None:
    word = text.strip()
    for number, name in enumerate(_WEEKDAY_NAMES):
        # “tues” and “Mondays” are days too.
        if len(word) > 2 and (name.lower().startswith(word) or word == f"{name.lower()}s"):
            return number
    return None


_DAY_RANGE = r"[a-z]+( ?- ?[a-z]+)?"
_RuleReader = Callable[[re.Match[str]], ScheduleRule | None]
_RULE_PATTERNS: tuple[tuple[str, _RuleReader], ...] = (
    ("|off|never|by hand", lambda _: ScheduleRule(ScheduleKind.OFF)),
    ("hourly", lambda _: ScheduleRule(ScheduleKind.EVERY, interval_minutes=60)),
    (r"every ?(?P<number>\d{1,5})? ?(?P<unit>m|mins?|minutes?|h|hrs?|hours?)", _read_every),
    (
        r"((?P<word>once|twice)|(?P<number>\d{1,3})( times?)?) (a|per) day( from)?"
        rf"({_TIME_PATTERN})?",
        _read_spread,
    ),
    (rf"(daily|every day){_TIME_PATTERN}", _read_daily),
    (rf"days? (?P<days>(\d{{1,2}}|last)(,(\d{{1,2}}|last))*){_TIME_PATTERN}", _read_monthly),
    (rf"(?P<days>last) day( of the month)?{_TIME_PATTERN}", _read_monthly),
    (rf"(every |weekly )?(?P<days>{_DAY_RANGE}(,{_DAY_RANGE})*){_TIME_PATTERN}", _read_weekly),
)


def _format_time_of_day(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _every_text(rule: ScheduleRule) -> str:
    if rule.interval_minutes == 60:
        return "hourly"
    if rule.interval_minutes % 60 == 0:
        return f"every {rule.interval_minutes // 60} hours"
    return f"every {rule.interval_minutes} min"


def _weekly_text(rule: ScheduleRule) -> str:
    groups = {days: name for name, days in _WEEKDAY_GROUPS.items()}
    abbreviations = ",".join(_WEEKDAY_ABBREVIATIONS[day] for day in rule.weekdays)
    days = groups.get(rule.weekdays) or abbreviations
    return f"{days} {_format_time_of_day(rule.start_minute)}"


def _monthly_text(rule: ScheduleRule) -> str:
    at = _format_time_of_day(rule.start_minute)
    if rule.month_days == (_LAST,):
        return f"last day {at}"
    days = ("last" if day == _LAST else str(day) for day in rule.month_days)
    return f"days {','.join(days)} {at}"


def _every_words(rule: ScheduleRule) -> str:
    hours, minutes = divmod(rule.interval_minutes, 60)
    if minutes:
        count = rule.interval_minutes
        return "every minute" if count == 1 else f"every {count} minutes"
    return "every hour" if hours == 1 else f"every {hours} hours"


def _spread_words(rule: ScheduleRule) -> str:
    return f"{rule.runs_per_day} times a day from {_format_time_of_day(rule.start_minute)}"


def _weekly_words(rule: ScheduleRule) -> str:
    groups = {days: name for name, days in _WEEKDAY_GROUPS.items()}
    names = [_WEEKDAY_NAMES[day] for day in rule.weekdays]
    days = groups.get(rule.weekdays) or _join_words(names)
    return f"{days} at {_format_time_of_day(rule.start_minute)}"


def _monthly_words(rule: ScheduleRule) -> str:
    days = _join_words(["the last" if day == _LAST else str(day) for day in rule.month_days])
    noun = "days" if len(rule.month_days) > 1 else "day"
    which = f"{days} day" if rule.month_days == (_LAST,) else f"{noun} {days}"
    return f"{which} of the month at {_format_time_of_day(rule.start_minute)}"


def _join_words(parts: Sequence[str]) -> str:
    """Join a schedule's days as `a`, `a and b` or `a, b and c`."""
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


_RULE_SERIALIZERS: dict[ScheduleKind, Callable[[ScheduleRule], str]] = {
    ScheduleKind.OFF: lambda _: "off",
    ScheduleKind.EVERY: _every_text,
    ScheduleKind.SPREAD: _spread_words,
    ScheduleKind.DAILY: lambda rule: f"daily {_format_time_of_day(rule.start_minute)}",
    ScheduleKind.WEEKLY: _weekly_text,
    ScheduleKind.MONTHLY: _monthly_text,
}

_RULE_DESCRIPTIONS: dict[ScheduleKind, Callable[[ScheduleRule], str]] = {
    ScheduleKind.OFF: lambda _: "only by hand",
    ScheduleKind.EVERY: _every_words,
    ScheduleKind.SPREAD: _spread_words,
    ScheduleKind.DAILY: lambda rule: f"every day at {_format_time_of_day(rule.start_minute)}",
    ScheduleKind.WEEKLY: _weekly_words,
    ScheduleKind.MONTHLY: _monthly_words,
}
