"""Builds the two clients of a workspace and keeps their connections open."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from desktop.clients.client_factory import ClientFactory
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RetryPolicy
from desktop.clients.service_status import OnServiceState, ServiceStatusTracker
from desktop.clients.transport import HttpTransport, TransportOptions, tls_context
from desktop.connect.connection_config import ConnectionConfig
from desktop.customer.service_clients import ServiceClients
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

# A run has many calls under way and sends large files over whatever line there is.
RUN_TRANSPORT_LIMITS = TransportOptions(pool_s=120.0, total_s=900.0, connections=32, pools=32)


@dataclass(frozen=True)
class ServiceConnections:
    """The clients with what has to be closed behind them."""

    services: ServiceClients
    transports: tuple[HttpTransport, ...]

    @property
    def trackers(self) -> tuple[ServiceStatusTracker, ...]:
        """The status trackers of the connected services."""
        clients = (self.services.sailthru, self.services.zendesk)
        return tuple(client.pipeline.status_tracker for client in clients if client is not None)

    @property
    def zendesk_rate_limiter(self) -> RateLimiter | None:
        """The rate budget of the Zendesk account; None while signed out."""
        zendesk = self.services.zendesk
        return zendesk.pipeline.rate_limiter if zendesk else None

    @property
    def sailthru_rate_limiter(self) -> RateLimiter | None:
        """The rate budget of the Sailthru key; None without one."""
        sailthru = self.services.sailthru
        return sailthru.pipeline.rate_limiter if sailthru else None

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
    transport_limits: TransportOptions | None = None,
) -> ServiceConnections:
    """Build what the settings and the vault have credentials for. Raises NoKeyring, BadInput.

    A run passes `RUN` and `RUN_TRANSPORT_LIMITS`: it waits, leaves a quarter of the calls to people, and
    holds more connections.
    """  # noqa: E501
    chosen = values.get(settings_table.CA_FILE)
    # Reading the system's certificates takes tens of milliseconds: off the window's thread.
    tls = await asyncio.to_thread(tls_context, Path(chosen) if chosen else None)
    factory = ClientFactory(connection_config.clock, on_state, patience)
    transports: list[HttpTransport] = []

    def open_transport(service: Service, address: str) -> HttpTransport:
        transport = HttpTransport(service.title, address, limits=transport_limits, tls=tls)
        transports.append(transport)
        return transport

    sailthru = zendesk = None
    key = await connection_config.sailthru_credentials()
    if key is not None:
        transport = open_transport(Service.SAILTHRU, values.get(settings_table.SERVICE_URI))
        sailthru = factory.sailthru(key, transport)
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if base_url:
        transport = open_transport(Service.ZENDESK, base_url)
        credentials = await connection_config.zendesk_credentials(values, transport)
        if credentials is not None:
            zendesk = factory.zendesk(credentials, transport)
    return ServiceConnections(ServiceClients(sailthru, zendesk), tuple(transports))
