"""What one tile of the Reports page shows: its state, figure, difference in words, chart."""

from dataclasses import dataclass
from enum import Enum

from desktop.audience.report_definitions import ReportDefinition
from desktop.audience.report_wording import (
    describe_difference,
    describe_figure,
    describe_frozen,
    short_day,
)
from desktop.kit.errors import AppError, InvalidInput, NotPermitted
from desktop.kit.text import shorten
from desktop.model.report import Report, ReportForm
from desktop.model.time_zone import local_time
from desktop.viewmodels.reports.report_chart import ChartView, build_chart
from desktop.viewmodels.time_format import format_age
from desktop.viewmodels.tone import Tone

# Tickets are read every few minutes while a window is open; what is older is said in amber.
OLD_AFTER_S = 2 * 3600.0


class TileState(Enum):
    """The state of a report's tile: loading, shown, failed, refused, no phrase chosen."""

    LOADING = "loading"
    SHOWN = "shown"
    FAILED = "failed"
    REFUSED = "refused"
    # No phrase is chosen yet.
    UNSET = "unset"


@dataclass(frozen=True)
class TileView:
    """A tile of the Reports page; `note` stands at the right of its title.

    `text` is the sentence in place of the chart, of every state but LOADING and SHOWN.
    """

    name: str
    title: str
    state: TileState
    figure: str = ""
    difference: str = ""
    chart: ChartView | None = None
    note: str = ""
    note_tone: Tone = "muted"
    note_tip: str = ""
    text: str = ""


def loading_tile(definition: ReportDefinition) -> TileView:
    """Return the tile of a report that is being counted."""
    return TileView(definition.name, definition.title, TileState.LOADING)


def failed_tile(definition: ReportDefinition, error: AppError) -> TileView:
    """Return the tile of a report that could not be counted."""
    if isinstance(error, NotPermitted):
        state, text = TileState.REFUSED, error.message or error.title
    elif isinstance(error, InvalidInput):
        state, text = TileState.UNSET, "Count the tickets in which a word or phrase stands."
    else:
        state, text = TileState.FAILED, f"{error.title} {error.message}".strip()
    return TileView(definition.name, definition.title, state, text=text)


def build_tile(report: Report, definition: ReportDefinition, now: float) -> TileView:
    """Return the tile of a counted report."""
    note, tone, tip = describe_age(report, now)
    return TileView(
        definition.name,
        tile_title(report, definition),
        TileState.SHOWN,
        describe_figure(report),
        _difference(report, definition),
        build_chart(report, definition),
        note,
        tone,
        tip,
    )


def tile_title(report: Report, definition: ReportDefinition) -> str:
    """Return a report's title on screen; of one phrase, the phrase."""
    if definition.name == "phrases" and len(report.series) == 1:
        return f"“{shorten(report.series[0].key, 26)}” in tickets"
    return definition.title


def describe_age(report: Report, now: float) -> tuple[str, Tone, str]:
    """Return from when on a report can tell, or how old its source is: text, tone, tool tip."""
    if report.reading:
        return report.reading, "warn", "What is not read yet is not counted."
    if report.is_partly_unknown(report.buckets):
        if report.since is None:
            return "nothing known yet", "warn", "Nothing of it was read on this computer yet."
        day = local_time(report.since, report.period.zone).date()
        return f"from {short_day(day)}", "warn", f"Nothing is known of the days before {day}."
    if report.read_at is not None and now - report.read_at > OLD_AFTER_S:
        age = format_age(report.read_at, now)
        return age, "warn", "Counted from what this computer read then."
    if frozen := describe_frozen(report):
        return "partly frozen", "muted", frozen
    return "", "muted", ""


def _difference(report: Report, definition: ReportDefinition) -> str:
    if report.form is ReportForm.COUNT and not report.total and not report.before_total:
        return f"No {definition.noun[1]} in this time"
    if definition.name == "tickets-by-agent":
        nobody = next((one for one in report.series if one.key == "0"), None)
        count = report.count_of(nobody) if nobody is not None else 0
        return (
            f"{count:,} {'has' if count == 1 else 'have'} no assignee" if count else "new tickets"
        )
    if definition.name == "closed-tickets":
        solved = report.count_of(report.series[1])
        return f"{describe_difference(report, definition.noun)}; {solved:,} solved"
    if report.form is ReportForm.STATE and report.series:
        first = report.series[0]
        return f"{report.count_of(first):,} {first.label.lower()}"
    return describe_difference(report, definition.noun)
