"""Starts what is due while a window is open, on a computer that is switched on to run it.

Each run is a process of its own. Closed, the operating system does the same (`timer.py`);
whoever claims a planned time first runs it.
"""

import asyncio
import logging
from collections.abc import Callable

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_due_sync_finder
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.settings import sync_settings
from desktop.sync.due_syncs import DueSync, PausedSync

log = logging.getLogger(__name__)

_POLL_S = 15.0

StartProcess = Callable[..., object]
ShowError = Callable[[AppError], None]


class DueRunStarter:
    """`start` takes what stands after `fairlead sync`; `say` tells the person at the window."""

    def __init__(
        self, services: WorkspaceServices, start_process: StartProcess, show_error: ShowError
    ) -> None:
        self._services = services
        self._start_process = start_process
        self._show_error = show_error
        self._due_sync_finder = build_due_sync_finder(services)
        self._announced: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look now and then, for ever; ends by being cancelled."""
        while True:
            try:
                await self.start_due_runs()
            except AppError as error:
                # A busy database or a full disk: what is due stays due.
                log.warning("What is due could not be looked at: %s", error.title)
            except Exception:
                # Never the end of looking.
                log.exception("Looking for what is due failed unexpectedly")
            await asyncio.sleep(_POLL_S)

    async def start_due_runs(self) -> tuple[str, ...]:
        """Start what is due; gives the names of what was started. Raises StoreKnown."""
        if not self._is_start_allowed():
            return ()
        store = self._services.store
        timetable = await store.run(self._due_sync_finder.find)
        started = [
            one.sync.name
            for one in timetable.due
            if await store.run(self._due_sync_finder.claim, one) and await self._try_start(one)
        ]
        if started:
            self._services.bus.publish(ChangeSet.of(Topic.SYNC, ids=started))
        self._announce_paused(timetable.paused)
        return tuple(started)

    def _is_start_allowed(self) -> bool:
        live = self._services.session
        return (
            live.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
            and live.is_connected
            and live.connection_error is None
            and self._services.syncs.check_permission().is_allowed
        )

    async def _try_start(self, one: DueSync) -> bool:
        try:
            self._start_process("run", one.sync.name, "--why", "schedule")
        except AppError as error:
            await self._services.store.run(self._due_sync_finder.release_claim, one)
            self._show_error(error)
            return False
        return True

    def _announce_paused(self, paused: tuple[PausedSync, ...]) -> None:
        """Say it once; it goes on standing in the list of syncs."""
        known = {(one.sync.name, one.message) for one in paused}
        for one in paused:
            if (one.sync.name, one.message) not in self._announced:
                self._show_error(UserDecisionNeeded(f"“{one.sync.title}” is paused.", one.message))
        self._announced = known
