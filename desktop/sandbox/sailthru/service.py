"""The Sailthru sandbox as a service: API key, rate limits, signature, endpoint."""

import math

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.http_messages import SandboxHttpError, SandboxRequest, SandboxResponse
from desktop.sandbox.sailthru.endpoint_table import build_endpoint_table
from desktop.sandbox.sailthru.error_responses import error_response, xml_response
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import (
    SailthruCall,
    SailthruParameters,
    parse_parameters,
)
from desktop.sandbox.sailthru.signature import is_signed
from desktop.sandbox.state import UNLIMITED_CALLS, SandboxState
from desktop.sandbox.timestamps import MINUTE

# Calls a minute as recorded from a real account; they differ from account to account.
GETS_A_MINUTE = 36_000
USER_POSTS_A_MINUTE = 36_000
OTHER_WRITES_A_MINUTE = 4_800


class SailthruSandbox:
    """Answers requests as Sailthru: key, rate limits, signature, endpoint of the sandbox."""

    def __init__(self, state: SandboxState, credentials: SandboxCredentials) -> None:
        self.state = state
        self.credentials = credentials
        self.repository = SailthruRepository(state)
        self.endpoints, self.serve_export_file = build_endpoint_table(self.repository)
        # (method, endpoint) → the clock minute and the calls in it.
        self._call_counts: dict[tuple[str, str], tuple[int, int]] = {}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request to the Sailthru sandbox."""
        if not self.state.account.sailthru:
            return SandboxResponse(503, b"Service Unavailable", "text/plain")
        if request.method == "GET" and (made := self.serve_export_file(request.path)) is not None:
            # An export's address is unsigned, as on S3.
            return made
        try:
            parameters = parse_parameters(request)
        except ValueError:
            return error_response(400, 99, "Unable To Stream")
        answer = self._handle_with_limits(request, request.path.strip("/"), parameters)
        if parameters.get("format") != "json" and answer.content_type.startswith("application"):
            answer = xml_response(answer)
        return answer.with_headers(("server", "Sailthru"))

    def _handle_with_limits(
        self, request: SandboxRequest, name: str, parameters: SailthruParameters
    ) -> SandboxResponse:
        key = parameters.get("api_key")
        if not key:
            return error_response(400, 2, "Missing required parameter: api_key")
        secrets = {
            self.credentials.api_key: self.credentials.api_secret,
            self.credentials.agent_api_key: self.credentials.agent_api_secret,
        }
        if key not in secrets:
            return error_response(401, 3, f"Invalid API key: {key}")
        headers, is_over = self._count_call(request.method, name)
        if is_over:
            message = f"Too many {request.method} requests this minute to /{name} API"
            answer = error_response(429, 43, message)
            return answer.with_headers(*headers) if self.state.account.headers_on_429 else answer
        if not is_signed(secrets[key], parameters.pairs):
            answer = error_response(401, 5, "Signature hash does not match")
        else:
            answer = self._handle_signed(request, name, parameters)
        return answer.with_headers(*headers)

    def _handle_signed(
        self, request: SandboxRequest, name: str, parameters: SailthruParameters
    ) -> SandboxResponse:
        methods = self.endpoints.get(name)
        if methods is None:
            return error_response(404, 99, f"Unknown endpoint: {name}")
        handler = methods.get(request.method)
        if handler is None:
            return error_response(405, 1, f"Unsupported HTTP method: {request.method}")
        if name == "settings" and not self.repository.state.account.settings:
            return error_response(403, 99, "This API key is not authorized for settings")
        if name == "job" and parameters.get("api_key") == self.credentials.agent_api_key:
            # Keys can be limited to endpoints; the real text and code of the refusal are unknown.
            return error_response(403, 99, "This API key is not authorized for job")
        try:
            data = parameters.request_data()
        except ValueError:
            return error_response(400, 99, "Invalid JSON")
        try:
            return handler(SailthruCall(data, parameters.files, request))
        except SandboxHttpError as refused:
            return refused.response

    def _count_call(self, method: str, name: str) -> tuple[list[tuple[str, str]], bool]:
        """Count a call to the sandbox's Sailthru; return rate headers and if it is one too many."""
        minute = int(self.state.now() // MINUTE)
        last, used = self._call_counts.get((method, name), (minute, 0))
        used = used + 1 if last == minute else 1
        self._call_counts[method, name] = (minute, used)
        limit = self._calls_a_minute(method, name)
        headers = [
            ("x-rate-limit-limit", str(limit)),
            ("x-rate-limit-remaining", str(max(limit - used, 0))),
            ("x-rate-limit-reset", str((minute + 1) * MINUTE)),
        ]
        return headers, used > limit

    def _calls_a_minute(self, method: str, name: str) -> int:
        if math.isinf(self.state.rate_limit_factor):
            return UNLIMITED_CALLS
        limit = OTHER_WRITES_A_MINUTE
        if method == "GET":
            limit = GETS_A_MINUTE
        elif method == "POST" and name in ("user", "email"):
            limit = USER_POSTS_A_MINUTE
        return max(int(limit * self.state.rate_limit_factor), 1)
