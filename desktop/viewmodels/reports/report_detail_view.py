"""What stands below the tiles: the exact tables of the chosen report, its notes and its source."""

from dataclasses import dataclass
from datetime import date

from desktop.audience.report_definitions import ReportChart, ReportDefinition
from desktop.audience.report_wording import (
    bucket_total,
    describe_bucket,
    find_peak,
    good_total,
    short_day,
    signed,
)
from desktop.kit.text import format_count
from desktop.model.report import (
    Report,
    ReportFinding,
    ReportForm,
    ReportSeries,
    percent_of,
    round_shares,
)
from desktop.model.report_period import BucketSize
from desktop.viewmodels.reports.report_chart import series_patterns
from desktop.viewmodels.reports.report_period_choice import describe_days
from desktop.viewmodels.reports.report_table_model import ReportTableRow, ReportTableView
from desktop.viewmodels.reports.report_tile_view import tile_title
from desktop.viewmodels.time_format import format_age

_ROW_NAMES = {
    "day": "Counted", "agent": "Agent", "cause": "Cause", "phrase": "Phrase", "health": "Health",
    "value": "Customer value", "sync": "Sync",
}  # fmt: skip
_BUCKET_NAMES = {BucketSize.DAY: "Day", BucketSize.WEEK: "Week", BucketSize.MONTH: "Month"}


@dataclass(frozen=True)
class DetailView:
    """The chosen report below the tiles. `people_text` is the button that shows who, or ""."""

    title: str
    subtitle: str
    categories: ReportTableView
    days: ReportTableView
    findings: tuple[ReportFinding, ...]
    notes: tuple[str, ...]
    source: str
    people_text: str = ""


def build_detail(
    report: Report, definition: ReportDefinition, now: float, today: date
) -> DetailView:
    """Build the tables of a counted report."""
    zone = report.period.zone.key.rpartition("/")[2].replace("_", " ")
    subtitle = f"{describe_days(report.period, today)}, {zone} time"
    age = "" if report.read_at is None else f", {format_age(report.read_at, now)}"
    return DetailView(
        tile_title(report, definition),
        subtitle,
        _category_table(report, definition),
        _day_table(report),
        report.findings,
        report.notes,
        f"Counted from {report.source}{age}.",
        people_text(report.people),
    )


def people_text(count: int | None) -> str:
    """Return the button that shows who is counted, with their number; "" where it is not known."""
    return f"Show the {format_count(count, 'person', 'people')}" if count else ""


def _category_table(report: Report, definition: ReportDefinition) -> ReportTableView:
    heading = _ROW_NAMES[definition.row_name]
    if report.form is ReportForm.SHARE:
        return _share_table(report, heading)
    columns = [heading, format_count(report.period.days, "day", "days")]
    if report.is_compared:
        columns += ["Before", "Change"]
    if report.is_total_of_all and len(report.series) > 1:
        columns.append("Share")
    if report.form is ReportForm.COUNT:
        columns.append("Most on")
    shares = round_shares([report.count_of(one) for one in report.series])
    patterns = series_patterns(report)
    # A bar stands beside its name; columns and lines are told by their pattern.
    has_patterns = len(report.series) > 1 and definition.chart is not ReportChart.BARS
    rows = [
        ReportTableRow(
            tuple(_category_cells(report, one, share, columns)),
            place,
            one.detail,
            patterns[one.key] if has_patterns else None,
        )
        for place, (one, share) in enumerate(zip(report.series, shares, strict=True))
    ]
    if report.is_total_of_all and len(rows) > 1:
        rows.append(ReportTableRow(tuple(_total_cells(report, columns)), is_indented=has_patterns))
    return ReportTableView(tuple(columns), tuple(rows))


def _category_cells(
    report: Report, series: ReportSeries, share: int, columns: list[str]
) -> list[str]:
    count, before = report.count_of(series), report.count_before(series)
    cells = [series.label, f"{count:,}"]
    if report.is_compared:
        cells += ["–", "–"] if before is None else [f"{before:,}", signed(count - before)]
    if "Share" in columns:
        cells.append(f"{share} %")
    if "Most on" in columns:
        cells.append(_most_on(report, series.values))
    return cells


def _total_cells(report: Report, columns: list[str]) -> list[str]:
    before = report.before_total
    cells = ["All", f"{report.total:,}"]
    if report.is_compared:
        cells += ["–", "–"] if before is None else [f"{before:,}", signed(report.total - before)]
    if "Share" in columns:
        cells.append("100 %" if report.total else "0 %")
    if "Most on" in columns:
        totals = tuple(bucket_total(report, place) for place in range(len(report.buckets)))
        cells.append(_most_on(report, totals))
    return cells


def _share_table(report: Report, heading: str) -> ReportTableView:
    columns = [heading, "Good", "Ratings", "Good in %"]
    if report.is_compared:
        columns += ["Before in %", "Ratings before"]
    rows = []
    for place, one in enumerate(report.series):
        good, ratings = sum(one.values), sum(one.of_values)
        cells = [one.label, f"{good:,}", f"{ratings:,}", _percent(good, ratings)]
        if report.is_compared:
            good_before, before = sum(one.before_values), sum(one.before_of_values)
            cells += [_percent(good_before, before), f"{before:,}"]
        rows.append(ReportTableRow(tuple(cells), place))
    if len(rows) > 1:
        good = good_total(report)
        cells = ["All", f"{good:,}", f"{report.total:,}", _percent(good, report.total)]
        if report.is_compared:
            good_before = sum(sum(one.before_values) for one in report.series)
            before = report.before_total or 0
            cells += [_percent(good_before, before), f"{before:,}"]
        rows.append(ReportTableRow(tuple(cells)))
    return ReportTableView(tuple(columns), tuple(rows))


def _day_table(report: Report) -> ReportTableView:
    """Return the table with a row for each day, week or month, the newest first."""
    is_share = report.form is ReportForm.SHARE
    adds_up = report.is_total_of_all and len(report.series) > 1 and not is_share
    is_single = len(report.series) == 1 and not is_share
    columns = [_BUCKET_NAMES[report.size], *(one.label for one in report.series)]
    if adds_up:
        columns.append("All")
    if is_single and report.is_compared:
        columns += ["Compared with", "Before"]
    rows = []
    for place in reversed(range(len(report.buckets))):
        frozen = " · frozen" if report.is_frozen(report.buckets[place]) else ""
        cells = [describe_bucket(report.buckets[place], report.size) + frozen]
        cells += [_day_cell(one, place, is_share=is_share) for one in report.series]
        if adds_up:
            cells.append(f"{bucket_total(report, place):,}")
        if is_single and report.is_compared:
            before = report.series[0].before_values[place]
            cells.append(describe_bucket(report.before_buckets[place], report.size))
            cells.append("–" if report.is_before_unknown else f"{before:,}")
        rows.append(ReportTableRow(tuple(cells), place))
    return ReportTableView(tuple(columns), tuple(rows))


def _day_cell(series: ReportSeries, place: int, *, is_share: bool) -> str:
    value = series.values[place]
    if not is_share:
        return f"{value:,}"
    return f"{value:,} of {series.of_values[place]:,}" if series.of_values[place] else "–"


def _most_on(report: Report, values: tuple[int, ...]) -> str:
    peak = find_peak(values)
    if peak is None:
        return "–"
    return f"{short_day(report.buckets[peak].first)}, {values[peak]:,}"


def _percent(part: int, whole: int) -> str:
    percent = percent_of(part, whole)
    return "–" if percent is None else f"{percent} %"
