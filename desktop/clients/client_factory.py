"""Builds the clients of Sailthru, Zendesk and Sell on a transport, each with its rate limiter.

A short check and a workspace's lasting connections differ in their transport, their patience
and in who listens for a service's status; everything else is the same and is put together here.
"""

from dataclasses import dataclass

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.http_messages import Transport
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RequestPipeline, RetryPolicy
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.protocol import SailthruCredentials, read_endpoint_rate_limits
from desktop.clients.sell.client import SellClient
from desktop.clients.sell.credentials import SellAuthenticator
from desktop.clients.sell.protocol import CALLS_PER_S
from desktop.clients.service_status import OnServiceState, ServiceStatusTracker
from desktop.clients.token_bucket import PacedRateLimiter
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ZendeskAuthenticator
from desktop.clients.zendesk.protocol import read_account_rate_limits
from desktop.kit.clock import Clock
from desktop.model.service import Service


@dataclass(frozen=True)
class ClientFactory:
    """Makes clients with one clock, one retry policy and one listener for service states."""

    clock: Clock
    on_state: OnServiceState | None = None
    retry_policy: RetryPolicy = INTERACTIVE_RETRY_POLICY

    def sailthru(self, credentials: SailthruCredentials, transport: Transport) -> SailthruClient:
        """Build a client of one Sailthru API key; `transport` leads to its Service URI."""
        # Each Sailthru endpoint and method has a limit of its own, so no bucket is shared.
        limiter = RateLimiter(self.clock, read_endpoint_rate_limits, shared=False)
        tracker = ServiceStatusTracker(Service.SAILTHRU.title, self.clock, self.on_state)
        pipeline = RequestPipeline(
            transport, limiter, tracker, self.clock, retry_policy=self.retry_policy
        )
        return SailthruClient(credentials, pipeline)

    def zendesk(self, credentials: HeaderCredentials, transport: Transport) -> ZendeskClient:
        """Build a Zendesk client of one agent; `transport` leads to the account's address."""
        limiter = RateLimiter(self.clock, read_account_rate_limits, shared=True)
        tracker = ServiceStatusTracker(Service.ZENDESK.title, self.clock, self.on_state)
        authenticator = ZendeskAuthenticator(credentials)
        pipeline = RequestPipeline(
            transport, limiter, tracker, self.clock, authenticator, self.retry_policy
        )
        return ZendeskClient(pipeline)

    def sell(self, credentials: HeaderCredentials, transport: Transport) -> SellClient:
        """Build a client of one Zendesk Sell user; `transport` leads to Sell's one address."""
        limiter = PacedRateLimiter(self.clock, calls_per_s=CALLS_PER_S)
        tracker = ServiceStatusTracker(Service.SELL.title, self.clock, self.on_state)
        authenticator = SellAuthenticator(credentials)
        pipeline = RequestPipeline(
            transport, limiter, tracker, self.clock, authenticator, self.retry_policy
        )
        return SellClient(pipeline)
