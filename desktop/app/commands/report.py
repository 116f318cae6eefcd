"""`fairlead report NAME`: count a report, print it, or write it to a file."""

import argparse
from pathlib import Path

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.audience.report_definitions import REPORTS, ReportDefinition
from desktop.audience.report_table import ReportTable, build_table, report_document
from desktop.audience.report_wording import describe_difference, describe_figure, short_day
from desktop.kit.text import format_count
from desktop.model.report import FindingAction, Report
from desktop.model.report_period import BucketSize
from desktop.model.time_zone import local_time
from desktop.settings import settings_table
from desktop.viewmodels.file_export import format_csv, write_private_file


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=sorted(REPORTS), metavar="NAME", help=", ".join(REPORTS))
    parser.add_argument(
        "--from", dest="first", metavar="DAY", help="first day, as 2026-11-20 (27 days before --to)"
    )
    parser.add_argument("--to", dest="last", metavar="DAY", help="last day (today)")
    parser.add_argument(
        "--by", choices=[one.value for one in BucketSize], default=BucketSize.DAY.value,
        help="sum days, weeks from Monday, or months",
    )  # fmt: skip
    parser.add_argument(
        "--compare", choices=["before", "off"], default="before",
        help="beside it as many days right before (default), or nothing",
    )  # fmt: skip
    parser.add_argument(
        "--phrase", action="append", dest="phrases", metavar="TEXT",
        help="of the report “phrases”: what to look for; several times for several",
    )  # fmt: skip
    parser.add_argument("--csv", metavar="FILE", help="write the rows to a file that Excel opens")


@in_workspace()
async def _report(services: WorkspaceServices, options: argparse.Namespace) -> int:
    session, reports = services.session, services.reports
    if session.connection_error is not None:
        raise session.connection_error
    definition = reports.find(options.name)
    report = await reports.count(
        options.name,
        reports.parse_period(options.first, options.last),
        size=BucketSize(options.by),
        is_compared=options.compare == "before",
        phrases=tuple(options.phrases or session.values.get(settings_table.REPORT_PHRASES)),
    )
    table = build_table(report, definition)
    lines = list(_lines(report, definition, table))
    document = report_document(report, definition)
    if options.csv:
        path = Path(options.csv)
        # A negative number would be written as text, so that it can be no formula.
        written = table.without("change")
        await write_private_file(path, format_csv(written.headings, written.cells()))
        document["csv"] = str(path)
        lines.append(f"Saved {format_count(len(table.rows), 'row', 'rows')} to {path}.")
    return emit(document, lines, as_json=options.json)


def _lines(report: Report, definition: ReportDefinition, table: ReportTable) -> list[str]:
    period = report.period
    difference = describe_difference(report, definition.noun)
    lines = [
        f"{definition.title}, {short_day(period.first)} – {short_day(period.last)}"
        f" {period.last.year} ({period.zone.key})",
        f"{describe_figure(report)}  {difference}".rstrip(),
    ]
    cells = [table.headings, *table.cells()]
    widths = [max(len(row[n]) for row in cells) for n in range(len(table.columns))]
    lines += [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
        if table.rows
    ]
    if not table.rows:
        lines.append(f"  No {definition.noun[1]} in this time.")
    if report.people:
        lines.append(f"From {format_count(report.people, 'person', 'people')}.")
    for one in report.findings:
        where = one.action in (FindingAction.AUDIENCE, FindingAction.SUPPRESS)
        lines.append(f"{one.text} --where '{one.target}'" if where else one.text)
    lines += report.notes
    lines.append(f"Counted from {report.source}{_since(report)}.")
    return lines


def _since(report: Report) -> str:
    if report.since is None:
        return "; nothing is known yet" if report.is_since_limiting else ""
    day = local_time(report.since, report.period.zone).date()
    return f", since {day}"


COMMANDS = {"report": CliCommand(_add_arguments, _report)}
