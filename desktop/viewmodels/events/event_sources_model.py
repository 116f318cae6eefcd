"""View-model of the Sources tab: named sources, and which of them are delivered by themselves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from PySide6.QtCore import Signal

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.event_source import EventSourceKind, UnattendedSwitch
from desktop.settings.settings_table import EVENTS_DELIVERED, ZENDESK_BASE_URL
from desktop.store.event_query_repository import EventQueryRepository
from desktop.sync.event_sources import EventSourceService
from desktop.viewmodels.events.event_source_view import EventSourceView, build_event_source_view
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

_REFRESH_MS = 5_000


class EventSourcesModel(TaskOwningModel):
    """The named sources of the workspace; read anew every five seconds while they are seen."""

    destination_switched = Signal()
    key_made = Signal(str, str)  # a source's name and its new write key, shown once

    def __init__(
        self,
        get_service: Callable[[], EventSourceService],
        workspace: WorkspaceSettingsProtocol,
        queries: EventQueryRepository,
        clock: Clock,
        keep_audit_head: Callable[[], Awaitable[None]],
    ) -> None:
        """`get_service` is called once the sources are looked at: not before the first paint."""
        super().__init__()
        self._workspace, self._queries = workspace, queries
        self._get_service, self._clock = get_service, clock
        self._keep_audit_head = keep_audit_head
        self.views: tuple[EventSourceView, ...] | None = None
        self.add_error = ""
        self._unsent_count = 0
        # What is chosen in a card, before its switch is on.
        self._chosen: dict[str, UnattendedSwitch] = {}
        self._timer = create_timer(self, _REFRESH_MS, self.refresh, repeats=True)

    # What the tab shows.

    def change_refusal(self) -> str:
        """Say why the person at work may not add, rename or remove sources, or ""."""
        decision = self._get_service().check_configuration()
        return "" if decision.is_allowed else decision.reason

    def switch_refusal(self, view: EventSourceView) -> str:
        """Say why a source's switch cannot be moved by the person at work, or ""."""
        if view.source.is_unattended:
            return self.change_refusal()
        decision = self._get_service().check_switch()
        return "" if decision.is_allowed else decision.reason

    def chosen_switch(self, view: EventSourceView) -> UnattendedSwitch:
        """Return limit and traits of a source as they count, or as they are chosen so far."""
        return self._chosen.get(view.name) or view.source.switch or UnattendedSwitch()

    @property
    def is_delivering(self) -> bool:
        """Whether events of all sources go to Zendesk; else they wait, whoever delivers."""
        return bool(self._workspace.values.get(EVENTS_DELIVERED))

    def destination_refusal(self) -> str:
        """Say why the person at work may not switch the destination, or ""."""
        return setting_disabled_reason(self._workspace, EVENTS_DELIVERED)

    def destination_text(self) -> str:
        """Say where events go, and what waits."""
        address = self._workspace.values.get(ZENDESK_BASE_URL)
        waiting = format_count(self._unsent_count, "event waits", "events wait")
        if not self.is_delivering:
            return f"Off: nothing goes to {address}, whoever delivers. {waiting}."
        return f"Delivers to {address} · {waiting if self._unsent_count else 'nothing waits'}"

    # What people do.

    def set_destination(self, *, on: bool) -> None:
        """Let events go to Zendesk, or hold back those of every source; requests end first."""
        try:
            self._workspace.change_settings({EVENTS_DELIVERED.key: on})
        except AppError as error:
            self.failed.emit(error)
        else:
            said = (
                "Events go to Zendesk again." if on else "Events of all sources wait from now on."
            )
            self.message_posted.emit(said)
            self.destination_switched.emit()
        self.changed.emit()

    def set_visible(self, visible: bool) -> None:
        """Read the sources of events only while the Sources tab is visible."""
        if visible:
            self.refresh()
            self._timer.start()
        else:
            self._timer.stop()

    def refresh(self) -> None:
        """Read the Sources tab's sources of events again."""
        self.tasks.start_once("read", self._read())

    def add(self, name: str, kind: EventSourceKind, folder: str) -> None:
        """Add a source of events; `add_error` says why not."""
        self.tasks.start_once("add", self._add(name, kind, folder))

    def rename(self, name: str, new_name: str) -> None:
        """Rename a source, also where its events show it."""
        if new_name.strip() and new_name.strip() != name:
            self._act(self._rename(name, new_name))

    def remove(self, name: str) -> None:
        """Remove a source of events; the events it gave stay stored."""
        self._act(self._remove(name))

    def make_key(self, name: str) -> None:
        """Make a new write key of an HTTP source; the one before no longer counts."""
        self._act(self._make_key(name))

    def choose(self, view: EventSourceView, *, limit: int = 0, left_out: object = None) -> None:
        """Choose the hourly limit, or the traits that may be left out; where on, at once."""
        switch = self.chosen_switch(view)
        if limit:
            switch = replace(switch, hourly_limit=limit)
        if isinstance(left_out, tuple):
            switch = replace(switch, left_out=tuple(map(str, left_out)))
        if switch == self.chosen_switch(view):
            return
        self._chosen[view.name] = switch
        if view.source.is_unattended:
            self._act(self._switch(view.name, switch))

    def set_on(self, view: EventSourceView, *, on: bool) -> None:
        """Have a source delivered by itself within its limit, or no more."""
        self._act(self._switch(view.name, self.chosen_switch(view) if on else None))

    async def close(self) -> None:
        """Stop reading the Sources tab's sources of events."""
        self._timer.stop()
        await super().close()

    # How it comes about.

    def _act(self, coroutine: Awaitable[None]) -> None:
        self.tasks.start("act", self._then_read(coroutine))

    async def _then_read(self, act: Awaitable[None]) -> None:
        try:
            await act
        except AppError as error:
            self.failed.emit(error)
        await self._read()

    async def _read(self) -> None:
        now = self._clock.now()
        found = await self._get_service().list_sources()
        self._unsent_count = await self._queries.count_unsent()
        self.views = tuple(build_event_source_view(source, now) for source in found)
        self.changed.emit()

    async def _add(self, name: str, kind: EventSourceKind, folder: str) -> None:
        try:
            source = await self._get_service().add(name, kind, folder)
        except AppError as error:
            self.add_error = f"{error.title} {error.message}".strip()
            self.changed.emit()
            return
        self.add_error = ""
        self.message_posted.emit(f"Added {source.name}. It delivers nothing by itself yet.")
        await self._read()

    async def _rename(self, name: str, new_name: str) -> None:
        source = await self._get_service().rename(name, new_name)
        self.message_posted.emit(f"{name} is called {source.name} now.")

    async def _remove(self, name: str) -> None:
        await self._get_service().remove(name)
        self._chosen.pop(name, None)
        self.message_posted.emit(f"Removed {name}. Its events stay in the log.")

    async def _make_key(self, name: str) -> None:
        self.key_made.emit(name, await self._get_service().make_write_key(name))

    async def _switch(self, name: str, switch: UnattendedSwitch | None) -> None:
        await self._get_service().set_unattended(name, switch)
        await self._keep_audit_head()
        self._chosen.pop(name, None)
        if switch is None:
            said = f"{name}: events wait until somebody delivers them."
        else:
            said = f"{name} delivers by itself, at most {switch.hourly_limit:,} events an hour."
        self.message_posted.emit(said)
