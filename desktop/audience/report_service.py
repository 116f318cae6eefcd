"""Counts a report for the person at work, and says what they may see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from desktop.audience.audience_service import AudienceRights, nobody_read_error
from desktop.audience.optout_report import find_opened_of_batch
from desktop.audience.report_definitions import REPORTS, ReportDefinition
from desktop.audience.report_people import CountedPeople, PeopleQuery, find_people
from desktop.audience.report_request import ReportRequest, ReportSources
from desktop.audience.report_wording import describe_frozen, short_day
from desktop.audience.value_health_findings import ValueHealthNames
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.kit.text import format_count
from desktop.model.permission import Permission, PermissionDecision
from desktop.model.report import Report
from desktop.model.report_period import BucketSize, ReportPeriod, parse_report_period
from desktop.model.retention import ActivityType
from desktop.model.time_zone import local_time, parse_time_zone
from desktop.store.change_report_repository import ChangeReportRepository
from desktop.store.data_source_repository import (
    RATINGS_SOURCE,
    TICKETS_SOURCE,
    ReadingState,
)
from desktop.store.data_workspace_store import DataStore
from desktop.store.report_notice_repository import WaitingMail

# By the data source that a report counts, the activity whose rows are kept for some days alone.
_RETAINED = {TICKETS_SOURCE: ActivityType.TICKETS, RATINGS_SOURCE: ActivityType.RATINGS}


class ReportService:
    """Builds reports from the data workspace and the audit, and lists the people behind a count."""

    def __init__(
        self,
        open_store: Callable[[], DataStore],
        changes: ChangeReportRepository,
        clock: Clock,
        rights: AudienceRights,
        get_zone: Callable[[], str],
        get_names: Callable[[], ValueHealthNames] = ValueHealthNames,
    ) -> None:
        """`get_zone` tells the time zone (IANA) in which the days of reports begin."""
        self._open_store = open_store
        self._changes = changes
        self._clock = clock
        self._rights = rights
        self._get_zone = get_zone
        self._get_names = get_names

    def find(self, name: str) -> ReportDefinition:
        """Return the definition of a report. Raises InvalidInput, with the names there are."""
        if name not in REPORTS:
            raise InvalidInput(
                f"There is no report “{name[:40]}”.", "", f"There are: {', '.join(REPORTS)}."
            )
        return REPORTS[name]

    def parse_period(self, first: str | None, last: str | None) -> ReportPeriod:
        """Parse days in the account's time zone; left out: 28 days up to today. InvalidInput."""
        zone = parse_time_zone(self._get_zone())
        return parse_report_period(first, last, self._clock.now(), zone)

    def check(self, definition: ReportDefinition | None = None) -> PermissionDecision:
        """Decide whether the person at work may see a report, or reports at all."""
        decision = self._rights.check(Permission.AUDIENCE)
        if decision.is_allowed and definition is not None and definition.names_agents:
            return self._rights.check(Permission.AGENT_REPORTS)
        return decision

    async def count(
        self,
        name: str,
        period: ReportPeriod,
        *,
        size: BucketSize = BucketSize.DAY,
        is_compared: bool = True,
        phrases: tuple[str, ...] = (),
        names_agents: bool = True,
    ) -> Report:
        """Count a report; it names agents where the person may know.

        Raises InvalidInput, NotPermitted, and StorageError.
        """
        definition = self.find(name)
        self.require_allowed(definition)
        request = ReportRequest(
            period,
            size,
            is_compared,
            phrases,
            names_agents and self._rights.check(Permission.AGENT_REPORTS).is_allowed,
        )
        store = self._open_store()
        states = [await store.sources.get(source) for source in definition.sources]
        found = await definition.collect(self._sources(store), request)
        marks = await store.retention.list_marks()
        limits = [
            marks[one]
            for source, one in _RETAINED.items()
            if one in marks and source in definition.sources
        ]
        read_from = max((mark.read_from or 0.0 for mark in limits), default=0.0)
        ages = [state.whole_from for state in states if state.whole_from is not None]
        report = Report(
            name=name,
            form=definition.form,
            period=period,
            size=size,
            buckets=request.buckets,
            before_buckets=request.before_buckets,
            series=found.series,
            source=definition.source,
            since=max(found.since or 0.0, read_from) or None,
            is_since_limiting=found.is_since_limiting or read_from > (found.since or 0.0),
            frozen_before=max((mark.purged_before or 0.0 for mark in limits), default=0.0) or None,
            read_at=min(ages) if ages else None,
            reading=next(filter(None, map(_reading_words, states)), ""),
            people=found.people,
            is_total_of_all=definition.is_total_of_all,
            counted_totals=found.counted_totals,
            findings=found.findings,
        )
        notes = [
            *found.notes,
            *self._period_notes(report),
            *(_reading_note(state) for state in states),
        ]
        return replace(report, notes=tuple(note for note in notes if note))

    async def note_looked_up(self) -> None:
        """Keep the opt-out levels that look-ups have read, before their copies go."""
        levels = await self._changes.list_cached_optouts()
        await self._open_store().profile_reports.note_optouts(levels)

    async def find_people(self, query: PeopleQuery) -> CountedPeople:
        """Find who is behind a number of a report. Raises NotPermitted, and StorageError."""
        self.require_allowed(self.find(query.report))
        return await find_people(self._sources(self._open_store()), query)

    async def find_opened_of_batch(self, batch: str) -> tuple[str, ...]:
        """Find the sids of whom a batch opted out although they had opened an e-mail lately.

        Raises NotPermitted, UserDecisionNeeded where nothing is read, StorageError.
        """
        self.require_allowed(self.find("opt-outs"))
        sources = self._sources(self._open_store())
        return await find_opened_of_batch(sources, batch, self._clock.now())

    async def list_waiting_mails(self) -> tuple[WaitingMail, ...]:
        """List the e-mails of reports that no mail server has taken yet; none without the right."""
        if not self.check().is_allowed or not self._rights.has_data():
            return ()
        return await self._open_store().report_notices.list_waiting()

    @property
    def suppression_list(self) -> str:
        """The Sailthru list of people to whom no campaign is sent while they are on it."""
        return self._get_names().suppression_list

    def _sources(self, store: DataStore) -> ReportSources:
        return ReportSources(store, self._changes, self._get_names())

    def today(self) -> date:
        """Return today for reports: the day in the account's time zone."""
        return local_time(self._clock.now(), parse_time_zone(self._get_zone())).date()

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone, in which the days of reports begin."""
        return parse_time_zone(self._get_zone())

    def require_allowed(self, definition: ReportDefinition) -> None:
        """Raise NotPermitted where the person may not see a report; UserDecisionNeeded: unread."""
        decision = self.check(definition)
        if not decision.is_allowed:
            raise NotPermitted(f"You may not see the report “{definition.title}”.", decision.reason)
        if not self._rights.has_data():
            raise nobody_read_error()

    def _period_notes(self, report: Report) -> list[str]:
        period = report.period
        shown = (period.before(), period) if report.is_compared else (period,)
        notes = [
            f"{short_day(day)} has {hours:g} hours."
            for one in shown
            for day, hours in one.odd_days()
        ]
        today = local_time(self._clock.now(), period.zone).date()
        if period.last >= today:
            notes.append(f"{short_day(today)} is not over yet.")
        if report.since is not None and report.is_partly_unknown(report.buckets):
            since = local_time(report.since, period.zone).date()
            notes.append(f"Known only from {short_day(since)} on: what was before is not counted.")
        frozen = describe_frozen(report)
        return [*notes, frozen] if frozen else notes


def _reading_words(state: ReadingState) -> str:
    """Return how far a report's source is read, "" where it was read to its end."""
    if state.is_complete:
        return ""
    if state.refused:
        return "not read"
    return f"{state.rows_read:,} of {state.expected:,} read" if state.expected else "reading"


def _reading_note(state: ReadingState) -> str:
    if state.refused:
        return f"Zendesk does not let {state.name} be read: {state.refused}"
    if not state.is_complete:
        of_all = f" of about {state.expected:,}" if state.expected else ""
        read = format_count(state.rows_read, "record", "records")
        return f"The first reading of {state.name} is not at its end: {read}{of_all} so far."
    return ""
