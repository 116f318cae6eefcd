"""Model of the settings section “Data sources”: the gallery, one source's view, and its set-up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from desktop.audience.data_service import DataStatus
from desktop.connect.data_source_facts import list_facts
from desktop.connect.data_source_service import LEAVING_TEXT, DataSourceService
from desktop.kit.clock import Clock
from desktop.kit.text import format_count
from desktop.model.audience_person import AudiencePerson
from desktop.model.data_source import (
    DataSource,
    DataSourceKind,
    DataSourceState,
    DataSourceStep,
    find_sources,
)
from desktop.store.data_source_repository import ReadingState
from desktop.viewmodels.audience.audience_page_model import READING_STOPPED, ReadingProcess
from desktop.viewmodels.audience.customer_activity_model import CustomerActivityModel
from desktop.viewmodels.audience.people_table_model import PeopleTableModel
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.time_format import format_age
from desktop.viewmodels.tone import ChipTone
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

_NOTHING_KEPT = "Nothing of it is saved on this computer."
SHOW_ALL = "All data sources"
_POLL_MS = 1000
_TONES: Mapping[DataSourceState, ChipTone] = {
    DataSourceState.AVAILABLE: "neutral",
    DataSourceState.CONNECTED: "ok",
    DataSourceState.DISCONNECTED: "warn",
    DataSourceState.ARCHIVED: "closed",
}
# The steps of connecting each kind; every one is a card of Settings or of the set-up.
SETUP_STEPS: Mapping[DataSourceKind, tuple[str, ...]] = {
    DataSourceKind.SUPPORT: (
        "Account", "Permissions", "Retention", "Fields", "Authorise", "Summary",
    ),
    DataSourceKind.SAILTHRU: ("Account", "Permissions", "Fields", "Authorise", "Summary"),
    DataSourceKind.SELL: ("Account", "Authorise", "Summary"),
    DataSourceKind.EVENTS: (),
}  # fmt: skip


@dataclass(frozen=True)
class DataSourceUseCases:
    """What the section needs beside the sources themselves.

    `read_status` and `list_people` (their ids) tell None and nobody where nothing of everybody is
    kept; `start_reading` starts a process, from the beginning with True. `describe_first_run` says
    in sentences what the first run of a data source does.
    """

    sources: DataSourceService
    clock: Clock
    read_status: Callable[[], Awaitable[DataStatus | None]]
    list_people: Callable[[DataSourceKind], Awaitable[Sequence[int]]]
    get_people: Callable[[Sequence[int]], Awaitable[Mapping[int, AudiencePerson]]]
    build_activity: Callable[[DataSourceKind], CustomerActivityModel]
    start_reading: Callable[[bool], ReadingProcess]
    describe_first_run: Callable[[DataSourceKind], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class DataSourceRow:
    """A row of the gallery. `needs` are said where it is not connected; `action` is its button."""

    kind: DataSourceKind
    name: str
    state: str
    tone: ChipTone
    text: str
    needs: str
    action: str


@dataclass(frozen=True)
class DataSourceView:
    """The view of one data source. A refusal says why a button can't be used.

    `ways_out` are the steps that one act may take; `leaving_text` says why several, or is "".
    """

    kind: DataSourceKind
    name: str
    state: str
    tone: ChipTone
    facts: tuple[tuple[str, str], ...]
    step: DataSourceStep | None
    ways_out: tuple[tuple[DataSourceStep, ...], ...]
    leaving_text: str
    change_refusal: str
    kept_text: str
    kept_total: int
    erase_refusal: str
    can_resume: bool
    readings: tuple[tuple[str, str], ...]
    is_reading: bool
    error: ErrorMessage
    busy_text: str


class DataSourcesModel(CardModel):
    """The data sources of the workspace; one of them, or the set-up of one, may be open."""

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, use_cases: DataSourceUseCases | None
    ) -> None:
        """`use_cases` are None where only the set-up's cards are used."""
        super().__init__()
        self._workspace = workspace
        self._use_cases = use_cases
        self._sources: tuple[DataSource, ...] = ()
        self._counts: Mapping[str, int] = {}
        self._status: DataStatus | None = None
        self.people_model: PeopleTableModel | None = None
        if use_cases is not None:
            self.people_model = PeopleTableModel(
                self._read_people, self.tasks, use_cases.clock.now, self
            )
        self.first_run: Sequence[str] = ()
        self.search_text, self.category = "", SHOW_ALL
        self.opened: DataSourceKind | None = None
        self.setting_up: DataSourceKind | None = None
        self.step_index = 0
        self._process: ReadingProcess | None = None
        self._poll_timer = create_timer(self, _POLL_MS, self._poll, repeats=True)

    def categories(self) -> tuple[str, ...]:
        """Return the gallery's categories, all of them first."""
        return (SHOW_ALL, *dict.fromkeys(kind.category for kind in DataSourceKind))

    def rows(self) -> tuple[DataSourceRow, ...]:
        """Return the gallery's rows by search and category."""
        found = find_sources(self.search_text, self._sources)
        return tuple(
            self._build_row(source)
            for source in found
            if self.category in (SHOW_ALL, source.kind.category)
        )

    def view(self) -> DataSourceView | None:
        """Build the view of the open data source; None where none is open."""
        use_cases = self._use_cases
        source = next((one for one in self._sources if one.kind is self.opened), None)
        if source is None or use_cases is None:
            return None
        total = sum(self._counts.values())
        kept = ", ".join(f"{count:,} {what}" for what, count in self._counts.items() if count)
        return DataSourceView(
            source.kind,
            source.name,
            source.state.label,
            _TONES[source.state],
            list_facts(source, self._workspace.values, self._workspace.actor),
            source.next_step,
            source.ways_out,
            LEAVING_TEXT if source.kind is DataSourceKind.SUPPORT else "",
            use_cases.sources.change_refusal(),
            f"Kept on this computer: {kept}."
            if kept
            else "Nothing of it is saved on this computer.",
            total,
            use_cases.sources.erase_refusal(source),
            source.record is not None and source.state is not DataSourceState.CONNECTED,
            self._describe_readings(source.kind),
            self._process is not None,
            self._error,
            self._busy_text,
        )

    def load_status(self) -> None:
        """Read how each data source stands, and what is kept of the open one."""
        if self._use_cases is not None:
            self.tasks.start("sources", self._load())

    def refresh(self) -> None:
        """Read the data sources again: the connection or a setting changed."""
        super().refresh()
        self.load_status()

    def search(self, text: str, category: str) -> None:
        """Show only the data sources that a text and a category leave."""
        self.search_text, self.category = text, category
        self.changed.emit()

    def open_source(self, kind: DataSourceKind | None) -> None:
        """Show one data source, or the gallery again (None)."""
        self.opened, self.setting_up = kind, None
        self._counts = {}
        self.load_status()
        self.changed.emit()

    def set_up(self, kind: DataSourceKind) -> None:
        """Begin to connect a data source; one that is connected is shown instead."""
        source = next((one for one in self._sources if one.kind is kind), None)
        if source is not None and source.state is DataSourceState.CONNECTED:
            self.open_source(kind)
            return
        self.opened, self.setting_up, self.step_index = None, kind, 0
        self.changed.emit()

    def go_to_step(self, index: int) -> None:
        """Show a step of the set-up; behind the last one the source itself."""
        kind = self.setting_up
        if kind is None:
            return
        if index >= len(SETUP_STEPS[kind]):
            self.open_source(kind)
            return
        self.step_index = max(index, 0)
        if SETUP_STEPS[kind][self.step_index] == "Summary" and self._use_cases is not None:
            # What was said of another data source is not this one's.
            self.first_run = ()
            self.tasks.start("first run", self._describe_first_run(kind))
        self.changed.emit()

    def rename(self, name: str) -> None:
        """Name the open data source on this computer."""
        if self._use_cases is not None and self.opened is not None:
            work = self._use_cases.sources.rename(self.opened, name)
            self._start_work("rename", self._act(work), "Renaming…")

    def take_steps(self, steps: Sequence[DataSourceStep]) -> None:
        """Disconnect, archive or delete the open data source; the person has been asked."""
        if self._use_cases is not None and self.opened is not None:
            work = self._use_cases.sources.take_steps(self.opened, *steps)
            self._start_work("step", self._act(work), "Working…")

    def resume(self) -> None:
        """Connect the open data source again by the sign-in that is still here, if any."""
        if self._use_cases is not None and self.opened is not None:
            work = self._use_cases.sources.resume(self.opened)
            self._start_work("resume", self._act(work), "Connecting…")

    def erase(self, total: int) -> None:
        """Erase what is kept of the open data source; the person was told how many records."""
        if self._use_cases is not None and self.opened is not None:
            work = self._use_cases.sources.erase_data(self.opened, total)
            self._start_work("erase", self._act(work, "Erased from this computer."), "Erasing…")

    def read_again(self, *, is_full: bool) -> None:
        """Start a process that catches up, or reads everything from the beginning."""
        if self._use_cases is not None:
            self._process = self._use_cases.start_reading(is_full)
            self._poll_timer.start()
            self.message_posted.emit("Reading; it goes on when this window is closed.")
            self.changed.emit()

    def stop_reading(self) -> None:
        """End the reading that this section has started; what was read is kept."""
        if self._process is not None:
            self._process.stop()
            self.message_posted.emit(READING_STOPPED)

    def _poll(self) -> None:
        if self._process is None or self._process.exit_code is not None:
            self._process = None
            self._poll_timer.stop()
        # How far it is, or how it ended.
        self.tasks.start_once("sources", self._load())

    async def close(self) -> None:
        """Cancel what the section has under way; a reading goes on without the window."""
        self._poll_timer.stop()
        await super().close()

    async def _act(self, work: Awaitable[object], message: str = "") -> None:
        await work
        await self._load()
        self._finish_work(message)

    async def _load(self) -> None:
        use_cases = self._use_cases
        if use_cases is None:
            return
        self._sources = await use_cases.sources.list_all()
        if self.opened is not None:
            self._counts = await use_cases.sources.count_data(self.opened)
            self._status = await use_cases.read_status()
            if self.people_model is not None:
                self.people_model.show_keys(await use_cases.list_people(self.opened))
        self.changed.emit()

    async def _read_people(self, ids: Sequence[int]) -> Mapping[int, AudiencePerson] | None:
        return None if self._use_cases is None else await self._use_cases.get_people(ids)

    def build_activity(self, kind: DataSourceKind) -> CustomerActivityModel | None:
        """Build the list of what customers did as far as a data source tells it."""
        return None if self._use_cases is None else self._use_cases.build_activity(kind)

    async def _describe_first_run(self, kind: DataSourceKind) -> None:
        if self._use_cases is not None:
            self.first_run = await self._use_cases.describe_first_run(kind)
            self.changed.emit()

    def _build_row(self, source: DataSource) -> DataSourceRow:
        is_known = source.state is not DataSourceState.AVAILABLE
        return DataSourceRow(
            source.kind,
            source.name,
            source.state.label,
            _TONES[source.state],
            source.account if is_known and source.account else source.kind.about,
            "" if is_known else f"It needs: {' '.join(source.kind.needs)}",
            "Open" if is_known else "Get started",
        )

    def _describe_readings(self, kind: DataSourceKind) -> tuple[tuple[str, str], ...]:
        if self._status is None or self._use_cases is None:
            return ()
        now = self._use_cases.clock.now()
        is_list = kind is DataSourceKind.SAILTHRU
        if kind not in (DataSourceKind.SUPPORT, DataSourceKind.SAILTHRU):
            return ()
        return tuple(
            (
                one.list_name or one.name.capitalize(),
                ". ".join(filter(None, (_reading_text(one, now), self._use_text(one)))),
            )
            for one in self._status.sources
            if (one.list_name is not None) == is_list
        )

    def _use_text(self, state: ReadingState) -> str:
        text = self._status.use_text(state.list_name or "") if self._status is not None else ""
        return text[:1].upper() + text[1:]


def _reading_text(state: ReadingState, now: float) -> str:
    if state.refused:
        return state.refused
    if not state.is_complete:
        of_all = f" of about {state.expected:,}" if state.expected else ""
        return f"{state.rows_read:,}{of_all} read so far"
    rows = format_count(state.rows_read, "record", "records")
    return f"{format_age(state.whole_from or now, now)}, {rows} in the last reading"
