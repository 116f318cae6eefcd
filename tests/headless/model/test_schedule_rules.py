"""Schedules: what people type, the next times over every change of the clocks, what was missed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desktop.kit.errors import InvalidInput
from desktop.model.sync_schedule import (
    SCHEDULE_EXAMPLES,
    ScheduleKind,
    ScheduleRule,
    find_due_run,
    next_run_times,
    parse_schedule_rule,
    parse_time_of_day,
    planned_run_times,
)

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Pacific/Apia")

AT = st.integers(0, 1439)
WEEKLY = st.sets(st.integers(0, 6), min_size=1, max_size=6).map(lambda d: tuple(sorted(d)))
MONTHLY = st.tuples(st.sets(st.integers(1, 31)), st.booleans()).filter(any).map(
    lambda d: (*sorted(d[0]), *([-1] if d[1] else []))
)  # fmt: skip
DAYS_RULES = (
    st.builds(
        ScheduleRule, st.just(ScheduleKind.SPREAD), runs_per_day=st.integers(2, 48), start_minute=AT
    )
    | st.builds(ScheduleRule, st.just(ScheduleKind.DAILY), start_minute=AT)
    | st.builds(ScheduleRule, st.just(ScheduleKind.WEEKLY), start_minute=AT, weekdays=WEEKLY)
    | st.builds(ScheduleRule, st.just(ScheduleKind.MONTHLY), start_minute=AT, month_days=MONTHLY)
)
DISTANCES = st.builds(
    ScheduleRule, st.just(ScheduleKind.EVERY), interval_minutes=st.integers(1, 10_080)
)
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
        ("daily 7", "daily 07:00", "every day at 07:00"),
        ("daily at 6:30 pm", "daily 18:30", "every day at 18:30"),
        ("mon,thu 0730", "mon,thu 07:30", "Monday and Thursday at 07:30"),
        ("weekdays noon", "weekdays 12:00", "weekdays at 12:00"),
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
def test_schedule_text_is_parsed(typed: str, text: str, words: str) -> None:
    rule = parse_schedule_rule(typed)
    assert (rule.serialized, rule.description) == (text, words)


@pytest.mark.parametrize(
    "typed",
    [
        "whenever", "every", "every 0 min", "every 11000 min", "every 5", "daily", "daily 24:00",
        "daily 12:60", "mon", "mon,foo 07:00", "mo 07:00", "mon-foo 07:00", "foo-mon 07:00",
        "mon 25:00", "days 0 02:00", "days 32 02:00", "days 1 24:00", "0 times a day",
        "49 times a day", "2 times a day from 24:00", "last day", "* * * * *", "daily 09:00 x",
    ],
)  # fmt: skip
def test_schedule_invalid_text_gives_examples(typed: str) -> None:
    with pytest.raises(InvalidInput, match="is no schedule") as caught:
        parse_schedule_rule(typed)
    assert "mon,thu 07:30" in caught.value.hint


def test_schedule_examples_are_valid() -> None:
    assert [parse_schedule_rule(example).serialized for example in SCHEDULE_EXAMPLES] == list(
        SCHEDULE_EXAMPLES
    )


@given(RULES)
def test_schedule_stored_form_round_trips(rule: ScheduleRule) -> None:
    again = parse_schedule_rule(rule.serialized)
    assert again == rule
    assert again.serialized == rule.serialized
    assert again.description


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
def test_schedule_next_times(rule: str, zone: str, after: str, expected: list[str]) -> None:
    assert (
        shown(next_run_times(parse_schedule_rule(rule), at(after, zone), zone, 3), zone) == expected
    )


def test_schedule_ambiguous_local_time_runs_once() -> None:
    zone = "America/New_York"
    rule = parse_schedule_rule("daily 01:30")
    first, second = at("2026-11-01 01:30", zone), at("2026-11-01 01:30", zone, fold=1)
    assert second - first == 3600
    assert next_run_times(rule, first - 60, zone, 1) == (first,)
    assert next_run_times(rule, first, zone, 1) == (at("2026-11-02 01:30", zone),)
    assert find_due_run(rule, first, second, zone) is None


def test_schedule_interval_ignores_clock_change() -> None:
    start = at("2026-03-08 01:30", "America/New_York")
    times = next_run_times(parse_schedule_rule("hourly"), start, "America/New_York", 2)
    assert times == (start + 3600, start + 7200)


@pytest.mark.parametrize(
    ("rule", "counted", "now", "expected"),
    [
        # From when it last ran, not from when somebody looks.
        ("hourly", "09:00", "09:20", ["Mon 02 Nov 10:00", "Mon 02 Nov 11:00"]),
        ("hourly", "09:00", "09:59", ["Mon 02 Nov 10:00", "Mon 02 Nov 11:00"]),
        # What is due begins at once; the next one keeps its distance from the planned time.
        ("hourly", "09:00", "12:10", ["Mon 02 Nov 12:10", "Mon 02 Nov 13:00"]),
        # A clock that was set back: as if it began to count now.
        ("hourly", "09:30", "09:20", ["Mon 02 Nov 10:20", "Mon 02 Nov 11:20"]),
        ("daily 10:00", "09:00", "09:20", ["Mon 02 Nov 10:00", "Tue 03 Nov 10:00"]),
        ("daily 10:00", "09:00", "10:20", ["Mon 02 Nov 10:20", "Tue 03 Nov 10:00"]),
        ("off", "09:00", "10:20", []),
    ],
)
def test_planned_runs_are_when_they_will_begin(
    rule: str, counted: str, now: str, expected: list[str]
) -> None:
    moments = [at(f"2026-11-02 {clock}", "UTC") for clock in (counted, now)]
    assert (
        shown(planned_run_times(parse_schedule_rule(rule), *moments, "UTC", 2), "UTC") == expected
    )


def test_schedule_off_never_runs() -> None:
    assert next_run_times(parse_schedule_rule(""), 0.0, "UTC") == ()
    assert find_due_run(parse_schedule_rule("off"), None, 1e9, "UTC") is None


def test_schedule_preview_has_five_times_or_fewer() -> None:
    assert len(next_run_times(parse_schedule_rule("daily 09:00"), 0.0, "UTC")) == 5
    end = at("9999-12-30 12:00", "UTC")
    assert len(next_run_times(parse_schedule_rule("daily 09:00"), end, "UTC")) == 1


def test_schedule_unknown_zone_or_far_date_is_explained() -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        next_run_times(parse_schedule_rule("daily 09:00"), 0.0, "Nowhere/Land")
    with pytest.raises(InvalidInput, match="too far away"):
        find_due_run(parse_schedule_rule("daily 09:00"), None, 1e18, "UTC")


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_schedule_next_times_increase_and_match_rule(
    rule: ScheduleRule, after: float, zone: str
) -> None:
    times = next_run_times(rule, after, zone, 8)
    assert len(times) == 8
    assert all(a < b for a, b in zip((after, *times), times, strict=False))
    for moment in times:
        local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
        assert local.fold == 0
        if local.hour * 60 + local.minute in rule.minutes_of_day:
            last = (local + timedelta(days=1)).day == 1
            assert not rule.weekdays or local.weekday() in rule.weekdays
            if rule.month_days:
                assert local.day in rule.month_days or (last and -1 in rule.month_days)
        else:
            # Moved to the end of a gap: a minute earlier the clock showed something else.
            before = datetime.fromtimestamp(moment - 60, UTC).astimezone(ZoneInfo(zone))
            assert before.utcoffset() != local.utcoffset()


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_schedule_next_times_skip_none(rule: ScheduleRule, after: float, zone: str) -> None:
    times = next_run_times(rule, after, zone, 4)
    for earlier, later in zip((after, *times), times, strict=False):
        middle = (earlier + later) / 2
        assert next_run_times(rule, middle, zone, 1) == (later,)


@given(RULES, MOMENTS, st.floats(1, 200 * 86_400), st.sampled_from(ZONES))
def test_schedule_missed_times_give_one_catch_up(
    rule: ScheduleRule, last: float, away_s: float, zone: str
) -> None:
    now = last + away_s
    due = find_due_run(rule, last, now, zone)
    (first,) = next_run_times(rule, last, zone, 1)
    if due is None:
        assert first > now
        return
    assert last < due <= now
    assert first <= due
    assert find_due_run(rule, due, now, zone) is None
    (following,) = next_run_times(rule, due, zone, 1)
    assert following > now


@given(RULES, MOMENTS, st.floats(0, 400 * 86_400), st.sampled_from(ZONES))
def test_schedule_clock_set_back_repeats_nothing(
    rule: ScheduleRule, last: float, back_s: float, zone: str
) -> None:
    assert find_due_run(rule, last, last - back_s, zone) is None


@given(DAYS_RULES, MOMENTS, st.sampled_from(ZONES))
def test_schedule_never_ran_is_due_for_latest_past_time(
    rule: ScheduleRule, now: float, zone: str
) -> None:
    due = find_due_run(rule, None, now, zone)
    assert due is not None
    assume(due < now)
    assert next_run_times(rule, due, zone, 1)[0] > now


def test_schedule_interval_never_ran_is_due_now() -> None:
    assert find_due_run(parse_schedule_rule("every 5 min"), None, 1000.0, "UTC") == 1000.0


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("7", 7 * 60),
        ("07", 7 * 60),
        ("0700", 7 * 60),
        ("700", 7 * 60),
        ("06:30", 6 * 60 + 30),
        ("6.30", 6 * 60 + 30),
        (" 6:30 PM ", 18 * 60 + 30),
        ("6:30pm", 18 * 60 + 30),
        ("6 p.m.", 18 * 60),
        ("7am", 7 * 60),
        ("12 am", 0),
        ("12 pm", 12 * 60),
        ("06h30", 6 * 60 + 30),
        ("2359", 23 * 60 + 59),
        ("0", 0),
        ("midnight", 0),
        ("", None),
        ("24:00", None),
        ("7:60", None),
        ("13 pm", None),
        ("0 am", None),
        ("7 m", None),
        ("7:3", None),
        ("12345", None),
        ("seven", None),
        ("٧", 7 * 60),
    ],
)
def test_time_of_day_is_parsed_as_people_type_it(typed: str, minutes: int | None) -> None:
    assert parse_time_of_day(typed) == minutes
