"""Switches the data workspace of this computer on and off, reads it, and says how it stands."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from desktop.audience.first_read_estimate import FirstReadEstimate
from desktop.audience.retention_service import RetentionService
from desktop.audience.sailthru_list_reader import SailthruListReader
from desktop.audience.zendesk_data_reader import LoadErased, OnPage, ZendeskDataReader
from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.data_workspace_export import ZendeskDataExport
from desktop.kit.clock import Clock
from desktop.kit.errors import NotPermitted, UserDecisionNeeded
from desktop.model.permission import Actor
from desktop.model.retention import KEEP_ALL, RetentionCutoffs
from desktop.store.audit_log import AuditLog
from desktop.store.data_source_repository import ZENDESK_SOURCES, ReadingState
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.sync_state_repository import SyncStateRepository
from desktop.writing.sailthru_list_export import ListExport
from desktop.writing.write_protocol import Checkpoint

# Stands for all the Sailthru lists that an admin has named.
LISTS_SOURCE = "lists"
ALL_SOURCES = (*ZENDESK_SOURCES, LISTS_SOURCE)


@dataclass(frozen=True)
class DataStatus:
    """How the data workspace of this computer stands: each data source, people, bytes.

    `comments_due`: of how many tickets the comments are still to be read. `list_uses`: which syncs,
    rules and segments use a Sailthru list, by its name, as `find_list_uses` says it.
    """

    sources: tuple[ReadingState, ...]
    people: int
    archived: int
    tickets: int
    bytes: int
    comments_due: int = 0
    list_uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def use_text(self, list_name: str) -> str:
        """Say which syncs, rules and segments use a Sailthru list, "" where none does."""
        uses = self.list_uses.get(list_name, ())
        return f"used by {len(uses)}: {', '.join(uses)}" if uses else ""


@dataclass(frozen=True)
class DataSettings:
    """What an admin has set of the data workspace, at this moment.

    `zone` is the Sailthru account's time zone; `job_timeout_s` as of syncs.
    """

    is_on: bool
    lists: tuple[str, ...]
    fields: ProfileFields
    zone: str
    job_timeout_s: float


@dataclass(frozen=True)
class DataClients:
    """The clients of the services that are connected at this moment."""

    zendesk: ZendeskClient | None
    sailthru: SailthruClient | None


class DataService:
    """The use cases of the data workspace that need no window."""

    def __init__(
        self,
        open_store: Callable[[], DataStore],
        audit: AuditLog,
        sync_state: SyncStateRepository,
        clock: Clock,
        get_clients: Callable[[], DataClients],
        get_actor: Callable[[], Actor],
        get_settings: Callable[[], DataSettings],
        load_erased: LoadErased,
        retention: RetentionService,
        load_list_uses: Callable[[], Awaitable[Mapping[str, tuple[str, ...]]]],
    ) -> None:
        """`load_erased` tells who was erased, whom no reading brings back."""
        self._load_list_uses = load_list_uses
        self._retention = retention
        self._open_store = open_store
        self._audit = audit
        self._sync_state = sync_state
        self._clock = clock
        self._get_clients = get_clients
        self._get_actor = get_actor
        self._get_settings = get_settings
        self._load_erased = load_erased

    @property
    def may_decide(self) -> bool:
        """Whether the actor is a known admin, who decides what the data workspace keeps."""
        return self._get_actor().is_confirmed_admin

    async def note_erasure(self, people: int) -> bool:
        """Append to the audit that an admin erases the Audience's data here, before it is done.

        Returns False, and appends nothing, where no admin is known to be at work: their data stays.
        """
        if not self.may_decide:
            return False
        is_on = await self._audit.is_data_store_on()
        await self._audit.note_data_store(
            old={"on": is_on, "people": people},
            new={"on": is_on, "people": 0},
            actor=self._get_actor().signature,
            now=self._clock.now(),
        )
        return True

    async def note_switch(self, *, was_on: bool, is_on: bool, lists: Sequence[str]) -> None:
        """Append to the audit that an admin switched the data workspace; before it is stored.

        Raises NotPermitted where no admin is known to be at work.
        """
        actor = self._get_actor()
        if not self.may_decide:
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
            await store.sources.list_all(),
            counts.people,
            counts.archived,
            counts.tickets,
            size,
            await store.comments.count_due(),
            await self._load_list_uses(),
        )

    async def estimate(self) -> FirstReadEstimate:
        """Ask Zendesk for the number of records, and estimate the hours of the first read."""
        return await self._build_reader().estimate()

    async def refresh(
        self,
        names: Sequence[str] = ALL_SOURCES,
        *,
        is_full: bool = False,
        on_page: OnPage = lambda _state: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> tuple[ReadingState, ...]:
        """Bring the Audience's data up to date, by the sources named; `is_full`: read all anew.

        `names` are Zendesk's data sources, and LISTS_SOURCE for the lists. Goes on where a reading
        was cut short. Raises NotPermitted while the data workspace is off, and what a service that
        is away raises.
        """
        self.require_on()
        await self._note_setting()
        zendesk = tuple(name for name in names if name in ZENDESK_SOURCES)
        if is_full:
            await self._open_store().sources.reset(zendesk)
        await self._open_store().people.remember_pairs(await self._sync_state.list_pairs())
        states: tuple[ReadingState, ...] = ()
        if zendesk:
            before = await self._retention.begin_reading()
            states = await self._build_reader(on_page, checkpoint, before).refresh(zendesk)
        if LISTS_SOURCE in names:
            states += await self._read_lists(on_page)
        return states

    async def _note_setting(self) -> None:
        """Append to the audit that everybody is kept here, where no entry says so.

        An admin may have set it with all other settings.
        """
        if not await self._audit.is_data_store_on():
            await self._audit.note_data_store(
                old={"on": False},
                new={"on": True, "lists": list(self._get_settings().lists)},
                actor=self._get_actor().signature,
                now=self._clock.now(),
            )

    async def _read_lists(self, on_page: OnPage) -> tuple[ReadingState, ...]:
        settings, sailthru = self._get_settings(), self._get_clients().sailthru
        if not settings.lists:
            return ()
        if sailthru is None:
            raise UserDecisionNeeded(
                "Sailthru is not connected.",
                "The lists come from there. What Zendesk told is kept.",
                "Sign in under Settings, or set the workspace up again.",
            )
        export = ListExport(
            SailthruBulkClient(sailthru), self._clock, settings.zone, settings.job_timeout_s
        )
        reader = SailthruListReader(
            self._open_store(),
            sailthru,
            export,
            settings.fields,
            self._clock,
            on_page=on_page,
            require_allowed=self.require_on,
            erased=await self._load_erased(),
        )
        return await reader.refresh(settings.lists)

    def require_on(self) -> None:
        """Raise NotPermitted where this computer does not keep everybody's data."""
        if not self._get_settings().is_on:
            raise NotPermitted(
                "This computer does not keep everybody's data.",
                "Nothing was read.",
                "An admin switches it on in Settings › Data on this computer, or by"
                " `fairlead data on`.",
            )

    def _build_reader(
        self,
        on_page: OnPage = lambda _state: None,
        checkpoint: Checkpoint = lambda _name: None,
        before: RetentionCutoffs = KEEP_ALL,
    ) -> ZendeskDataReader:
        zendesk = self._get_clients().zendesk
        if zendesk is None:
            raise UserDecisionNeeded(
                "Zendesk is not connected.",
                "People and tickets come from there. Nothing was read.",
                "Sign in under Settings, or set the workspace up again.",
            )
        return ZendeskDataReader(
            self._open_store(),
            ZendeskDataExport(zendesk, self._clock),
            self._clock,
            on_page=on_page,
            require_allowed=self.require_on,
            checkpoint=checkpoint,
            load_erased=self._load_erased,
            before=before,
        )
