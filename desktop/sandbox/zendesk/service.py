"""The Zendesk sandbox as a service: sign-in, rate limits, scopes, router."""

from dataclasses import replace

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.http_messages import (
    ANONYMOUS,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    request_id_headers,
)
from desktop.sandbox.router import Router
from desktop.sandbox.state import SandboxState
from desktop.sandbox.zendesk.authentication import SandboxZendeskAuthenticator
from desktop.sandbox.zendesk.error_responses import (
    invalid_token_response,
    unauthenticated_response,
    unknown_endpoint_response,
)
from desktop.sandbox.zendesk.permissions import require_scope
from desktop.sandbox.zendesk.rate_limits import ZendeskRateLimits
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.routes import register_all_routes


class ZendeskSandbox:
    """Answers requests as one Zendesk account: sign-in, rate limits, scopes of the sandbox."""

    def __init__(self, state: SandboxState, credentials: SandboxCredentials) -> None:
        self.state = state
        self.repository = ZendeskRepository(state)
        self.authenticator = SandboxZendeskAuthenticator(self.repository, credentials)
        self.rate_limits = ZendeskRateLimits(state)
        self.public_router = Router()
        self.router = Router()
        register_all_routes(
            self.repository, credentials.server_client_secret, self.public_router, self.router
        )

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request to the Zendesk sandbox."""
        return self._handle(request).with_headers(*request_id_headers(request))

    def _handle(self, request: SandboxRequest) -> SandboxResponse:
        # Every path is there with and without .json.
        path = request.path.removesuffix(".json").rstrip("/")
        if not self.state.account.zendesk:
            return SandboxResponse(503, b"Service Unavailable", "text/plain")
        try:
            # Pages and tokens of OAuth come before anybody has signed in.
            if (answer := self.public_router.handle(request, path)) is not None:
                return answer
            return self._handle_api_request(request, path)
        except SandboxHttpError as refused:
            return refused.response

    def _handle_api_request(self, request: SandboxRequest, path: str) -> SandboxResponse:
        actor = self.authenticator.authenticate(request)
        is_bearer = request.headers.get("authorization", "").lower().startswith("bearer")
        if actor is None and is_bearer:
            return invalid_token_response()
        if (actor is None or actor is ANONYMOUS) and path != "/api/v2/users/me":
            return unauthenticated_response()
        request = replace(request, actor=actor or ANONYMOUS)
        too_many, headers = self.rate_limits.check(request, path)
        if too_many is not None:
            return too_many.with_headers(*headers)
        try:
            require_scope(request, path)
            answer = self.router.handle(request, path) or unknown_endpoint_response()
        except SandboxHttpError as refused:
            answer = refused.response
        return answer.with_headers(*headers)
