"""What a run works with: the store, both services, and how this account calls things."""

from dataclasses import dataclass

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.clock import Clock
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.customer_value import CustomerValueSource
from desktop.store.workspace_store import WorkspaceStore


@dataclass(frozen=True)
class SailthruSyncClients:
    """The Sailthru side: single calls and jobs."""

    client: SailthruClient
    bulk: SailthruBulkClient


@dataclass(frozen=True)
class ZendeskSyncClients:
    """The Zendesk side: single calls, exports and jobs."""

    client: ZendeskClient
    export: ZendeskExportClient
    bulk: ZendeskBulkClient


@dataclass(frozen=True)
class SyncContext:
    """Both sides with the store; `zone` is the Sailthru account's.

    `job_patience_s`: a job of a service that does not move for so long is given up.
    """

    store: WorkspaceStore
    clock: Clock
    zone: str
    value_source: CustomerValueSource
    sailthru: SailthruSyncClients
    zendesk: ZendeskSyncClients
    job_timeout_s: float = 900.0


def make_sync_context(
    store: WorkspaceStore,
    clock: Clock,
    zone: str,
    value_source: CustomerValueSource,
    clients: tuple[SailthruClient | None, ZendeskClient | None],
    job_patience_s: float = 900.0,
) -> SyncContext:
    """Put the tools together. Raises UserDecisionNeeded when one of the services is not connected."""
    sailthru, zendesk = clients
    if sailthru is None or zendesk is None:
        away = "Sailthru" if sailthru is None else "Zendesk"
        raise UserDecisionNeeded(
            f"{away} is not connected.",
            "A sync needs both Zendesk and Sailthru.",
            "Sign in under Settings, or with `fairlead setup`.",
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
        job_patience_s,
    )
