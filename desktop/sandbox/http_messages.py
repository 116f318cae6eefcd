"""HTTP requests and responses of the sandbox, read whole and not yet sent.

Handlers are plain functions from one to the other, so nothing here awaits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class SandboxActor:
    """The user a request to the sandbox acts as; scopes are None for API tokens."""

    user_id: int
    role: str
    scopes: frozenset[str] | None = None
    token_id: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether the sandbox's user is an administrator, who may do everything."""
        return self.role == "admin"


ANONYMOUS = SandboxActor(0, "anonymous")


@dataclass(frozen=True)
class SandboxRequest:
    """One HTTP request to a service of the sandbox."""

    service: str
    method: str
    path: str
    raw_query: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_at: float
    actor: SandboxActor = ANONYMOUS

    @property
    def base_url(self) -> str:
        """The sandbox's address that the client used, for absolute links."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    def json(self) -> Any:
        """Parse the body of a sandbox request as JSON; empty and no JSON are an empty object."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}


@dataclass(frozen=True)
class SandboxResponse:
    """One HTTP response of the sandbox, not yet sent."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = field(default=())
    # Sent instead of the body, in pieces: an export may be larger than memory should hold.
    file: Path | None = None

    @property
    def length(self) -> int:
        """The number of bytes in a sandbox response's body or file."""
        return len(self.body) if self.file is None else self.file.stat().st_size

    def with_headers(self, *headers: tuple[str, str]) -> "SandboxResponse":
        """Return this sandbox response with more headers."""
        return replace(self, headers=(*self.headers, *headers))


class SandboxHttpError(Exception):
    """Raised by a handler of the sandbox to answer with an error response."""

    def __init__(self, response: SandboxResponse) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(value: Any, status: int = 200, *headers: tuple[str, str]) -> SandboxResponse:
    """Make a sandbox response with a JSON body."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # A lone surrogate in stored text must not break the answer.
    return SandboxResponse(status, text.encode("utf-8", "replace"), JSON_TYPE, headers)


def request_id_headers(request: SandboxRequest) -> tuple[tuple[str, str], ...]:
    """Return the headers by which Zendesk's support finds a request to the sandbox."""
    text = f"{request.received_at!r} {request.path}"
    number = blake2b(text.encode(), digest_size=12).hexdigest()
    return (("x-zendesk-request-id", number), ("x-request-id", number))
