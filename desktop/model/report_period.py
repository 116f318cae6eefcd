"""The days of a report in the account's time zone, cut into days, weeks or months."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from desktop.kit.errors import InvalidInput
from desktop.model.time_zone import first_timestamp_of_wall_time, local_time

# Four whole weeks stand beside the four before on the same weekdays.
DEFAULT_DAYS = 28
MAX_DAYS = 3_660


class BucketSize(StrEnum):
    """By what a report's days are summed: each day, week from Monday, or month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class ReportBucket:
    """Some days in a row that a report counts together, both ends included.

    `begins_at` and `ends_at` are Unix seconds; the end itself belongs to the next bucket.
    """

    first: date
    last: date
    begins_at: float
    ends_at: float

    @property
    def days(self) -> int:
        """How many days the day, week or month of a report has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class ReportPeriod:
    """The days of a report, `first` and `last` included, in the account's time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many days the whole period of a report has."""
        return (self.last - self.first).days + 1

    @property
    def begins_at(self) -> float:
        """When the report's first day begins, in Unix seconds."""
        return day_begins_at(self.first, self.zone)

    @property
    def ends_at(self) -> float:
        """When the report's last day is over, in Unix seconds."""
        return day_begins_at(self.last + timedelta(days=1), self.zone)

    def before(self) -> "ReportPeriod":
        """Return the period of as many days that ends right before this one."""
        length = timedelta(days=self.days)
        return ReportPeriod(self.first - length, self.last - length, self.zone)

    def buckets(self, size: BucketSize) -> tuple[ReportBucket, ...]:
        """Cut the period; its first and last week or month may have fewer days than others."""
        starts = [
            day
            for day in (self.first + timedelta(days=n) for n in range(self.days))
            if day == self.first or _begins(day, size)
        ]
        return self._cut(starts)

    def buckets_beside(self, buckets: tuple[ReportBucket, ...]) -> tuple[ReportBucket, ...]:
        """Cut this period as `buckets` cut another one of as many days, so that each has a pair."""
        shift = self.first - buckets[0].first
        return self._cut([bucket.first + shift for bucket in buckets])

    def odd_days(self) -> tuple[tuple[date, float], ...]:
        """Return the days that have not 24 hours, with their hours: clocks were changed."""
        found = []
        edges = [day_begins_at(self.first + timedelta(days=n), self.zone)
                 for n in range(self.days + 1)]  # fmt: skip
        for number in range(self.days):
            hours = (edges[number + 1] - edges[number]) / 3600
            if hours != 24:
                found.append((self.first + timedelta(days=number), hours))
        return tuple(found)

    def _cut(self, starts: list[date]) -> tuple[ReportBucket, ...]:
        ends = [start - timedelta(days=1) for start in starts[1:]] + [self.last]
        edges = [day_begins_at(start, self.zone) for start in starts] + [self.ends_at]
        return tuple(
            ReportBucket(start, end, edges[n], edges[n + 1])
            for n, (start, end) in enumerate(zip(starts, ends, strict=True))
        )


def day_begins_at(day: date, zone: ZoneInfo) -> float:
    """Return the Unix second at which a day begins in a zone."""
    return first_timestamp_of_wall_time(datetime.combine(day, time.min), zone)


def parse_report_period(
    first: str | None, last: str | None, now: float, zone: ZoneInfo
) -> ReportPeriod:
    """Parse the days a report is asked for, `YYYY-MM-DD`; left out: up to today, 28 days.

    Raises InvalidInput for what is no day, an end before its beginning, or days still to come.
    """
    today = local_time(now, zone).date()
    end = _parse_day(last) if last is not None else None
    begin = _parse_day(first) if first is not None else None
    if end is None:
        end = today if begin is None else max(today, begin)
    if begin is None:
        begin = end - timedelta(days=DEFAULT_DAYS - 1)
    if begin > end:
        raise InvalidInput(
            f"The report would end on {end} and begin on {begin}.",
            "Nothing was counted.",
            "Give the earlier day as the first.",
        )
    if begin > today:
        raise InvalidInput(
            f"{begin} is still to come: today is {today} in {zone.key}.",
            "Nothing was counted.",
            "Give a day that has begun.",
        )
    if (end - begin).days >= MAX_DAYS:
        raise InvalidInput(
            f"From {begin} to {end} is more than ten years.",
            "Nothing was counted.",
            "Give days that lie closer together.",
        )
    return ReportPeriod(begin, end, zone)


def _parse_day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(
            f"“{text[:40]}” is not a day.", "Nothing was counted.", "Write it as 2026-11-20."
        ) from error
    if not 1971 <= day.year <= 9000:
        raise InvalidInput(f"{day} is too far away.", "Nothing was counted.", "Give a nearer day.")
    return day


def _begins(day: date, size: BucketSize) -> bool:
    if size is BucketSize.WEEK:
        return day.weekday() == 0
    return size is BucketSize.DAY or day.day == 1
