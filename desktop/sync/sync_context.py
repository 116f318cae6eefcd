"""`SyncContext`: the store, both services and the account's settings that a run works with."""

from dataclasses import dataclass
from functools import cached_property

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sell.client import SellClient
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, UserDecisionNeeded
from desktop.model.customer_value import CustomerValueSource
from desktop.model.sell_optout import SellOptOutRule
from desktop.model.sell_record import SellRecordKind
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync, TargetType
from desktop.model.sync_plan import Plan
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.rule_source import RuleSource
from desktop.writing.content_gateway import ContentGateway
from desktop.writing.sailthru_gateway import SailthruGateway
from desktop.writing.sell_gateway import SellGateway
from desktop.writing.zendesk_gateway import ZendeskGateway

# Which records of Sell a sync reads, and which it creates.
SELL_KINDS = {
    SourceKind.SELL_CONTACTS: SellRecordKind.CONTACT,
    SourceKind.SELL_LEADS: SellRecordKind.LEAD,
}
SELL_TARGETS = {
    TargetType.SELL_CONTACTS: SellRecordKind.CONTACT,
    TargetType.SELL_LEADS: SellRecordKind.LEAD,
    # Both are marked; who is neither becomes a contact.
    TargetType.SELL_OPTOUTS: SellRecordKind.CONTACT,
}


# Which feeds of Sell a sync's source is read from.
SELL_SOURCES = {kind: (record,) for kind, record in SELL_KINDS.items()} | {
    SourceKind.SELL_OPTOUTS: tuple(SellRecordKind)
}


def sell_kind_of(sync: Sync) -> SellRecordKind:
    """Return which records of Sell a sync reads or writes; of no other sync it is asked."""
    return SELL_KINDS.get(sync.source.kind) or SELL_TARGETS[sync.target_type]


def sell_kinds_of(sync: Sync) -> tuple[SellRecordKind, ...]:
    """Return which kinds of people of Sell a sync reads or writes."""
    if sync.target_type is TargetType.SELL_OPTOUTS:
        return tuple(SellRecordKind)
    if sync.target_type in SELL_TARGETS:
        return (SELL_TARGETS[sync.target_type],)
    return SELL_SOURCES.get(sync.source.kind, ())


@dataclass(frozen=True)
class SailthruSyncClients:
    """The Sailthru clients that a run uses: single calls and jobs."""

    client: SailthruClient
    bulk: SailthruBulkClient


@dataclass(frozen=True)
class ZendeskSyncClients:
    """The Zendesk clients that a run uses: single calls, exports and jobs."""

    client: ZendeskClient
    export: ZendeskExportClient
    bulk: ZendeskBulkClient


@dataclass(frozen=True)
class SyncContext:
    """The store, clients and account settings of one run; `sell` where Sell is connected.

    `zone` is the Sailthru account's time zone (IANA). `job_timeout_s`: a job of a service that
    does not move for so long is given up. `rule_source` is the data workspace, which rules read.
    """

    store: WorkspaceStore
    clock: Clock
    zone: str
    value_source: CustomerValueSource
    sailthru: SailthruSyncClients
    zendesk: ZendeskSyncClients
    job_timeout_s: float = 900.0
    rule_source: RuleSource | None = None
    sell: SellClient | None = None

    def require_sell(self) -> SellClient:
        """Return Sell's client. Raises UserDecisionNeeded where Sell is not connected."""
        if self.sell is None:
            raise UserDecisionNeeded(
                f"{Service.SELL.title} is not connected.",
                "This sync reads or writes Zendesk Sell.",
                "Connect it under Settings.",
            )
        return self.sell

    async def has_sell_account_of(self, sync: Sync, plan: Plan) -> bool:
        """Ask whether a plan names records of the Sell account connected now, or none of Sell."""
        if Service.SELL not in sync.services:
            return True
        return (await self.require_sell().account()).id == plan.sell_account

    async def require_sell_account_of(self, sync: Sync, plan: Plan) -> None:
        """Raise ConflictError where a plan names records of another account of Zendesk Sell."""
        if not await self.has_sell_account_of(sync, plan):
            raise ConflictError(
                "This belongs to another Zendesk Sell account than the one connected now.",
                "Nothing was sent: its records are other people there.",
                "Connect the account it was made for, or make a new preview.",
            )

    def gateway(
        self, sync: Sync
    ) -> SailthruGateway | ContentGateway | ZendeskGateway | SellGateway:
        """Return the run's gateway to the records that a sync writes."""
        if sync.target_type is TargetType.CONTENT:
            return self.content
        if sync.target_type is TargetType.PROFILES:
            return self.profiles
        return self.users if sync.target_type is TargetType.USERS else self.sell_people(sync)

    def sell_people(self, sync: Sync) -> SellGateway:
        """Return the run's gateway to the contacts and leads of Sell that a sync writes."""
        marks = sync.source.optout if sync.is_of_optouts else None
        key = (sync.target_type, marks)
        if key not in self._sell_gateways:
            creates = SELL_TARGETS[sync.target_type]
            self._sell_gateways[key] = SellGateway(self.require_sell(), creates, marks)
        return self._sell_gateways[key]

    @cached_property
    def _sell_gateways(self) -> dict[tuple[TargetType, SellOptOutRule | None], SellGateway]:
        return {}

    @cached_property
    def profiles(self) -> SailthruGateway:
        """The run's gateway to Sailthru profiles; the only one: it bounds parallel requests."""
        return SailthruGateway(self.sailthru.client)

    @cached_property
    def content(self) -> ContentGateway:
        """The run's gateway to Sailthru's content."""
        return ContentGateway(self.sailthru.client)

    @cached_property
    def users(self) -> ZendeskGateway:
        """The run's gateway to Zendesk users."""
        return ZendeskGateway(self.zendesk.client)


def make_sync_context(
    store: WorkspaceStore,
    clock: Clock,
    zone: str,
    value_source: CustomerValueSource,
    clients: tuple[SailthruClient | None, ZendeskClient | None],
    job_timeout_s: float = 900.0,
    *,
    sell: SellClient | None = None,
    rule_source: RuleSource | None = None,
) -> SyncContext:
    """Make a run's context. Raises UserDecisionNeeded where a service is not connected."""
    sailthru, zendesk = clients
    if sailthru is None or zendesk is None:
        missing = Service.SAILTHRU if sailthru is None else Service.ZENDESK
        raise UserDecisionNeeded(
            f"{missing.title} is not connected.",
            "A sync needs both Zendesk and Sailthru.",
            "Sign in under Settings, or set the workspace up again.",
        )
    return SyncContext(
        store,
        clock,
        zone,
        value_source,
        SailthruSyncClients(sailthru, SailthruBulkClient(sailthru)),
        ZendeskSyncClients(
            zendesk, ZendeskExportClient(zendesk, clock), ZendeskBulkClient(zendesk)
        ),
        job_timeout_s,
        rule_source,
        sell,
    )
