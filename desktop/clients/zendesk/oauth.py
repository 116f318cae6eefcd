"""Zendesk's OAuth with PKCE: builds the authorization URL and requests, parses the answers.

Who listens for the redirect, keeps the tokens and refreshes them is decided elsewhere. A public
client has no secret (docs/zendesk.md 1; RFC 7636, RFC 8252).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from desktop.clients.authorization_header import AUTHORIZATION_HEADER
from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.oauth import (
    OAuthAttempt,
    OAuthTokens,
    scopes_from,
    start_attempt,
    tokens_from_document,
)
from desktop.clients.service_errors import authentication_error, unexpected_response_error
from desktop.clients.zendesk.protocol import build_request, parse_response
from desktop.kit.errors import AuthenticationError, InvalidInput, NotFound, ValuesRejected
from desktop.model.service import Service

OAUTH_SCOPE = "read write"
# Zendesk leaves the lifetime out of its answer unless it is asked for (docs/zendesk.md 1).
# Half an hour, and thirty days: both Zendesk's own defaults.
ACCESS_TOKEN_LIFETIME_S = 1_800
REFRESH_TOKEN_LIFETIME_S = 2_592_000
_TOKENS = "/oauth/tokens"
_CURRENT = "/api/v2/oauth/tokens/current"


@dataclass(frozen=True)
class OAuthTokenInfo:
    """The id and scopes of an access token, as Zendesk tells them."""

    id: int
    scopes: frozenset[str]


@dataclass(frozen=True)
class ZendeskOAuthClient:
    """A public OAuth client of one Zendesk account; its tokens are single-use pairs."""

    client_id: str
    service: ClassVar[Service] = Service.ZENDESK
    needed_scope: ClassVar[str] = OAUTH_SCOPE
    keeps_refresh_token: ClassVar[bool] = False
    revokes_any_token: ClassVar[bool] = False

    def start_attempt(self, redirect_uri: str) -> OAuthAttempt:
        """Start a sign-in to Zendesk. Raises InvalidInput without a client."""
        if not self.client_id:
            raise InvalidInput(
                "There is no OAuth client to sign in with.",
                "A Zendesk admin makes one in Admin Center › Apps and integrations › OAuth"
                " clients.",
                "Enter its unique identifier in Settings › Connections, or use an API token.",
            )
        return start_attempt(self.client_id, redirect_uri, OAUTH_SCOPE)

    def authorization_url(self, base_url: str, attempt: OAuthAttempt) -> str:
        """Build Zendesk's OAuth address to open in the browser."""
        return authorization_url(base_url, attempt)

    def code_exchange_request(self, attempt: OAuthAttempt, code: str) -> HttpRequest:
        """Build Zendesk's request that trades an OAuth code for tokens."""
        return code_exchange_request(attempt, code)

    def refresh_request(self, refresh_token: str) -> HttpRequest:
        """Build Zendesk's request that trades the refresh token for a new pair."""
        return refresh_request(self.client_id, refresh_token)

    def revoke_request(self, token: str) -> HttpRequest:
        """Build Zendesk's request that revokes an access token with its refresh token."""
        return revoke_request(token)

    def parse_tokens(self, response: HttpResponse, now: float) -> OAuthTokens:
        """Parse Zendesk's answer to an OAuth code exchange or refresh."""
        return parse_tokens(response, now)

    def parse_revocation(self, response: HttpResponse, now: float) -> bool:
        """Parse Zendesk's answer to a revocation: whether the token still lived."""
        return parse_revocation(response, now)


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
    scopes = scopes_from(document.get("scope", document.get("scopes")))
    return tokens_from_document(Service.ZENDESK, document, now, scopes=scopes)


def parse_token_info(response: HttpResponse, now: float) -> OAuthTokenInfo:
    """Parse Zendesk's answer to `token_info_request`."""
    notes = FieldParser()
    token = notes.mapping(parse_response(response, now).get("token"), "token")
    token_id = notes.identifier(token.get("id"), "token.id")
    if token_id is None:
        raise unexpected_response_error(Service.ZENDESK)
    return OAuthTokenInfo(token_id, scopes_from(token.get("scopes")))


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
