"""The status bar: how each service is doing since when, and what waits to be sent."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from desktop.clients.state import Status
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.text import plural
from desktop.settings import sync_settings
from desktop.store.store import Store
from desktop.viewmodels import moment
from desktop.viewmodels.office import Office

Dot = Literal["live", "slow", "offline", "signed_out", "unknown"]

_WORDS: dict[Status, tuple[str, Dot]] = {
    Status.LIVE: ("live", "live"),
    Status.SLOW: ("slow", "slow"),
    Status.OFFLINE: ("offline", "offline"),
    Status.SIGNED_OUT: ("signed out", "signed_out"),
    Status.UNKNOWN: ("not asked yet", "unknown"),
}


@dataclass(frozen=True)
class ServiceView:
    """One service; `words` is the whole truth in a few words."""

    key: str
    words: str
    dot: Dot
    tip: str


class StatusModel(QObject):
    """Tells no more than a person needs."""

    changed = Signal()

    def __init__(self, office: Office, store: Store, bus: Bus, clock: Clock) -> None:
        super().__init__()
        self._office = office
        self._store = store
        self._clock = clock
        self._next_run: float | None = None
        self._unsubscribe = bus.subscribe(self._on_changes)

    def services(self) -> tuple[ServiceView, ...]:
        """Every service that is connected here, in a fixed order."""
        states = {state.service: state for state in self._office.states}
        connected = self._office.services
        views = []
        for name, client in (("Zendesk", connected.zendesk), ("Sailthru", connected.sailthru)):
            state = states.get(name)
            if client is None:
                if self._office.connected:
                    views.append(ServiceView(name, f"{name} not connected", "unknown", ""))
                continue
            words, dot = _WORDS[state.status if state else Status.UNKNOWN]
            since = ""
            if state is not None and state.status in (Status.OFFLINE, Status.SIGNED_OUT):
                since = f" since {moment.clock(state.since)}"
            tip = state.detail if state is not None else ""
            views.append(ServiceView(name, f"{name} {words}{since}", dot, tip))
        return tuple(views)

    def waiting(self) -> str:
        """How many changes wait; empty when none."""
        count = self._store.outbox.open_count()
        return f"{plural(count, 'change', 'changes')} waiting" if count else ""

    def short(self) -> str:
        """That calls run short, which holds Follow Zendesk back; empty while there are plenty."""
        return "" if self._office.budget_spare() else "Zendesk: over half of the calls used"

    def syncs(self) -> tuple[str, str]:
        """That this computer runs what is due, and when next, with the long form; else nothing."""
        if not self._office.connected or not self._office.values.get(sync_settings.RUN_HERE):
            return "", ""
        at = self._next_run
        if at is None:
            return "Runs syncs here", "This computer runs the syncs that are due. None is planned."
        when = moment.date_and_time(at, self._clock.now()).removeprefix("today ")
        said = f"The next one begins {moment.full(at)}."
        return f"Runs syncs here, next {when}", f"This computer runs the syncs that are due. {said}"

    def set_next_run(self, at: float | None) -> None:
        """When the next sync runs by itself; None: none does."""
        if at != self._next_run:
            self._next_run = at
            self.changed.emit()

    def close(self) -> None:
        """Hear no more changes."""
        self._unsubscribe()

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Topic.SERVICE, Topic.OUTBOX, Topic.PERMISSIONS, Topic.SETTINGS):
            self.changed.emit()
