"""One Sailthru account: key, limits and signature, then the endpoint."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from desktop.sandbox.call import Answer, Call, Refused
from desktop.sandbox.credentials import Credentials
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.endpoints import make_endpoints
from desktop.sandbox.sailthru.parameters import Parameters, read_parameters
from desktop.sandbox.sailthru.refusal import as_xml, envelope, not_authorized
from desktop.sandbox.sailthru.signature import is_signed
from desktop.sandbox.world import World

Endpoint = Callable[..., Answer]

# Calls a minute as recorded (contract 3, REC); they differ from account to account.
GETS = 36_000
USER_POSTS = 36_000
SENDS = 24_000
OTHER_WRITES = 4_800


class Sailthru:
    """Answers calls."""

    def __init__(self, world: World, credentials: Credentials) -> None:
        self.world = world
        self.credentials = credentials
        self.book = Book(world)
        self.endpoints, self.files = make_endpoints(self.book)
        self._used: dict[tuple[str, str], tuple[int, int]] = {}

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        if not self.world.account.sailthru:
            return Answer(503, b"Service Unavailable", "text/plain")
        if call.method == "GET" and (made := self.files(call.path)) is not None:
            # An export's address is unsigned, as on S3 (contract 2.4).
            return made
        try:
            parameters = read_parameters(call)
        except ValueError:
            return envelope(400, 99, "Unable To Stream")
        name = call.path.strip("/")
        answer = self._checked(call, name, parameters)
        if parameters.get("format") != "json" and answer.content_type.startswith("application"):
            answer = as_xml(answer)
        return answer.having(("server", "Sailthru"))

    def _checked(self, call: Call, name: str, parameters: Parameters) -> Answer:
        key = parameters.get("api_key")
        if not key:
            return envelope(400, 2, "Missing required parameter: api_key")
        secrets = {
            self.credentials.api_key: self.credentials.api_secret,
            self.credentials.agent_api_key: self.credentials.agent_api_secret,
        }
        if key not in secrets:
            return envelope(401, 3, f"Invalid API key: {key}")
        headers, over = self._count(call.method, name)
        if over:
            message = f"Too many {call.method} requests this minute to /{name} API"
            answer = envelope(429, 43, message)
            return answer.having(*headers) if self.world.account.headers_on_429 else answer
        return self._signed(call, name, parameters, secrets[key]).having(*headers)

    def _signed(self, call: Call, name: str, parameters: Parameters, secret: str) -> Answer:
        if not is_signed(secret, parameters.pairs):
            return envelope(401, 5, "Signature hash does not match")
        methods = self.endpoints.get(name)
        if methods is None:
            return envelope(404, 99, f"Unknown endpoint: {name}")
        handler = methods.get(call.method)
        if handler is None:
            return envelope(405, 1, f"Unsupported HTTP method: {call.method}")
        if name == "job" and parameters.get("api_key") == self.credentials.agent_api_key:
            return not_authorized("job")
        try:
            data: Mapping[str, Any] = parameters.call_data()
        except ValueError:
            return envelope(400, 99, "Invalid JSON")
        try:
            if name == "job":
                return handler(data, parameters.files, call)
            return handler(data)
        except Refused as refused:
            return refused.answer

    def _count(self, method: str, name: str) -> tuple[list[tuple[str, str]], bool]:
        """Count in the bucket of this endpoint and method; windows are clock minutes."""
        now = self.world.now()
        minute = int(now // 60)
        last, used = self._used.get((method, name), (minute, 0))
        used = used + 1 if last == minute else 1
        self._used[method, name] = (minute, used)
        limit = self._limit(method, name)
        headers = [
            ("x-rate-limit-limit", str(limit)),
            ("x-rate-limit-remaining", str(max(limit - used, 0))),
            ("x-rate-limit-reset", str((minute + 1) * 60)),
        ]
        return headers, used > limit

    def _limit(self, method: str, name: str) -> int:
        if math.isinf(self.world.rate_factor):
            return 1_000_000_000
        if method == "GET":
            limit = GETS
        elif method == "POST" and name in ("user", "email"):
            limit = USER_POSTS
        else:
            limit = SENDS if name == "send" else OTHER_WRITES
        return max(int(limit * self.world.rate_factor), 1)
