"""The sandbox's /oauth/tokens: PKCE codes, expiring access tokens, refresh tokens.

Facts: docs/zendesk.md 1. Replaying a used refresh token fails without harm to its successor.
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl

from desktop.sandbox.credentials import ADMIN_EMAIL, OAUTH_CLIENT_ID, SERVER_CLIENT_ID
from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import DAY, format_iso_utc
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import API, require_found

# Seconds: the least and the most that a client may ask for, and what it gets otherwise.
ACCESS_LIFETIME_S = (300, 2 * DAY, 1800)
REFRESH_LIFETIME_S = (7 * DAY, 90 * DAY, 30 * DAY)
CODE_LIFETIME_S = 120
# The length that RFC 7636 allows for a PKCE verifier.
_VERIFIER_LENGTHS = range(43, 129)


def oauth_error(error: str, description: str, status: int = 400) -> SandboxHttpError:
    """Make an OAuth error of the sandbox (RFC 6749) as something to raise."""
    body = {"error": error, "error_description": description}
    return SandboxHttpError(json_response(body, status))


class OAuthEndpoints:
    """Issues, shows and revokes the sandbox's OAuth codes and tokens."""

    def __init__(self, repository: ZendeskRepository, client_secret: str) -> None:
        """`client_secret` is the confidential client's, which servers sign in with."""
        self.repository = repository
        self._client_secret = client_secret
        self.tokens = repository.tokens

    def add_routes(self, public_router: Router, router: Router) -> None:
        """Register the sandbox's OAuth exchange, without sign-in, and the token in use."""
        public_router.add("POST", "/oauth/tokens", self.exchange_grant)
        router.add("GET", f"{API}oauth/tokens/current", self.show_current_token)
        router.add("DELETE", f"{API}oauth/tokens/current", self.revoke_current_token)

    def create_code(self, *, user_id: int, redirect_uri: str, scope: str, challenge: str) -> str:
        """Keep what a user allowed on the sandbox's consent page under a new code."""
        code = secrets.token_hex(20)
        grant = {
            "user_id": user_id,
            "redirect_uri": redirect_uri,
            "scope": scope,
            "challenge": challenge,
            "expires": self.repository.state.now() + CODE_LIFETIME_S,
        }
        self.tokens.put(f"code {code}", grant)
        return code

    def exchange_grant(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /oauth/tokens: a code or refresh token for two tokens."""
        if "json" in request.headers.get("content-type", ""):
            given: JsonObject = request.json()
        else:
            given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        kind = given.get("grant_type")
        if given.get("client_id") == SERVER_CLIENT_ID and kind == "client_credentials":
            return self._issue_client_token(given)
        if given.get("client_id") != OAUTH_CLIENT_ID:
            raise oauth_error("invalid_client", "Client authentication failed.", 401)
        if kind == "client_credentials":
            # A public client has nothing to prove itself with (RFC 6749 4.4).
            raise oauth_error("unauthorized_client", "The client may not use this grant type.")
        if kind == "authorization_code":
            grant = self._redeem_code(given)
            scope = str(given.get("scope") or grant["scope"])
        elif kind == "refresh_token":
            grant = self._redeem_refresh_token(given)
            scope = " ".join(grant["scopes"])
        else:
            raise oauth_error("unsupported_grant_type", f"Unsupported grant type: {kind}")
        return self._issue_token_pair(given, grant["user_id"], scope)

    def _redeem_code(self, given: JsonObject) -> JsonObject:
        key = f"code {given.get('code')}"
        grant = self.tokens.get(key)
        # Whatever comes of it: a code is good for one attempt.
        self.tokens.remove(key)
        verifier = str(given.get("code_verifier") or "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            grant is None
            or grant["expires"] < self.repository.state.now()
            or len(verifier) not in _VERIFIER_LENGTHS
            or challenge != grant["challenge"]
            or given.get("redirect_uri") != grant["redirect_uri"]
        ):
            raise oauth_error(
                "invalid_grant",
                "The provided authorization grant is invalid, expired, revoked, or does not match"
                " the redirection URI.",
            )
        return grant

    def _redeem_refresh_token(self, given: JsonObject) -> JsonObject:
        key = f"refresh {given.get('refresh_token')}"
        grant = self.tokens.get(key)
        if grant is None or grant["expires"] < self.repository.state.now():
            raise oauth_error("invalid_grant", "The refresh token is invalid or expired.")
        # Single use: the pair it belongs to is gone before the new one is known.
        self.tokens.remove(key)
        self.tokens.remove(f"access {grant['access']}")
        return grant

    def _issue_client_token(self, given: JsonObject) -> SandboxResponse:
        """Issue an access token alone, in the name of the admin who made the client."""
        if not hmac.compare_digest(str(given.get("client_secret")), self._client_secret):
            raise oauth_error("invalid_client", "Client authentication failed.", 401)
        maker = require_found(self.repository.user_by_identity(ADMIN_EMAIL))
        lifetime_s = _requested_lifetime(given, "expires_in", *ACCESS_LIFETIME_S)
        access, now = secrets.token_hex(32), self.repository.state.now()
        scope = str(given.get("scope") or "read")
        token = {
            "id": self.repository.next_id("token", 5501),
            "user_id": maker["id"],
            "scopes": scope.split(),
            "created": now,
            "expires": now + lifetime_s,
            "refresh": "",
        }
        self.tokens.put(f"access {access}", token)
        answer: JsonObject = {"access_token": access, "token_type": "bearer", "scope": scope}
        if given.get("expires_in"):
            answer["expires_in"] = lifetime_s
        return json_response(answer)

    def _issue_token_pair(self, given: JsonObject, user_id: int, scope: str) -> SandboxResponse:
        access_s = _requested_lifetime(given, "expires_in", *ACCESS_LIFETIME_S)
        refresh_s = _requested_lifetime(given, "refresh_token_expires_in", *REFRESH_LIFETIME_S)
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        now, number = self.repository.state.now(), self.repository.next_id("token", 5501)
        shared = {"user_id": user_id, "scopes": scope.split(), "created": now}
        access_token = {**shared, "id": number, "expires": now + access_s, "refresh": refresh}
        self.tokens.put(f"access {access}", access_token)
        refresh_token = {**shared, "expires": now + refresh_s, "access": access}
        self.tokens.put(f"refresh {refresh}", refresh_token)
        answer: JsonObject = {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "scope": scope,
        }
        # Lifetimes are left out unless asked for: a client must always send expires_in.
        if given.get("expires_in"):
            answer["expires_in"] = access_s
        if given.get("refresh_token_expires_in"):
            answer["refresh_token_expires_in"] = refresh_s
        return json_response(answer)

    def show_current_token(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET …/tokens/current with the access token in use."""
        token = self._token_in_use(request)
        shown = {
            "id": token["id"],
            "url": f"{request.base_url}{API}oauth/tokens/{token['id']}.json",
            "user_id": token["user_id"],
            "client_id": 5401,
            # Never whole: the answer may end in a log.
            "token": request.actor.token_id[:10],
            "scopes": token["scopes"],
            "created_at": format_iso_utc(token["created"]),
            "expires_at": format_iso_utc(token["expires"]),
            "used_at": format_iso_utc(request.received_at),
        }
        return json_response({"token": shown})

    def revoke_current_token(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's DELETE …/tokens/current: revoke the token and its refresh token."""
        token = self._token_in_use(request)
        self.tokens.remove(f"access {request.actor.token_id}")
        self.tokens.remove(f"refresh {token['refresh']}")
        return SandboxResponse(204)

    def _token_in_use(self, request: SandboxRequest) -> JsonObject:
        # Requests with an API token have no access token: a 404.
        return require_found(self.tokens.get(f"access {request.actor.token_id}"))


def _requested_lifetime(given: JsonObject, name: str, least: int, most: int, default: int) -> int:
    value = given.get(name)
    if value is None or value == "":
        return default
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        seconds = -1
    if not least <= seconds <= most:
        raise oauth_error("invalid_request", f"{name} must be between {least} and {most}")
    return seconds
