"""What goes into Zendesk's Authorization header, and who renews it."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Protocol

from desktop.clients.http_messages import HttpRequest
from desktop.kit.errors import InvalidInput

AUTHORIZATION_HEADER = "Authorization"


class ZendeskCredentials(Protocol):
    """A way to be let in."""

    async def authorization_header(self) -> str:
        """The header's current value."""
        ...

    async def refresh(self) -> bool:
        """After a 401: get another value if there is a way; False: sign in again."""
        ...


@dataclass(frozen=True)
class ApiTokenCredentials:
    """An agent's address with an API token (contract zendesk 1); it cannot be renewed."""

    email: str
    token: str = field(repr=False)

    async def authorization_header(self) -> str:
        """`Basic …`."""
        pair = f"{self.email}/token:{self.token}".encode()
        return "Basic " + base64.b64encode(pair).decode()

    async def refresh(self) -> bool:
        """There is no other."""
        return False


class ZendeskAuthenticator:
    """Puts the header on each request, and renews it once however many calls were refused."""

    def __init__(self, credentials: ZendeskCredentials) -> None:
        self._credentials = credentials
        self._renewing = asyncio.Lock()
        self._given_up: str | None = None

    async def authenticate(self, request: HttpRequest) -> HttpRequest:
        """The request with the current header. Raises InvalidInput when it cannot be one."""
        value = await self._credentials.authorization_header()
        if not value.isascii() or not value.isprintable():
            raise InvalidInput(
                "The Zendesk token cannot be used.",
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
