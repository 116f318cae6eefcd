"""One sandbox process for all contract tests; ended by its own process id."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from desktop.clients.field_parser import FieldProblem
from desktop.clients.http_messages import HttpRequest
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import RequestPipeline, RetryPolicy
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.transport import HttpTransport
from desktop.clients.transport import TransportOptions as WireLimits
from desktop.clients.zendesk import protocol as zendesk
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiTokenCredentials, ZendeskAuthenticator
from desktop.model.retry_backoff import ExponentialBackoff
from tests.support.clocks import ShortSleepClock
from tests.support.sandbox_process import running_sandbox

ConnectionDocument = dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[ConnectionDocument]:
    """One for all contract tests."""
    with running_sandbox("--customers", "300", "--seed", "7", "--rate-limits", "x20") as announced:
        yield announced


@dataclass
class LiveClients:
    """Both clients on the sandbox, and the handle to its faults."""

    sailthru: SailthruClient
    zendesk: ZendeskClient
    sailthru_wire: HttpTransport
    zendesk_wire: HttpTransport
    sailthru_limits: RateLimiter
    zendesk_limits: RateLimiter
    field_notes: list[FieldProblem]
    connection_document: ConnectionDocument

    async def fault(self, spec: str, times: int = 1) -> None:
        """From now on, so many matching requests go wrong."""
        body = json.dumps({"specs": [spec], "times": times}).encode()
        asked = HttpRequest("POST", "/sandbox/fault", "/sandbox/fault", body=body)
        assert (await self.zendesk_wire.send(asked)).status == 200


@pytest_asyncio.fixture
async def live(sandbox: ConnectionDocument) -> AsyncIterator[LiveClients]:
    """Fresh clients; faults are taken away afterwards."""
    clock = ShortSleepClock()
    patience = RetryPolicy(ExponentialBackoff(first_delay_s=0.01, max_attempts=3), max_wait_s=5.0)
    wire_limits = WireLimits(read_s=2.0)
    s, z = sandbox["sailthru"], sandbox["zendesk"]
    s_wire = HttpTransport("Sailthru", s["service_uri"], limits=wire_limits)
    z_wire = HttpTransport("Zendesk", z["base_url"], limits=wire_limits)
    s_limits = RateLimiter(clock, sailthru.read_endpoint_rate_limits, shared=False)
    z_limits = RateLimiter(clock, zendesk.read_account_rate_limits, shared=True)
    bad: list[FieldProblem] = []
    token = ApiTokenCredentials(z["email"], z["api_token"])
    yield LiveClients(
        SailthruClient(
            sailthru.SailthruCredentials(s["api_key"], s["api_secret"]),
            RequestPipeline(
                s_wire,
                s_limits,
                ServiceStatusTracker("Sailthru", clock),
                clock,
                retry_policy=patience,
            ),
            bad.extend,
        ),
        ZendeskClient(
            RequestPipeline(
                z_wire,
                z_limits,
                ServiceStatusTracker("Zendesk", clock),
                clock,
                ZendeskAuthenticator(token),
                patience,
            ),
            bad.extend,
        ),
        s_wire,
        z_wire,
        s_limits,
        z_limits,
        bad,
        sandbox,
    )
    await z_wire.send(HttpRequest("DELETE", "/sandbox/fault", "/sandbox/fault"))
    await s_wire.aclose()
    await z_wire.aclose()
