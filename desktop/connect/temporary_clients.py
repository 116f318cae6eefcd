"""Opens clients of the services for a moment: a check, a set-up, a sign-in."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.client_factory import ClientFactory
from desktop.clients.http_messages import Transport
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.protocol import SailthruCredentials
from desktop.clients.sell.client import SellClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.clock import Clock, SystemClock
from desktop.model.service import Service


class TemporaryClients:
    """Opens transports and clients for one check or sign-in, and closes them again."""

    def __init__(self, clock: Clock | None = None, ca_file: str = "") -> None:
        self._factory = ClientFactory(clock or SystemClock())
        self._ca_file = Path(ca_file) if ca_file else None
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def transport(self, service: str, base_url: str) -> AsyncIterator[Transport]:
        """Open HTTP connections to one address for a check; `service` names it in errors.

        Raises InvalidInput for an address or CA file that cannot be used.
        """
        # Here and not above: importing httpx costs 150 ms, and a start needs none of it.
        from desktop.clients.transport import HttpTransport, tls_context

        if self._tls is None:
            # Reading the system's certificates takes tens of milliseconds: once, in a thread.
            self._tls = await asyncio.to_thread(tls_context, self._ca_file)
        opened = HttpTransport(service, base_url, tls=self._tls)
        try:
            yield opened
        finally:
            await opened.aclose()

    @asynccontextmanager
    async def sailthru(
        self, service_uri: str, credentials: SailthruCredentials
    ) -> AsyncIterator[SailthruClient]:
        """Open a short-lived Sailthru client for one API key."""
        async with self.transport(Service.SAILTHRU.title, service_uri) as transport:
            yield self._factory.sailthru(credentials, transport)

    @asynccontextmanager
    async def zendesk(
        self, base_url: str, credentials: HeaderCredentials
    ) -> AsyncIterator[ZendeskClient]:
        """Open a short-lived Zendesk client that acts as one agent."""
        async with self.transport(Service.ZENDESK.title, base_url) as transport:
            yield self._factory.zendesk(credentials, transport)

    @asynccontextmanager
    async def sell(
        self, base_url: str, credentials: HeaderCredentials
    ) -> AsyncIterator[SellClient]:
        """Open a short-lived Zendesk Sell client that acts as one user."""
        async with self.transport(Service.SELL.title, base_url) as transport:
            yield self._factory.sell(credentials, transport)
