"""`fairlead report` counts a report, prints it or writes it to a file; `report-mail` mails them."""

import argparse
from pathlib import Path

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace, open_workspace
from desktop.app.commands.view_permission import require_admin, require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.report_mail import ReportMail
from desktop.audience.report_definitions import REPORTS
from desktop.audience.report_table import build_table, report_document
from desktop.audience.report_text import describe_report
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.model.report_period import BucketSize
from desktop.settings import settings_table
from desktop.viewmodels.file_export import format_csv, write_private_file
from desktop.viewmodels.time_format import format_full_date_and_time


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
    lines = list(describe_report(report, definition, table, with_conditions=True))
    document = report_document(report, definition)
    if options.csv:
        path = Path(options.csv)
        # A negative number would be written as text, so that it can be no formula.
        written = table.without("change")
        await write_private_file(path, format_csv(written.headings, written.cells()))
        document["csv"] = str(path)
        lines.append(f"Saved {format_count(len(table.rows), 'row', 'rows')} to {path}.")
    return emit(document, lines, as_json=options.json)


def _add_mail_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to", action="append", metavar="ADDRESS", help="who gets them; several times for several"
    )
    parser.add_argument("--to-nobody", action="store_true", help="nobody gets them any more")
    parser.add_argument("--weekly", choices=["on", "off"], help="each Monday the week's reports")
    parser.add_argument(
        "--alarm", choices=["on", "off"], help="tell when opt-outs exceed twice the usual"
    )
    parser.add_argument("--send", action="store_true", help="send the last week's reports now")


async def _set_mail(context: AppContext, options: argparse.Namespace) -> int:
    changes: dict[str, Json] = {}
    if options.to or options.to_nobody:
        changes[settings_table.REPORT_MAIL_TO.key] = list(dict.fromkeys(options.to or ()))
    for key, given in (
        (settings_table.REPORT_WEEKLY.key, options.weekly),
        (settings_table.OPTOUT_ALARM.key, options.alarm),
    ):
        if given is not None:
            changes[key] = given == "on"
    is_acting = bool(changes) or options.send
    async with open_workspace(context, options.workspace, connect=is_acting) as services:
        session = services.session
        await require_view_permission(services)
        if changes:
            require_admin(services, "say whom reports are sent to")
            session.change_settings(changes)
        sent = await ReportMail(services).send_weekly_now() if options.send else None
        get = session.values.get
        to = get(settings_table.REPORT_MAIL_TO)
        weekly, alarm = get(settings_table.REPORT_WEEKLY), get(settings_table.OPTOUT_ALARM)
        keeps = services.has_everybody()
        waiting = await services.data_store.report_notices.list_waiting() if keeps else ()
    who = ", ".join(to) or "nobody"
    lines = [
        f"Each Monday the week's reports go to {who}." if weekly else "No reports by e-mail.",
        f"More than twice the usual opt-outs: {who} is told, and this computer's desktop."
        if alarm
        else "Nobody is told of many opt-outs.",
    ]
    if sent is not None:
        lines.append(f"Sent “{sent.title}” to {who}.")
    for mail in waiting:
        tries = format_count(mail.attempts, "attempt", "attempts")
        again = f"again from {format_full_date_and_time(mail.due_at)} on"
        lines.append(f"Not sent yet: “{mail.title}”, {tries}, {again}. {mail.error}".rstrip())
    document: dict[str, Json] = {
        "to": [*to],
        "weekly": weekly,
        "alarm": alarm,
        "sent": sent.title if sent else None,
        "waiting": [
            {"title": m.title, "attempts": m.attempts, "due_at": m.due_at, "error": m.error}
            for m in waiting
        ],
    }
    return emit(
        document,
        lines,
        as_json=options.json,
    )


COMMANDS = {
    "report": CliCommand(_add_arguments, _report),
    "report-mail": CliCommand(_add_mail_arguments, _set_mail),
}
