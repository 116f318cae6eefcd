"""HTTP requests and responses as values, and the `Transport` protocol that sends them.

Nothing here prints a path, a query, a header or a body: they hold keys and personal data.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request; `template` is its path without ids (`/api/v2/users/{id}`), fit for logs.

    `is_idempotent`: sending it twice changes nothing more than sending it once, so that it may
    be sent again when it is not known whether the first one arrived. `is_splittable`: when no
    answer came in time, whoever asked will ask for less; the same is not asked again.
    """

    method: str
    template: str
    # Ids, addresses and Sailthru's signature: none may get into a log by way of repr().
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    is_idempotent: bool = False
    is_splittable: bool = False

    @property
    def route(self) -> str:
        """Method and path template of a request, the key of rate limits and logs."""
        return f"{self.method} {self.template}"

    def with_headers(self, headers: Mapping[str, str]) -> "HttpRequest":
        """Return the same HTTP request with these headers added."""
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True)
class HttpResponse:
    """A complete HTTP answer: header names are lower-case, the body is decompressed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class Transport(Protocol):
    """Sends HTTP requests to one service."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send an HTTP request and return the whole answer, whatever its status.

        Raises ServiceUnreachable (nothing reached the service), ResponseTimeout (sent, no whole
        answer), ServiceError (an answer that cannot be taken in).
        """
        ...

    def download(self, url: str) -> AsyncIterator[bytes]:
        """Yield the pieces of a file anywhere on the web, fetched without credentials.

        Raises InvalidInput (plain http), ServiceUnreachable, ResponseTimeout, NotFound,
        ServiceError.
        """
        ...

    async def aclose(self) -> None:
        """Close every HTTP connection of the transport."""
        ...
