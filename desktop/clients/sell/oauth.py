"""Zendesk Sell's OAuth: builds the authorization URL and requests, parses the answers.

The client is confidential: its id and secret go to the token endpoint as HTTP Basic. Nothing says
that Sell knows PKCE, so none is sent (docs/zendesk-sell.md 2; RFC 6749, RFC 7009).
"""

import base64
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote_plus, urlencode

from desktop.clients.authorization_header import AUTHORIZATION_HEADER
from desktop.clients.error_text import sanitize_error_text
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.json_parsing import InvalidJsonError, parse_json
from desktop.clients.oauth import (
    OAuthAttempt,
    OAuthClientRefused,
    OAuthTokens,
    scopes_from,
    start_attempt,
    tokens_from_document,
)
from desktop.clients.sell.protocol import parse_response
from desktop.clients.service_errors import authentication_error
from desktop.kit.errors import InvalidInput
from desktop.model.service import Service

SELL_OAUTH_SCOPE = "read write profile sync"
# The plan may not have the Sync API, and whose the token is may be read without `profile`.
NEEDED_SCOPE = "read write"
_CLIENT_ERRORS = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True)
class SellOAuthClient:
    """A confidential OAuth client of Sell; whether renewals replace the refresh token is unknown.

    Its tokens are good for an hour; both ways of renewing work.
    """

    client_id: str
    client_secret: str = field(repr=False)
    service: ClassVar[Service] = Service.SELL
    needed_scope: ClassVar[str] = NEEDED_SCOPE
    keeps_refresh_token: ClassVar[bool] = True
    revokes_any_token: ClassVar[bool] = True

    def start_attempt(self, redirect_uri: str) -> OAuthAttempt:
        """Start a sign-in to Sell. Raises InvalidInput without a client."""
        if not self.client_id or not self.client_secret:
            raise InvalidInput(
                "There is no OAuth client to sign in to Zendesk Sell with.",
                "An admin makes one in Sell: Settings › Integrations › OAuth.",
                "Enter its client ID and secret in Settings › Connections, or use an access token.",
            )
        return start_attempt(self.client_id, redirect_uri, SELL_OAUTH_SCOPE)

    def authorization_url(self, base_url: str, attempt: OAuthAttempt) -> str:
        """Build Sell's OAuth address to open in the browser."""
        query = {
            "response_type": "code",
            "client_id": attempt.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": attempt.scope,
            "state": attempt.state,
        }
        return f"{base_url.rstrip('/')}/oauth2/authorize?{urlencode(query)}"

    def code_exchange_request(self, attempt: OAuthAttempt, code: str) -> HttpRequest:
        """Build Sell's request that trades an OAuth code for tokens; it works once."""
        return self._form_request(
            "/oauth2/token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=attempt.redirect_uri,
        )

    def refresh_request(self, refresh_token: str) -> HttpRequest:
        """Build Sell's request that trades a refresh token for a new access token."""
        return self._form_request(
            "/oauth2/token", grant_type="refresh_token", refresh_token=refresh_token
        )

    def revoke_request(self, token: str) -> HttpRequest:
        """Build Sell's request that revokes an access or refresh token (RFC 7009)."""
        return self._form_request("/oauth2/revoke", token=token)

    def parse_tokens(self, response: HttpResponse, now: float) -> OAuthTokens:
        """Parse Sell's answer to an OAuth code exchange or refresh.

        Raises AuthenticationError for a refused grant, OAuthClientRefused for a wrong client.
        """
        _raise_oauth_error(response)
        document = parse_response(response, now)
        # Left out, what was granted is what was asked for (RFC 6749 5.1).
        scopes = scopes_from(document.get("scope") or SELL_OAUTH_SCOPE)
        return tokens_from_document(Service.SELL, document, now, scopes=scopes)

    def parse_revocation(self, response: HttpResponse, now: float) -> bool:
        """Parse Sell's answer to a revocation, whose body says nothing."""
        if 200 <= response.status < 300:
            return True
        _raise_oauth_error(response)
        parse_response(response, now)
        return False

    def _form_request(self, path: str, **form: str) -> HttpRequest:
        # Both are encoded like a form's values before they are joined (RFC 6749 2.3.1).
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return HttpRequest(
            method="POST",
            template=path,
            path=path,
            headers={
                AUTHORIZATION_HEADER: "Basic " + base64.b64encode(pair.encode()).decode(),
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=urlencode(form).encode(),
        )


def _raise_oauth_error(response: HttpResponse) -> None:
    """Raise what an OAuth error of Sell stands for (RFC 6749 5.2); other answers pass."""
    if response.status not in (400, 401, 403):
        return
    try:
        found = parse_json(response.body)
    except InvalidJsonError:
        return
    code = found.get("error") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(code, str):
        return
    message = sanitize_error_text(found.get("error_description")) or sanitize_error_text(code)
    if code in _CLIENT_ERRORS:
        raise OAuthClientRefused(
            "Zendesk Sell refused the OAuth client.",
            message,
            "Check its client ID and secret in Settings › Connections.",
        )
    raise authentication_error(Service.SELL, message)
