"""Starts `fairlead events collect` while a window is open and there is something for it to do."""

from collections.abc import Callable
from typing import Protocol

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError
from desktop.model.data_source import DataSourceKind
from desktop.model.event_source import EventSource, EventSourceKind
from desktop.settings import settings_table
from desktop.settings.data_source_records import is_left
from desktop.sync.event_collection import FolderCollector

# Twice the time that a file has to look the same: two looks of the window are enough for one.
POLL_S = 10.0


class CollectingProcess(Protocol):
    """A process that takes events in; it outlives the window."""

    @property
    def exit_code(self) -> int | None:
        """The exit code of `fairlead events collect`; None while it runs."""
        ...


class EventCollectorStarter:
    """Looks at watched folders and waiting events, and starts one process when one is due."""

    def __init__(
        self,
        services: WorkspaceServices,
        start_process: Callable[[], CollectingProcess],
        show_error: Callable[[AppError], None],
    ) -> None:
        self._services = services
        self._start_process = start_process
        self._show_error = show_error
        self._collector = FolderCollector(services.store, services.context.clock)
        self._process: CollectingProcess | None = None

    async def run_once(self) -> None:
        """Start the process where a folder has a whole file, or events may go by themselves."""
        if self._process is not None and self._process.exit_code is None:
            return
        now = self._services.context.clock.now()
        sources = await self._services.store.event_sources.list_all(now, with_counts=False)
        # Every folder is looked at, also once one is due: a look begins a file's time.
        due = [await self._is_due(source) for source in sources]
        if not any(due):
            return
        try:
            self._process = self._start_process()
        except AppError as error:
            self._show_error(error)

    async def _is_due(self, source: EventSource) -> bool:
        if is_left(self._services.session.values, DataSourceKind.EVENTS):
            return False
        if source.kind is EventSourceKind.FOLDER and await self._collector.is_due(source):
            return True
        return self._may_deliver() and await self._has_claimable(source)

    def _may_deliver(self) -> bool:
        session = self._services.session
        return (
            session.is_connected
            and session.connection_error is None
            and session.values.get(settings_table.EVENTS_DELIVERED)
            and self._services.syncs.check_permission().is_allowed
        )

    async def _has_claimable(self, source: EventSource) -> bool:
        if not source.is_unattended:
            return False
        now = self._services.context.clock.now()
        has_room = source.left_this_hour > 0
        return await self._services.store.event_queue.has_claimable(
            source.id, now, only_counted=not has_room
        )
