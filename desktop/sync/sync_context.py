"""`SyncContext`: the store, both services and the account's settings that a run works with."""

from dataclasses import dataclass
from functools import cached_property

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.clock import Clock
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.customer_value import CustomerValueSource
from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.rule_source import RuleSource
from desktop.writing.sailthru_gateway import SailthruGateway
from desktop.writing.zendesk_gateway import ZendeskGateway


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
    """The store, clients and account settings of one run.

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

    @cached_property
    def profiles(self) -> SailthruGateway:
        """The run's gateway to Sailthru profiles; the only one: it bounds parallel requests."""
        return SailthruGateway(self.sailthru.client)

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
    )
