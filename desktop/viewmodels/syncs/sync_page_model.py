"""The view-model of the page Sync: every sync's card, the chosen one's header, and actions."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Signal

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, InvalidInput, UserDecisionNeeded
from desktop.kit.text import fold_text
from desktop.model.permission import Role
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_run import Run
from desktop.settings import sync_settings
from desktop.sync.missing_resources import MissingResource
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_snapshot import AllSyncsSnapshot, SyncSnapshot, read_all_syncs
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.frozen_row_order import FrozenRowOrder
from desktop.viewmodels.list_model import ListState
from desktop.viewmodels.qt_timer import AGE_REFRESH_MS, create_timer
from desktop.viewmodels.syncs.run_processes import RunProcesses
from desktop.viewmodels.syncs.sync_card_view import SyncCardView, build_sync_card
from desktop.viewmodels.syncs.sync_header_view import (
    HeaderInputs,
    MessageAction,
    SyncHeaderView,
    SyncMessageView,
    build_sync_header,
)
from desktop.viewmodels.syncs.sync_labels import (
    kind_choices,
    parse_kind_choice,
    source_label,
    target_label,
)
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import check_view_permission

# A run tells of itself several times a second; the page reads itself anew less often.
_THROTTLE_MS = 150
# A process that ends before its run has begun changes no row: it is asked whether it lives.
_PROCESS_POLL_MS = 500
_TOPICS = (Topic.SYNC, Topic.PERMISSIONS, Topic.SERVICE, Topic.SETTINGS)


@dataclass(frozen=True)
class PresetView:
    """A preset of the page Sync that can be added, in words."""

    name: str
    title: str
    source: str
    target: str
    description: str


class SyncPageModel(TaskOwningModel):
    """Leads the page Sync; its tabs' models follow `sync_selected` and `snapshot_read`."""

    sync_selected = Signal(str)
    snapshot_read = Signal()  # the store was read again: the tabs may be out of date
    waiting_count_changed = Signal(int)
    sync_removed = Signal(str)
    sync_added = Signal(str)

    def __init__(self, context: SyncPageContext) -> None:
        super().__init__()
        self.context = context
        self.selected_name = ""
        self.label_filter = ""
        # How many syncs wait for a person, for the badge of the page.
        self.waiting_count = 0
        self._snapshot: AllSyncsSnapshot | None = None
        self._error: AppError | None = None
        self._processes = RunProcesses(context)
        # Each by the name of the sync it is about.
        self._busy_texts: dict[str, str] = {}
        self._absences: dict[str, tuple[MissingResource, ...]] = {}
        self._messages: dict[str, SyncMessageView] = {}
        self._is_reread_requested = False
        self._is_closed = False
        self._order = FrozenRowOrder()
        self._visit_number = 0  # grows each time the page is shown
        self._process_timer = create_timer(self, _PROCESS_POLL_MS, self.refresh)
        self._throttle_timer = create_timer(self, _THROTTLE_MS, self.refresh)
        self._age_timer = create_timer(self, AGE_REFRESH_MS, self.refresh, repeats=True)
        self._unsubscribe = context.bus.subscribe(self._on_changes)

    # What the page shows.

    @property
    def names(self) -> PresetNames:
        """The names of the account's fields, lists and tags on the page Sync."""
        return self.context.sync_names()

    def list_state(self) -> ListState:
        """Say what stands in place of sync cards; neither text nor summary: there is no sync."""
        allowed = check_view_permission(self.context.workspace)
        if not allowed.is_allowed:
            return ListState(text=allowed.reason)
        if self._error is not None:
            return ListState(text=str(self._error), action_label="Try again", has_failed=True)
        if self._snapshot is None:
            return ListState(is_loading=True)
        if not self._snapshot.syncs and (connect := self._connect_state()) is not None:
            return connect
        return ListState(summary=str(len(self._snapshot.syncs) or ""))

    def _connect_state(self) -> ListState | None:
        """Say on the page Sync what to connect first; None: both services are, or are asked."""
        workspace = self.context.workspace
        if not workspace.is_configured:
            text = "Connect Zendesk and Sailthru first. A sync copies data from one to the other."
            return ListState(text=text, action_label="Continue set-up")
        clients = workspace.clients
        both = ((Service.ZENDESK, clients.zendesk), (Service.SAILTHRU, clients.sailthru))
        missing = [service.title for service, client in both if client is None]
        # While it connects there is none yet, which is no news.
        if not workspace.is_connected or not missing:
            return None
        text = f"Connect {missing[0]} first. A sync copies data between it and the other service."
        return ListState(text=text, action_label="Open the connections")

    @property
    def shows_sync(self) -> bool:
        """Whether a sync is shown beside the list; its preview and runs name customers."""
        may_view = check_view_permission(self.context.workspace).is_allowed
        return may_view and bool(self.card_views() or self.label_filter)

    def card_views(self) -> tuple[SyncCardView, ...]:
        """Build the card of every sync, favourites first when the page Sync is opened.

        A star that is switched then moves nothing under the pointer.
        """
        if self._snapshot is None:
            return ()
        now, names, pending = self.context.clock.now(), self.names, self._processes.pending_process
        syncs = self._order.arrange(
            self._visit_number, self._snapshot.syncs, lambda sync: sync.sync.name
        )
        return tuple(
            build_sync_card(sync, names, now, starting=pending(sync.sync.name) is not None)
            for sync in syncs
            if not self.label_filter or self.label_filter in sync.sync.labels
        )

    def labels(self) -> tuple[str, ...]:
        """Return the labels of all syncs for the list's filter, each once."""
        syncs = self._snapshot.syncs if self._snapshot else ()
        found = {label for sync in syncs for label in sync.sync.labels}
        return tuple(sorted(found, key=fold_text))

    def set_label_filter(self, label: str) -> None:
        """Show the sync cards with one label; empty: all."""
        self.label_filter = label
        shown = [card.sync_name for card in self.card_views()]
        if shown and self.selected_name not in shown:
            self.select_sync(shown[0])
        self.changed.emit()

    def preset_views(self) -> tuple[PresetView, ...]:
        """Build the page Sync's presets that are not added yet."""
        if self._snapshot is None:
            return ()
        names = self.names
        return tuple(
            PresetView(
                sync.name,
                sync.title,
                source_label(sync, names),
                target_label(sync, names),
                sync.description,
            )
            for sync in self._snapshot.missing_presets
        )

    @property
    def next_run_at(self) -> float | None:
        """Return when any sync runs next, for the status bar (Unix seconds); None: none does."""
        times = [s.sync_state.next_run_at for s in self._snapshot.syncs] if self._snapshot else []
        return min((at for at in times if at is not None), default=None)

    @property
    def newest_run(self) -> tuple[str, Run] | None:
        """Return the run that was begun last and its sync's title, for the status bar, or None."""
        runs = [(each.sync.title, each.last_run) for each in self.all_syncs() if each.last_run]
        return max(runs, key=lambda each: each[1].started_at, default=None)

    def add_disabled_reason(self) -> str:
        """Return why no sync can be added on the page Sync; empty: it can."""
        verdict = self.context.syncs.check_configuration_permission()
        return verdict.reason if not verdict.is_allowed else ""

    def selected_sync(self) -> SyncSnapshot | None:
        """Return the snapshot of the sync chosen on the page, as it was read last."""
        return self._snapshot.find(self.selected_name) if self._snapshot else None

    def all_syncs(self) -> tuple[SyncSnapshot, ...]:
        """Return the snapshot of every sync, as it was read last; none before the first reading."""
        return tuple(self._snapshot.syncs) if self._snapshot else ()

    def header_view(self) -> SyncHeaderView | None:
        """Build the header of the sync chosen on the page."""
        sync = self.selected_sync()
        return self.header_view_of(sync) if sync is not None else None

    def header_view_of(self, sync: SyncSnapshot) -> SyncHeaderView:
        """Build the header that a sync has when it is chosen on the page."""
        name = sync.sync.name
        inputs = HeaderInputs(
            now=self.context.clock.now(),
            pending_process=self._processes.pending_process(name),
            busy_text=self._busy_texts.get(name, ""),
            absences=self._absences.get(name, ()),
            can_create_missing=self.context.workspace.actor.role is Role.ADMIN,
            rows_per_second=self._processes.rows_per_second(sync),
            runs_here=self.context.workspace.values.get(sync_settings.RUN_DUE_SYNCS_HERE),
            is_run_here_managed=self.context.workspace.values.is_managed(
                sync_settings.RUN_DUE_SYNCS_HERE
            ),
            error_message=self._messages.get(name),
        )
        return build_sync_header(sync, inputs)

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Keep the page Sync's ages up to date while it is seen; its badge is kept in any case."""
        if visible and not self._is_closed:
            self._visit_number += 1
            self._age_timer.start()
            self.refresh()
        else:
            self._age_timer.stop()

    def refresh(self) -> None:
        """Read a snapshot of every sync for the page again."""
        self._is_reread_requested = True
        self.tasks.start_once("snapshot", self._read_snapshot())

    def select_sync(self, sync_name: str) -> None:
        """Choose the sync that the page Sync shows."""
        if sync_name != self.selected_name:
            self.selected_name = sync_name
            self.sync_selected.emit(sync_name)
            self.changed.emit()

    def add(self, preset: str) -> None:
        """Add a preset's sync, switched off, and show it on the page Sync."""
        self.tasks.start_once(
            f"add {preset}", self._add(self.context.syncs.add_preset, preset, self.names)
        )

    def add_new(self, start: str, kind: str, title: str) -> None:
        """Add a sync, off, and show it: a blank one of a kind, or a copy of the sync `start`."""
        syncs = self.context.syncs
        work = (
            self._add(syncs.duplicate_sync, start, title)
            if start
            else self._add(syncs.add_blank, title, *parse_kind_choice(kind))
        )
        self.tasks.start_once("add", work)

    def new_sync_fields(self) -> tuple[FormField, ...]:
        """Return the form of a new sync: what to copy, source and target, its name."""
        copies = tuple(
            (sync.sync.name, f"a copy of {sync.sync.title}")
            for sync in (self._snapshot.syncs if self._snapshot else ())
        )
        return (
            FormField(
                "start",
                "Start with",
                FieldKind.CHOICE,
                name="Start with",
                choices=(("", "a blank sync"), *copies),
            ),
            FormField(
                "kind",
                "From, to",
                FieldKind.CHOICE,
                name="What from, what to",
                choices=kind_choices(self.names),
                visible_when=lambda values: not values["start"],
            ),
            FormField("title", "Name", name="Name of the new sync", max_length=80),
        )

    def switch_sync(self, *, on: bool) -> None:
        """Switch the chosen sync on or off; on, after asking both services for what it needs."""
        name = self.selected_name
        if name:
            self.tasks.start_once(f"switch {name}", self._switch(name, on=on))

    def perform_message_action(self, action: MessageAction) -> None:
        """Do what a sync's message on the page offers: create what is missing, check, try again."""
        name = self.selected_name
        if action is MessageAction.CREATE_MISSING:
            self.tasks.start_once(f"switch {name}", self._create_missing(name))
        elif action is MessageAction.CLOSE:
            self._forget_messages(name)
            self.changed.emit()
        elif action is MessageAction.CHECK:
            self.switch_sync(on=True)
        elif action is MessageAction.PREVIEW:
            self.start_preview()
        elif action is MessageAction.RESUME:
            self.resume_run()

    def start_preview(self, *, full: bool = False) -> None:
        """Start a preview of the chosen sync as a process; `full` reads everybody again."""
        self._start_process("plan", "plan", self.selected_name, *_full_option(full))

    def start_run(self, *, full: bool = False) -> None:
        """Start a run of the chosen sync as a process; `full` reads everybody again."""
        self._start_process("run", "run", self.selected_name, *_full_option(full))

    def resume_run(self, run: str = "") -> None:
        """Resume a run of the chosen sync that stopped; by default the last one."""
        sync = self.selected_sync()
        last = sync.last_run.id if sync is not None and sync.last_run is not None else ""
        if run or last:
            self._start_process("run", "run", self.selected_name, "--resume", run or last)

    def start_write(self, plan: str) -> None:
        """Start from the page a run that writes the ticked rows of the open preview."""
        self._start_process("run", "run", self.selected_name, "--plan", plan)

    def start_retry(self, row: int | None = None) -> None:
        """Retry what was refused or corrected in the chosen sync: all of it, or one row."""
        rows = () if row is None else (str(row),)
        self._start_process("run", "retry", self.selected_name, *rows)

    def start_rollback(self, run: str) -> None:
        """Start the preview that rolls a run back; it is written like any other."""
        self._start_process("plan", "rollback", run, "--dry-run")

    def cancel_run(self) -> None:
        """Ask the chosen sync's run or preview under way to stop."""
        sync = self.selected_sync()
        if sync is not None and sync.active_run is not None:
            run = sync.active_run.id
            self.tasks.start_once(f"cancel {run}", self._cancel(run))

    def edit_details(self, **details: object) -> None:
        """Change the chosen sync's title, description, labels or favourite on the page."""
        name = self.selected_name
        self.tasks.start_once(f"details {name}", self._edit_details(name, details))

    def remove_sync(self) -> None:
        """Remove the chosen sync; what it wrote and its history stay."""
        self.tasks.start_once(f"remove {self.selected_name}", self._remove(self.selected_name))

    async def close(self) -> None:
        """Stop the page Sync's listening and reading; run processes go on."""
        self._unsubscribe()
        self._is_closed = True
        for timer in (self._throttle_timer, self._age_timer, self._process_timer):
            timer.stop()
        await super().close()

    # How it comes about.

    def _start_process(self, kind: str, *arguments: str) -> None:
        """Start a `fairlead sync` process from the page; `kind` is what appears: run or plan."""
        sync, name = self.selected_sync(), self.selected_name
        if sync is None or self._processes.pending_process(name) is not None:
            return
        self._messages.pop(name, None)
        try:
            self._processes.start(sync, kind, *arguments)
        except AppError as error:
            text = f"{error.message} {error.hint}"
            self._messages[name] = SyncMessageView("bad", error.title, text)
        self._schedule_reread()
        self.changed.emit()

    async def _read_snapshot(self) -> None:
        context = self.context
        while self._is_reread_requested:
            self._is_reread_requested = False
            services = context.workspace.clients
            connected = services.sailthru is not None and services.zendesk is not None
            try:
                self._snapshot = await context.store.run(
                    read_all_syncs, context.store, context.syncs, self.names, connected=connected
                )
                self._error = None
            except AppError as error:
                self._error = error
            if self._snapshot is not None:
                self._apply_snapshot(self._snapshot)
            self.changed.emit()
            self.snapshot_read.emit()

    def _apply_snapshot(self, snapshot: AllSyncsSnapshot) -> None:
        """Take the run processes' fate, the page's badge and the chosen sync from a snapshot."""
        self._messages |= self._processes.take_failed_starts(snapshot)
        self._schedule_reread()
        for sentence in self._processes.take_ended_run_texts(snapshot):
            self.message_posted.emit(sentence)
        if self.label_filter not in self.labels():
            # Its last sync was removed or renamed: nobody looks for cards that are hidden.
            self.label_filter = ""
        waiting_count = sum(sync.needs_person for sync in snapshot.syncs)
        if waiting_count != self.waiting_count:
            self.waiting_count = waiting_count
            self.waiting_count_changed.emit(waiting_count)
        if snapshot.find(self.selected_name) is None:
            first = next(iter(snapshot.syncs), None)
            self.selected_name = first.sync.name if first else ""
            self.sync_selected.emit(self.selected_name)

    def _schedule_reread(self) -> None:
        if self._processes.has_pending and not self._is_closed:
            self._process_timer.start()

    def _forget_messages(self, name: str) -> None:
        self._absences.pop(name, None)
        self._messages.pop(name, None)

    async def _add(self, make: Callable[..., Sync], *arguments: object) -> None:
        sync = await self.context.store.run(make, *arguments)
        self.context.publish_sync_change()
        self.selected_name = sync.name
        self.sync_selected.emit(sync.name)
        self.message_posted.emit(f"{sync.title} added. It is off.")
        self.sync_added.emit(sync.name)

    async def _switch(self, name: str, *, on: bool) -> None:
        self._forget_messages(name)
        if on:
            words = "Checking Zendesk and Sailthru…"
            await self._show_busy_during(name, words, self._check_and_switch_on(name))
            return
        sync = await self.context.store.run(self.context.syncs.set_enabled, name, on=False)
        self.context.publish_sync_change()
        self.message_posted.emit(f"{sync.title} is off.")

    async def _check_and_switch_on(self, name: str) -> None:
        syncs = self.context.syncs
        clients, sell = self._require_clients(), self.context.workspace.clients.sell
        sync, self._absences[name] = await syncs.check_resources(name, *clients, sell)
        # Not checked: something that it cannot do without is missing, so it stays off.
        if sync.checked_at:
            sync = await self.context.store.run(syncs.set_enabled, name, on=True)
        if sync.on:
            self.message_posted.emit(f"{sync.title} is on.")

    async def _create_missing(self, name: str) -> None:
        async def create_and_check() -> None:
            absences, clients = self._absences.get(name, ()), self._require_clients()
            await self.context.syncs.create_missing_resources(absences, self.names, *clients)
            await self._check_and_switch_on(name)

        await self._show_busy_during(name, "Creating what is missing…", create_and_check())

    def _require_clients(self) -> tuple[SailthruClient, ZendeskClient]:
        services = self.context.workspace.clients
        if services.sailthru is None or services.zendesk is None:
            raise UserDecisionNeeded(
                "Zendesk and Sailthru are not both connected.",
                "A sync needs both.",
                "Sign in under Settings.",
            )
        return services.sailthru, services.zendesk

    async def _show_busy_during(
        self, name: str, words: str, work: Coroutine[Any, Any, None]
    ) -> None:
        """Disable the sync's switch while `work` goes on; its error is shown with the sync."""
        self._busy_texts[name] = words
        self.changed.emit()
        try:
            await work
        except AppError as error:
            text = f"{error.message} {error.hint}".strip()
            close = ((MessageAction.CLOSE, "Close"),)
            self._messages[name] = SyncMessageView("bad", error.title, text, close)
        finally:
            self._busy_texts.pop(name, None)
            self.context.publish_sync_change()
            self.changed.emit()

    async def _cancel(self, run: str) -> None:
        await self.context.store.runs.request_cancel(run)
        self.context.publish_sync_change()

    async def _edit_details(self, name: str, details: dict[str, Any]) -> None:
        if not str(details.get("title", "x")).strip():
            raise InvalidInput("A sync needs a name.", "The old one stays.")
        await self.context.store.run(self._save_details, name, details)
        self.context.publish_sync_change()

    def _save_details(self, name: str, details: dict[str, Any]) -> None:
        # Read on the database's thread: what was saved since the snapshot is not undone.
        sync = self.context.store.syncs.get.blocking(name)
        self.context.syncs.save_sync(replace(sync, **details))

    async def _remove(self, name: str) -> None:
        await self.context.store.run(self.context.syncs.remove_sync, name)
        self.context.publish_sync_change()
        self.selected_name = ""
        self.sync_removed.emit(name)
        self.message_posted.emit("Its history and what it wrote stay.")

    def _on_changes(self, changes: ChangeSet) -> None:
        is_waiting = self._throttle_timer.isActive()
        if changes.has_any(*_TOPICS) and not is_waiting and not self._is_closed:
            self._throttle_timer.start()

    def _on_error(self, error: AppError) -> None:
        super()._on_error(error)
        # A switch that failed shows again how the sync is.
        self.changed.emit()


def _full_option(full: bool) -> tuple[str, ...]:
    return ("--full",) if full else ()
