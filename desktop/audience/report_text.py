"""A report as lines of text, for the command line and for an e-mail."""

from collections.abc import Iterator

from desktop.audience.report_definitions import ReportDefinition
from desktop.audience.report_table import ReportTable
from desktop.audience.report_wording import describe_difference, describe_figure, short_day
from desktop.kit.text import format_count
from desktop.model.report import FindingAction, Report, ReportFinding
from desktop.model.time_zone import local_time


def describe_report(
    report: Report, definition: ReportDefinition, table: ReportTable, *, with_conditions: bool
) -> Iterator[str]:
    """Yield a report's lines: figure, table, findings, notes and source.

    `with_conditions`: beside each finding the conditions by which `fairlead audience` lists it.
    """
    period = report.period
    difference = describe_difference(report, definition.noun)
    yield (
        f"{definition.title}, {short_day(period.first)} – {short_day(period.last)}"
        f" {period.last.year} ({period.zone.key})"
    )
    yield f"{describe_figure(report)}  {difference}".rstrip()
    cells = [table.headings, *table.cells()]
    widths = [max(len(row[n]) for row in cells) for n in range(len(table.columns))]
    for row in cells if table.rows else ():
        line = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(line)}".rstrip()
    if not table.rows:
        yield f"  No {definition.noun[1]} in this time."
    if report.people:
        yield f"From {format_count(report.people, 'person', 'people')}."
    for one in report.findings:
        yield _finding_line(one) if with_conditions else one.text
    yield from report.notes
    yield f"Counted from {report.source}{_since(report)}."


def _finding_line(finding: ReportFinding) -> str:
    if finding.action in (FindingAction.AUDIENCE, FindingAction.SUPPRESS):
        return f"{finding.text} --where '{finding.target}'"
    if finding.action is FindingAction.UNDO:
        return f"{finding.text} fairlead undo --batch {finding.target} --opened --dry-run"
    return finding.text


def _since(report: Report) -> str:
    if report.since is None:
        return "; nothing is known yet" if report.is_since_limiting else ""
    day = local_time(report.since, report.period.zone).date()
    return f", since {day}"
