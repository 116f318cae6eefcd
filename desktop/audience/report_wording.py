"""The words of a report: its figure, the difference to the period before, its peak."""

from datetime import date

from desktop.kit.text import format_count
from desktop.model.report import FEW_RATINGS, Report, ReportForm, percent_of
from desktop.model.report_period import BucketSize, ReportBucket
from desktop.model.time_zone import local_time


def describe_figure(report: Report) -> str:
    """Return the one figure of a report: `1,231`, or `90 %` of shares."""
    if report.form is not ReportForm.SHARE:
        return f"{report.total:,}"
    percent = percent_of(good_total(report), report.total)
    return "–" if percent is None else f"{percent} %"


def describe_difference(report: Report, noun: tuple[str, str]) -> str:
    """Return how a report's figure stands to the period before, as words after it."""
    if report.form is ReportForm.SHARE:
        if not report.total:
            return "No ratings"
        rated = format_count(report.total, noun[0], noun[1])
        few = "; few say little" if report.total < FEW_RATINGS else ""
        return f"{good_total(report):,} of {rated} {'is' if report.total == 1 else 'are'} good{few}"
    before = report.before_total
    if before is None:
        return "" if not report.is_compared else "the period before is not known"
    change = report.total - before
    if change == 0:
        return f"as many as before ({before:,})"
    return f"{abs(change):,} {'more' if change > 0 else 'fewer'} than before ({before:,})"


def good_total(report: Report) -> int:
    """Return how many of a report's shares are good, over the whole period."""
    return sum(sum(one.values) for one in report.total_series)


def find_peak(values: tuple[int, ...]) -> int | None:
    """Return the place of the largest value, the first of several; None where all are 0."""
    top = max(values, default=0)
    return values.index(top) if top > 0 else None


def bucket_total(report: Report, place: int) -> int:
    """Return the sum of one bucket over the categories that add up to the total."""
    return sum(one.values[place] for one in report.total_series)


def describe_bucket(bucket: ReportBucket, size: BucketSize, *, with_year: bool = False) -> str:
    """Return a bucket as a row's heading: `Thu 19 Nov`, `16–22 Nov`, `November`."""
    year = f" {bucket.first.year}" if with_year else ""
    if bucket.days == 1:
        return f"{bucket.first:%a} {short_day(bucket.first)}{year}"
    is_month = size is BucketSize.MONTH and bucket.first.day == 1
    if is_month and (bucket.last.month, bucket.days) == (bucket.first.month, _month_days(bucket)):
        return f"{bucket.first:%B}{year}"
    if bucket.first.month == bucket.last.month:
        return f"{bucket.first.day}–{short_day(bucket.last)}{year}"
    return f"{short_day(bucket.first)} – {short_day(bucket.last)}{year}"


def short_day(day: date) -> str:
    """Return a report's day without its year: `19 Nov`."""
    return f"{day.day} {day:%b}"


def describe_frozen(report: Report) -> str:
    """Say which days of a report are frozen after a purge; "" where none of them is."""
    shown = (*report.before_buckets, *report.buckets)
    if report.frozen_before is None or not any(map(report.is_frozen, shown)):
        return ""
    day = short_day(local_time(report.frozen_before, report.period.zone).date())
    return (
        f"Days up to {day} are frozen: what had not changed since was dropped from this computer."
        " Their numbers stand, and who is behind them can’t be told."
    )


def signed(change: int) -> str:
    """Return a report's change with its sign: `+150`, `−3`, `0`."""
    return "0" if change == 0 else f"{'+' if change > 0 else '−'}{abs(change):,}"


def _month_days(bucket: ReportBucket) -> int:
    following = (bucket.first.replace(day=28).toordinal()) + 4
    first_of_next = date.fromordinal(following).replace(day=1)
    return (first_of_next - bucket.first).days
