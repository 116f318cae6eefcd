"""The period of time whose changes the page Activity shows, and the order of its rows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from desktop.viewmodels import time_format


class ActivityPeriod(Enum):
    """Which days the page Activity shows; the value is the choice's label."""

    ANY = "Any time"
    TODAY = "Today"
    YESTERDAY = "Yesterday"
    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    BETWEEN = "Between…"


class ActivityOrder(Enum):
    """The order of the page Activity's rows."""

    NEWEST = "newest"
    OLDEST = "oldest"
    CUSTOMER = "customer"
    STATE = "state"


@dataclass(frozen=True)
class ActivityTimes:
    """A chosen period of the page Activity; `first` and `last` day are for BETWEEN alone."""

    period: ActivityPeriod = ActivityPeriod.ANY
    first: date | None = None
    last: date | None = None

    def bounds(self, now: float) -> tuple[float | None, float | None]:
        """Return the Unix seconds from which and before which Activity shows changes.

        Days are those of this computer, from midnight to midnight; None: no bound.
        """
        today = time_format.to_local_time(now).date()
        days: dict[ActivityPeriod, tuple[date | None, date | None]] = {
            ActivityPeriod.ANY: (None, None),
            ActivityPeriod.BETWEEN: (self.first, self.last),
            ActivityPeriod.TODAY: (today, today),
            ActivityPeriod.YESTERDAY: (today - timedelta(days=1),) * 2,
            ActivityPeriod.WEEK: (today - timedelta(days=6), today),
            ActivityPeriod.MONTH: (today - timedelta(days=29), today),
        }
        first, last = days[self.period]
        if first is not None and last is not None and first > last:
            first, last = last, first
        return _midnight(first), _midnight(last and last + timedelta(days=1))


def _midnight(day: date | None) -> float | None:
    # A day may have 23 or 25 hours: the next midnight is asked for, not added to.
    return None if day is None else datetime(day.year, day.month, day.day).timestamp()  # noqa: DTZ001
