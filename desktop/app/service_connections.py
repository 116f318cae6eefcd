"""Opens the connections of a workspace to its services, and builds the clients over them."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from desktop.clients.client_factory import ClientFactory
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.relay_transport import AskRelay, RelayTransport
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RetryPolicy
from desktop.clients.sailthru.protocol import SailthruCredentials
from desktop.clients.service_status import OnServiceState, ServiceStatusTracker
from desktop.clients.transport import HttpTransport, TransportOptions, tls_context
from desktop.clients.zendesk.credentials import ApiTokenCredentials
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.second_admin_sign_in import token_fingerprint
from desktop.customer.service_clients import ServiceClients
from desktop.model.data_source import DataSourceKind
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.data_source_records import is_left
from desktop.settings.settings_file import SettingsValues

# A run has many calls under way and sends large files over whatever line there is.
RUN_TRANSPORT_OPTIONS = TransportOptions(pool_s=120.0, total_s=900.0, connections=32, pools=32)


@dataclass(frozen=True)
class ServiceConnections:
    """A workspace's clients of its services, with the transports to be closed after them."""

    clients: ServiceClients
    transports: tuple[HttpTransport | RelayTransport, ...]
    # Of the API token that Zendesk is asked with; empty for a sign-in by browser.
    token_fingerprint: str = ""

    @property
    def trackers(self) -> tuple[ServiceStatusTracker, ...]:
        """The status trackers of the workspace's connected services."""
        clients = (self.clients.sailthru, self.clients.zendesk, self.clients.sell)
        return tuple(client.pipeline.status_tracker for client in clients if client is not None)

    @property
    def zendesk_rate_limiter(self) -> RateLimiter | None:
        """The workspace's rate limiter of its Zendesk account; None while signed out."""
        zendesk = self.clients.zendesk
        return zendesk.pipeline.rate_limiter if zendesk else None

    @property
    def sailthru_rate_limiter(self) -> RateLimiter | None:
        """The workspace's rate limiter of its Sailthru key; None without a key."""
        sailthru = self.clients.sailthru
        return sailthru.pipeline.rate_limiter if sailthru else None

    def zendesk_budget_share(self) -> float:
        """Return the share of this workspace's Zendesk calls per minute that is left, 0 to 1."""
        limiter = self.zendesk_rate_limiter
        return limiter.share_left() if limiter is not None else 1.0

    def zendesk_call_limit(self) -> int | None:
        """Return the calls per minute of this workspace's Zendesk account; None: not told yet."""
        limiter = self.zendesk_rate_limiter
        budget = limiter.budget() if limiter is not None else None
        return budget.limit if budget is not None else None

    @property
    def request_count(self) -> int:
        """The number of HTTP requests to its services since the workspace was connected."""
        return sum(transport.request_count for transport in self.transports)

    def describe_rate_budget(self) -> str:
        """Describe the workspace's rate limit with the smallest share left; empty if unknown."""
        limiters = {
            Service.ZENDESK: self.zendesk_rate_limiter,
            Service.SAILTHRU: self.sailthru_rate_limiter,
        }
        budgets = [
            (budget, service)
            for service, limiter in limiters.items()
            if limiter is not None
            for budget in limiter.budgets()
        ]
        if not budgets:
            return ""
        budget, service = min(budgets, key=lambda item: item[0].share)
        return f"{service.title}: {budget.remaining:,} of {budget.limit:,} calls left"

    async def close(self) -> None:
        """Close the workspace's HTTP connections to its services."""
        for transport in self.transports:
            await transport.aclose()


async def open_service_connections(
    connection_config: ConnectionConfig,
    values: SettingsValues,
    on_state: OnServiceState,
    *,
    retry_policy: RetryPolicy = INTERACTIVE_RETRY_POLICY,
    transport_options: TransportOptions | None = None,
    ask_relay: AskRelay | None = None,
) -> ServiceConnections:
    """Build a workspace's client of each service with credentials. Raises KeyringError.

    `ask_relay` leads to Sailthru where the settings say so and there is no key here.

    A run passes `RUN_RETRY_POLICY` and `RUN_TRANSPORT_OPTIONS`: it waits, leaves a quarter of
    the calls to people, and holds more connections.
    """
    chosen = values.get(settings_table.CA_FILE)
    # Reading the system's certificates takes tens of milliseconds: off the window's thread.
    tls = await asyncio.to_thread(tls_context, Path(chosen) if chosen else None)
    factory = ClientFactory(connection_config.clock, on_state, retry_policy)
    transports: list[HttpTransport | RelayTransport] = []

    def open_transport(service: Service, address: str) -> HttpTransport:
        transport = HttpTransport(service.title, address, limits=transport_options, tls=tls)
        # Kept for `close`, also where no credentials turn up for it.
        transports.append(transport)
        return transport

    sailthru = zendesk = None
    fingerprint = ""
    # What was disconnected is not asked, whatever credentials there are.
    key = None
    if not is_left(values, DataSourceKind.SAILTHRU):
        key = await connection_config.sailthru_credentials(values.get(settings_table.SERVICE_URI))
    if key is not None:
        transport = open_transport(Service.SAILTHRU, values.get(settings_table.SERVICE_URI))
        sailthru = factory.sailthru(key, transport)
    elif ask_relay is not None and values.get(settings_table.SAILTHRU_THROUGH_TEAM):
        relay = RelayTransport(ask_relay)
        transports.append(relay)
        # The worker signs: here is nothing to sign with.
        sailthru = factory.sailthru(SailthruCredentials("", ""), relay)
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if base_url and not is_left(values, DataSourceKind.SUPPORT):
        # Opened before the credentials are known: OAuth refreshes its token over it.
        transport = open_transport(Service.ZENDESK, base_url)
        credentials = await connection_config.zendesk_credentials(values, transport)
        if credentials is not None:
            zendesk = factory.zendesk(credentials, transport)
        if isinstance(credentials, ApiTokenCredentials):
            fingerprint = token_fingerprint(credentials.token)
    sell = None
    if values.get(settings_table.SELL_ENABLED) and not is_left(values, DataSourceKind.SELL):
        transport = open_transport(Service.SELL, values.get(settings_table.SELL_BASE_URL))
        access = await connection_config.sell_credentials(values, transport)
        if access is not None:
            sell = factory.sell(access, transport)
    return ServiceConnections(
        ServiceClients(sailthru, zendesk, sell), tuple(transports), fingerprint
    )
