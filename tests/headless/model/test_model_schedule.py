"""Schedules: what people type, the next times over every change of the clocks, what was missed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desktop.kit.errors import BadInput
from desktop.model.schedule import EXAMPLES, Form, Rule, due_since, next_times, read_rule

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Pacific/Apia")

AT = st.integers(0, 1439)
WEEKLY = st.sets(st.integers(0, 6), min_size=1, max_size=6).map(lambda d: tuple(sorted(d)))
MONTHLY = st.tuples(st.sets(st.integers(1, 31)), st.booleans()).filter(any).map(
    lambda d: (*sorted(d[0]), *([-1] if d[1] else []))
)  # fmt: skip
DAYS_RULES = (
    st.builds(Rule, st.just(Form.SPREAD), count=st.integers(2, 48), at=AT)
    | st.builds(Rule, st.just(Form.DAILY), at=AT)
    | st.builds(Rule, st.just(Form.WEEKLY), at=AT, weekdays=WEEKLY)
    | st.builds(Rule, st.just(Form.MONTHLY), at=AT, month_days=MONTHLY)
)
DISTANCES = st.builds(Rule, st.just(Form.EVERY), minutes=st.integers(1, 10_080))
RULES = DAYS_RULES | DISTANCES
MOMENTS = st.integers(1_262_304_000, 2_000_000_000).map(float)  # 2010 to 2033


def at(local: str, zone: str, fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def shown(moments: tuple[float, ...], zone: str) -> list[str]:
    return [
        datetime.fromtimestamp(m, UTC).astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M")
        for m in moments
    ]


@pytest.mark.parametrize(
    ("typed", "text", "words"),
    [
        ("", "off", "only by hand"),
        (" OFF ", "off", "only by hand"),
        ("every 5 min", "every 5 min", "every 5 minutes"),
        ("Every  90m", "every 90 min", "every 90 minutes"),
        ("every minute", "every 1 min", "every minute"),
        ("every 2 hours", "every 2 hours", "every 2 hours"),
        ("every hour", "hourly", "every hour"),
        ("HOURLY", "hourly", "every hour"),
        ("4 times a day from 06:00", "4 times a day from 06:00", "4 times a day from 06:00"),
        ("twice per day at 7.30", "2 times a day from 07:30", "2 times a day from 07:30"),
        ("3 times a day", "3 times a day from 00:00", "3 times a day from 00:00"),
        ("once a day 9:00", "daily 09:00", "every day at 09:00"),
        ("daily at 09:00", "daily 09:00", "every day at 09:00"),
        ("every day 23:59", "daily 23:59", "every day at 23:59"),
        ("Weekdays at 07:00", "weekdays 07:00", "weekdays at 07:00"),
        ("mon-fri 07:00", "weekdays 07:00", "weekdays at 07:00"),
        ("weekend 8:00", "weekends 08:00", "weekends at 08:00"),
        ("mon , thu 07:30", "mon,thu 07:30", "Monday and Thursday at 07:30"),
        ("on Thursdays and Mondays at 07:30", "mon,thu 07:30", "Monday and Thursday at 07:30"),
        ("every tues 07:30", "tue 07:30", "Tuesday at 07:30"),
        ("sat-mon 10:00", "mon,sat,sun 10:00", "Monday, Saturday and Sunday at 10:00"),
        ("weekdays,sat,sun 10:00", "daily 10:00", "every day at 10:00"),
        ("days 15,1 02:00", "days 1,15 02:00", "days 1 and 15 of the month at 02:00"),
        ("day 3 at 2:00", "days 3 02:00", "day 3 of the month at 02:00"),
        ("days last, 1 02:00", "days 1,last 02:00", "days 1 and the last of the month at 02:00"),
        ("last day 02:00", "last day 02:00", "the last day of the month at 02:00"),
        ("Last day of the month at 02:00", "last day 02:00", "the last day of the month at 02:00"),
    ],
)
def test_what_people_type(typed: str, text: str, words: str) -> None:
    rule = read_rule(typed)
    assert (rule.text, rule.words) == (text, words)


@pytest.mark.parametrize(
    "typed",
    [
        "whenever", "every", "every 0 min", "every 11000 min", "every 5", "daily", "daily 24:00",
        "daily 12:60", "mon", "mon,foo 07:00", "mo 07:00", "mon-foo 07:00", "foo-mon 07:00",
        "mon 25:00", "days 0 02:00", "days 32 02:00", "days 1 24:00", "0 times a day",
        "49 times a day", "2 times a day from 24:00", "last day", "* * * * *", "daily 09:00 x",
    ],
)  # fmt: skip
def test_what_is_no_rule_is_answered_with_examples(typed: str) -> None:
    with pytest.raises(BadInput, match="is no schedule") as caught:
        read_rule(typed)
    assert "mon,thu 07:30" in caught.value.hint


def test_every_example_is_a_rule() -> None:
    assert [read_rule(example).text for example in EXAMPLES] == list(EXAMPLES)


@given(RULES)
def test_a_stored_rule_is_read_back_as_itself(rule: Rule) -> None:
    again = read_rule(rule.text)
    assert again == rule
    assert again.text == rule.text
    assert again.words


@pytest.mark.parametrize(
    ("rule", "zone", "after", "expected"),
    [
        # 02:30 is left out on 8 March 2026, and comes next day again.
        ("daily 02:30", "America/New_York", "2026-03-07 03:00",
         ["Sun 08 Mar 03:00", "Mon 09 Mar 02:30", "Tue 10 Mar 02:30"]),
        # 01:30 comes twice on 1 November 2026 and runs once.
        ("daily 01:30", "America/New_York", "2026-10-31 02:00",
         ["Sun 01 Nov 01:30", "Mon 02 Nov 01:30", "Tue 03 Nov 01:30"]),
        ("daily 02:30", "Europe/Berlin", "2026-03-28 12:00",
         ["Sun 29 Mar 03:00", "Mon 30 Mar 02:30", "Tue 31 Mar 02:30"]),
        # Lord Howe's clocks go forward by half an hour: 02:00 becomes 02:30.
        ("daily 02:15", "Australia/Lord_Howe", "2026-10-03 12:00",
         ["Sun 04 Oct 02:30", "Mon 05 Oct 02:15", "Tue 06 Oct 02:15"]),
        # Samoa had no 30 December 2011.
        ("daily 09:00", "Pacific/Apia", "2011-12-29 10:00",
         ["Sat 31 Dec 00:00", "Sat 31 Dec 09:00", "Sun 01 Jan 09:00"]),
        # Two times within the missing hour are one run.
        ("48 times a day", "Europe/Berlin", "2026-03-29 01:00",
         ["Sun 29 Mar 01:30", "Sun 29 Mar 03:00", "Sun 29 Mar 03:30"]),
        ("4 times a day from 22:00", "UTC", "2026-11-21 12:00",
         ["Sat 21 Nov 16:00", "Sat 21 Nov 22:00", "Sun 22 Nov 04:00"]),
        ("weekdays 07:00", "UTC", "2026-11-20 07:00",
         ["Mon 23 Nov 07:00", "Tue 24 Nov 07:00", "Wed 25 Nov 07:00"]),
        ("weekends 08:00", "UTC", "2026-11-21 08:00",
         ["Sun 22 Nov 08:00", "Sat 28 Nov 08:00", "Sun 29 Nov 08:00"]),
        # 1440 minutes are no multiple of seven: each time is the minute that has begun.
        ("7 times a day from 01:00", "UTC", "2026-11-21 00:00",
         ["Sat 21 Nov 01:00", "Sat 21 Nov 04:25", "Sat 21 Nov 07:51"]),
        ("days 31 02:00", "UTC", "2026-12-31 02:00",
         ["Sun 31 Jan 02:00", "Wed 31 Mar 02:00", "Mon 31 May 02:00"]),
        ("last day 02:00", "UTC", "2028-01-31 03:00",
         ["Tue 29 Feb 02:00", "Fri 31 Mar 02:00", "Sun 30 Apr 02:00"]),
        ("days 30,last 02:00", "UTC", "2026-11-01 00:00",
         ["Mon 30 Nov 02:00", "Wed 30 Dec 02:00", "Thu 31 Dec 02:00"]),
    ],
)  # fmt: skip
def test_the_next_times(rule: str, zone: str, after: str, expected: list[str]) -> None:
    assert shown(next_times(read_rule(rule), at(after, zone), zone, 3), zone) == expected


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    zone = "America/New_York"
    rule = read_rule("daily 01:30")
    first, second = at("2026-11-01 01:30", zone), at("2026-11-01 01:30", zone, fold=1)
    assert second - first == 3600
    assert next_times(rule, first - 60, zone, 1) == (first,)
    assert next_times(rule, first, zone, 1) == (at("2026-11-02 01:30", zone),)
    assert due_since(rule, first, second, zone) is None


def test_a_distance_goes_by_elapsed_time_over_a_change_of_the_clocks() -> None:
    start = at("2026-03-08 01:30", "America/New_York")
    times = next_times(read_rule("hourly"), start, "America/New_York", 2)
    assert times == (start + 3600, start + 7200)


def test_off_never_runs() -> None:
    assert next_times(read_rule(""), 0.0, "UTC") == ()
    assert due_since(read_rule("off"), None, 1e9, "UTC") is None


def test_five_are_shown_and_a_calendar_that_ends_shows_fewer() -> None:
    assert len(next_times(read_rule("daily 09:00"), 0.0, "UTC")) == 5
    end = at("9999-12-30 12:00", "UTC")
    assert len(next_times(read_rule("daily 09:00"), end, "UTC")) == 1


def test_a_wrong_zone_and_a_moment_beyond_the_calendar_are_sentences() -> None:
    with pytest.raises(BadInput, match="time zone"):
        next_times(read_rule("daily 09:00"), 0.0, "Nowhere/Land")
    with pytest.raises(BadInput, match="too far away"):
        due_since(read_rule("daily 09:00"), None, 1e18, "UTC")


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_the_next_times_rise_and_follow_the_rule(rule: Rule, after: float, zone: str) -> None:
    times = next_times(rule, after, zone, 8)
    assert len(times) == 8
    assert all(a < b for a, b in zip((after, *times), times, strict=False))
    for moment in times:
        local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
        assert local.fold == 0
        if local.hour * 60 + local.minute in rule.times:
            last = (local + timedelta(days=1)).day == 1
            assert not rule.weekdays or local.weekday() in rule.weekdays
            if rule.month_days:
                assert local.day in rule.month_days or (last and -1 in rule.month_days)
        else:
            # Moved to the end of a gap: a minute earlier the clock showed something else.
            before = datetime.fromtimestamp(moment - 60, UTC).astimezone(ZoneInfo(zone))
            assert before.utcoffset() != local.utcoffset()


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_no_time_of_the_rule_is_left_out(rule: Rule, after: float, zone: str) -> None:
    times = next_times(rule, after, zone, 4)
    for earlier, later in zip((after, *times), times, strict=False):
        middle = (earlier + later) / 2
        assert next_times(rule, middle, zone, 1) == (later,)


@given(RULES, MOMENTS, st.floats(1, 200 * 86_400), st.sampled_from(ZONES))
def test_one_catch_up_however_many_were_missed(
    rule: Rule, last: float, away_s: float, zone: str
) -> None:
    now = last + away_s
    due = due_since(rule, last, now, zone)
    (first,) = next_times(rule, last, zone, 1)
    if due is None:
        assert first > now
        return
    assert last < due <= now
    assert first <= due
    assert due_since(rule, due, now, zone) is None
    (following,) = next_times(rule, due, zone, 1)
    assert following > now


@given(RULES, MOMENTS, st.floats(0, 400 * 86_400), st.sampled_from(ZONES))
def test_a_clock_set_back_repeats_nothing(
    rule: Rule, last: float, back_s: float, zone: str
) -> None:
    assert due_since(rule, last, last - back_s, zone) is None


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_what_never_ran_is_due_for_the_latest_time_of_the_past(
    rule: Rule, now: float, zone: str
) -> None:
    due = due_since(rule, None, now, zone)
    assert due is not None
    assume(due < now)
    assert next_times(rule, due, zone, 1)[0] > now


def test_a_distance_that_never_ran_is_due_now() -> None:
    assert due_since(read_rule("every 5 min"), None, 1000.0, "UTC") == 1000.0
