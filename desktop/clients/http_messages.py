"""A request and its answer as values, and the port that carries one to the other.

Nothing here prints a path, a query, a header or a body: they hold keys and personal data.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol


@dataclass(frozen=True)
class HttpRequest:
    """One call; `template` is the path without ids (`/api/v2/users/{id}`), fit for logs.

    `safe`: sending it twice changes nothing more than sending it once, so that it may be sent
    again when it is not known whether the first one arrived. `is_splittable`: when no answer came in
    time, whoever asked will ask for less; the same is not asked again.
    """

    method: str
    template: str
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    is_idempotent: bool = False
    is_splittable: bool = False

    @property
    def route(self) -> str:
        """Method and template: what rate limits and logs go by."""
        return f"{self.method} {self.template}"

    def with_headers(self, headers: Mapping[str, str]) -> "HttpRequest":
        """The same call with these headers added."""
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True)
class HttpResponse:
    """A complete answer: header names are lower-case, the body is unpacked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class Transport(Protocol):
    """Carries requests to one service."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The whole answer, whatever its status.

        Raises Offline (nothing reached the service), TimedOut (sent, no whole answer),
        ServiceTrouble (an answer that cannot be taken in).
        """
        ...

    def download(self, url: str) -> AsyncIterator[bytes]:
        """The pieces of a file anywhere on the web, fetched without any credentials.

        Raises BadInput (plain http), Offline, TimedOut, NotFound, ServiceTrouble.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
