"""Zendesk's OAuth with PKCE: builds the authorization URL and requests, parses the answers.

Who listens for the redirect, keeps the tokens and refreshes them is decided elsewhere. A public
client has no secret (docs/zendesk.md 1; RFC 7636, RFC 8252).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.service_errors import authentication_error, unexpected_response_error
from desktop.clients.zendesk.credentials import AUTHORIZATION_HEADER
from desktop.clients.zendesk.protocol import build_request, parse_response
from desktop.kit.errors import AuthenticationError, NotFound, ValuesRejected
from desktop.model.service import Service

OAUTH_SCOPE = "read write"
# Zendesk leaves the lifetime out of its answer unless it is asked for (docs/zendesk.md 1).
# Half an hour, and thirty days: both Zendesk's own defaults.
ACCESS_TOKEN_LIFETIME_S = 1_800
REFRESH_TOKEN_LIFETIME_S = 2_592_000
_TOKENS = "/oauth/tokens"
_CURRENT = "/api/v2/oauth/tokens/current"


@dataclass(frozen=True)
class OAuthAttempt:
    """One OAuth sign-in under way at Zendesk, in memory only; its state matches one redirect."""

    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    scope: str = OAUTH_SCOPE


@dataclass(frozen=True)
class OAuthTokens:
    """Zendesk's access and refresh token; expiries are Unix seconds, None where unsaid.

    The refresh token works once: keep the new pair before using its access token.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: frozenset[str]
    expires_at: float | None
    refresh_expires_at: float | None

    def missing_scopes(self, asked: str = OAUTH_SCOPE) -> frozenset[str]:
        """Return the OAuth scopes asked of Zendesk and not granted."""
        return frozenset(asked.split()) - self.scopes


@dataclass(frozen=True)
class OAuthTokenInfo:
    """The id and scopes of an access token, as Zendesk tells them."""

    id: int
    scopes: frozenset[str]


def start_attempt(client_id: str, redirect_uri: str, scope: str = OAUTH_SCOPE) -> OAuthAttempt:
    """Start a Zendesk OAuth attempt with random state and verifier (RFC 7636 4.1)."""
    return OAuthAttempt(
        client_id, redirect_uri, secrets.token_urlsafe(32), secrets.token_urlsafe(48), scope
    )


def pkce_challenge(verifier: str) -> str:
    """Compute the S256 challenge of a PKCE verifier (RFC 7636 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorization_url(base_url: str, attempt: OAuthAttempt) -> str:
    """Build Zendesk's OAuth authorization URL to open in the browser."""
    query = {
        "response_type": "code",
        "client_id": attempt.client_id,
        "redirect_uri": attempt.redirect_uri,
        "scope": attempt.scope,
        "state": attempt.state,
        "code_challenge": pkce_challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    return f"{base_url.rstrip('/')}/oauth/authorizations/new?{urlencode(query)}"


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


def code_exchange_request(attempt: OAuthAttempt, code: str) -> HttpRequest:
    """Build Zendesk's request that trades an OAuth code for tokens; it works once."""
    return _token_request(
        {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": attempt.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": attempt.scope,
            "code_verifier": attempt.verifier,
        }
    )


def refresh_request(client_id: str, refresh_token: str, scope: str = OAUTH_SCOPE) -> HttpRequest:
    """Build Zendesk's request that trades the refresh token for a new pair; both old die."""
    return _token_request(
        {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": client_id,
            "scope": scope,
        }
    )


def client_credentials_request(
    client_id: str, client_secret: str, scope: str = OAUTH_SCOPE
) -> HttpRequest:
    """Build Zendesk's request for a token of a confidential client, for which no person signs in.

    Such a token has no successor, and its lifetime is asked for like any other's.
    """
    document = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": scope,
        "expires_in": ACCESS_TOKEN_LIFETIME_S,
    }
    return build_request("POST", _TOKENS, document=document)


def token_info_request(access: str) -> HttpRequest:
    """Build Zendesk's request for the id and scopes of an access token."""
    return build_request("GET", _CURRENT).with_headers({AUTHORIZATION_HEADER: f"Bearer {access}"})


def revoke_request(access: str) -> HttpRequest:
    """Build Zendesk's request that revokes an access token."""
    return build_request("DELETE", _CURRENT).with_headers(
        {AUTHORIZATION_HEADER: f"Bearer {access}"}
    )


def parse_tokens(response: HttpResponse, now: float) -> OAuthTokens:
    """Parse Zendesk's answer to an OAuth code exchange or refresh (200 or 201).

    A refused grant (400 invalid_grant and the like) is AuthenticationError: sign in again.
    """
    try:
        document = parse_response(response, now)
    except ValuesRejected as error:
        raise authentication_error(Service.ZENDESK, error.message) from None
    notes = FieldParser()
    access = notes.text(document.get("access_token"), "access_token")
    if not access or not access.isascii() or not access.isprintable():
        raise unexpected_response_error(Service.ZENDESK)
    return OAuthTokens(
        access=access,
        refresh=notes.text(document.get("refresh_token"), "refresh_token") or None,
        scopes=_scopes(document.get("scope", document.get("scopes"))),
        expires_at=_expiry(document, "expires_in", now, notes),
        refresh_expires_at=_expiry(document, "refresh_token_expires_in", now, notes),
    )


def parse_token_info(response: HttpResponse, now: float) -> OAuthTokenInfo:
    """Parse Zendesk's answer to `token_info_request`."""
    notes = FieldParser()
    token = notes.mapping(parse_response(response, now).get("token"), "token")
    token_id = notes.identifier(token.get("id"), "token.id")
    if token_id is None:
        raise unexpected_response_error(Service.ZENDESK)
    return OAuthTokenInfo(token_id, _scopes(token.get("scopes")))


def parse_revocation(response: HttpResponse, now: float) -> bool:
    """Parse Zendesk's answer to `revoke_request`: whether the token still lived."""
    try:
        parse_response(response, now)
    except (AuthenticationError, NotFound):
        return False
    return True


def _token_request(parameters: Mapping[str, str]) -> HttpRequest:
    lifetimes = {
        "expires_in": ACCESS_TOKEN_LIFETIME_S,
        "refresh_token_expires_in": REFRESH_TOKEN_LIFETIME_S,
    }
    return build_request("POST", _TOKENS, document={**parameters, **lifetimes})


def _scopes(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.split())
    listed = value if isinstance(value, list) else []
    return frozenset(item for item in listed if isinstance(item, str))


def _expiry(
    document: Mapping[str, object], name: str, now: float, parser: FieldParser
) -> float | None:
    seconds = parser.number(document.get(name), name)
    return None if seconds is None or seconds < 0 else now + seconds


def _parse_query(target: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(target).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
