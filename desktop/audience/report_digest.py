"""The e-mail of a week's reports, and the alarm where opt-outs exceed twice the usual."""

from dataclasses import dataclass
from datetime import date, timedelta

from desktop.audience.report_definitions import REPORTS
from desktop.audience.report_service import ReportService
from desktop.audience.report_table import build_table
from desktop.audience.report_text import describe_report
from desktop.audience.report_wording import short_day
from desktop.model.report_period import ReportPeriod

# An alarm is about so many days, and the usual is that of so many weeks before them.
ALARM_DAYS, _USUAL_WEEKS = 7, 4
# Fewer than these in a week say nothing, whatever the usual is.
_LEAST_OPTOUTS = 10
_TIMES_USUAL = 2.0


@dataclass(frozen=True)
class ReportDigest:
    """Something to tell people of reports: a title of one line, and a text of several."""

    title: str
    text: str


async def build_weekly_digest(
    service: ReportService, monday: date, phrases: tuple[str, ...], workspace: str
) -> ReportDigest:
    """Count the week before a Monday beside the one before it, as the text of an e-mail.

    Whoever gets it may not be asked who they are: it names no agent and no customer. Raises
    NotPermitted, UserDecisionNeeded before the first reading, and StorageError.
    """
    period = ReportPeriod(monday - timedelta(days=7), monday - timedelta(days=1), service.zone)
    parts = []
    for name, definition in REPORTS.items():
        if definition.names_agents or (name == "phrases" and not phrases):
            continue
        report = await service.count(name, period, phrases=phrases, names_agents=False)
        table = build_table(report, definition).without("detail")
        parts.append("\n".join(describe_report(report, definition, table, with_conditions=False)))
    week = f"{short_day(period.first)} – {short_day(period.last)} {period.last.year}"
    return ReportDigest(f"Fairlead: reports of {week}, {workspace}", "\n\n".join(parts) + "\n")


async def find_optout_alarm(service: ReportService, today: date) -> ReportDigest | None:
    """Tell where the opt-outs of the last 7 days exceed twice the usual; None where they do not.

    The usual is an average week of the four before; not known whole, it raises no alarm.
    """
    first = today - timedelta(days=ALARM_DAYS - 1)
    before = ReportPeriod(
        first - timedelta(days=7 * _USUAL_WEEKS), first - timedelta(days=1), service.zone
    )
    usual_report = await service.count("opt-outs", before, is_compared=False)
    if usual_report.is_partly_unknown(usual_report.buckets):
        return None
    report = await service.count(
        "opt-outs",
        ReportPeriod(first, today, service.zone),
        is_compared=False,
        names_agents=False,
    )
    count, usual = report.total, usual_report.total / _USUAL_WEEKS
    if count < _LEAST_OPTOUTS or count <= _TIMES_USUAL * usual:
        return None
    causes = ", ".join(
        f"{one.label} {sum(one.values):,}" for one in report.series if sum(one.values)
    )
    return ReportDigest(
        f"{count:,} opt-outs in 7 days, more than twice the usual",
        f"Usually there are {usual:,.0f} in a week, by the four weeks before. By cause: {causes}."
        " The report “Opt-outs by cause” says more.\n",
    )
