"""One Zendesk account: sign-in, limits, rights, then the handler of the path."""

from dataclasses import replace
from hashlib import blake2b

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.http_messages import (
    ANONYMOUS,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
)
from desktop.sandbox.router import Router
from desktop.sandbox.state import SandboxState
from desktop.sandbox.zendesk import error_responses
from desktop.sandbox.zendesk.authentication import SandboxZendeskAuthenticator
from desktop.sandbox.zendesk.permissions import require_scope
from desktop.sandbox.zendesk.rate_limits import ZendeskRateLimits
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.routes import register_all_routes


class ZendeskSandbox:
    """Answers calls."""

    def __init__(self, state: SandboxState, credentials: SandboxCredentials) -> None:
        self.state = state
        self.repository = ZendeskRepository(state)
        self.authenticator = SandboxZendeskAuthenticator(self.repository, credentials)
        self.rate_limits = ZendeskRateLimits(state)
        self.public_router = Router()
        self.router = Router()
        register_all_routes(self.repository, self.public_router, self.router)

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one call."""
        number = blake2b(
            f"{request.received_at!r} {request.path}".encode(), digest_size=12
        ).hexdigest()
        # What their support asks for when something failed (contract 13).
        return self._handle(request).with_headers(
            ("x-zendesk-request-id", number), ("x-request-id", number)
        )

    def _handle(self, request: SandboxRequest) -> SandboxResponse:
        path = request.path.removesuffix(".json").rstrip("/")
        if not self.state.account.zendesk:
            return SandboxResponse(503, b"Service Unavailable", "text/plain")
        try:
            # Pages and tokens of OAuth come before there is anybody.
            if (answer := self.public_router.handle(request, path)) is not None:
                return answer
            return self._handle_api_request(request, path)
        except SandboxHttpError as refused:
            return refused.response

    def _handle_api_request(self, request: SandboxRequest, path: str) -> SandboxResponse:
        actor = self.authenticator.authenticate(request)
        bearer = request.headers.get("authorization", "").lower().startswith("bearer")
        if actor is None and bearer:
            return error_responses.invalid_token_response()
        if (actor is None or actor is ANONYMOUS) and path != "/api/v2/users/me":
            return error_responses.unauthenticated_response()
        request = replace(request, actor=actor or ANONYMOUS)
        too_many, headers = self.rate_limits.check(request, path)
        if too_many is not None:
            return too_many.with_headers(*headers)
        try:
            require_scope(request, path)
            answer = (
                self.router.handle(request, path) or error_responses.unknown_endpoint_response()
            )
        except SandboxHttpError as refused:
            answer = refused.response
        return answer.with_headers(*headers)
