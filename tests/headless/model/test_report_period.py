"""Days of a report in the account's zone: clock changes, weeks, months, and the period before."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.report import percent_of, round_shares
from desktop.model.report_period import BucketSize, ReportPeriod, parse_report_period

NEW_YORK = ZoneInfo("America/New_York")
# 20 Nov 2026, 23:30 in New York; the 21st in London.
NOW = 1_795_235_400.0


def period(first: str, last: str, zone: ZoneInfo = NEW_YORK) -> ReportPeriod:
    return ReportPeriod(date.fromisoformat(first), date.fromisoformat(last), zone)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Africa/Cairo", "2026-04-24", 23),
        # Midnight itself comes twice.
        ("America/Havana", "2026-11-01", 25),
    ],
)
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(
    zone: str, day: str, hours: float
) -> None:
    one = period(day, day, ZoneInfo(zone))
    assert (one.ends_at - one.begins_at) / 3600 == hours
    assert one.odd_days() == ((date.fromisoformat(day), hours),)


def test_the_buckets_of_a_period_leave_no_moment_out_and_count_none_twice() -> None:
    shown = period("2026-10-15", "2026-12-02")
    for size in BucketSize:
        buckets = shown.buckets(size)
        assert (buckets[0].begins_at, buckets[-1].ends_at) == (shown.begins_at, shown.ends_at)
        assert all(one.ends_at == after.begins_at for one, after in pairwise(buckets))
        assert sum(one.days for one in buckets) == shown.days
    weeks = shown.buckets(BucketSize.WEEK)
    assert [one.first.weekday() for one in weeks[1:]] == [0] * 7
    assert [one.days for one in shown.buckets(BucketSize.MONTH)] == [17, 30, 2]


def test_the_period_before_ends_where_this_one_begins_and_is_cut_alike() -> None:
    shown = period("2026-10-15", "2026-12-02")
    before = shown.before()
    assert (before.days, before.ends_at) == (shown.days, shown.begins_at)
    buckets = shown.buckets(BucketSize.MONTH)
    pairs = before.buckets_beside(buckets)
    assert [one.days for one in pairs] == [one.days for one in buckets]
    assert pairs[-1].ends_at == shown.begins_at


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, ("2026-10-24", "2026-11-20")),
        ("2026-11-01", None, ("2026-11-01", "2026-11-20")),
        (None, "2026-11-07", ("2026-10-11", "2026-11-07")),
        ("2026-11-20", "2026-11-20", ("2026-11-20", "2026-11-20")),
        (" 2026-11-19 ", "2026-12-31", ("2026-11-19", "2026-12-31")),
    ],
)
def test_days_that_are_left_out_make_four_weeks_up_to_today_of_the_account(
    first: str | None, last: str | None, found: tuple[str, str]
) -> None:
    parsed = parse_report_period(first, last, NOW, NEW_YORK)
    assert (parsed.first.isoformat(), parsed.last.isoformat()) == found


@pytest.mark.parametrize(
    ("first", "last", "part"),
    [
        ("2026-11-20", "2026-11-19", "would end on 2026-11-19"),
        ("2026-11-21", None, "is still to come: today is 2026-11-20"),
        ("20.11.2026", None, "is not a day"),
        (None, "2026-02-30", "is not a day"),
        ("0001-01-01", None, "is too far away"),
        ("1990-01-01", None, "more than ten years"),
        ("", None, "is not a day"),
    ],
)
def test_days_that_make_no_period_are_refused(
    first: str | None, last: str | None, part: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_report_period(first, last, NOW, NEW_YORK)
    assert part in error.value.title


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ((150, 35, 18, 9), (71, 17, 8, 4)),
        ((1, 1, 1), (34, 33, 33)),
        ((0, 0), (0, 0)),
        ((5,), (100,)),
        ((1, 0, 999), (0, 0, 100)),
        ((), ()),
    ],
)
def test_shares_add_up_to_a_hundred(counts: tuple[int, ...], shares: tuple[int, ...]) -> None:
    assert round_shares(counts) == shares


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(372, 414, 90), (1, 2, 50), (1, 200, 1), (0, 3, 0), (0, 0, None)]
)
def test_a_percentage_is_rounded_and_of_nothing_there_is_none(
    part: int, whole: int, percent: int | None
) -> None:
    assert percent_of(part, whole) == percent
