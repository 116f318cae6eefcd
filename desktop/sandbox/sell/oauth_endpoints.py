"""The sandbox's Sell /oauth2: the page to allow the app, codes, tokens, their renewal, revocation.

Facts: docs/zendesk-sell.md 2. The form of /oauth2/token/info is unknown: it is not imitated, nor
are the flows that hand a password or a token through the browser. Whether a renewal replaces the
refresh token is unknown: the switch `sell_refresh_rotation` says it here.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, unquote_plus, urlencode

from desktop.sandbox.credentials import SELL_CLIENT_ID
from desktop.sandbox.data_files import read_data_text
from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.sell.repository import SellRepository

SCOPES = frozenset({"read", "write", "profile", "sync"})
ACCESS_LIFETIME_S = 3600
CODE_LIFETIME_S = 120
# Its lifetime is unknown; here it ends by revocation, or by the renewal that replaces it.
_NEVER_S = 10**9
# The list is fixed on the OAuth client; any other address is refused.
_REDIRECT_URIS = tuple(f"http://127.0.0.1:{port}/callback" for port in (47615, 47616, 47617))
_HIDDEN_FIELDS = ("response_type", "client_id", "redirect_uri", "scope", "state")
_HTML_TYPE = "text/html; charset=utf-8"
_FORM_TYPE = "application/x-www-form-urlencoded"
_NOT_STORED = (("cache-control", "no-store"), ("pragma", "no-cache"))


def _oauth_error(error: str, description: str, status: int = 400) -> SandboxHttpError:
    """Make an OAuth error of the sandbox's Sell (RFC 6749 5.2): not the envelope of its API."""
    body = {"error": error, "error_description": description}
    answer = json_response(body, status, *_NOT_STORED)
    if status == 401:
        answer = answer.with_headers(("www-authenticate", 'Basic realm="Sell"'))
    return SandboxHttpError(answer)


class SellOAuthEndpoints:
    """Issues and revokes the OAuth tokens of the sandbox's Sell, for one confidential client."""

    def __init__(self, repository: SellRepository, client_secret: str) -> None:
        self._tokens = repository.tokens
        self._state = repository.state
        self._client_secret = client_secret

    def register(self, router: Router) -> None:
        """Register the sandbox's Sell OAuth endpoints, none of which takes an access token."""
        router.add("GET", "/oauth2/authorize", self.show_page)
        router.add("POST", "/oauth2/authorize", self.submit_decision)
        router.add("POST", "/oauth2/token", self.exchange_grant)
        router.add("POST", "/oauth2/revoke", self.revoke_token)

    def show_page(self, request: SandboxRequest) -> SandboxResponse:
        """Answer with the page to allow the app; `&auto=allow` or `deny` answers at once."""
        asked = request.query
        if (refusal := _authorization_error(asked)) is not None:
            return refusal
        if asked.get("auto") in ("allow", "deny"):
            return self._redirect(asked, asked["auto"])
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in _HIDDEN_FIELDS
        )
        template = read_data_text("sell", "consent_page.html")
        page = template.format(scope=escape(asked.get("scope", "")), hidden=hidden)
        return SandboxResponse(200, page.encode(), _HTML_TYPE)

    def submit_decision(self, request: SandboxRequest) -> SandboxResponse:
        """Take the page's decision and send the browser from the sandbox's Sell to the app."""
        given = _form_of(request)
        if (refusal := _authorization_error(given)) is not None:
            return refusal
        return self._redirect(given, given.get("decision", "deny"))

    def _redirect(self, given: Mapping[str, str], decision: str) -> SandboxResponse:
        answer = {"state": given["state"]} if given.get("state") else {}
        asked = given.get("scope", "").split()
        if decision != "allow":
            denied = "The resource owner denied the request."
            answer |= {"error": "access_denied", "error_description": denied}
        elif not asked or not SCOPES.issuperset(asked):
            answer |= {"error": "invalid_scope", "error_description": "The scope is unknown."}
        else:
            code = secrets.token_hex(32)
            self._tokens.put(
                f"code {code}",
                {
                    "redirect_uri": given["redirect_uri"],
                    "scope": " ".join(asked),
                    "expires": self._state.now() + CODE_LIFETIME_S,
                },
            )
            answer["code"] = code
        address = f"{given['redirect_uri']}?{urlencode(answer)}"
        return SandboxResponse(302, b"", _HTML_TYPE, (("location", address),))

    def exchange_grant(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /oauth2/token: a code or refresh token for an access token."""
        self._require_client(request)
        given = _form_of(request)
        kind = given.get("grant_type", "")
        account = self._state.account
        if not account.sell_user or account.sell_retired:
            raise _oauth_error("invalid_grant", "The account of the user is not active.")
        if kind == "authorization_code":
            return self._redeem_code(given)
        if kind == "refresh_token":
            return self._renew(given.get("refresh_token", ""))
        raise _oauth_error("unsupported_grant_type", f"The grant type {kind} is not supported.")

    def revoke_token(self, request: SandboxRequest) -> SandboxResponse:
        """Revoke an access or refresh token with its partner; unknown ones are no error."""
        self._require_client(request)
        token = _form_of(request).get("token", "")
        if not token:
            raise _oauth_error("invalid_request", "The token is missing.")
        for kind in ("access", "refresh"):
            found = self._tokens.get(f"{kind} {token}")
            if found is not None:
                self._forget_grant(found["grant"])
        return SandboxResponse(200, b"", _HTML_TYPE)

    def _require_client(self, request: SandboxRequest) -> None:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = secret = ""
        is_known = unquote_plus(name) == SELL_CLIENT_ID and hmac.compare_digest(
            unquote_plus(secret).encode(), self._client_secret.encode()
        )
        if scheme.lower() != "basic" or not is_known:
            raise _oauth_error("invalid_client", "Client authentication failed.", 401)
        if not request.headers.get("content-type", "").startswith(_FORM_TYPE):
            raise _oauth_error("invalid_request", f"The body must be {_FORM_TYPE}.")

    def _redeem_code(self, given: Mapping[str, str]) -> SandboxResponse:
        key = f"code {given.get('code')}"
        code = self._tokens.get(key)
        # Whatever comes of it: a code is good for one attempt.
        self._tokens.remove(key)
        if (
            code is None
            or code["expires"] < self._state.now()
            or given.get("redirect_uri") != code["redirect_uri"]
        ):
            raise _oauth_error("invalid_grant", "The code is invalid, expired or was used.")
        return self._issue(secrets.token_hex(8), code["scope"], secrets.token_hex(32))

    def _renew(self, refresh: str) -> SandboxResponse:
        found = self._tokens.get(f"refresh {refresh}")
        if found is None:
            raise _oauth_error("invalid_grant", "The refresh token is invalid or was revoked.")
        self._forget_grant(found["grant"])
        rotates = self._state.account.sell_refresh_rotation
        successor = secrets.token_hex(32) if rotates else refresh
        return self._issue(found["grant"], found["scope"], successor, is_told=rotates)

    def _issue(
        self, grant: str, scope: str, refresh: str, *, is_told: bool = True
    ) -> SandboxResponse:
        # As long as a personal access token is.
        access, now = secrets.token_hex(32), self._state.now()
        shared = {"grant": grant, "scope": scope}
        self._tokens.put(f"access {access}", {**shared, "expires": now + ACCESS_LIFETIME_S})
        self._tokens.put(f"refresh {refresh}", {**shared, "expires": now + _NEVER_S})
        answer: JsonObject = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFETIME_S,
            "scope": scope,
        }
        if is_told:
            answer["refresh_token"] = refresh
        return json_response(answer, 200, *_NOT_STORED)

    def _forget_grant(self, grant: str) -> None:
        """Remove every access and refresh token that came from one permission."""
        for key, token in tuple(self._tokens.existing_overrides()):
            if token.get("grant") == grant:
                self._tokens.remove(key)


def required_scopes(method: str, path: str) -> frozenset[str]:
    """Return the scopes of which one is needed for a call to the sandbox's Sell.

    Which calls `profile` is for is unknown: here it opens who asks, as `read` does.
    """
    if path.startswith("/v2/sync/"):
        return frozenset({"sync"})
    if path in ("/v2/users/self", "/v2/accounts/self"):
        return frozenset({"read", "profile"})
    is_read = method == "GET" or path.endswith("/search")
    return frozenset({"read" if is_read else "write"})


def _form_of(request: SandboxRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _authorization_error(given: Mapping[str, str]) -> SandboxResponse | None:
    """Return the Sell sandbox's error page for an unknown OAuth client or redirect, or None."""
    if given.get("client_id") != SELL_CLIENT_ID:
        problem = "Invalid client: no such application is registered."
    elif given.get("redirect_uri") not in _REDIRECT_URIS:
        problem = "Invalid request: the redirect address is not registered."
    elif given.get("response_type") != "code":
        problem = "Invalid request: unsupported response type."
    else:
        return None
    # Shown, not sent to the redirect address: nobody has proved that it is the app's.
    page = f"<!DOCTYPE html><title>Error</title><p>{problem}</p>"
    return SandboxResponse(400, page.encode(), _HTML_TYPE)
