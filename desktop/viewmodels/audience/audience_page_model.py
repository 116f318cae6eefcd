"""The view-model of the Audience page: segments, conditions with counts, people, one of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Signal

from desktop.audience.audience_service import AudienceService
from desktop.audience.condition_parser import check_value
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.audience_condition import (
    CUSTOM_PREFIX,
    EVERYBODY,
    AudienceCondition,
    AudienceField,
    AudienceGroup,
    AudienceOperator,
    find_field,
)
from desktop.model.audience_person import (
    AudienceColumn,
    AudienceCoverage,
    AudienceOrder,
    AudiencePerson,
    ConditionCount,
    ConditionEvidence,
    PeopleColumn,
)
from desktop.model.field_facts import FieldFacts
from desktop.model.pasted_addresses import MAX_PASTED_ADDRESSES
from desktop.model.permission import Permission, check_role
from desktop.viewmodels.audience.condition_view import (
    ConditionItemView,
    ConditionPath,
    append_condition,
    condition_at,
    remove_condition,
    replace_condition,
    view_conditions,
)
from desktop.viewmodels.audience.people_table_model import PeopleTableModel
from desktop.viewmodels.audience.person_text import people_format
from desktop.viewmodels.audience.reading_progress import ReadingProgress
from desktop.viewmodels.file_export import FileFormat, export_pages
from desktop.viewmodels.list_model import ListState
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.time_format import format_age
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

ALL_PEOPLE = "All people"
READING_STOPPED = "Reading stopped. What was read is kept; the next reading goes on from there."
_POLL_MS = 1000
_OLD_S = 3600.0
# Whatever columns are shown.
_ALWAYS_EXPORTED = (AudienceColumn.NAME, AudienceColumn.EMAIL, AudienceColumn.ID)


class ReadingProcess(Protocol):
    """A process that reads everybody's data; it outlives the window."""

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process that reads everybody's data; None while it runs."""
        ...

    def stop(self) -> None:
        """End it; what it has read is kept, and the next one goes on from there."""
        ...


@dataclass(frozen=True)
class AudienceUseCases:
    """What the Audience page can have done beside looking people up.

    `is_on`: whether an admin has this computer keep everybody; `switch_on` does it, audited.
    """

    is_on: Callable[[], bool]
    switch_on: Callable[[], Awaitable[None]]
    start_reading: Callable[[], ReadingProcess]
    list_fields: Callable[[], Awaitable[tuple[FieldFacts, ...]]]


@dataclass(frozen=True)
class SegmentView:
    """A segment in the list: how many people it has ("" until counted), which syncs use it."""

    name: str
    count: str = ""
    use_text: str = ""


@dataclass(frozen=True)
class SourceAge:
    """How old a service's data is, and of how many people it was read."""

    text: str
    is_old: bool
    tip: str


class AudiencePageModel(TaskOwningModel):
    """The people whom the page's conditions pick, the segments, and who is selected."""

    columns_changed = Signal()  # which columns are shown, or their order
    addresses_collected = Signal(str)  # of everybody who matches, one a line
    fields_read = Signal()  # read `field_facts`, or `fields_error`

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        audience: AudienceService,
        use_cases: AudienceUseCases,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._audience = audience
        self._use_cases = use_cases
        self._clock = clock
        self.table_model = PeopleTableModel(self._read_rows, self.tasks, clock.now, self)
        self.coverage: AudienceCoverage | None = None
        self.segment_name = ""
        self.group = self._saved_group = EVERYBODY
        self.total: int | None = None
        self.person: AudiencePerson | None = None
        self.evidence: tuple[ConditionEvidence, ...] = ()
        self.field_keys: tuple[str, ...] = ()
        self.field_facts: tuple[FieldFacts, ...] = ()  # of both services, as they were counted last
        self.fields_error = ""
        self.exported: int | None = None  # people written so far; None: no export is under way
        self._is_finding = False  # `total` is of the conditions before
        self._segments: tuple[tuple[str, AudienceGroup], ...] = ()
        self._uses: dict[str, str] = {}
        self._segment_counts: dict[str, int] = {}
        self._counts: dict[AudienceCondition, ConditionCount] = {}
        self._group_counts: dict[AudienceGroup, int] = {}
        self._error: AppError | None = None
        self._reading = ReadingProgress()
        self._process: ReadingProcess | None = None
        self._is_stopped = False  # by a person, and its process may be there for a moment yet
        self._values: dict[str, tuple[str, ...]] = {}
        self._poll_timer = create_timer(self, _POLL_MS, self._poll, repeats=True)

    # What the page shows.

    @property
    def title(self) -> str:
        """The name of the segment that is shown."""
        return self.segment_name or ALL_PEOPLE

    @property
    def is_changed(self) -> bool:
        """Whether the conditions are others than those of the segment that is shown."""
        return self.group != self._saved_group

    @property
    def is_counting(self) -> bool:
        """Whether the people are being looked up, and the number is an old one."""
        return self.tasks.is_running("people") or self.tasks.is_running("coverage")

    @property
    def is_reading(self) -> bool:
        """Whether a process that this window has started reads everybody's data."""
        return self._process is not None

    def conditions(self) -> tuple[ConditionItemView, ...]:
        """Return the conditions as chips and groups, as far as they are counted."""
        return view_conditions(self.group, self._counts, self._group_counts)

    def segments(self) -> tuple[SegmentView, ...]:
        """Return everybody and the saved segments, with their counts as far as known."""
        counts = self._segment_counts
        return (
            SegmentView(ALL_PEOPLE, f"{self.coverage.people:,}" if self.coverage else ""),
            *(
                SegmentView(name, self._format_count(counts.get(name)), self._uses[name])
                for name, _ in self._segments
            ),
        )

    def total_text(self) -> str:
        """Say how many people match; while they are counted, that they are; "" after an error."""
        if self.total is None:
            return "" if self._error is not None else "counting…"
        text = format_count(self.total, "person matches", "people match")
        return f"{text}, counting…" if self._is_finding else text

    def list_state(self) -> ListState:
        """Say whether there are people to show, and if not, why not, and what to do."""
        refusal = check_role(Permission.AUDIENCE, self._workspace.actor, self._workspace.rules)
        if not refusal.is_allowed:
            return ListState(text=refusal.reason)
        if isinstance(self._error, UserDecisionNeeded) and self.coverage is None:
            return self._unread_state()
        if self._error is not None:
            return ListState(text=str(self._error), action_label="Try again", has_failed=True)
        if self.total is None:
            return ListState(is_loading=True)
        if self.total:
            return ListState(summary=self.summary())
        if self.group.is_everybody:
            return ListState(text="Zendesk has no end users.")
        return ListState(text="Nobody matches these conditions.", action_label="Clear conditions")

    def _unread_state(self) -> ListState:
        if self.is_reading:
            text = "Reading everybody's data. It goes on when this window is closed."
            return ListState(text=text, action_label="Stop reading")
        text = (
            "Audience shows everybody in Zendesk, with their tickets, ratings and Sailthru lists."
            " Nothing was read on this computer yet."
        )
        if self._use_cases.is_on():
            return ListState(text=text, action_label="Read everybody now")
        if self._workspace.actor.is_confirmed_admin:
            return ListState(text=text, action_label="Keep everybody's data on this computer")
        return ListState(text=f"{text} An admin can switch it on.")

    def summary(self) -> str:
        """Describe the list: how many people, in which order."""
        order = self.table_model.order
        way = "largest first" if order.is_descending else "smallest first"
        if order.column is AudienceColumn.LAST_TICKET:
            way = "newest ticket first" if order.is_descending else "oldest ticket first"
        elif order.column in (AudienceColumn.NAME, AudienceColumn.ORGANIZATION):
            way = (
                f"by {order.column.label.lower()}, {'Z to A' if order.is_descending else 'A to Z'}"
            )
        else:
            way = f"by {order.column.label.lower()}, {way}"
        return f"{format_count(self.total or 0, 'person', 'people')}, {way}"

    def reading_text(self) -> str:
        """Say how far a first reading is, or that a reading is under way; "" else."""
        if (coverage := self.coverage) is not None and coverage.is_first_read:
            return self._reading.describe(coverage)
        return "reading…" if self.is_reading else ""

    def zendesk_age(self) -> SourceAge:
        """Say how old Zendesk's data on the Audience page is."""
        at = self.coverage.zendesk_at if self.coverage is not None else None
        if at is None:
            return SourceAge("Zendesk, not read whole yet", True, self.reading_text())
        now = self._clock.now()
        users = self.coverage.zendesk_users if self.coverage else 0
        tip = f"All {format_count(users, 'person', 'people')}"
        return SourceAge(f"Zendesk, {format_age(at, now)}", now - at > _OLD_S, tip)

    def sailthru_age(self) -> SourceAge:
        """Say how old Sailthru's data is, and of how many people a profile was read."""
        if (coverage := self.coverage) is None or not coverage.lists:
            return SourceAge(
                "Sailthru, no list read", True, "An admin names the lists that are read."
            )
        read = f"read for {coverage.profiles:,} of {coverage.people:,}"
        lists = ", ".join(coverage.lists)
        tip = (
            f"Lists: {lists}. Opt-out levels are in no export: known of whom somebody looked up,"
            " as of the last reading."
        )
        if coverage.sailthru_at is None:
            return SourceAge(f"Sailthru, {read}, not read whole yet", True, tip)
        now = self._clock.now()
        age = format_age(coverage.sailthru_at, now)
        return SourceAge(f"Sailthru, {age}, {read}", now - coverage.sailthru_at > _OLD_S, tip)

    def export_refusal(self) -> str:
        """Say why the people cannot be exported, or ""."""
        decision = self._audience.check_export()
        if not decision.is_allowed:
            return decision.reason
        if self.exported is not None:
            return "An export is under way."
        return "" if self.total else "There is nobody to export."

    def fields(self) -> tuple[AudienceField, ...]:
        """Return the fields by which this person may pick people, the account's own at the end."""
        own = (find_field(f"{CUSTOM_PREFIX}{key}") for key in self.field_keys)
        return (*self._audience.list_fields(), *own)

    def values_of(self, field: str) -> tuple[str, ...]:
        """Return what can be chosen as a field's value; () where it is typed, or not known yet."""
        if field not in self._values and self.coverage is not None:
            self._values[field] = ()
            self.tasks.start(f"values {field}", self._read_values(field))
        return self._values.get(field, ())

    def condition_at(self, path: ConditionPath) -> AudienceCondition | None:
        """Return the Audience page's condition at a path of groups."""
        return condition_at(self.group, path)

    # What a person does.

    def set_visible(self, visible: bool) -> None:
        """Read the people while somebody looks at the page."""
        if visible:
            self.reload()
        elif self._process is None:
            self._poll_timer.stop()

    def reload(self) -> None:
        """Read the Audience page's coverage, segments and people anew."""
        self._error = None
        self.tasks.start("coverage", self._read_coverage())
        self.changed.emit()

    def choose_segment(self, name: str) -> None:
        """Show a saved segment, or everybody; unsaved conditions are given up."""
        wanted = dict(self._segments).get(name, EVERYBODY)
        self.segment_name = name if name in dict(self._segments) else ""
        self._saved_group = wanted
        self._show_group(wanted)

    def show_conditions(self, group: AudienceGroup) -> None:
        """Show whom conditions pick that another page has asked for; unsaved ones are given up."""
        self.segment_name, self._saved_group = "", EVERYBODY
        self._show_group(group)

    def reset(self) -> None:
        """Give up what was changed of the segment's conditions."""
        self._show_group(self._saved_group)

    def set_is_any(self, is_any: bool) -> None:
        """Let one of the outermost conditions be enough, or ask for all of them."""
        self._show_group(AudienceGroup(self.group.items, is_any))

    def put_condition(
        self, path: ConditionPath | None, into: ConditionPath, condition: AudienceCondition
    ) -> None:
        """Replace the condition at a path, or add one (`path` None) to the group at `into`."""
        if path is not None:
            self._show_group(replace_condition(self.group, path, condition))
        else:
            self._show_group(append_condition(self.group, into, condition))

    def remove_condition(self, path: ConditionPath) -> None:
        """Remove one condition of the Audience page."""
        self._show_group(remove_condition(self.group, path))

    def clear_conditions(self) -> None:
        """Remove all conditions of the Audience page, which then shows everybody."""
        self._show_group(EVERYBODY)

    def set_order(self, order: AudienceOrder) -> None:
        """Sort the Audience page's people by another column."""
        if order != self.table_model.order:
            self.table_model.order = order
            self._start_people()

    def set_columns(self, columns: Sequence[PeopleColumn]) -> None:
        """Show other columns behind the name, in this order."""
        before = self.table_model.shown_columns
        self.table_model.show_columns(columns)
        if self.table_model.shown_columns != before:
            self.columns_changed.emit()

    def select(self, place: int) -> None:
        """Show the person at a place of the table in the peek."""
        person = self.table_model.row_at(place)
        if person == self.person:
            return
        self.person, self.evidence = person, ()
        if person is not None:
            self.tasks.start("explain", self._explain(person))
        self.changed.emit()

    def save_segment(self, name: str) -> None:
        """Save the Audience page's conditions as a named segment."""
        self.tasks.start("segment", self._save_segment(name))

    def remove_segment(self) -> None:
        """Remove the saved segment that is shown; nobody in it is touched."""
        if self.segment_name:
            self.tasks.start("segment", self._remove_segment(self.segment_name))

    def export(self, path: str, file_format: str) -> None:
        """Export everybody whom the Audience page's conditions pick to a file."""
        self.tasks.start_once("export", self._export(Path(path), FileFormat(file_format)))

    def cancel_export(self) -> None:
        """Stop the export of the audience's people; no file is left."""
        self.tasks.cancel("export")
        self.exported = None
        self.changed.emit()

    def take_next_step(self) -> None:
        """Do what the empty page offers: switch on, read, stop, clear the conditions, try again."""
        if self.is_reading and self.coverage is None:
            self.stop_reading()
        elif isinstance(self._error, UserDecisionNeeded) and self.coverage is None:
            self.tasks.start_once("begin", self._begin_reading())
        elif self._error is not None:
            self.reload()
        else:
            self.clear_conditions()

    def refresh_data(self) -> None:
        """Have a process read what has changed in both services."""
        self.tasks.start_once("begin", self._begin_reading())

    def stop_reading(self) -> None:
        """End the reading that this window has started; what was read is kept."""
        if self._process is not None:
            self._process.stop()
            self._is_stopped = True

    def refresh_refusal(self) -> str:
        """Say why what has changed can't be read now, or ""."""
        if self.is_reading:
            return "A reading is under way."
        if not self._use_cases.is_on():
            return "This computer reads everybody's data no more. An admin can switch it on."
        return ""

    # Work.

    def _show_group(self, group: AudienceGroup) -> None:
        self.group = group
        self._start_people()

    def _start_people(self) -> None:
        self._error = None
        self._is_finding = True
        self.tasks.start("people", self._find_people())
        self.changed.emit()

    async def _read_coverage(self) -> None:
        try:
            self.coverage = await self._audience.read_coverage()
            self._reading.note(self.coverage, self._clock.now())
            await self._read_segments()
            # A task of its own: another choice meanwhile replaces it, and not what follows.
            self._start_people()
            self.field_keys = tuple(await self._audience.list_field_keys())
            await self._count_segments()
        except AppError as error:
            self.coverage, self._error = None, error
            # Erased meanwhile, or unreadable: nothing of anybody is left behind the sentence.
            self.total, self.person, self.evidence = None, None, ()
            self._segment_counts.clear()
            self.table_model.show_keys(())
            self.changed.emit()

    async def _read_segments(self) -> None:
        segments = await self._audience.list_segments()
        self._uses = {one.name: one.use_text for one in segments}
        get = self._audience.get_segment
        self._segments = tuple([(one.name, await get(one.name)) for one in segments])

    async def _count_segments(self) -> None:
        for name, group in self._segments:
            self._segment_counts[name] = await self._audience.count(group)
        self.changed.emit()

    async def _find_people(self) -> None:
        try:
            await self._find_and_count()
        except AppError as error:
            self._error, self.total, self._is_finding = error, None, False
            self.changed.emit()

    async def _find_and_count(self) -> None:
        group, order = self.group, self.table_model.order
        ids = await self._audience.list_ids(group, order)
        self.total, self._is_finding = len(ids), False
        self.table_model.show_keys(ids)
        self.person, self.evidence = None, ()
        self.changed.emit()
        for condition in dict.fromkeys(group.conditions()):
            self._counts[condition] = await self._audience.count_condition(condition)
            self.changed.emit()
        for item in group.items:
            if isinstance(item, AudienceGroup):
                self._group_counts[item] = await self._audience.count(item)
        if self.segment_name and not self.is_changed:
            self._segment_counts[self.segment_name] = self.total
        self.changed.emit()

    async def _read_rows(self, ids: Sequence[int]) -> Mapping[int, AudiencePerson] | None:
        return await self._audience.get_people(ids)

    async def _explain(self, person: AudiencePerson) -> None:
        evidence = await self._audience.explain(person, self.group)
        if self.person == person:
            self.evidence = evidence
            self.changed.emit()

    async def _read_values(self, field: str) -> None:
        self._values[field] = tuple(await self._audience.list_values(field))
        self.changed.emit()

    async def _save_segment(self, name: str) -> None:
        saved = await self._audience.save_segment(name, self.group)
        self.segment_name, self._saved_group = saved.name, self.group
        await self._read_segments()
        if self.total is not None:
            self._segment_counts[saved.name] = self.total
        self.changed.emit()
        self.message_posted.emit(f"Saved the segment “{saved.name}”")

    async def _remove_segment(self, name: str) -> None:
        await self._audience.remove_segment(name)
        await self._read_segments()
        self._segment_counts.pop(name, None)
        self.choose_segment("")
        self.message_posted.emit(f"Removed the segment “{name}”")

    @property
    def change_disabled_reason(self) -> str:
        """Why the people who match cannot be changed at once; "" where they can."""
        if not self.total or self.tasks.is_running("change"):
            return "Nobody matches." if self.total == 0 else "Counting the people…"
        if self.total > MAX_PASTED_ADDRESSES:
            return f"At most {MAX_PASTED_ADDRESSES:,} people are changed at once."
        return ""

    def collect_addresses(self) -> None:
        """Collect who matches now, to be changed at once; emits `addresses_collected`."""
        if not self.change_disabled_reason:
            self.tasks.start("change", self._collect_addresses())

    async def _collect_addresses(self) -> None:
        found = await self._audience.list_addresses(self.group, self.table_model.order)
        self.addresses_collected.emit("\n".join(found))

    @property
    def now(self) -> float:
        """The current Unix time, for the ages that the Audience page shows."""
        return self._clock.now()

    def read_fields(self) -> None:
        """Count the fields of both services anew; emits `fields_read` at the end."""
        self.tasks.start("fields", self._read_fields())

    async def _read_fields(self) -> None:
        try:
            self.field_facts, self.fields_error = await self._use_cases.list_fields(), ""
        except AppError as error:
            self.fields_error = str(error)
        self.fields_read.emit()

    async def _export(self, path: Path, file_format: FileFormat) -> None:
        group, order = self.group, self.table_model.order
        columns = tuple(dict.fromkeys((*_ALWAYS_EXPORTED, *self.table_model.shown_columns)))
        names = [column.value for column in columns]
        await self._audience.note_export(group, self.total or 0, names)
        row_format = people_format(columns)
        self._show_exported(0)
        try:
            count = await export_pages(
                path,
                self._audience.iter_people(group, order),
                row_format,
                file_format=file_format,
                on_count=self._show_exported,
            )
        finally:
            self.exported = None
            self.changed.emit()
        people = format_count(count, "person", "people")
        self.message_posted.emit(f"Saved {people} to {path.name}")

    def _show_exported(self, count: int) -> None:
        self.exported = count
        self.changed.emit()

    async def _begin_reading(self) -> None:
        if not self._use_cases.is_on():
            await self._use_cases.switch_on()
        self._process = self._use_cases.start_reading()
        self._poll_timer.start()
        self.changed.emit()

    def _poll(self) -> None:
        exit_code = None if self._process is None else self._process.exit_code
        has_ended = exit_code is not None
        if has_ended:
            self._process = None
            self._poll_timer.stop()
            if self._is_stopped and exit_code:
                self.message_posted.emit(READING_STOPPED)
            self._is_stopped = False
        # While a first reading is under way everybody who has come is shown.
        if has_ended or self.coverage is None or self.coverage.is_first_read:
            self.tasks.start_once("coverage", self._read_coverage())
        self.changed.emit()

    @staticmethod
    def _format_count(count: int | None) -> str:
        return "" if count is None else f"{count:,}"


def build_condition(
    field: AudienceField, operator: AudienceOperator, text: str
) -> AudienceCondition:
    """Build a condition from what a person chose and typed. Raises ConditionError."""
    if not operator.takes_value:
        return AudienceCondition(field.name, operator)
    return AudienceCondition(field.name, operator, check_value(field, operator, text))
