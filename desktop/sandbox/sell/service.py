"""The Sell sandbox as a service: User-Agent, OAuth, token, rate limit, plan, router.

Facts: docs/zendesk-sell.md 2 to 4. How the limit is cut is unknown: here a short burst is allowed.
"""

import math
from dataclasses import dataclass, replace
from hashlib import blake2b

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.http_messages import (
    SandboxActor,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
)
from desktop.sandbox.router import Router
from desktop.sandbox.sell.account_endpoints import SellAccountEndpoints
from desktop.sandbox.sell.error_responses import LOGREF_PLACEHOLDER, request_error_response
from desktop.sandbox.sell.oauth_endpoints import SCOPES, SellOAuthEndpoints, required_scopes
from desktop.sandbox.sell.record_endpoints import register_record_routes
from desktop.sandbox.sell.repository import SellRepository
from desktop.sandbox.sell.search_endpoints import SellSearchEndpoints
from desktop.sandbox.sell.sync_endpoints import SyncEndpoints
from desktop.sandbox.state import SandboxState

CALLS_A_SECOND = 10
BURST = 20
TOKEN_OWNER_ID = 901
PLANS_WITH_PRODUCTS = frozenset({"enterprise"})


@dataclass
class CallBucket:
    """The calls that a token may make to the sandbox's Sell just now."""

    left: float
    at: float


class SellSandbox:
    """Answers requests as one Zendesk Sell account."""

    def __init__(self, state: SandboxState, credentials: SandboxCredentials) -> None:
        self.state = state
        self.credentials = credentials
        self.repository = SellRepository(state)
        self.router = Router()
        # Answered without an access token.
        self.public_router = Router()
        oauth = SellOAuthEndpoints(self.repository, credentials.sell_client_secret)
        oauth.register(self.public_router)
        self._bucket = CallBucket(BURST, 0.0)
        SellAccountEndpoints(self.repository).register(self.router)
        SyncEndpoints(self.repository).register(self.router)
        SellSearchEndpoints(self.repository).register(self.router)
        register_record_routes(self.repository, self.router)

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request to the Sell sandbox."""
        try:
            answer = self._handle(request)
        except SandboxHttpError as refused:
            answer = refused.response
        return sell_response(request, answer)

    def _handle(self, request: SandboxRequest) -> SandboxResponse:
        account = self.state.account
        if not account.sell:
            return request_error_response("temporarily_unavailable")
        if not request.headers.get("user-agent", "").strip():
            return request_error_response("invalid_user_agent")
        public = self.public_router.handle(request, request.path)
        if public is not None:
            return public
        scopes = self._scopes_of(request)
        # A token ends with its user's account, and every account with the product.
        if scopes is None or not account.sell_user or account.sell_retired:
            return request_error_response("unauthorized")
        if self._is_over_limit():
            return request_error_response("rate_limit_exceeded")
        if not scopes & required_scopes(request.method, request.path):
            return request_error_response("insufficient_scope", "the token lacks the scope")
        if request.path.startswith("/v2/products") and account.sell_plan not in PLANS_WITH_PRODUCTS:
            return request_error_response("insufficient_scope", "the plan has no products")
        if request.path == "/v2/lead_statuses" and not account.sell_lead_statuses:
            return request_error_response("incorrect_path")
        request = replace(request, actor=SandboxActor(TOKEN_OWNER_ID, "admin"))
        answer = self.router.handle(request, request.path)
        return answer or request_error_response("incorrect_path")

    def _scopes_of(self, request: SandboxRequest) -> frozenset[str] | None:
        """Return what a request's access token is good for; None: it is unknown or has expired."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        token = text.strip()
        if scheme.lower() != "bearer":
            return None
        if token == self.credentials.sell_token:
            return SCOPES
        found = self.repository.tokens.get(f"access {token}")
        if found is None or found["expires"] <= self.state.now():
            return None
        return frozenset(found["scope"].split())

    def _is_over_limit(self) -> bool:
        factor = self.state.rate_limit_factor
        if math.isinf(factor):
            return False
        now, bucket = self.state.now(), self._bucket
        refilled = (now - bucket.at) * CALLS_A_SECOND * factor
        bucket.left, bucket.at = min(bucket.left + refilled, BURST * factor), now
        if bucket.left < 1:
            return True
        bucket.left -= 1
        return False


def sell_response(request: SandboxRequest, answer: SandboxResponse) -> SandboxResponse:
    """Number an answer of the sandbox's Sell: its errors name the number as `logref`."""
    text = f"{request.received_at!r} {request.method} {request.path}"
    number = blake2b(text.encode(), digest_size=16).hexdigest()
    body = answer.body.replace(LOGREF_PLACEHOLDER.encode(), number.encode())
    return replace(answer, body=body).with_headers(("x-request-id", number))
