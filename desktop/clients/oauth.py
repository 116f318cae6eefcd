"""OAuth's authorization code flow as far as services share it: the attempt, its redirect, tokens.

What a service's addresses, parameters and answers are stands with its client, behind `OAuthClient`.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.service_errors import unexpected_response_error
from desktop.kit.errors import AuthenticationError
from desktop.model.service import Service


class OAuthClientRefused(AuthenticationError):
    """The error for an OAuth client that a service refuses: the sign-in itself may still hold."""


@dataclass(frozen=True)
class OAuthAttempt:
    """One OAuth sign-in under way, in memory only; its state matches one redirect.

    `verifier` is PKCE's, for a service that knows it.
    """

    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    scope: str


@dataclass(frozen=True)
class OAuthTokens:
    """An access token and the refresh token; expiries are Unix seconds, None where unsaid.

    A refresh token may work once: keep the new pair before using its access token.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: frozenset[str]
    expires_at: float | None
    refresh_expires_at: float | None

    def missing_scopes(self, needed: str) -> frozenset[str]:
        """Return the OAuth scopes that are needed and were not granted."""
        return frozenset(needed.split()) - self.scopes


class OAuthClient(Protocol):
    """An OAuth client of one service: builds its requests, parses its answers."""

    @property
    def service(self) -> Service:
        """The service that the OAuth client is registered at."""
        ...

    @property
    def needed_scope(self) -> str:
        """The OAuth scopes without which a sign-in is refused, separated by spaces."""
        ...

    @property
    def keeps_refresh_token(self) -> bool:
        """Whether a renewal without a new refresh token leaves the old one valid."""
        ...

    @property
    def revokes_any_token(self) -> bool:
        """Whether a revocation names the token: else it ends the access token it is sent with."""
        ...

    def start_attempt(self, redirect_uri: str) -> OAuthAttempt:
        """Start a sign-in. Raises InvalidInput where the OAuth client is not known yet."""
        ...

    def authorization_url(self, base_url: str, attempt: OAuthAttempt) -> str:
        """Build the address to open in the browser."""
        ...

    def code_exchange_request(self, attempt: OAuthAttempt, code: str) -> HttpRequest:
        """Build the request that trades an OAuth code for tokens; it works once."""
        ...

    def refresh_request(self, refresh_token: str) -> HttpRequest:
        """Build the request that trades a refresh token for a new access token."""
        ...

    def revoke_request(self, token: str) -> HttpRequest:
        """Build the HTTP request that revokes an OAuth token at its service."""
        ...

    def parse_tokens(self, response: HttpResponse, now: float) -> OAuthTokens:
        """Parse the answer to a code exchange or refresh; a refused grant: sign in again."""
        ...

    def parse_revocation(self, response: HttpResponse, now: float) -> bool:
        """Parse the answer to a revocation: whether the token is revoked by it."""
        ...


def start_attempt(client_id: str, redirect_uri: str, scope: str) -> OAuthAttempt:
    """Start an OAuth attempt with random state and verifier (RFC 7636 4.1)."""
    return OAuthAttempt(
        client_id, redirect_uri, secrets.token_urlsafe(32), secrets.token_urlsafe(48), scope
    )


def is_redirect_for(attempt: OAuthAttempt, target: str) -> bool:
    """Whether an OAuth redirect (`/callback?code=…&state=…`) answers this attempt.

    A refusal may come without a state: it can end the sign-in, and nothing more.
    """
    query = _parse_query(target)
    states = query.get("state", [])
    if not states:
        return bool(query.get("error"))
    # In constant time: a guess must not learn from the answer's delay how much of it is right.
    return len(states) == 1 and hmac.compare_digest(states[0].encode(), attempt.state.encode())


def authorization_code_from(attempt: OAuthAttempt, target: str) -> str:
    """Return the authorization code of an OAuth redirect's target.

    Raises AuthenticationError when the person said no, or when the state is not ours; the code
    is then used for nothing.
    """
    query = _parse_query(target)
    if not is_redirect_for(attempt, target):
        raise AuthenticationError(
            "This was not the answer to our sign-in.",
            "It carries another mark than the one sent along.",
            "Start the sign-in again from Fairlead.",
        )
    codes = query.get("code", [])
    if query.get("error") or len(codes) != 1 or not codes[0]:
        raise AuthenticationError(
            "You were not signed in.",
            "Access was refused in the browser.",
            "Start the sign-in again and choose Allow.",
        )
    return codes[0]


def tokens_from_document(
    service: Service, document: dict[str, object], now: float, *, scopes: frozenset[str]
) -> OAuthTokens:
    """Build tokens of a service's answer to a code exchange or refresh (RFC 6749 5.1)."""
    notes = FieldParser()
    access = notes.text(document.get("access_token"), "access_token")
    if not access or not access.isascii() or not access.isprintable():
        raise unexpected_response_error(service)
    return OAuthTokens(
        access=access,
        refresh=notes.text(document.get("refresh_token"), "refresh_token") or None,
        scopes=scopes,
        expires_at=_expiry(document, "expires_in", now, notes),
        refresh_expires_at=_expiry(document, "refresh_token_expires_in", now, notes),
    )


def scopes_from(value: object) -> frozenset[str]:
    """Return OAuth scopes told as a text with spaces or as a list."""
    if isinstance(value, str):
        return frozenset(value.split())
    listed = value if isinstance(value, list) else []
    return frozenset(item for item in listed if isinstance(item, str))


def _expiry(
    document: dict[str, object], name: str, now: float, parser: FieldParser
) -> float | None:
    seconds = parser.number(document.get(name), name)
    return None if seconds is None or seconds < 0 else now + seconds


def _parse_query(target: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(target).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
