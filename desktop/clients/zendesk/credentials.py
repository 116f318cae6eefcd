"""Credentials of a Zendesk agent with an API token, and the authenticator of Zendesk's requests."""

import base64
from dataclasses import dataclass, field

from desktop.clients.authorization_header import HeaderAuthenticator
from desktop.model.service import Service


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


class ZendeskAuthenticator(HeaderAuthenticator):
    """Sets Zendesk's Authorization header."""

    service = Service.ZENDESK
