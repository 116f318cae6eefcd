"""The period that the Reports page shows, as it is chosen: the last days, a month, or two days."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from desktop.audience.report_wording import short_day
from desktop.model.report_period import ReportPeriod


class ReportPeriodChoice(Enum):
    """Which days the Reports page shows; the value is the choice's label."""

    WEEK = "Last 7 days"
    FOUR_WEEKS = "Last 28 days"
    TWELVE_WEEKS = "Last 12 weeks"
    THIS_MONTH = "This month"
    LAST_MONTH = "Last month"
    YEAR = "Last 52 weeks"
    BETWEEN = "Between…"


_DAYS = {
    ReportPeriodChoice.WEEK: 7,
    ReportPeriodChoice.FOUR_WEEKS: 28,
    ReportPeriodChoice.TWELVE_WEEKS: 84,
    ReportPeriodChoice.YEAR: 364,
}


@dataclass(frozen=True)
class ReportDays:
    """A chosen period of the Reports page; `first` and `last` day are for BETWEEN alone."""

    span: ReportPeriodChoice = ReportPeriodChoice.FOUR_WEEKS
    first: date | None = None
    last: date | None = None

    def resolve(self, today: date, zone: ZoneInfo) -> ReportPeriod:
        """Return the chosen days, up to `today` of the account's zone."""
        if self.span is ReportPeriodChoice.BETWEEN:
            first, last = sorted((self.first or today, self.last or today))
            return ReportPeriod(min(first, today), last, zone)
        if self.span is ReportPeriodChoice.THIS_MONTH:
            return ReportPeriod(today.replace(day=1), today, zone)
        if self.span is ReportPeriodChoice.LAST_MONTH:
            last = today.replace(day=1) - timedelta(days=1)
            return ReportPeriod(last.replace(day=1), last, zone)
        return ReportPeriod(today - timedelta(days=_DAYS[self.span] - 1), today, zone)


def describe_days(period: ReportPeriod, today: date) -> str:
    """Return a period's days: `24 Oct – 20 Nov`, with the year where it is another one."""
    first = short_day(period.first)
    if period.first.year != period.last.year:
        first += f" {period.first.year}"
    year = f" {period.last.year}" if period.last.year != today.year else ""
    if period.first == period.last:
        return f"{first}{year}"
    return f"{first} – {short_day(period.last)}{year}"
