"""The table of reports: name, title, what is counted, from where, and who may see it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from desktop.audience.health_value_and_run_reports import (
    collect_health,
    collect_runs,
    collect_values,
)
from desktop.audience.optout_report import collect_optouts
from desktop.audience.report_request import CollectedSeries, ReportRequest, ReportSources
from desktop.audience.ticket_reports import (
    collect_closed_tickets,
    collect_new_tickets,
    collect_phrases,
    collect_satisfaction,
    collect_tickets_by_agent,
)
from desktop.model.report import ReportForm
from desktop.store.data_source_repository import RATINGS_SOURCE, TICKETS_SOURCE

Collect = Callable[[ReportSources, ReportRequest], Awaitable[CollectedSeries]]


class ReportChart(Enum):
    """How a report is drawn."""

    # A column for each bucket, the period before as a dashed line.
    COLUMNS = "columns"
    # A bar for each category, the period before as a tick.
    BARS = "bars"
    # A column for each bucket, cut by category, told apart by pattern.
    STACK = "stack"
    LINE = "line"


@dataclass(frozen=True)
class ReportDefinition:
    """One report. `row_name` is what a row of its table is; "day" for one row each bucket.

    `sources` are the data sources of `data.db` whose age is its own. `noun` counts its numbers.
    """

    name: str
    title: str
    form: ReportForm
    chart: ReportChart
    noun: tuple[str, str]
    row_name: str
    source: str
    collect: Collect
    sources: tuple[str, ...] = ()
    names_agents: bool = False
    is_total_of_all: bool = True


_TICKETS = "Zendesk tickets read by this computer"
_TICKET_NOUN = ("ticket", "tickets")
_LISTS = "Sailthru lists read by this computer"
REPORTS: Mapping[str, ReportDefinition] = MappingProxyType(
    {
        one.name: one
        for one in (
            ReportDefinition(
                "new-tickets",
                "New tickets",
                ReportForm.COUNT,
                ReportChart.COLUMNS,
                _TICKET_NOUN,
                "day",
                _TICKETS,
                collect_new_tickets,
                (TICKETS_SOURCE,),
            ),
            ReportDefinition(
                "closed-tickets",
                "Closed tickets",
                ReportForm.COUNT,
                ReportChart.COLUMNS,
                _TICKET_NOUN,
                "day",
                _TICKETS,
                collect_closed_tickets,
                (TICKETS_SOURCE,),
                is_total_of_all=False,
            ),
            ReportDefinition(
                "satisfaction-by-agent",
                "Satisfaction by assignee",
                ReportForm.SHARE,
                ReportChart.BARS,
                ("rating", "ratings"),
                "agent",
                "Zendesk ratings read by this computer",
                collect_satisfaction,
                (RATINGS_SOURCE,),
                names_agents=True,
            ),
            ReportDefinition(
                "tickets-by-agent",
                "Tickets per agent",
                ReportForm.COUNT,
                ReportChart.BARS,
                _TICKET_NOUN,
                "agent",
                _TICKETS,
                collect_tickets_by_agent,
                (TICKETS_SOURCE,),
                names_agents=True,
            ),
            ReportDefinition(
                "opt-outs",
                "Opt-outs by cause",
                ReportForm.COUNT,
                ReportChart.STACK,
                ("opt-out", "opt-outs"),
                "cause",
                "the record of changes of this computer, and profiles looked up here",
                collect_optouts,
            ),
            ReportDefinition(
                "phrases",
                "Phrases in tickets",
                ReportForm.COUNT,
                ReportChart.LINE,
                _TICKET_NOUN,
                "phrase",
                "subject, messages and tags of the tickets that this computer keeps",
                collect_phrases,
                (TICKETS_SOURCE,),
                is_total_of_all=False,
            ),
            ReportDefinition(
                "health",
                "Health",
                ReportForm.STATE,
                ReportChart.STACK,
                ("profile", "profiles"),
                "health",
                _LISTS,
                collect_health,
            ),
            ReportDefinition(
                "value",
                "Customer value",
                ReportForm.STATE,
                ReportChart.STACK,
                ("profile", "profiles"),
                "value",
                _LISTS,
                collect_values,
            ),
            ReportDefinition(
                "runs",
                "Runs of syncs",
                ReportForm.COUNT,
                ReportChart.STACK,
                ("run", "runs"),
                "sync",
                "the runs of this computer",
                collect_runs,
            ),
        )
    }
)
