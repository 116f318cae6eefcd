"""Authentication at the Zendesk sandbox: Basic with an API token, or an OAuth bearer token.

Facts: docs/zendesk.md 1.
"""

import base64
import binascii

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.http_messages import ANONYMOUS, SandboxActor, SandboxRequest
from desktop.sandbox.zendesk.repository import ZendeskRepository


class SandboxZendeskAuthenticator:
    """Finds the user of a request to the sandbox's Zendesk from its Authorization header."""

    def __init__(self, repository: ZendeskRepository, credentials: SandboxCredentials) -> None:
        self.repository = repository
        self.credentials = credentials

    def authenticate(self, request: SandboxRequest) -> SandboxActor | None:
        """Tell who asks the sandbox's Zendesk: ANONYMOUS without header, None if refused."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return ANONYMOUS
        if scheme.lower() == "basic":
            return self._authenticate_basic(value)
        if scheme.lower() == "bearer":
            return self._authenticate_bearer(value.strip())
        return None

    def _authenticate_basic(self, value: str) -> SandboxActor | None:
        try:
            name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        # The user name is E-MAIL/token; a password instead of a token is never accepted.
        email, slash, kind = name.rpartition("/")
        if not slash or kind != "token" or token not in self.credentials.zendesk_tokens:
            return None
        if not self.repository.state.account.api_tokens:
            return None
        # An API token is the account's: it acts as whoever the address names.
        user = self.repository.user_by_identity(email)
        if user is None or user["suspended"]:
            return None
        return SandboxActor(user["id"], user["role"])

    def _authenticate_bearer(self, value: str) -> SandboxActor | None:
        token = self.repository.tokens.get(f"access {value}")
        if token is None or token["expires"] <= self.repository.state.now():
            return None
        user = self.repository.existing_user(token["user_id"])
        if user is None:
            return None
        return SandboxActor(user["id"], user["role"], frozenset(token["scopes"]), value)
