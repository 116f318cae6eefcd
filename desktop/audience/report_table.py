"""A report as tables: the rows of its JSON, its CSV and its printed page, and the days beside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from desktop.audience.report_definitions import ReportDefinition
from desktop.audience.report_wording import bucket_total, find_peak, good_total
from desktop.model.json_value import Json
from desktop.model.report import (
    FEW_RATINGS,
    FindingAction,
    Report,
    ReportForm,
    ReportSeries,
    percent_of,
    round_shares,
)
from desktop.model.report_period import BucketSize, ReportBucket
from desktop.model.time_zone import local_time

_HEADINGS = {
    "day": "Day", "to": "Until", "before_day": "Day before", "count": "Number", "before": "Before",
    "change": "Change", "share": "Share in %", "peak": "Most", "peak_day": "Most on",
    "good": "Good", "ratings": "Ratings", "percent": "Good in %", "before_good": "Good before",
    "before_ratings": "Ratings before", "before_percent": "Good before in %",
    "is_few": "Fewer than 50 ratings", "offered": "Not answered", "bad": "Bad", "people": "People",
    "detail": "Detail", "id": "Id", "ended_otherwise": "Not done",
}  # fmt: skip


@dataclass(frozen=True)
class ReportTable:
    """Rows under columns; a column is the key of a row's JSON, with its heading."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Json], ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """The column headings of a report's table, in order."""
        return tuple(
            _HEADINGS.get(name, name.replace("_", " ").capitalize()) for name in self.columns
        )

    def without(self, column: str) -> "ReportTable":
        """Return the table without one of its columns."""
        return ReportTable(tuple(one for one in self.columns if one != column), self.rows)

    def cells(self) -> Iterator[tuple[str, ...]]:
        """Yield every row as texts, as a file of comma-separated values holds them."""
        for row in self.rows:
            yield tuple(_cell(row.get(name)) for name in self.columns)


def build_table(report: Report, definition: ReportDefinition) -> ReportTable:
    """Build a report's own table: a row for each day, or for each category."""
    if definition.row_name == "day":
        return _table(_day_rows(report))
    return _table(_series_rows(report, definition))


def build_day_table(report: Report) -> ReportTable:
    """Build the table with a row for each day, week or month, and a column for each category."""
    rows = []
    for place, bucket in enumerate(report.buckets):
        row = _bucket_keys(bucket, report.size)
        for one in report.series:
            row[one.key] = one.values[place]
            if report.form is ReportForm.SHARE:
                row[f"{one.key}_of"] = one.of_values[place]
        if report.is_total_of_all and report.form is not ReportForm.SHARE:
            row["all"] = bucket_total(report, place)
        if report.frozen_before is not None:
            row["frozen"] = report.is_frozen(bucket)
        rows.append(row)
    return _table(rows)


def report_document(report: Report, definition: ReportDefinition) -> dict[str, Json]:
    """Return a report as the object that `fairlead report --json` prints."""
    period = report.period
    document: dict[str, Json] = {
        "report": report.name,
        "title": definition.title,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "zone": period.zone.key,
        "by": report.size.value,
        "total": report.total,
        "before": report.before_total,
        "before_from": _day(report.before_buckets[0].first) if report.is_compared else None,
        "before_to": _day(report.before_buckets[-1].last) if report.is_compared else None,
        "people": report.people,
        "source": report.source,
        "since": _local_day(report, report.since),
        "frozen_before": _local_day(report, report.frozen_before),
        "read_at": report.read_at,
        "findings": [
            {"text": one.text, "where": one.target}
            for one in report.findings
            if one.action in (FindingAction.AUDIENCE, FindingAction.SUPPRESS)
        ],
        "notes": [*(one.text for one in report.findings), *report.notes],
        "rows": [dict(row) for row in build_table(report, definition).rows],
        "days": [dict(row) for row in build_day_table(report).rows],
    }
    if report.form is ReportForm.SHARE:
        document["good"] = good_total(report)
        document["percent"] = percent_of(good_total(report), report.total)
    return document


def _day_rows(report: Report) -> Iterator[dict[str, Json]]:
    is_single = len(report.series) == 1
    for place, bucket in enumerate(report.buckets):
        row = _bucket_keys(bucket, report.size)
        for one in report.series:
            row["count" if is_single else one.key] = one.values[place]
        if report.is_compared:
            row["before_day"] = _day(report.before_buckets[place].first)
            for one in report.series:
                value = None if report.is_before_unknown else one.before_values[place]
                row["before" if is_single else f"before_{one.key}"] = value
        yield row


def _series_rows(report: Report, definition: ReportDefinition) -> Iterator[dict[str, Json]]:
    counts = [report.count_of(one) for one in report.series]
    shares = round_shares(counts)
    for one, count, share in zip(report.series, counts, shares, strict=True):
        is_phrase = definition.row_name == "phrase"
        row: dict[str, Json] = {definition.row_name: one.key if is_phrase else one.label}
        if one.key != one.label and not is_phrase:
            row["id"] = one.key
        if one.detail:
            row["detail"] = one.detail
        if report.form is ReportForm.SHARE:
            row |= _share_cells(report, one)
        else:
            before = report.count_before(one)
            row["count"] = count
            if report.is_compared:
                row["before"] = before
                row["change"] = None if before is None else count - before
            if report.is_total_of_all:
                row["share"] = share
            if report.form is ReportForm.COUNT:
                peak = find_peak(one.values)
                row["peak"] = 0 if peak is None else one.values[peak]
                row["peak_day"] = None if peak is None else _day(report.buckets[peak].first)
        row |= dict(one.numbers)
        yield row


def _share_cells(report: Report, series: ReportSeries) -> dict[str, Json]:
    good, ratings = sum(series.values), sum(series.of_values)
    cells: dict[str, Json] = {
        "good": good,
        "ratings": ratings,
        "percent": percent_of(good, ratings),
        "is_few": ratings < FEW_RATINGS,
    }
    if report.is_compared:
        before_good, before_ratings = sum(series.before_values), sum(series.before_of_values)
        cells["before_good"] = before_good
        cells["before_ratings"] = before_ratings
        cells["before_percent"] = percent_of(before_good, before_ratings)
    return cells


def _bucket_keys(bucket: ReportBucket, size: BucketSize) -> dict[str, Json]:
    keys: dict[str, Json] = {"day": _day(bucket.first)}
    if size is not BucketSize.DAY:
        keys["to"] = _day(bucket.last)
    return keys


def _table(rows: Iterator[dict[str, Json]] | Sequence[dict[str, Json]]) -> ReportTable:
    found = tuple(rows)
    # Every row has the same keys but for what is not there to say (a detail).
    columns = list(dict.fromkeys(name for row in found for name in row))
    return ReportTable(tuple(columns), found)


def _day(day: date) -> str:
    return day.isoformat()


def _local_day(report: Report, at: float | None) -> str | None:
    return None if at is None else _day(local_time(at, report.period.zone).date())


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
