"""Credentials that a service takes in the Authorization header, and who puts them there."""

import asyncio
from typing import ClassVar, Protocol

from desktop.clients.http_messages import HttpRequest
from desktop.kit.errors import InvalidInput
from desktop.model.service import Service

AUTHORIZATION_HEADER = "Authorization"


class HeaderCredentials(Protocol):
    """A source of a service's Authorization header: a token, or OAuth tokens to be renewed."""

    async def authorization_header(self) -> str:
        """Return the current value of the service's Authorization header."""
        ...

    async def refresh(self) -> bool:
        """Renew the service's Authorization header after a 401; False: sign in again."""
        ...


class HeaderAuthenticator:
    """Sets a service's Authorization header, and refreshes it once for all refused calls."""

    service: ClassVar[Service]

    def __init__(self, credentials: HeaderCredentials) -> None:
        self._credentials = credentials
        self._renewing = asyncio.Lock()
        # The header that could not be renewed: asking again for each waiting call is no use.
        self._given_up: str | None = None

    async def authenticate(self, request: HttpRequest) -> HttpRequest:
        """Return the request with the current header. Raises InvalidInput."""
        value = await self._credentials.authorization_header()
        if not value.isascii() or not value.isprintable():
            raise InvalidInput(
                f"The {self.service.title} token cannot be used.",
                "It holds characters that no token has.",
                "Copy it once more.",
            )
        return request.with_headers({AUTHORIZATION_HEADER: value})

    async def recover_from_401(self, refused: HttpRequest) -> bool:
        """Whether there is another header now than the one on `refused`."""
        async with self._renewing:
            current = await self._credentials.authorization_header()
            if current != refused.headers.get(AUTHORIZATION_HEADER):
                # Another call has renewed it while this one was under way.
                return True
            if current == self._given_up:
                return False
            if await self._credentials.refresh():
                return True
            self._given_up = current
            return False
