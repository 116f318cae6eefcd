"""The page “Sync”: every sync with its state, the chosen one, and what people do with them."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError
from desktop.model.permission import Permission, Role, check_permission
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_service import MissingResource
from desktop.viewmodels.syncs.run_processes import RunProcesses
from desktop.viewmodels.syncs.sync_actions import SyncActions
from desktop.viewmodels.syncs.sync_card_view import SyncCardView, build_sync_card
from desktop.viewmodels.syncs.sync_header_view import (
    HeaderInputs,
    SyncHeaderView,
    SyncMessageView,
    build_sync_header,
)
from desktop.viewmodels.syncs.sync_labels import source_label, target_label
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_snapshot import AllSyncsSnapshot, SyncSnapshot, read_all_syncs
from desktop.viewmodels.task_registry import TaskRegistry

_THROTTLE_MS = 150
_PROCESS_POLL_MS = 500
_AGE_REFRESH_MS = 30_000


@dataclass(frozen=True)
class PresetView:
    """A preset that can be added."""

    name: str
    title: str
    source: str
    target: str
    description: str


@dataclass(frozen=True)
class SyncListState:
    """Whether there is a list to show, and if not, the sentence in its place."""

    is_loading: bool = False
    text: str = ""
    has_failed: bool = False
    is_empty: bool = False


class SyncPageModel(QObject):
    """`changed`: list or head are new; `chosen` names the sync whose tabs are shown."""

    changed = Signal()
    sync_selected = Signal(str)
    snapshot_read = Signal()  # the store was read again: the tabs may be out of date
    failed = Signal(object)  # AppError
    message_posted = Signal(str)
    waiting_count_changed = Signal(int)
    sync_removed = Signal(str)

    def __init__(self, context: SyncPageContext) -> None:
        super().__init__()
        self.context = context
        self.tasks = TaskRegistry(self._on_error)
        self.selected_name = ""
        self._snapshot: AllSyncsSnapshot | None = None
        self._error: AppError | None = None
        self._actions = SyncActions(context)
        self._processes = RunProcesses(context)
        self._busy_texts: dict[str, str] = {}
        self._absences: dict[str, tuple[MissingResource, ...]] = {}
        self._messages: dict[str, SyncMessageView] = {}
        self._waiting_count = 0
        self._is_reread_requested = False
        self._is_closed = False
        self._process_timer = QTimer(self)
        self._process_timer.setSingleShot(True)
        self._process_timer.setInterval(_PROCESS_POLL_MS)
        self._process_timer.timeout.connect(self.refresh)
        self._throttle_timer = QTimer(self)
        self._throttle_timer.setSingleShot(True)
        self._throttle_timer.setInterval(_THROTTLE_MS)
        self._throttle_timer.timeout.connect(self.refresh)
        self._age_timer = QTimer(self)
        self._age_timer.setInterval(_AGE_REFRESH_MS)
        self._age_timer.timeout.connect(self.refresh)
        self._unsubscribe = context.bus.subscribe(self._on_changes)

    # What the page shows.

    @property
    def names(self) -> PresetNames:
        """How this account calls things."""
        return self.context.sync_names()

    @property
    def waiting_count(self) -> int:
        """How many syncs wait for a person."""
        return self._waiting_count

    def list_state(self) -> SyncListState:
        """What stands in place of the list where there is none."""
        allowed = check_permission(
            Permission.VIEW, self.context.workspace.actor, self.context.workspace.rules
        )
        if not allowed.is_allowed:
            return SyncListState(text=allowed.reason)
        if self._error is not None:
            return SyncListState(text=str(self._error), has_failed=True)
        if self._snapshot is None:
            return SyncListState(is_loading=True)
        return SyncListState(is_empty=not self._snapshot.syncs)

    def card_views(self) -> tuple[SyncCardView, ...]:
        """Every sync, favourites first."""
        if self._snapshot is None:
            return ()
        now, names = self.context.clock.now(), self.names
        return tuple(
            build_sync_card(
                sync,
                names,
                now,
                starting=self._processes.pending_process(sync.sync.name) is not None,
            )
            for sync in self._snapshot.syncs
        )

    def preset_views(self) -> tuple[PresetView, ...]:
        """The presets that are not added yet."""
        if self._snapshot is None:
            return ()
        names = self.names
        return tuple(
            PresetView(
                goal.name,
                goal.title,
                source_label(goal, names),
                target_label(goal, names),
                goal.description,
            )
            for goal in self._snapshot.missing_presets
        )

    @property
    def next_run_at(self) -> float | None:
        """When the next run begins by itself, of whatever sync; None: none does."""
        times = [s.sync_state.next_run_at for s in self._snapshot.syncs] if self._snapshot else []
        return min((at for at in times if at is not None), default=None)

    def add_disabled_reason(self) -> str:
        """Why no sync can be added; empty: it can."""
        verdict = self.context.syncs.check_permission()
        return verdict.reason if not verdict.is_allowed else ""

    def selected_sync(self) -> SyncSnapshot | None:
        """The chosen sync as it was read last."""
        return self._snapshot.find(self.selected_name) if self._snapshot else None

    def header_view(self) -> SyncHeaderView | None:
        """The chosen sync's head."""
        sync = self.selected_sync()
        if sync is None:
            return None
        name = sync.sync.name
        around = HeaderInputs(
            now=self.context.clock.now(),
            pending_process=self._processes.pending_process(name),
            busy_text=self._busy_texts.get(name, ""),
            absences=self._absences.get(name, ()),
            can_create_missing=self.context.workspace.actor.role is Role.ADMIN,
            rows_per_second=self._processes.rows_per_second(sync),
            error_message=self._messages.get(name),
        )
        return build_sync_header(sync, around)

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """A page that is seen keeps its ages; the badge is kept in any case."""
        if visible and not self._is_closed:
            self._age_timer.start()
            self.refresh()
        else:
            self._age_timer.stop()

    def refresh(self) -> None:
        """Read again."""
        self._is_reread_requested = True
        if not self.tasks.is_running("look"):
            self.tasks.start("look", self._read_snapshot())

    def select_sync(self, sync_name: str) -> None:
        """Show one sync."""
        if sync_name != self.selected_name:
            self.selected_name = sync_name
            self.sync_selected.emit(sync_name)
            self.changed.emit()

    def add(self, preset: str) -> None:
        """Add a preset, off, and show it."""
        self._start(f"add {preset}", self._add(preset))

    def switch_sync(self, *, on: bool) -> None:
        """Switch the chosen sync; on, after asking both services for what it needs."""
        if self.selected_name:
            self._start(f"switch {self.selected_name}", self._switch(self.selected_name, on=on))

    def perform_message_action(self, act: str) -> None:
        """What a message offers: create what is missing, resume, try again, or go away."""
        goal = self.selected_name
        if act == "make":
            self._start(f"switch {goal}", self._create_missing(goal))
        elif act == "close":
            self._absences.pop(goal, None)
            self._messages.pop(goal, None)
            self.changed.emit()
        elif act == "check":
            self.switch_sync(on=True)
        elif act == "preview":
            self.start_preview()
        elif act == "resume":
            self.resume_run()

    def start_preview(self, *, full: bool = False) -> None:
        """Make a preview, in a process of its own; `full` looks at everybody again."""
        self._start_process(
            self.selected_name, "plan", "plan", self.selected_name, *_full_option(full)
        )

    def start_run(self, *, full: bool = False) -> None:
        """Run it, from reading to writing; `full` looks at everybody again."""
        self._start_process(
            self.selected_name, "run", "run", self.selected_name, *_full_option(full)
        )

    def resume_run(self, run: str = "") -> None:
        """Go on with a run that stopped."""
        sync = self.selected_sync()
        last = sync.last_run.id if sync is not None and sync.last_run is not None else ""
        if run or last:
            self._start_process(
                self.selected_name, "run", "run", self.selected_name, "--resume", run or last
            )

    def start_write(self, plan: str, *allow: str) -> None:
        """Write exactly this preview; `allow` lets limits pass once."""
        more = [word for limit in allow for word in ("--allow", limit)]
        self._start_process(
            self.selected_name, "run", "run", self.selected_name, "--plan", plan, *more
        )

    def start_retry(self, row: int | None = None) -> None:
        """Try again what was refused or corrected: all of it, or one row of the last preview."""
        rest = () if row is None else (str(row),)
        self._start_process(self.selected_name, "run", "retry", self.selected_name, *rest)

    def start_rollback(self, run: str) -> None:
        """Make the preview that takes a run back; it is written like any other."""
        self._start_process(self.selected_name, "plan", "rollback", run, "--dry-run")

    def cancel_run(self) -> None:
        """Ask what is under way to stop."""
        sync = self.selected_sync()
        if sync is not None and sync.active_run is not None:
            self._start(f"cancel {sync.active_run.id}", self._cancel(sync.active_run.id))

    def edit_details(self, **parts: object) -> None:
        """Another title, description, labels, or favourite; what it means stays."""
        self._start(
            f"amend {self.selected_name}", self._actions.edit_details(self.selected_name, parts)
        )

    def remove_sync(self) -> None:
        """Take the chosen sync away; what it wrote and its history stay."""
        self._start(f"remove {self.selected_name}", self._remove(self.selected_name))

    async def close(self) -> None:
        """End what runs here; processes go on."""
        self._unsubscribe()
        self._is_closed = True
        for timer in (self._throttle_timer, self._age_timer, self._process_timer):
            timer.stop()
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _start(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.is_running(name):
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    def _start_process(self, sync_name: str, kind: str, *arguments: str) -> None:
        sync = self.selected_sync()
        if sync is None or self._processes.pending_process(sync_name) is not None:
            return
        self._messages.pop(sync_name, None)
        try:
            self._processes.start(sync, kind, *arguments)
        except AppError as error:
            self._messages[sync_name] = SyncMessageView(
                "bad", error.title, f"{error.message} {error.hint}"
            )
        self._schedule_reread()
        self.changed.emit()

    async def _read_snapshot(self) -> None:
        while self._is_reread_requested:
            self._is_reread_requested = False
            services = self.context.workspace.services
            connected = services.sailthru is not None and services.zendesk is not None
            try:
                self._snapshot = await self.context.run_in_database_thread(
                    read_all_syncs, self.context, connected=connected
                )
                self._error = None
            except AppError as error:
                self._error = error
            if self._snapshot is not None:
                self._apply_snapshot(self._snapshot)
            self.changed.emit()
            self.snapshot_read.emit()

    def _apply_snapshot(self, snapshot: AllSyncsSnapshot) -> None:
        """What a look says of the processes, the badge and the choice."""
        self._messages |= self._processes.take_failed_starts(snapshot)
        self._schedule_reread()
        for sentence in self._processes.take_ended_run_texts(snapshot):
            self.message_posted.emit(sentence)
        self._update_waiting_count()
        if snapshot.find(self.selected_name) is None:
            first = next(iter(snapshot.syncs), None)
            self.selected_name = first.sync.name if first else ""
            self.sync_selected.emit(self.selected_name)

    def _schedule_reread(self) -> None:
        """A process that ends before it begins changes nothing that would be noticed."""
        if self._processes.has_pending and not self._is_closed:
            self._process_timer.start()

    def _update_waiting_count(self) -> None:
        waiting = sum(card.needs_person for card in self.card_views())
        if waiting != self._waiting_count:
            self._waiting_count = waiting
            self.waiting_count_changed.emit(waiting)

    async def _add(self, preset: str) -> None:
        goal = await self._actions.add_preset(preset)
        self.selected_name = goal.name
        self.sync_selected.emit(goal.name)
        self.message_posted.emit(f"{goal.title} is added, and off.")

    async def _switch(self, name: str, *, on: bool) -> None:
        self._absences.pop(name, None)
        self._messages.pop(name, None)
        if on:
            words = "Asking Zendesk and Sailthru for what it needs…"
            await self._show_busy_during(name, words, self._check_and_switch_on(name))
            return
        goal = await self._actions.switch_off(name)
        self.message_posted.emit(f"{goal.title} is off.")

    async def _create_missing(self, name: str) -> None:
        async def make() -> None:
            await self._actions.create_missing(self._absences.get(name, ()))
            await self._check_and_switch_on(name)

        await self._show_busy_during(name, "Creating what is missing…", make())

    async def _check_and_switch_on(self, name: str) -> None:
        goal, self._absences[name] = await self._actions.check_and_switch_on(name)
        if goal.on:
            self.message_posted.emit(f"{goal.title} is on.")

    async def _show_busy_during(
        self, name: str, words: str, work: Coroutine[Any, Any, None]
    ) -> None:
        self._busy_texts[name] = words
        self.changed.emit()
        try:
            await work
        except AppError as error:
            self._messages[name] = SyncMessageView(
                "bad", error.title, f"{error.message} {error.hint}".strip(), (("close", "Close"),)
            )
        finally:
            self._busy_texts.pop(name, None)
            self.context.publish_sync_change()
            self.changed.emit()

    async def _cancel(self, run: str) -> None:
        await self.context.store.runs.request_cancel(run)
        self.context.publish_sync_change()

    async def _remove(self, name: str) -> None:
        await self._actions.remove(name)
        self.selected_name = ""
        self.sync_removed.emit(name)
        self.message_posted.emit("It is gone; what it wrote and its history stay.")

    def _on_changes(self, changes: ChangeSet) -> None:
        topics = (Topic.SYNC, Topic.PERMISSIONS, Topic.SERVICE, Topic.SETTINGS)
        if changes.has_any(*topics) and not self._throttle_timer.isActive() and not self._is_closed:
            self._throttle_timer.start()

    def _on_error(self, error: AppError) -> None:
        self.failed.emit(error)
        self.changed.emit()


def _full_option(full: bool) -> tuple[str, ...]:
    return ("--full",) if full else ()
