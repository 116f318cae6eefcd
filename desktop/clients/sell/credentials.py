"""Credentials of Zendesk Sell with a personal access token, and who puts them into requests."""

from dataclasses import dataclass, field

from desktop.clients.authorization_header import HeaderAuthenticator
from desktop.model.service import Service


@dataclass(frozen=True)
class AccessTokenCredentials:
    """A personal access token of Sell (docs/zendesk-sell.md 2); it cannot be renewed."""

    token: str = field(repr=False)

    async def authorization_header(self) -> str:
        """Return the `Bearer …` header of a Sell access token."""
        return f"Bearer {self.token}"

    async def refresh(self) -> bool:
        """Return False: Sell's personal access token has no successor."""
        return False


class SellAuthenticator(HeaderAuthenticator):
    """Sets Sell's Authorization header."""

    service = Service.SELL
