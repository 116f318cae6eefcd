"""Who a request is from: Basic with an API token, or an OAuth bearer (contract 1)."""

import base64
import binascii

from desktop.sandbox.call import ANONYMOUS, Actor, Call
from desktop.sandbox.credentials import Credentials
from desktop.sandbox.zendesk.book import Book


class SignIn:
    """Reads the Authorization header."""

    def __init__(self, book: Book, credentials: Credentials) -> None:
        self.book = book
        self.credentials = credentials

    def actor(self, call: Call) -> Actor | None:
        """Return who asks; ANONYMOUS without a header, None for a refused one."""
        scheme, _, value = call.headers.get("authorization", "").partition(" ")
        if not scheme:
            return ANONYMOUS
        if scheme.lower() == "basic":
            return self._basic(value)
        if scheme.lower() == "bearer":
            return self._bearer(value.strip())
        return None

    def _basic(self, value: str) -> Actor | None:
        try:
            name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        email, slash, kind = name.rpartition("/")
        if not slash or kind != "token" or token not in self.credentials.zendesk_tokens:
            return None
        if not self.book.world.account.api_tokens:
            return None
        # An API token is the account's: it acts as whoever the address names.
        user = self.book.user_by_identity(email)
        if user is None or user["suspended"]:
            return None
        return Actor(user["id"], user["role"])

    def _bearer(self, value: str) -> Actor | None:
        token = self.book.tokens.get(f"access {value}")
        if token is None or token["expires"] <= self.book.world.now():
            return None
        user = self.book.live_user(token["user_id"])
        if user is None:
            return None
        return Actor(user["id"], user["role"], frozenset(token["scopes"]), value)
