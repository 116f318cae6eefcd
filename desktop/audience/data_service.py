"""Switches the data workspace of this computer on and off, reads it, and says how it stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.audience.data_reader import DataReader, OnPage
from desktop.audience.read_estimate import ReadEstimate
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.data_export import ZendeskDataExport
from desktop.kit.clock import Clock
from desktop.kit.errors import NotPermitted, UserDecisionNeeded
from desktop.model.permission import Actor, Role
from desktop.store.audit_log import AuditLog
from desktop.store.data_source_repository import ZENDESK_SOURCES, DataSourceState
from desktop.store.data_store import DataStore
from desktop.writing.write_protocol import Checkpoint


@dataclass(frozen=True)
class DataStatus:
    """How the data workspace of this computer stands: each data source, people, bytes."""

    sources: tuple[DataSourceState, ...]
    people: int
    archived: int
    tickets: int
    bytes: int


class DataService:
    """The use cases of the data workspace that need no window."""

    def __init__(
        self,
        open_store: Callable[[], DataStore],
        audit: AuditLog,
        clock: Clock,
        get_zendesk: Callable[[], ZendeskClient | None],
        get_actor: Callable[[], Actor],
        is_on: Callable[[], bool],
    ) -> None:
        """`is_on` says whether an admin has this computer keep everybody, at this moment."""
        self._open_store = open_store
        self._audit = audit
        self._clock = clock
        self._get_zendesk = get_zendesk
        self._get_actor = get_actor
        self._is_on = is_on

    async def note_switch(self, *, was_on: bool, is_on: bool, lists: Sequence[str]) -> None:
        """Append to the audit that an admin switched the data workspace; before it is stored.

        Raises NotPermitted where no admin is known to be at work.
        """
        actor = self._get_actor()
        if actor.role is not Role.ADMIN or not actor.is_confirmed:
            raise NotPermitted(
                "Only an admin may decide what this computer keeps of everybody.",
                "Nothing was changed.",
                "Ask an admin of Zendesk.",
            )
        await self._audit.note_data_store(
            old={"on": was_on},
            new={"on": is_on, "lists": list(lists)},
            actor=actor.signature,
            now=self._clock.now(),
        )

    async def status(self) -> DataStatus:
        """Count what the data workspace keeps, and tell how far each data source was read."""
        store = self._open_store()
        counts = await store.people.count_kept()
        size = sum(
            path.stat().st_size
            for database in (store.data_db, store.history_db)
            if (path := database.path).exists()
        )
        return DataStatus(
            await store.sources.list_all(), counts.people, counts.archived, counts.tickets, size
        )

    async def estimate(self) -> ReadEstimate:
        """Ask Zendesk for the number of records, and estimate the hours of the first read."""
        return await self._build_reader().estimate()

    async def refresh(
        self,
        names: Sequence[str] = ZENDESK_SOURCES,
        *,
        is_full: bool = False,
        on_page: OnPage = lambda _state: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> tuple[DataSourceState, ...]:
        """Read what has changed in Zendesk; `is_full` reads everything from the beginning.

        Goes on where a reading was cut short. Raises NotPermitted while the data workspace is off,
        and what a service that is away raises.
        """
        self.require_on()
        if is_full:
            await self._open_store().sources.reset(names)
        reader = self._build_reader(on_page, checkpoint)
        return await reader.refresh(names)

    def require_on(self) -> None:
        """Raise NotPermitted where this computer does not keep everybody's data."""
        if not self._is_on():
            raise NotPermitted(
                "This computer does not keep everybody's data.",
                "Nothing was read.",
                "An admin switches it on: `fairlead data on`.",
            )

    def _build_reader(
        self,
        on_page: OnPage = lambda _state: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> DataReader:
        zendesk = self._get_zendesk()
        if zendesk is None:
            raise UserDecisionNeeded(
                "Zendesk is not connected.",
                "People and tickets come from there. Nothing was read.",
                "Sign in under Settings, or set the workspace up again.",
            )
        return DataReader(
            self._open_store(),
            ZendeskDataExport(zendesk, self._clock),
            self._clock,
            on_page=on_page,
            require_allowed=self.require_on,
            checkpoint=checkpoint,
        )
