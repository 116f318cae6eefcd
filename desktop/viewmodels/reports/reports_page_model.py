"""The view-model of the Reports page: which tiles, which days, what each report counted."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.audience.audience_service import AudienceService
from desktop.audience.condition_parser import format_expression, parse_expression
from desktop.audience.report_definitions import REPORTS, ReportDefinition
from desktop.audience.report_people import PeopleQuery
from desktop.audience.report_service import ReportService
from desktop.audience.report_table import build_table, report_document
from desktop.audience.value_health_findings import find_conditions
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.audience_condition import AudienceGroup
from desktop.model.report import Report, ReportForm
from desktop.model.report_period import BucketSize, ReportPeriod
from desktop.settings import settings_table
from desktop.store.report_notice_repository import WaitingMail
from desktop.viewmodels.file_export import (
    FileFormat,
    format_csv,
    format_json,
    write_private_file,
)
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.reports.report_detail_view import DetailView, build_detail
from desktop.viewmodels.reports.report_period_choice import ReportDays, describe_days
from desktop.viewmodels.reports.report_table_model import ReportTableModel, ReportTableView
from desktop.viewmodels.reports.report_tile_view import (
    TileView,
    build_tile,
    failed_tile,
    loading_tile,
)
from desktop.viewmodels.reports.waiting_mail_text import describe_waiting_mails
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

MAX_TILES = 6
# Milliseconds; some 50 of them are spent on counting.
_RECOUNT_MS = 60_000
_OPENED_WORDS = "had opened an e-mail in the 7 days before"
DEFAULT_TILES = (
    "new-tickets", "closed-tickets", "satisfaction-by-agent", "tickets-by-agent", "opt-outs",
    "phrases",
)  # fmt: skip


class ReportsPageModel(TaskOwningModel):
    """Counts the reports of the tiles one after another, and tells what the chosen one holds.

    `cursor` is the bucket that is highlighted in the chosen chart and its table, -1 for none;
    of a report of bars it is the category.
    """

    tile_changed = Signal(str)  # the report's name
    detail_changed = Signal()
    cursor_changed = Signal()
    tiles_changed = Signal()  # which they are, and in which order
    people_found = Signal(object, str)  # CountedPeople, of what
    exported = Signal(str, str)  # a sentence, the folder
    audience_requested = Signal(str)  # the expression of whom Audience is to show
    suppression_requested = Signal(str, str)  # addresses, one a line, and the list they are to join
    undo_requested = Signal(str, object, str)  # a batch, sids of whom of it to undo, a note

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        service: ReportService,
        audience: AudienceService,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._audience = audience
        self._workspace, self._service, self._clock = workspace, service, clock
        self.days = ReportDays()
        self.size = BucketSize.DAY
        self.is_compared = True
        self.tiles: tuple[str, ...] = DEFAULT_TILES
        self.chosen = DEFAULT_TILES[0]
        self.cursor = -1
        self.category_model = ReportTableModel(self)
        self.day_model = ReportTableModel(self)
        self._reports: dict[str, Report] = {}
        self._errors: dict[str, AppError] = {}
        self._is_visible = False
        self._waiting_mails: tuple[WaitingMail, ...] = ()
        self._shown_tables = (ReportTableView(), ReportTableView())
        self._timer = create_timer(self, _RECOUNT_MS, self._recount, repeats=True)

    # What the page shows.

    @property
    def period(self) -> ReportPeriod:
        """The period of days that the Reports page shows."""
        return self.days.resolve(self._service.today(), self._service.zone)

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that the report of phrases counts."""
        return self._workspace.values.get(settings_table.REPORT_PHRASES)

    def period_text(self) -> str:
        """Return the days that are shown: `24 Oct – 20 Nov`."""
        return describe_days(self.period, self._service.today())

    def before_text(self) -> str:
        """Return the days before the reports' period, in words."""
        return describe_days(self.period.before(), self._service.today())

    def zone_text(self) -> str:
        """Return whose days these are: `Days in New York time`."""
        return f"Days in {self._service.zone.key.rpartition('/')[2].replace('_', ' ')} time"

    def tile(self, name: str) -> TileView:
        """Return what a report's tile shows."""
        definition = REPORTS[name]
        if name in self._errors:
            return failed_tile(definition, self._errors[name])
        report = self._reports.get(name)
        if report is None:
            return loading_tile(definition)
        return build_tile(report, definition, self._clock.now())

    def report(self, name: str) -> Report | None:
        """Return a report as it was counted last; None while it was not."""
        return None if name in self._errors else self._reports.get(name)

    def detail(self) -> DetailView | None:
        """Return the chosen report's tables; None while there is none."""
        report = self.report(self.chosen)
        if report is None:
            return None
        now, today = self._clock.now(), self._service.today()
        return build_detail(report, self._definition, now, today)

    @property
    def is_counted(self) -> bool:
        """Whether every tile shows what was counted, or why not, and nothing is under way."""
        known = all(name in self._reports or name in self._errors for name in self.tiles)
        return known and not self.tasks.is_running("count")

    def refusal(self) -> str:
        """Say why the person at work may not see reports at all; "" where they may."""
        return self._service.check().reason

    def waiting_mail(self) -> tuple[str, str]:
        """Say which e-mails of reports were not sent yet, and why; "" twice where none waits."""
        return describe_waiting_mails(self._waiting_mails)

    # What the person does.

    def set_visible(self, is_visible: bool) -> None:
        """Count when the page is shown; hidden, nothing is counted."""
        if is_visible and not self._is_visible:
            self.refresh()
            self._timer.start()
        elif not is_visible:
            self._timer.stop()
        self._is_visible = is_visible

    def _recount(self) -> None:
        # What is read and done meanwhile; a count under way is left to end.
        if not self.tasks.is_running("count"):
            self.tasks.start("count", self._count_all(self.tiles))

    def refresh(self) -> None:
        """Count every tile's report anew; until then the tiles stand as they are."""
        self.changed.emit()
        self.tasks.start("count", self._count_all(self.tiles))

    def retry(self, name: str) -> None:
        """Count one report of the page again after it failed."""
        self._errors.pop(name, None)
        self._reports.pop(name, None)
        self.tile_changed.emit(name)
        self.tasks.start(f"count {name}", self._count(name))

    def choose(self, name: str) -> None:
        """Choose the report whose tables are shown below the tiles."""
        if name != self.chosen:
            self.chosen, self.cursor = name, -1
            self._show_tables()

    def set_cursor(self, place: int) -> None:
        """Highlight a bucket (or a category of bars) of the chosen report; -1: none."""
        if place != self.cursor:
            self.cursor = place
            self.cursor_changed.emit()

    def set_days(self, days: ReportDays) -> None:
        """Count the page's reports for other days."""
        self.days = days
        self._begin_anew()

    def set_size(self, size: BucketSize) -> None:
        """Sum the page's reports by day, week or month."""
        self.size = size
        self._begin_anew()

    def set_compared(self, is_compared: bool) -> None:
        """Put the period before beside it, or nothing."""
        self.is_compared = is_compared
        self._begin_anew()

    def set_tiles(self, names: Sequence[str]) -> None:
        """Show these reports as tiles, in this order; at most MAX_TILES, others are left out."""
        known = [name for name in dict.fromkeys(names) if name in REPORTS][:MAX_TILES]
        if not known or tuple(known) == self.tiles:
            return
        self.tiles = tuple(known)
        if self.chosen not in self.tiles:
            self.chosen, self.cursor = self.tiles[0], -1
        self.tiles_changed.emit()
        self._show_tables()
        missing = [name for name in self.tiles if name not in self._reports]
        if missing and self._is_visible:
            self.tasks.start("count", self._count_all(missing))

    def set_phrases(self, lines: str) -> None:
        """Count other phrases, one a line; they are kept in the settings."""
        phrases = [" ".join(line.split()) for line in lines.splitlines() if line.strip()]
        try:
            setting = settings_table.REPORT_PHRASES
            self._workspace.change_settings({setting.key: setting.validate(phrases)})
        except AppError as error:
            self.failed.emit(error)
            return
        self.retry("phrases")

    def show_people(self, series_key: str = "", bucket: int = -1) -> None:
        """Find who is behind the chosen report, or one category or bucket of it."""
        report = self.report(self.chosen)
        if report is None:
            return
        if bucket < 0 and (group := find_conditions(report.name, series_key)) is not None:
            self.audience_requested.emit(format_expression(group))
        if not self.has_people(report):
            return
        begin, end = report.period.begins_at, report.period.ends_at
        if bucket >= 0:
            begin, end = report.buckets[bucket].begins_at, report.buckets[bucket].ends_at
        query = PeopleQuery(report.name, begin, end, series_key, self.phrases)
        self.tasks.start("people", self._find_people(query, self._describe(report, query, bucket)))

    def suppress(self, expression: str) -> None:
        """Collect whom an expression picks, to be put on the suppression list."""
        self.tasks.start_once("suppress", self._suppress(parse_expression(expression)))

    async def _suppress(self, group: AudienceGroup) -> None:
        addresses = await self._audience.list_addresses(group)
        self.suppression_requested.emit("\n".join(addresses), self._service.suppression_list)

    def undo_opened(self, batch: str, note: str) -> None:
        """Collect whom a batch opted out that had opened an e-mail lately, to be undone for them.

        `note` is for who approves it.
        """
        self.tasks.start_once("undo", self._undo_opened(batch, note))

    async def _undo_opened(self, batch: str, note: str) -> None:
        sids = await self._service.find_opened_of_batch(batch)
        self.undo_requested.emit(batch, sids, note)

    def open_cursor(self) -> None:
        """Find who is behind the highlighted value of the chosen report."""
        report = self.report(self.chosen)
        if report is None or self.cursor < 0:
            return
        if self._definition.row_name == "agent":
            self.show_people(report.series[self.cursor].key)
        else:
            self.show_people(bucket=self.cursor)

    def open_category(self, row: int) -> None:
        """Find who is behind a row of the table of categories; the sum is all of them."""
        report, found = self.report(self.chosen), self.category_model.row_at(row)
        if report is not None and found is not None:
            self.show_people(report.series[found.place].key if found.place >= 0 else "")

    def has_people(self, report: Report) -> bool:
        """Whether people stand behind a report's numbers, and not profiles or runs."""
        return report.people is not None and report.form is not ReportForm.STATE

    def export(self, path: str, file_format: str) -> None:
        """Write the chosen report's rows to a file."""
        report = self.report(self.chosen)
        if report is not None:
            self.tasks.start("export", self._export(report, Path(path), FileFormat(file_format)))

    def save_made(self, path: str, make: Callable[[], bytes], names: Sequence[str]) -> None:
        """Write to a file what `make` makes in a thread of the reports of these names."""
        self.tasks.start("save", self._save_made(Path(path), make, tuple(names)))

    def file_name(self, ending: str) -> str:
        """Return the name that a file of the chosen report is offered."""
        period = self.period
        return f"{self.chosen}-{period.first}-{period.last}.{ending}"

    # Counting.

    @property
    def _definition(self) -> ReportDefinition:
        return REPORTS[self.chosen]

    def _begin_anew(self) -> None:
        self._reports.clear()
        self._errors.clear()
        self.cursor = -1
        for name in self.tiles:
            self.tile_changed.emit(name)
        self._show_tables()
        self.refresh()

    async def _count_all(self, names: Sequence[str]) -> None:
        # The chosen one first; each tile is painted as its report arrives.
        for name in sorted(names, key=lambda one: one != self.chosen):
            await self._count(name)
        self._waiting_mails = await self._service.list_waiting_mails()
        self.changed.emit()

    async def _count(self, name: str) -> None:
        count = partial(
            self._service.count, size=self.size, is_compared=self.is_compared, phrases=self.phrases
        )
        try:
            report = await count(name, self.period)
        except AppError as error:
            self._errors[name] = error
        else:
            self._errors.pop(name, None)
            self._reports[name] = report
        self.tile_changed.emit(name)
        if name == self.chosen:
            self._show_tables()

    def _show_tables(self) -> None:
        detail = self.detail()
        tables = (ReportTableView(), ReportTableView())
        if detail is not None:
            tables = (detail.categories, detail.days)
        # Counted again and the same: the row that is read and the place of the scroll bar stay.
        if tables != self._shown_tables:
            self._shown_tables = tables
            self.category_model.show_table(tables[0])
            self.day_model.show_table(tables[1])
        self.detail_changed.emit()
        self.cursor_changed.emit()

    async def _find_people(self, query: PeopleQuery, words: str) -> None:
        found = await self._service.find_people(query)
        self.people_found.emit(found, words)

    def _describe(self, report: Report, query: PeopleQuery, bucket: int) -> str:
        title = self.tile(report.name).title
        labels = [one.label for one in report.series if one.key == query.series_key]
        if query.series_key:
            title = f"{title}: {labels[0] if labels else _OPENED_WORDS}"
        shown = self.period if bucket < 0 else replace(
            self.period, first=report.buckets[bucket].first, last=report.buckets[bucket].last
        )  # fmt: skip
        return f"{title}, {describe_days(shown, self._service.today())}"

    # Files.

    async def _export(self, report: Report, path: Path, file_format: FileFormat) -> None:
        # Asked again: the right may be gone since the report was counted.
        definition = REPORTS[report.name]
        self._service.require_allowed(definition)
        table = build_table(report, definition).without("change")
        if file_format is FileFormat.JSON:
            text = format_json(report_document(report, definition))
        else:
            text = format_csv(table.headings, table.cells(), file_format)
        await write_private_file(path, text)
        rows = f"{len(table.rows):,} {'row' if len(table.rows) == 1 else 'rows'}"
        self.exported.emit(f"Saved {rows} to {path.name}.", str(path.parent))

    async def _save_made(
        self, path: Path, make: Callable[[], bytes], names: tuple[str, ...]
    ) -> None:
        for name in names:
            self._service.require_allowed(REPORTS[name])
        await write_private_file(path, await asyncio.to_thread(make))
        self.exported.emit(f"Saved {path.name}.", str(path.parent))
