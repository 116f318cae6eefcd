"""Zendesk credentials, and the authenticator that puts them into the Authorization header."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Protocol

from desktop.clients.http_messages import HttpRequest
from desktop.kit.errors import InvalidInput

AUTHORIZATION_HEADER = "Authorization"


class ZendeskCredentials(Protocol):
    """A source of Zendesk's Authorization header: API token, or OAuth tokens to be renewed."""

    async def authorization_header(self) -> str:
        """Return the current value of Zendesk's Authorization header."""
        ...

    async def refresh(self) -> bool:
        """Renew Zendesk's Authorization header after a 401; False: sign in again."""
        ...


@dataclass(frozen=True)
class ApiTokenCredentials:
    """A Zendesk agent's address with an API token (docs/zendesk.md 1); it cannot be renewed."""

    email: str
    token: str = field(repr=False)

    async def authorization_header(self) -> str:
        """Return the `Basic …` header of a Zendesk address and API token."""
        # `/token` tells Zendesk that no password follows.
        pair = f"{self.email}/token:{self.token}".encode()
        return "Basic " + base64.b64encode(pair).decode()

    async def refresh(self) -> bool:
        """Return False: Zendesk's API token has no successor."""
        return False


class ZendeskAuthenticator:
    """Sets Zendesk's Authorization header, and refreshes it once for all refused calls."""

    def __init__(self, credentials: ZendeskCredentials) -> None:
        self._credentials = credentials
        self._renewing = asyncio.Lock()
        # The header that could not be renewed: asking again for each waiting call is no use.
        self._given_up: str | None = None

    async def authenticate(self, request: HttpRequest) -> HttpRequest:
        """Return the Zendesk request with the current header. Raises InvalidInput."""
        value = await self._credentials.authorization_header()
        if not value.isascii() or not value.isprintable():
            raise InvalidInput(
                "The Zendesk token cannot be used.",
                "It holds characters that no token has.",
                "Copy it once more.",
            )
        return request.with_headers({AUTHORIZATION_HEADER: value})

    async def recover_from_401(self, refused: HttpRequest) -> bool:
        """Whether there is another Zendesk header now than the one on `refused`."""
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
