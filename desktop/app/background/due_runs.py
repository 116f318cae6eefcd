"""Starts due syncs while a window is open, on a computer that is switched on to run them.

Each run is a process of its own. While no window is open, the operating system does the same
(`app/system_timer`); whoever claims a planned time first runs it.
"""

from collections.abc import Callable

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_due_sync_finder
from desktop.app.team_runs import claim_due_run, require_team_store
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.settings import sync_settings
from desktop.store.team.team_errors import TeamStoreRefused
from desktop.sync.due_syncs import DueSync, PausedSync

# The shortest schedule is every five minutes; a quarter of a minute late is not noticed.
POLL_S = 15.0

StartProcess = Callable[..., object]
ShowError = Callable[[AppError], None]


class DueRunStarter:
    """Starts due syncs by `start_process`, which takes the arguments after `fairlead sync`.

    `show_error` tells the person at the window what could not be started and what is paused.
    """

    def __init__(
        self, services: WorkspaceServices, start_process: StartProcess, show_error: ShowError
    ) -> None:
        self._services = services
        self._start_process = start_process
        self._show_error = show_error
        self._due_sync_finder = build_due_sync_finder(services)
        self._announced: set[tuple[str, str]] = set()
        self._team_error = ""
        self._refusals: dict[str, str] = {}  # by sync: why the team store did not take its time

    async def run_once(self) -> None:
        """Start the syncs that are due now. Raises StorageError; they stay due."""
        await self.start_due_runs()

    async def start_due_runs(self) -> tuple[str, ...]:
        """Start the due syncs' processes; returns the syncs' names. Raises StorageError."""
        if not self._is_start_allowed():
            return ()
        store = self._services.store
        found = await store.run(self._due_sync_finder.find)
        if found.due and not await self._is_team_store_there():
            return ()
        started = [
            due.sync.name
            for due in found.due
            if (ticket := await self._try_claim(due)) is not None
            and await self._try_start(due, ticket)
        ]
        if started:
            self._services.bus.publish(ChangeSet.of(Topic.SYNC, ids=started))
        self._announce_paused(found.paused)
        return tuple(started)

    def _is_start_allowed(self) -> bool:
        session = self._services.session
        return (
            session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
            and session.is_connected
            and session.connection_error is None
            and self._services.syncs.check_permission().is_allowed
        )

    async def _is_team_store_there(self) -> bool:
        """Whether what is due may start as far as the team store goes; tells once if not."""
        try:
            await require_team_store(self._services)
        except AppError as error:
            if error.title != self._team_error:
                self._team_error = error.title
                self._show_error(error)
            return False
        self._team_error = ""
        return True

    async def _try_claim(self, due: DueSync) -> str | None:
        """Claim a due sync as `claim_due_run`; a refusal of the team store is told once."""
        try:
            ticket = await claim_due_run(self._services, self._due_sync_finder, due)
        except TeamStoreRefused as error:
            # Of this sync alone: those that are due after it still start.
            if self._refusals.get(due.sync.name) != str(error):
                self._refusals[due.sync.name] = str(error)
                self._show_error(error)
            return None
        self._refusals.pop(due.sync.name, None)
        return ticket

    async def _try_start(self, due: DueSync, ticket: str) -> bool:
        try:
            self._start_process("run", due.sync.name, "--due-ticket", ticket)
        except AppError as error:
            # Due again at once, for this window or another computer's.
            await self._services.store.run(self._due_sync_finder.release_claim, due, ticket)
            self._show_error(error)
            return False
        return True

    def _announce_paused(self, paused: tuple[PausedSync, ...]) -> None:
        """Show one notice for each paused sync; the cards of the Sync page go on saying it."""
        current = {(one.sync.name, one.message) for one in paused}
        for one in paused:
            if (one.sync.name, one.message) not in self._announced:
                self._show_error(UserDecisionNeeded(f"“{one.sync.title}” is paused.", one.message))
        self._announced = current
