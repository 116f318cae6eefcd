"""Opens clients for a moment: a check, a set-up, a sign-in. HTTP is imported late (150 ms)."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from desktop.clients.http_messages import Transport
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import RequestPipeline
from desktop.clients.sailthru import protocol as sailthru_protocol
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.zendesk import protocol as zendesk_protocol
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ZendeskAuthenticator, ZendeskCredentials
from desktop.kit.clock import Clock, SystemClock
from desktop.model.service import Service


class TemporaryClients:
    """What leads to the two services, with the certificates of this workspace."""

    def __init__(self, clock: Clock | None = None, ca_file: str = "") -> None:
        self._clock = clock or SystemClock()
        self._ca_file = Path(ca_file) if ca_file else None
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def transport(self, service: str, base_url: str) -> AsyncIterator[Transport]:
        """Connections to one address. Raises BadInput for an address or CA file unfit."""
        from desktop.clients.transport import HttpTransport, tls_context

        if self._tls is None:
            # Reading the system's certificates takes tens of milliseconds: once, and elsewhere.
            self._tls = await asyncio.to_thread(tls_context, self._ca_file)
        opened = HttpTransport(service, base_url, tls=self._tls)
        try:
            yield opened
        finally:
            await opened.aclose()

    @asynccontextmanager
    async def sailthru(
        self, service_uri: str, credentials: sailthru_protocol.SailthruCredentials
    ) -> AsyncIterator[SailthruClient]:
        """Sailthru by one key."""
        async with self.transport(Service.SAILTHRU.title, service_uri) as transport:
            limits = RateLimiter(self._clock, sailthru_protocol.read_rate_limits, shared=False)
            tracker = ServiceStatusTracker(Service.SAILTHRU.title, self._clock)
            yield SailthruClient(
                credentials, RequestPipeline(transport, limits, tracker, self._clock)
            )

    @asynccontextmanager
    async def zendesk(
        self, base_url: str, credentials: ZendeskCredentials
    ) -> AsyncIterator[ZendeskClient]:
        """Zendesk as one agent."""
        async with self.transport(Service.ZENDESK.title, base_url) as transport:
            limits = RateLimiter(self._clock, zendesk_protocol.read_rate_limits, shared=True)
            tracker = ServiceStatusTracker(Service.ZENDESK.title, self._clock)
            authority = ZendeskAuthenticator(credentials)
            yield ZendeskClient(RequestPipeline(transport, limits, tracker, self._clock, authority))
