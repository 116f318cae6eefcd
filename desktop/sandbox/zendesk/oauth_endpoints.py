"""OAuth tokens (contract 1): PKCE codes, single-use refresh tokens, expiry.

Replaying a used refresh token fails without harm to its successor.
"""

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl

from desktop.sandbox.credentials import OAUTH_CLIENT_ID
from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import DAY, format_iso_utc
from desktop.sandbox.zendesk.error_responses import not_found_error
from desktop.sandbox.zendesk.repository import ZendeskRepository

ACCESS_LIFETIME_BOUNDS_S = (300, 172_800)
REFRESH_LIFETIME_BOUNDS_S = (604_800, 7_776_000)
# Clients created since 2026-04-30 default to half an hour.
ACCESS_DEFAULT_S = 1800
REFRESH_DEFAULT_S = 30 * DAY
CODE_LIFETIME_S = 120


def oauth_error(status: int, error: str, description: str) -> SandboxHttpError:
    """Return OAuth's own error shape."""
    return SandboxHttpError(
        json_response({"error": error, "error_description": description}, status)
    )


class OAuthEndpoints:
    """/oauth/tokens and /api/v2/oauth/tokens/current."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, public_router: Router, router: Router) -> None:
        """Serve the paths."""
        public_router.add("POST", "/oauth/tokens", self.exchange_grant)
        router.add("GET", "/api/v2/oauth/tokens/current", self.show_current_token)
        router.add("DELETE", "/api/v2/oauth/tokens/current", self.revoke_current_token)

    def create_code(self, *, user_id: int, redirect_uri: str, scope: str, challenge: str) -> str:
        """Keep what was allowed under a new code."""
        code = secrets.token_hex(20)
        self.repository.tokens.put(
            f"code {code}",
            {
                "user_id": user_id,
                "redirect_uri": redirect_uri,
                "scope": scope,
                "challenge": challenge,
                "expires": self.repository.state.now() + CODE_LIFETIME_S,
            },
        )
        return code

    def exchange_grant(self, request: SandboxRequest) -> SandboxResponse:
        """Exchange a code or a refresh token."""
        if "json" in request.headers.get("content-type", ""):
            given: JsonObject = request.json()
        else:
            given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if given.get("client_id") != OAUTH_CLIENT_ID:
            raise oauth_error(401, "invalid_client", "Client authentication failed.")
        kind = given.get("grant_type")
        if kind == "authorization_code":
            kept = self._redeem_code(given)
            scope = str(given.get("scope") or kept["scope"])
            return self._issue_token_pair(given, kept["user_id"], scope)
        if kind == "refresh_token":
            kept = self._redeem_refresh_token(given)
            return self._issue_token_pair(given, kept["user_id"], " ".join(kept["scopes"]))
        raise oauth_error(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")

    def _redeem_code(self, given: JsonObject) -> JsonObject:
        key = f"code {given.get('code')}"
        kept = self.repository.tokens.get(key)
        self.repository.tokens.remove(key)
        wrong = oauth_error(
            400,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, or does not match"
            " the redirection URI.",
        )
        if kept is None or kept["expires"] < self.repository.state.now():
            raise wrong
        verifier = str(given.get("code_verifier") or "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not 43 <= len(verifier) <= 128 or challenge != kept["challenge"]:
            raise wrong
        if given.get("redirect_uri") != kept["redirect_uri"]:
            raise wrong
        return kept

    def _redeem_refresh_token(self, given: JsonObject) -> JsonObject:
        key = f"refresh {given.get('refresh_token')}"
        kept = self.repository.tokens.get(key)
        if kept is None or kept["expires"] < self.repository.state.now():
            raise oauth_error(400, "invalid_grant", "The refresh token is invalid or expired.")
        # Single use: the pair it belongs to is gone before the new one is known.
        self.repository.tokens.remove(key)
        self.repository.tokens.remove(f"access {kept['access']}")
        return kept

    def _issue_token_pair(self, given: JsonObject, user_id: int, scope: str) -> SandboxResponse:
        access_s = _requested_lifetime(
            given, "expires_in", ACCESS_LIFETIME_BOUNDS_S, ACCESS_DEFAULT_S
        )
        refresh_s = _requested_lifetime(
            given, "refresh_token_expires_in", REFRESH_LIFETIME_BOUNDS_S, REFRESH_DEFAULT_S
        )
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        now = self.repository.state.now()
        shared = {"user_id": user_id, "scopes": scope.split(), "created": now}
        number = self.repository.next_id("token", 5501)
        self.repository.tokens.put(
            f"access {access}",
            {**shared, "id": number, "expires": now + access_s, "refresh": refresh},
        )
        self.repository.tokens.put(
            f"refresh {refresh}", {**shared, "expires": now + refresh_s, "access": access}
        )
        answer: JsonObject = {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "scope": scope,
        }
        # Left out unless asked for (contract 1, "always send expires_in").
        if given.get("expires_in"):
            answer["expires_in"] = access_s
        if given.get("refresh_token_expires_in"):
            answer["refresh_token_expires_in"] = refresh_s
        return json_response(answer)

    def show_current_token(self, request: SandboxRequest) -> SandboxResponse:
        """Describe the token in use."""
        token = self._token_in_use(request)
        return json_response(
            {
                "token": {
                    "id": token["id"],
                    "url": f"{request.base_url}/api/v2/oauth/tokens/{token['id']}.json",
                    "user_id": token["user_id"],
                    "client_id": 5401,
                    "token": request.actor.token_id[:10],
                    "scopes": token["scopes"],
                    "created_at": format_iso_utc(token["created"]),
                    "expires_at": format_iso_utc(token["expires"]),
                    "used_at": format_iso_utc(request.received_at),
                }
            }
        )

    def revoke_current_token(self, request: SandboxRequest) -> SandboxResponse:
        """Revoke the token in use and its refresh token."""
        token = self._token_in_use(request)
        self.repository.tokens.remove(f"access {request.actor.token_id}")
        self.repository.tokens.remove(f"refresh {token['refresh']}")
        return SandboxResponse(204)

    def _token_in_use(self, request: SandboxRequest) -> JsonObject:
        token = self.repository.tokens.get(f"access {request.actor.token_id}")
        if token is None:
            raise not_found_error()
        return token


def _requested_lifetime(given: JsonObject, name: str, bounds: tuple[int, int], default: int) -> int:
    value = given.get(name)
    if value is None or value == "":
        return default
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        seconds = -1
    if not bounds[0] <= seconds <= bounds[1]:
        message = f"{name} must be between {bounds[0]} and {bounds[1]}"
        raise oauth_error(400, "invalid_request", message)
    return seconds
