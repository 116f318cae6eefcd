"""When a sync runs: rules as people type them, their next times, and what was missed.

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

from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.zone import first_moment, local_time, read_zone

EXAMPLES = (
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
_MOST_A_DAY = 48
_LONGEST_MINUTES = 7 * _DAY_MINUTES
# Day 31 comes every 62 days at the longest.
_LONGEST_PAUSE = timedelta(days=63)
_LAST = -1
_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = (
    translate("Schedule", "Monday"),
    translate("Schedule", "Tuesday"),
    translate("Schedule", "Wednesday"),
    translate("Schedule", "Thursday"),
    translate("Schedule", "Friday"),
    translate("Schedule", "Saturday"),
    translate("Schedule", "Sunday"),
)
_GROUPS = {"weekdays": (0, 1, 2, 3, 4), "weekends": (5, 6)}


class Form(Enum):
    """The kinds of rules. SPREAD: several times a day at equal distances."""

    OFF = "off"
    EVERY = "every"
    SPREAD = "spread"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Rule:
    """A rule. `minutes`: between two runs (EVERY). `count`: runs a day (SPREAD).

    `at`: minutes after local midnight, the first run's for SPREAD. `weekdays`: 0 is Monday,
    rising. `month_days`: 1 to 31 rising, then -1 for the last; a month without such a day is
    passed over.
    """

    form: Form
    minutes: int = 0
    count: int = 0
    at: int = 0
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The rule as it is stored; `read_rule` gives the same rule back."""
        return _TEXTS[self.form](self)

    @property
    def words(self) -> str:
        """The rule for people: “weekdays at 07:00”."""
        return _WORDS[self.form](self)

    @property
    def times(self) -> tuple[int, ...]:
        """The minutes after local midnight at which it runs on its days, rising."""
        if self.form is not Form.SPREAD:
            return (self.at,)
        spread = (self.at + _DAY_MINUTES * n // self.count for n in range(self.count))
        return tuple(sorted(minute % _DAY_MINUTES for minute in spread))


def read_rule(text: str) -> Rule:
    """The rule that was typed; BadInput with examples where it is none. Empty is off.

    Case, spaces, “at”, “on” and “and” do not matter.
    """
    plain = re.sub(r"\b(at|on)\b", " ", text.lower())
    plain = re.sub(r"\s*(,|\band\b)\s*", ",", " ".join(plain.split()))
    for pattern, make in _FORMS:
        found = pattern.fullmatch(plain)
        rule = make(found) if found else None
        if rule is not None:
            return rule
    raise BadInput(
        translate("Schedule", "“{text}” is no schedule.").format(text=text.strip()[:60]),
        "",
        translate("Schedule", "For example: {examples}.").format(examples="; ".join(EXAMPLES)),
    )


def next_times(rule: Rule, after: float, zone: str, count: int = 5) -> tuple[float, ...]:
    """The next `count` runs later than `after`, Unix seconds, rising.

    `zone`: the Sailthru account's (IANA). For a distance, `after` is the last run.
    """
    if rule.form is Form.OFF:
        return ()
    if rule.form is Form.EVERY:
        return tuple(after + 60.0 * rule.minutes * n for n in range(1, count + 1))
    return tuple(islice(_after(rule, after, read_zone(zone)), count))


def due_since(rule: Rule, last: float | None, now: float, zone: str) -> float | None:
    """The run that is due at `now`, or None; times are Unix seconds.

    However many were missed since `last`, it is one, the latest. `last` is when the rule last
    ran or began to count; without it the latest time of the past is due. A clock set back does
    not make a run repeat: nothing is due until it has passed `last` again.
    """
    if rule.form is Form.OFF or (last is not None and last >= now):
        return None
    if rule.form is Form.EVERY:
        return _distance_due(60.0 * rule.minutes, last, now)
    latest = _latest(rule, now, read_zone(zone))
    return latest if last is None or latest > last else None


def _distance_due(distance_s: float, last: float | None, now: float) -> float | None:
    if last is None:
        return now
    passed = (now - last) // distance_s
    return last + distance_s * passed if passed else None


def _after(rule: Rule, after: float, zone: ZoneInfo) -> Iterator[float]:
    # A day earlier, because a time that did not exist can have moved into the next day.
    first = local_time(after, zone).date() - timedelta(days=1)
    for day in _days(rule, first, date.max):
        for moment in _moments(rule, day, zone):
            # Two times within one missing hour both become its end: that is one run.
            if moment > after:
                after = moment
                yield moment


def _latest(rule: Rule, now: float, zone: ZoneInfo) -> float:
    today = local_time(now, zone).date()
    days = reversed(list(_days(rule, today - _LONGEST_PAUSE, today)))
    return next(
        moment
        for day in days
        for moment in reversed(list(_moments(rule, day, zone)))
        if moment <= now
    )


def _days(rule: Rule, first: date, last: date) -> Iterator[date]:
    """The days of the rule from `first` to `last`."""
    days = rrule(
        DAILY,
        dtstart=datetime.combine(first, time()),
        until=datetime.combine(last, time()),
        byweekday=rule.weekdays or None,
        bymonthday=rule.month_days or None,
    )
    return (day.date() for day in days)


def _moments(rule: Rule, day: date, zone: ZoneInfo) -> Iterator[float]:
    midnight = datetime.combine(day, time())
    return (first_moment(midnight + timedelta(minutes=m), zone) for m in rule.times)


_TIMES = {"once": 1, "twice": 2}
_TIME = r" (?P<hour>\d{1,2})[:.](?P<minute>\d{2})"


def _read_every(found: re.Match[str]) -> Rule | None:
    unit = 60 if found["unit"].startswith("h") else 1
    minutes = int(found["number"] or 1) * unit
    return Rule(Form.EVERY, minutes=minutes) if 0 < minutes <= _LONGEST_MINUTES else None


def _read_spread(found: re.Match[str]) -> Rule | None:
    count = _TIMES.get(found["word"]) or int(found["number"])
    at = _clock(found) if found["hour"] else 0
    if at is None or not 0 < count <= _MOST_A_DAY:
        return None
    return Rule(Form.DAILY, at=at) if count == 1 else Rule(Form.SPREAD, count=count, at=at)


def _read_daily(found: re.Match[str]) -> Rule | None:
    at = _clock(found)
    return None if at is None else Rule(Form.DAILY, at=at)


def _read_weekly(found: re.Match[str]) -> Rule | None:
    at, days = _clock(found), set[int]()
    for part in found["days"].split(","):
        named = _weekdays(part)
        if not named:
            return None
        days.update(named)
    if at is None:
        return None
    if len(days) == len(_SHORT):
        return Rule(Form.DAILY, at=at)
    return Rule(Form.WEEKLY, at=at, weekdays=tuple(sorted(days)))


def _read_monthly(found: re.Match[str]) -> Rule | None:
    at = _clock(found)
    days = {_LAST if part == "last" else int(part) for part in found["days"].split(",")}
    if at is None or not all(day == _LAST or 1 <= day <= 31 for day in days):
        return None
    numbers = sorted(day for day in days if day != _LAST)
    last = [_LAST] if _LAST in days else []
    return Rule(Form.MONTHLY, at=at, month_days=(*numbers, *last))


def _clock(found: re.Match[str]) -> int | None:
    hour, minute = int(found["hour"]), int(found["minute"])
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _weekdays(text: str) -> Sequence[int]:
    """The days one word or a range of two means; none: it means nothing."""
    if text.rstrip("s") + "s" in _GROUPS:
        return _GROUPS[text.rstrip("s") + "s"]
    first, dash, last = text.partition("-")
    start, end = _weekday(first), _weekday(last if dash else first)
    if start is None or end is None:
        return ()
    # A range may go over the weekend: fri-mon.
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def _weekday(text: str) -> int | None:
    word = text.strip()
    for number, name in enumerate(_NAMES):
        # “tues” and “Mondays” are days too.
        if len(word) > 2 and (name.lower().startswith(word) or word == f"{name.lower()}s"):
            return number
    return None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Rule | None]], ...] = (
    (re.compile("|off|never|by hand"), lambda _: Rule(Form.OFF)),
    (re.compile("hourly"), lambda _: Rule(Form.EVERY, minutes=60)),
    (
        re.compile(r"every ?(?P<number>\d{1,5})? ?(?P<unit>m|mins?|minutes?|h|hrs?|hours?)"),
        _read_every,
    ),
    (
        re.compile(
            rf"((?P<word>once|twice)|(?P<number>\d{{1,3}})( times?)?) (a|per) day( from)?({_TIME})?"
        ),
        _read_spread,
    ),
    (re.compile(rf"(daily|every day){_TIME}"), _read_daily),
    (re.compile(rf"days? (?P<days>(\d{{1,2}}|last)(,(\d{{1,2}}|last))*){_TIME}"), _read_monthly),
    (re.compile(rf"(?P<days>last) day( of the month)?{_TIME}"), _read_monthly),
    (
        re.compile(
            rf"(every |weekly )?(?P<days>[a-z]+( ?- ?[a-z]+)?(,[a-z]+( ?- ?[a-z]+)?)*){_TIME}"
        ),
        _read_weekly,
    ),
)


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _every_text(rule: Rule) -> str:
    if rule.minutes == 60:
        return "hourly"
    if rule.minutes % 60 == 0:
        return f"every {rule.minutes // 60} hours"
    return f"every {rule.minutes} min"


def _weekly_text(rule: Rule) -> str:
    for name, days in _GROUPS.items():
        if rule.weekdays == days:
            return f"{name} {_hour(rule.at)}"
    return f"{','.join(_SHORT[day] for day in rule.weekdays)} {_hour(rule.at)}"


def _monthly_text(rule: Rule) -> str:
    if rule.month_days == (_LAST,):
        return f"last day {_hour(rule.at)}"
    days = ("last" if day == _LAST else str(day) for day in rule.month_days)
    return f"days {','.join(days)} {_hour(rule.at)}"


def _every_words(rule: Rule) -> str:
    hours, minutes = divmod(rule.minutes, 60)
    if minutes:
        one, many = (
            translate("Schedule", "every minute"),
            translate("Schedule", "every {n} minutes"),
        )
        return one if rule.minutes == 1 else many.format(n=rule.minutes)
    one, many = translate("Schedule", "every hour"), translate("Schedule", "every {n} hours")
    return one if hours == 1 else many.format(n=hours)


def _spread_words(rule: Rule) -> str:
    text = translate("Schedule", "{n} times a day from {time}")
    return text.format(n=rule.count, time=_hour(rule.at))


def _weekly_words(rule: Rule) -> str:
    names = {
        _GROUPS["weekdays"]: translate("Schedule", "weekdays"),
        _GROUPS["weekends"]: translate("Schedule", "weekends"),
    }
    days = names.get(rule.weekdays) or _joined([_NAMES[day] for day in rule.weekdays])
    return translate("Schedule", "{days} at {time}").format(days=days, time=_hour(rule.at))


def _monthly_words(rule: Rule) -> str:
    last = translate("Schedule", "the last")
    days = _joined([last if day == _LAST else str(day) for day in rule.month_days])
    if rule.month_days == (_LAST,):
        text = translate("Schedule", "{days} day of the month at {time}")
    elif len(rule.month_days) == 1:
        text = translate("Schedule", "day {days} of the month at {time}")
    else:
        text = translate("Schedule", "days {days} of the month at {time}")
    return text.format(days=days, time=_hour(rule.at))


def _joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) == 1:
        return parts[0]
    text = translate("Schedule", "{first} and {last}")
    return text.format(first=", ".join(parts[:-1]), last=parts[-1])


_TEXTS: dict[Form, Callable[[Rule], str]] = {
    Form.OFF: lambda _: "off",
    Form.EVERY: _every_text,
    Form.SPREAD: lambda rule: f"{rule.count} times a day from {_hour(rule.at)}",
    Form.DAILY: lambda rule: f"daily {_hour(rule.at)}",
    Form.WEEKLY: _weekly_text,
    Form.MONTHLY: _monthly_text,
}

_WORDS: dict[Form, Callable[[Rule], str]] = {
    Form.OFF: lambda _: translate("Schedule", "only by hand"),
    Form.EVERY: _every_words,
    Form.SPREAD: _spread_words,
    Form.DAILY: lambda rule: translate("Schedule", "every day at {time}").format(
        time=_hour(rule.at)
    ),
    Form.WEEKLY: _weekly_words,
    Form.MONTHLY: _monthly_words,
}
