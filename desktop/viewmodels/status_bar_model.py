"""The view-model of the status bar: each service's state, and how many edits wait."""

import math
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from desktop.clients.service_status import ServiceStatus
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.text import format_count, join_words
from desktop.model.permission import Permission, check_role
from desktop.model.service import Service
from desktop.model.sync_run import Run, RunState
from desktop.settings import sync_settings
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.edit_progress import outage_text
from desktop.viewmodels.syncs.sync_labels import totals_text
from desktop.viewmodels.tone import ServiceDot, Tone
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_STATUS_LABELS: dict[ServiceStatus, tuple[str, ServiceDot]] = {
    ServiceStatus.LIVE: ("live", "live"),
    ServiceStatus.SLOW: ("slow", "slow"),
    ServiceStatus.FAILING: ("answers with errors", "slow"),
    ServiceStatus.LIMITED: ("limit reached", "slow"),
    ServiceStatus.OFFLINE: ("offline", "offline"),
    ServiceStatus.SIGNED_OUT: ("signed out", "signed_out"),
    ServiceStatus.UNKNOWN: ("not asked yet", "unknown"),
}

# As they stand in the status bar.
_ORDER = (Service.ZENDESK, Service.SAILTHRU, Service.SELL)

_RUN_WORDS: dict[RunState, tuple[str, Tone]] = {
    RunState.PLANNED: ("Sync begun", "muted"),
    RunState.RUNNING: ("Sync running since", "muted"),
    RunState.DONE: ("Last sync", "muted"),
    RunState.CANCELLED: ("Last sync cancelled", "muted"),
    RunState.WAITING: ("Last sync waits for you since", "warn"),
    RunState.INTERRUPTED: ("Last sync interrupted", "bad"),
    RunState.FAILED: ("Last sync failed", "bad"),
}


@dataclass(frozen=True)
class ServiceStatusView:
    """State of one service in the status bar; `text` says all of it in a few words."""

    key: str
    text: str
    dot: ServiceDot
    tooltip: str


class StatusBarModel(QObject):
    """Texts of the status bar; an empty one is not shown."""

    changed = Signal()
    outage_began = Signal(str, str)  # title, what it means: for a banner that informs

    def __init__(
        self, workspace: WorkspaceProtocol, store: WorkspaceStore, bus: ChangeBus, clock: Clock
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._store = store
        self._clock = clock
        self._next_run: float | None = None
        self._last_run: tuple[str, Run] | None = None  # with the title of its sync
        self._offline: frozenset[str] = frozenset()  # titles of services
        self._unsubscribe = bus.subscribe(self._on_changes)

    def service_statuses(self) -> tuple[ServiceStatusView, ...]:
        """Build the status bar's state of every service, in a fixed order."""
        states = {state.service: state for state in self._workspace.service_states}
        connected = self._workspace.clients
        views = []
        services: list[tuple[Service, object]] = [
            (Service.ZENDESK, connected.zendesk),
            (Service.SAILTHRU, connected.sailthru),
        ]
        if connected.sell is not None:
            # Optional: nothing is said of it where nobody has connected it.
            services.append((Service.SELL, connected.sell))
        for service, client in services:
            name = service.title
            state = states.get(name)
            # Until anything is connected the bar stays empty: the start is no news.
            if client is None:
                if self._workspace.is_connected:
                    views.append(ServiceStatusView(name, f"{name} not connected", "unknown", ""))
                continue
            status = state.status if state else ServiceStatus.UNKNOWN
            if state is not None and 0 < state.until <= self._clock.now():
                # Over by now, and nothing was asked since.
                status = ServiceStatus.LIVE
            text, dot = _STATUS_LABELS[status]
            since = ""
            if state is not None and state.status in (
                ServiceStatus.OFFLINE,
                ServiceStatus.SIGNED_OUT,
            ):
                since = f" since {time_format.format_time_of_day(state.since)}"
            elif state is not None and status is ServiceStatus.LIMITED:
                # Up to the minute, as the sentences of errors say it.
                at = math.ceil(state.until / 60) * 60
                since = f" until {time_format.format_time_of_day(at)}"
            tip = state.detail if state is not None else ""
            views.append(ServiceStatusView(name, f"{name} {text}{since}", dot, tip))
        return tuple(views)

    def pending_edits_note(self) -> tuple[str, Literal["muted", "warn"]]:
        """Say in the status bar how many edits wait, and its tone: amber where rules refuse some.

        Empty when none is open.
        """
        # Blocking: it counts by an index, and the bar is painted with the sheet it belongs to.
        count = self._store.outbox.count_open.blocking()
        held = self._store.outbox.count_not_sent.blocking() if count else 0
        if held:
            return f"{format_count(held, 'change', 'changes')} not sent: not allowed now", "warn"
        if not count:
            return "", "muted"
        states = self._workspace.service_states
        services = self._store.outbox.list_services_waited_for.blocking()
        outages = {outage_text(service.title, states) for service in services}
        # One sentence for all of them, or none.
        waits = outages.pop() if len(outages) == 1 else ""
        return f"{format_count(count, 'change', 'changes')} {waits or 'waiting'}", "muted"

    def rate_budget_warning(self) -> str:
        """Warn in the status bar that calls run short, which slows Follow Zendesk; else empty."""
        return (
            ""
            if self._workspace.has_spare_rate_budget()
            else "Zendesk: over half of the calls used"
        )

    def due_runs_text(self) -> tuple[str, str]:
        """Say in the status bar when this computer runs the next due sync, with a tool tip."""
        if not self._workspace.is_connected or not self._workspace.values.get(
            sync_settings.RUN_DUE_SYNCS_HERE
        ):
            return "", ""
        at = self._next_run
        if at is None:
            return "Runs syncs here", "This computer runs scheduled syncs. None is planned."
        when = time_format.format_date_and_time(at, self._clock.now()).removeprefix("today ")
        said = f"The next one begins {time_format.format_full_timestamp(at)}."
        return f"Runs syncs here, next {when}", f"This computer runs scheduled syncs. {said}"

    def last_run_note(self) -> tuple[str, Tone, str]:
        """Say in the status bar when a sync ran last and how it ended; text, tone and tool tip.

        Empty before the first one, and for whoever may not run syncs.
        """
        workspace = self._workspace
        if self._last_run is None or not (
            check_role(Permission.RUNS, workspace.actor, workspace.rules).is_allowed
        ):
            return "", "muted", ""
        title, run = self._last_run
        words, tone = _RUN_WORDS[run.state]
        at = run.ended_at or run.started_at
        when = time_format.format_date_and_time(at, self._clock.now()).removeprefix("today ")
        said = f"{title}, {time_format.format_full_timestamp(at)}"
        totals = totals_text(run.totals)
        return f"{words} {when}", tone, f"{said}: {totals}" if totals else said

    def set_runs(self, next_at: float | None, last: tuple[str, Run] | None) -> None:
        """Note for the status bar the newest run with its sync's title, and the next one's time.

        `next_at` is in Unix seconds; None: none runs by itself.
        """
        if (next_at, last) != (self._next_run, self._last_run):
            self._next_run, self._last_run = next_at, last
            self.changed.emit()

    def close(self) -> None:
        """Stop the status bar's listening to the bus."""
        self._unsubscribe()

    def _tell_outage(self) -> None:
        states = self._workspace.service_states
        offline = {each.service for each in states if each.status is ServiceStatus.OFFLINE}
        news, self._offline = offline - self._offline, frozenset(offline)
        if not news:
            return
        names = join_words([each.title for each in _ORDER if each.title in offline])
        text = "You see what is saved on this computer. Changes are queued and sent later."
        actor = self._workspace.actor
        if actor.last_role is not None:
            when = time_format.format_date_and_time(actor.last_role_at, self._clock.now())
            role = f"Zendesk confirmed your role ({actor.last_role.value}) {when}"
            text += f" {role}; it is asked again before they are sent."
        self.outage_began.emit(f"{names} can't be reached.", text)

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.SERVICE):
            self._tell_outage()
        if changes.has_any(Topic.SERVICE, Topic.OUTBOX, Topic.PERMISSIONS, Topic.SETTINGS):
            self.changed.emit()
