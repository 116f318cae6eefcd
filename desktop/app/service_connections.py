"""Builds the two clients of a workspace and keeps their connections open."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RequestPipeline, RetryPolicy
from desktop.clients.sailthru import protocol as sailthru_protocol
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.service_status import ServiceState, ServiceStatusTracker
from desktop.clients.transport import HttpTransport, tls_context
from desktop.clients.transport import TransportOptions as WireLimits
from desktop.clients.zendesk import protocol as zendesk_protocol
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ZendeskAuthenticator
from desktop.connect.connection_config import ConnectionConfig
from desktop.customer.service_clients import ServiceClients
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

# A run has many calls under way and sends large files over whatever line there is.
RUN_TRANSPORT_LIMITS = WireLimits(pool_s=120.0, total_s=900.0, connections=32, pools=32)

OnServiceState = Callable[[ServiceState], None]


@dataclass(frozen=True)
class ServiceConnections:
    """The clients with what has to be closed behind them."""

    services: ServiceClients
    transports: tuple[HttpTransport, ...]
    trackers: tuple[ServiceStatusTracker, ...]
    zendesk_rate_limiter: RateLimiter | None
    sailthru_rate_limiter: RateLimiter | None = None

    def is_zendesk_budget_below_half(self) -> bool:
        """Whether less than half of the account's calls are left."""
        return self.zendesk_rate_limiter is not None and self.zendesk_rate_limiter.is_below_half()

    @property
    def request_count(self) -> int:
        """How many requests went out since it was opened."""
        return sum(transport.request_count for transport in self.transports)

    def describe_rate_budget(self) -> str:
        """What is left of the budget that is shortest now, in words; empty while none is known."""
        known = [
            (limits_of.budgets(), name)
            for limits_of, name in (
                (self.zendesk_rate_limiter, Service.ZENDESK.title),
                (self.sailthru_rate_limiter, Service.SAILTHRU.title),
            )
            if limits_of is not None
        ]
        each = [(budget, name) for budgets, name in known for budget in budgets]
        if not each:
            return ""
        budget, name = min(each, key=lambda item: item[0].share)
        return f"{name}: {budget.remaining:,} of {budget.limit:,} calls left"

    async def close(self) -> None:
        """Close every connection."""
        for transport in self.transports:
            await transport.aclose()


async def open_service_connections(
    connection_config: ConnectionConfig,
    values: SettingsValues,
    on_state: OnServiceState,
    *,
    patience: RetryPolicy = INTERACTIVE_RETRY_POLICY,
    transport_limits: WireLimits | None = None,
) -> ServiceConnections:
    """Build what the settings and the vault have credentials for. Raises NoKeyring, BadInput.

    A run passes `RUN` and `RUN_TRANSPORT_LIMITS`: it waits, leaves a quarter of the calls to people, and
    holds more connections.
    """
    chosen = values.get(settings_table.CA_FILE)
    # Reading the system's certificates takes tens of milliseconds: off the window's thread.
    tls = await asyncio.to_thread(tls_context, Path(chosen) if chosen else None)
    transports: list[HttpTransport] = []
    trackers: list[ServiceStatusTracker] = []
    sailthru = zendesk = limits = own = None
    key = await connection_config.sailthru_credentials()
    if key is not None:
        transport = HttpTransport(
            Service.SAILTHRU.title,
            values.get(settings_table.SERVICE_URI),
            limits=transport_limits,
            tls=tls,
        )
        transports.append(transport)
        own = RateLimiter(connection_config.clock, sailthru_protocol.read_rate_limits, shared=False)
        tracker = ServiceStatusTracker(Service.SAILTHRU.title, connection_config.clock, on_state)
        trackers.append(tracker)
        sailthru = SailthruClient(
            key,
            RequestPipeline(
                transport, own, tracker, connection_config.clock, retry_policy=patience
            ),
        )
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if base_url:
        transport = HttpTransport(Service.ZENDESK.title, base_url, limits=transport_limits, tls=tls)
        transports.append(transport)
        credentials = await connection_config.zendesk_credentials(values, transport)
        if credentials is not None:
            limits = RateLimiter(
                connection_config.clock, zendesk_protocol.read_rate_limits, shared=True
            )
            tracker = ServiceStatusTracker(Service.ZENDESK.title, connection_config.clock, on_state)
            trackers.append(tracker)
            authority = ZendeskAuthenticator(credentials)
            caller = RequestPipeline(
                transport, limits, tracker, connection_config.clock, authority, patience
            )
            zendesk = ZendeskClient(caller)
    return ServiceConnections(
        ServiceClients(sailthru, zendesk), tuple(transports), tuple(trackers), limits, own
    )
