"""What tiles, charts and tables of the Reports page say of a report, without a window."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from desktop.audience.report_definitions import REPORTS, ReportChart
from desktop.kit.errors import InvalidInput, NotPermitted, StorageError
from desktop.model.report import Report, ReportSeries
from desktop.model.report_period import BucketSize, ReportPeriod
from desktop.viewmodels.reports.report_chart import Pattern, build_chart, round_top
from desktop.viewmodels.reports.report_detail_view import build_detail
from desktop.viewmodels.reports.report_period_choice import (
    ReportDays,
    ReportPeriodChoice,
    describe_days,
)
from desktop.viewmodels.reports.report_tile_view import TileState, build_tile, failed_tile

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 20)
PERIOD = ReportPeriod(TODAY - timedelta(days=6), TODAY, ZONE)
NOW = PERIOD.ends_at - 3600


def report(
    name: str,
    values: Mapping[str, Sequence[int]],
    before: Mapping[str, Sequence[int]] | None = None,
    *,
    of: Mapping[str, Sequence[int]] | None = None,
    is_compared: bool = True,
    since: float | None = None,
    read_at: float | None = NOW - 60,
    people: int | None = 3,
) -> Report:
    """A report of seven days; what is not given before is 0."""
    definition = REPORTS[name]
    nothing = (0,) * 7
    buckets = PERIOD.buckets(BucketSize.DAY)
    parts = of or {}
    return Report(
        name,
        definition.form,
        PERIOD,
        BucketSize.DAY,
        buckets,
        PERIOD.before().buckets_beside(buckets) if is_compared else (),
        tuple(
            ReportSeries(
                key,
                key.capitalize(),
                tuple(numbers),
                tuple((before or {}).get(key, nothing)),
                tuple(parts.get(key, ())),
                nothing if key in parts else (),
            )
            for key, numbers in values.items()
        ),
        definition.source,
        since=since,
        is_since_limiting=since is not None,
        read_at=read_at,
        people=people,
        is_total_of_all=definition.is_total_of_all,
    )


@pytest.mark.parametrize(
    ("largest", "top"),
    [(0, 2), (1, 2), (2, 2), (3, 3), (5, 5), (7, 8), (9, 10), (11, 12), (13, 16), (17, 20),
     (41, 50), (155, 160), (161, 200), (1_231, 1_600), (9_999, 10_000)],
)  # fmt: skip
def test_an_axis_ends_at_a_round_number_that_is_not_below_the_largest(
    largest: int, top: int
) -> None:
    assert round_top(largest) == top


def test_no_value_reaches_beyond_its_axis_nor_fills_less_than_half_of_it() -> None:
    for largest in range(1, 30_000, 7):
        assert largest <= round_top(largest) <= max(2 * largest, 2)


def test_a_value_that_flattens_the_others_gets_a_plot_of_its_own_from_zero() -> None:
    shown = report(
        "opt-outs", {"bulk": (0, 0, 0, 0, 0, 150, 0), "agent": (1, 2, 1, 0, 3, 1, 1),
                     "sync": (0, 0, 1, 1, 0, 0, 2)},
    )  # fmt: skip
    chart = build_chart(shown, REPORTS["opt-outs"])
    assert [plot.top for plot in chart.plots] == [160, 3]
    assert [[one.label for one in plot.series] for plot in chart.plots] == [
        ["Bulk"], ["Agent", "Sync"],
    ]  # fmt: skip
    assert chart.peak == (5, "19 Nov: 150 by bulk")
    assert chart.words[5] == "Thu 19 Nov: Bulk 150, Agent 1"
    even = report("opt-outs", {"bulk": (3, 3, 3, 3, 3, 9, 3), "agent": (1, 2, 1, 0, 3, 1, 1)})
    assert len(build_chart(even, REPORTS["opt-outs"]).plots) == 1


def test_categories_differ_by_pattern_and_those_beyond_six_are_named_together() -> None:
    shown = report("runs", {f"sync-{n}": (n, 0, 0, 0, 0, 0, 0) for n in range(1, 9)})
    chart = build_chart(shown, REPORTS["runs"])
    patterns = [pattern for pattern, _words in chart.legend]
    assert len(set(patterns)) == len(patterns) == 6
    assert chart.legend[-1][1] == "others"
    assert sum(one.values[0] for one in chart.plots[0].series) == shown.total == 36


def test_columns_have_the_period_before_as_a_line_only_where_it_is_known() -> None:
    values = {"tickets": (1, 2, 3, 4, 5, 6, 7)}
    both = build_chart(report("new-tickets", values), REPORTS["new-tickets"])
    assert [words for _pattern, words in both.legend] == ["this period", "7 days before"]
    assert both.words[6].startswith("Fri 20 Nov: 7 tickets; before, Fri 13 Nov: 0")
    alone = report("new-tickets", values, is_compared=False)
    unknown = report("new-tickets", values, since=PERIOD.begins_at)
    for one in (alone, unknown):
        chart = build_chart(one, REPORTS["new-tickets"])
        assert [words for _pattern, words in chart.legend] == ["this period"]
        assert chart.plots[0].before == ()


def test_few_ratings_are_striped_and_said() -> None:
    shown = report(
        "satisfaction-by-agent",
        {"kim": (60, 0, 0, 0, 0, 0, 0), "jo": (0, 2, 0, 0, 0, 0, 0), "lee": (0,) * 7},
        of={"kim": (80, 0, 0, 0, 0, 0, 0), "jo": (0, 3, 0, 0, 0, 0, 0), "lee": (0,) * 7},
    )
    chart = build_chart(shown, REPORTS["satisfaction-by-agent"])
    assert chart.kind is ReportChart.BARS
    assert [(bar.label, bar.text, bar.note, bar.pattern) for bar in chart.bars] == [
        ("Kim", "75 %", "80 ratings", Pattern.SOLID),
        ("Jo", "67 %", "3 ratings", Pattern.STRIPED),
        ("Lee", "–", "0 ratings", Pattern.STRIPED),
    ]
    assert (chart.bar_top, chart.unit) == (100, " %")
    assert (Pattern.STRIPED, "fewer than 50 ratings") in chart.legend
    tile = build_tile(shown, REPORTS["satisfaction-by-agent"], NOW)
    assert (tile.figure, tile.difference) == ("75 %", "62 of 83 ratings are good")


def test_only_so_many_bars_are_drawn_and_the_rest_is_named() -> None:
    shown = report("tickets-by-agent", {f"a{n}": (9 - n, 0, 0, 0, 0, 0, 0) for n in range(7)})
    chart = build_chart(shown, REPORTS["tickets-by-agent"])
    assert (len(chart.bars), chart.note) == (4, "3 more below")
    detail = build_detail(shown, REPORTS["tickets-by-agent"], NOW, TODAY)
    assert len(detail.categories.rows) == 8
    assert detail.categories.rows[-1].cells[:2] == ("All", "42")


def test_a_tile_says_in_amber_from_when_it_knows_and_how_old_it_is() -> None:
    values = {"tickets": (0, 0, 0, 0, 0, 0, 7)}
    definition = REPORTS["new-tickets"]
    fresh = build_tile(report("new-tickets", values), definition, NOW)
    assert fresh.note == ""
    old = build_tile(report("new-tickets", values, read_at=NOW - 3 * 3600), definition, NOW)
    assert (old.note, old.note_tone) == ("3 h old", "warn")
    begun = replace(report("new-tickets", values), reading="312,000 of 1,000,000 read")
    assert build_tile(begun, definition, NOW).note == "312,000 of 1,000,000 read"
    partly = build_tile(report("opt-outs", values, since=NOW - 86_400), REPORTS["opt-outs"], NOW)
    assert (partly.note, partly.note_tone) == ("from 19 Nov", "warn")
    assert partly.difference == "the period before is not known"
    nothing = build_tile(report("new-tickets", {"tickets": (0,) * 7}), definition, NOW)
    assert (nothing.figure, nothing.difference) == ("0", "No tickets in this time")
    # The axis is kept.
    assert nothing.chart is not None
    assert nothing.chart.plots[0].top == 2


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotPermitted("No.", "Your role may not."), TileState.REFUSED),
        (InvalidInput("No word or phrase was given."), TileState.UNSET),
        (StorageError("The disk is full.", "Nothing was read."), TileState.FAILED),
    ],
)
def test_a_report_that_was_not_counted_says_why(error: Exception, state: TileState) -> None:
    tile = failed_tile(REPORTS["phrases"], error)  # type: ignore[arg-type]
    assert (tile.state, bool(tile.text)) == (state, True)


def test_the_tables_are_exact_and_their_sums_agree_with_the_figure() -> None:
    shown = report(
        "opt-outs",
        {"bulk": (0, 0, 0, 0, 0, 150, 0), "unknown": (1, 2, 1, 0, 3, 1, 1)},
        {"unknown": (2, 2, 2, 2, 2, 1, 1)},
    )
    detail = build_detail(shown, REPORTS["opt-outs"], NOW, TODAY)
    assert detail.categories.headings == (
        "Cause", "7 days", "Before", "Change", "Share", "Most on",
    )  # fmt: skip
    assert [row.cells for row in detail.categories.rows] == [
        ("Bulk", "150", "0", "+150", "94 %", "19 Nov, 150"),
        ("Unknown", "9", "12", "−3", "6 %", "18 Nov, 3"),
        ("All", "159", "12", "+147", "100 %", "19 Nov, 151"),
    ]
    assert detail.days.headings == ("Day", "Bulk", "Unknown", "All")
    assert detail.days.rows[0].cells == ("Fri 20 Nov", "0", "1", "1")
    assert sum(int(row.cells[-1]) for row in detail.days.rows) == 159
    assert (detail.people_text, detail.source) == (
        "Show the 3 people",
        "Counted from the record of changes of this computer, and profiles looked up here, 1 min"
        " old.",
    )
    assert detail.subtitle == "14 Nov – 20 Nov, New York time"


def test_a_state_counts_what_stands_at_the_end() -> None:
    shown = report("health", {"frustrated": (1, 2, 3, 3, 3, 3, 2), "happy": (5,) * 7}, people=None)
    tile = build_tile(shown, REPORTS["health"], NOW)
    assert (tile.figure, tile.difference) == ("7", "2 frustrated")
    detail = build_detail(shown, REPORTS["health"], NOW, TODAY)
    assert detail.categories.rows[-1].cells[:2] == ("All", "7")
    assert detail.people_text == ""


@pytest.mark.parametrize(
    ("days", "words", "count"),
    [
        (ReportDays(), "24 Oct – 20 Nov", 28),
        (ReportDays(ReportPeriodChoice.WEEK), "14 Nov – 20 Nov", 7),
        (ReportDays(ReportPeriodChoice.TWELVE_WEEKS), "29 Aug – 20 Nov", 84),
        (ReportDays(ReportPeriodChoice.THIS_MONTH), "1 Nov – 20 Nov", 20),
        (ReportDays(ReportPeriodChoice.LAST_MONTH), "1 Oct – 31 Oct", 31),
        (ReportDays(ReportPeriodChoice.YEAR), "22 Nov 2025 – 20 Nov", 364),
        (
            ReportDays(ReportPeriodChoice.BETWEEN, date(2026, 3, 9), date(2026, 3, 8)),
            "8 Mar – 9 Mar",
            2,
        ),
        (ReportDays(ReportPeriodChoice.BETWEEN, TODAY, TODAY), "20 Nov", 1),
    ],
)
def test_a_period_is_chosen_by_its_name(days: ReportDays, words: str, count: int) -> None:
    period = days.resolve(TODAY, ZONE)
    assert (describe_days(period, TODAY), period.days) == (words, count)
