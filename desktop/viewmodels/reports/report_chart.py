"""A report's chart as data: values, axes from 0 to a round top, patterns, words of each value."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from desktop.audience.report_definitions import ReportChart, ReportDefinition
from desktop.audience.report_wording import describe_bucket, short_day
from desktop.kit.text import format_count
from desktop.model.report import (
    FEW_RATINGS,
    Report,
    ReportForm,
    ReportSeries,
    percent_of,
    round_shares,
)

# A series that is so many times the others would flatten them: it gets a plot of its own.
_FLATTENS = 8
# More bars or categories than a tile can tell apart; the rest are named together.
MAX_BARS, MAX_SERIES = 4, 6
_TOPS = (1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Pattern(Enum):
    """How an area is filled, so that categories differ without colour."""

    SOLID = "solid"
    STRIPED = "striped"
    DOTTED = "dotted"
    EMPTY = "empty"
    CROSSED = "crossed"
    LINED = "lined"
    # In the legend alone: the period before, and a bar's tick of it.
    DASHED_LINE = "dashed line"
    TICK = "tick"


SERIES_PATTERNS = (
    Pattern.SOLID, Pattern.STRIPED, Pattern.DOTTED, Pattern.EMPTY, Pattern.CROSSED, Pattern.LINED,
)  # fmt: skip


@dataclass(frozen=True)
class ChartSeries:
    """Values of one category by bucket, and their pattern."""

    label: str
    pattern: Pattern
    values: tuple[int, ...]


@dataclass(frozen=True)
class ChartPlot:
    """An area with an axis from 0 to `top`: series, stacked or as lines; the period before."""

    top: int
    series: tuple[ChartSeries, ...]
    before: tuple[int, ...] = ()

    def total(self, place: int) -> int:
        """Return the sum of a bucket's values."""
        return sum(one.values[place] for one in self.series)


@dataclass(frozen=True)
class ChartBar:
    """One category's bar; `tick` is the value of the period before, None: none is known.

    `text` is the value beside it and `note` says more, such as the number of ratings.
    """

    label: str
    value: int
    tick: int | None
    text: str
    note: str
    pattern: Pattern = Pattern.SOLID


@dataclass(frozen=True)
class ChartView:
    """A chart: plots over the buckets from left to right, or bars from top to bottom.

    `words` says of each bucket or bar what a screen reader hears. `peak`: the place of the largest
    value and its words. `x_labels`: bucket and text. `unit` follows the numbers of a bar's axis.
    """

    kind: ReportChart
    words: tuple[str, ...]
    plots: tuple[ChartPlot, ...] = ()
    bars: tuple[ChartBar, ...] = ()
    bar_top: int = 0
    unit: str = ""
    x_labels: tuple[tuple[int, str], ...] = ()
    legend: tuple[tuple[Pattern, str], ...] = ()
    peak: tuple[int, str] | None = None
    note: str = ""

    @property
    def places(self) -> int:
        """How many values of the report's chart the arrow keys walk."""
        return len(self.words)


def build_chart(report: Report, definition: ReportDefinition) -> ChartView:
    """Build the chart of a report."""
    if definition.chart is ReportChart.BARS:
        return _build_bars(report)
    plots = _build_plots(report, definition)
    before_name = f"{format_count(report.period.days, 'day', 'days')} before"
    legend: list[tuple[Pattern, str]] = []
    if definition.chart is ReportChart.COLUMNS:
        legend.append((Pattern.SOLID, "this period"))
        if plots[0].before:
            legend.append((Pattern.DASHED_LINE, before_name))
    else:
        seen = {one.label: one.pattern for plot in plots for one in plot.series}
        legend += zip(seen.values(), _short_labels(list(seen)), strict=True)
    return ChartView(
        definition.chart,
        tuple(_bucket_words(report, definition, place) for place in range(len(report.buckets))),
        plots,
        x_labels=_x_labels(report),
        legend=tuple(legend),
        peak=_find_peak(report, plots, definition),
    )


def round_top(largest: int) -> int:
    """Return the end of an axis from 0: a round number that is not below the largest value."""
    if largest <= 0:
        return 2
    power = 1
    while power * 10 < largest:
        power *= 10
    # From 2 on, so that the middle of the axis is a whole number too.
    return next(
        top
        for scale in (power, power * 10)
        for factor in _TOPS
        if (top := round(factor * scale)) >= max(largest, 2) and top == factor * scale
    )


def series_patterns(report: Report) -> dict[str, Pattern]:
    """Return the pattern of each category by its key, the same in chart, legend and table."""
    return {
        one.key: SERIES_PATTERNS[min(place, len(SERIES_PATTERNS) - 1)]
        for place, one in enumerate(report.series)
    }


def _build_plots(report: Report, definition: ReportDefinition) -> tuple[ChartPlot, ...]:
    patterns = series_patterns(report)
    shown = report.series if definition.chart is ReportChart.LINE else report.total_series
    series = [ChartSeries(one.label, patterns[one.key], one.values) for one in shown]
    if len(series) > MAX_SERIES:
        rest = [sum(column) for column in zip(*(s.values for s in series[MAX_SERIES - 1 :]),
                                              strict=True)]  # fmt: skip
        series = [
            *series[: MAX_SERIES - 1],
            ChartSeries("others", SERIES_PATTERNS[-1], tuple(rest)),
        ]
    if definition.chart is ReportChart.LINE:
        largest = max((max(one.values, default=0) for one in series), default=0)
        return (ChartPlot(round_top(largest), tuple(series)),)
    if definition.chart is ReportChart.COLUMNS:
        before = _before_line(report)
        values = series[0].values if series else ()
        return (ChartPlot(round_top(max((*values, *before), default=0)), tuple(series), before),)
    split = _find_flattening(series) if report.form is ReportForm.COUNT else None
    if split is not None:
        rest_series = tuple(one for one in series if one is not split)
        return (
            ChartPlot(round_top(max(split.values)), (split,)),
            ChartPlot(round_top(_largest_stack(rest_series)), rest_series),
        )
    return (ChartPlot(round_top(_largest_stack(series)), tuple(series)),)


def _short_labels(labels: list[str]) -> list[str]:
    """Return labels for a legend: a first word that the label before has is left out."""
    found = labels[:1]
    for before, label in pairwise(labels):
        first, _blank, rest = label.partition(" ")
        found.append(rest if rest and before.partition(" ")[0] == first else label)
    return found


def _before_line(report: Report) -> tuple[int, ...]:
    if not report.is_compared or report.is_before_unknown:
        return ()
    return report.total_series[0].before_values if report.total_series else ()


def _find_flattening(series: Sequence[ChartSeries]) -> ChartSeries | None:
    """Return the category beside which the others could not be seen; None: there is none."""
    if len(series) < 2:
        return None
    largest = max(series, key=lambda one: max(one.values, default=0))
    rest = _largest_stack([one for one in series if one is not largest])
    return largest if rest and max(largest.values) >= _FLATTENS * rest else None


def _largest_stack(series: Sequence[ChartSeries]) -> int:
    if not series:
        return 0
    return max((sum(column) for column in zip(*(s.values for s in series), strict=True)), default=0)


def _find_peak(
    report: Report, plots: Sequence[ChartPlot], definition: ReportDefinition
) -> tuple[int, str] | None:
    """Return the highest day and its words; of few, so that it stands out, or of one category."""
    if report.form is ReportForm.STATE or len(report.buckets) < 2:
        return None
    plot = plots[0]
    if definition.chart is ReportChart.LINE:
        values = [max(one.values[n] for one in plot.series) if plot.series else 0
                  for n in range(len(report.buckets))]  # fmt: skip
    else:
        values = [plot.total(place) for place in range(len(report.buckets))]
    top = max(values, default=0)
    if top <= 0:
        return None
    place = values.index(top)
    day = short_day(report.buckets[place].first)
    words = f"{day}: {top:,}"
    if len(plots) > 1:
        words += f" by {plot.series[0].label.lower()}"
    return place, words


def _x_labels(report: Report) -> tuple[tuple[int, str], ...]:
    count = len(report.buckets)
    places = sorted({0, (count - 1) // 2, count - 1}) if count > 2 else range(count)
    return tuple((place, short_day(report.buckets[place].first)) for place in places)


def _bucket_words(report: Report, definition: ReportDefinition, place: int) -> str:
    """Return what a screen reader hears of a bucket: day, numbers, the period before."""
    day = describe_bucket(report.buckets[place], report.size)
    shown = report.series if definition.chart is ReportChart.LINE else report.total_series
    one, many = definition.noun
    total = sum(series.values[place] for series in shown)
    parts = [f"{day}: {format_count(total, one, many)}"]
    if len(shown) > 1:
        told = [f"{s.label} {s.values[place]:,}" for s in shown if s.values[place]]
        parts = [f"{day}: {', '.join(told)}" if told else parts[0]]
    before = _before_line(report)
    if definition.chart is ReportChart.COLUMNS and before:
        earlier = describe_bucket(report.before_buckets[place], report.size)
        parts.append(f"before, {earlier}: {before[place]:,}")
    return "; ".join(parts)


def _build_bars(report: Report) -> ChartView:
    is_share = report.form is ReportForm.SHARE
    shares = round_shares([report.count_of(one) for one in report.series])
    bars = tuple(
        _share_bar(report, one) if is_share else _count_bar(report, one, share)
        for one, share in zip(report.series, shares, strict=True)
    )
    shown = bars[:MAX_BARS]
    top = 100 if is_share else round_top(max((max(b.value, b.tick or 0) for b in shown), default=0))
    note = "" if len(bars) <= MAX_BARS else f"{len(bars) - MAX_BARS} more below"
    legend: list[tuple[Pattern, str]] = []
    if any(bar.tick is not None for bar in shown):
        legend.append((Pattern.TICK, f"{format_count(report.period.days, 'day', 'days')} before"))
    if any(bar.pattern is Pattern.STRIPED for bar in shown):
        legend.append((Pattern.STRIPED, f"fewer than {FEW_RATINGS} ratings"))
    words = tuple(
        f"{bar.label}: {bar.text}, {bar.note}" + (f"; before {bar.tick:,}{' %' if is_share else ''}"
        if bar.tick is not None else "")
        for bar in shown
    )  # fmt: skip
    return ChartView(
        ReportChart.BARS,
        words,
        bars=shown,
        bar_top=top,
        unit=" %" if is_share else "",
        legend=tuple(legend),
        note=note,
    )


def _share_bar(report: Report, series: ReportSeries) -> ChartBar:
    good, ratings = sum(series.values), sum(series.of_values)
    percent = percent_of(good, ratings)
    before = None
    if report.is_compared:
        before = percent_of(sum(series.before_values), sum(series.before_of_values))
    return ChartBar(
        series.label,
        percent or 0,
        before,
        "–" if percent is None else f"{percent} %",
        format_count(ratings, "rating", "ratings"),
        Pattern.STRIPED if ratings < FEW_RATINGS else Pattern.SOLID,
    )


def _count_bar(report: Report, series: ReportSeries, share: int) -> ChartBar:
    count = report.count_of(series)
    pattern = Pattern.EMPTY if series.key == "0" else Pattern.SOLID
    before = report.count_before(series)
    return ChartBar(series.label, count, before, f"{count:,}", f"{share} %", pattern)
