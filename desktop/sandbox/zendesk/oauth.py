"""OAuth tokens (contract 1): PKCE codes, single-use refresh tokens, expiry.

Replaying a used refresh token fails without harm to its successor.
"""

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl

from desktop.sandbox.calendar import DAY, iso
from desktop.sandbox.call import Answer, Call, Record, Refused, said
from desktop.sandbox.credentials import OAUTH_CLIENT_ID
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.refusal import not_found

ACCESS_S = (300, 172_800)
REFRESH_S = (604_800, 7_776_000)
# Clients created since 2026-04-30 default to half an hour.
ACCESS_DEFAULT_S = 1800
REFRESH_DEFAULT_S = 30 * DAY
CODE_S = 120


def oauth_error(status: int, error: str, description: str) -> Refused:
    """Return OAuth's own error shape."""
    return Refused(said({"error": error, "error_description": description}, status))


class OAuth:
    """/oauth/tokens and /api/v2/oauth/tokens/current."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, open_router: Router, router: Router) -> None:
        """Serve the paths."""
        open_router.add("POST", "/oauth/tokens", self.grant)
        router.add("GET", "/api/v2/oauth/tokens/current", self.current)
        router.add("DELETE", "/api/v2/oauth/tokens/current", self.revoke)

    def new_code(self, *, user_id: int, redirect_uri: str, scope: str, challenge: str) -> str:
        """Keep what was allowed under a new code."""
        code = secrets.token_hex(20)
        self.book.tokens.put(
            f"code {code}",
            {
                "user_id": user_id,
                "redirect_uri": redirect_uri,
                "scope": scope,
                "challenge": challenge,
                "expires": self.book.world.now() + CODE_S,
            },
        )
        return code

    def grant(self, call: Call) -> Answer:
        """Exchange a code or a refresh token."""
        if "json" in call.headers.get("content-type", ""):
            given: Record = call.json()
        else:
            given = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if given.get("client_id") != OAUTH_CLIENT_ID:
            raise oauth_error(401, "invalid_client", "Client authentication failed.")
        kind = given.get("grant_type")
        if kind == "authorization_code":
            kept = self._from_code(given)
            scope = str(given.get("scope") or kept["scope"])
            return self._pair(given, kept["user_id"], scope)
        if kind == "refresh_token":
            kept = self._from_refresh(given)
            return self._pair(given, kept["user_id"], " ".join(kept["scopes"]))
        raise oauth_error(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")

    def _from_code(self, given: Record) -> Record:
        key = f"code {given.get('code')}"
        kept = self.book.tokens.get(key)
        self.book.tokens.remove(key)
        wrong = oauth_error(
            400,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, or does not match"
            " the redirection URI.",
        )
        if kept is None or kept["expires"] < self.book.world.now():
            raise wrong
        verifier = str(given.get("code_verifier") or "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not 43 <= len(verifier) <= 128 or challenge != kept["challenge"]:
            raise wrong
        if given.get("redirect_uri") != kept["redirect_uri"]:
            raise wrong
        return kept

    def _from_refresh(self, given: Record) -> Record:
        key = f"refresh {given.get('refresh_token')}"
        kept = self.book.tokens.get(key)
        if kept is None or kept["expires"] < self.book.world.now():
            raise oauth_error(400, "invalid_grant", "The refresh token is invalid or expired.")
        # Single use: the pair it belongs to is gone before the new one is known.
        self.book.tokens.remove(key)
        self.book.tokens.remove(f"access {kept['access']}")
        return kept

    def _pair(self, given: Record, user_id: int, scope: str) -> Answer:
        access_s = _lifetime(given, "expires_in", ACCESS_S, ACCESS_DEFAULT_S)
        refresh_s = _lifetime(given, "refresh_token_expires_in", REFRESH_S, REFRESH_DEFAULT_S)
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        now = self.book.world.now()
        shared = {"user_id": user_id, "scopes": scope.split(), "created": now}
        number = self.book.next_number("token", 5501)
        self.book.tokens.put(
            f"access {access}",
            {**shared, "id": number, "expires": now + access_s, "refresh": refresh},
        )
        self.book.tokens.put(
            f"refresh {refresh}", {**shared, "expires": now + refresh_s, "access": access}
        )
        answer: Record = {
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
        return said(answer)

    def current(self, call: Call) -> Answer:
        """Describe the token in use."""
        token = self._token(call)
        return said(
            {
                "token": {
                    "id": token["id"],
                    "url": f"{call.base_url}/api/v2/oauth/tokens/{token['id']}.json",
                    "user_id": token["user_id"],
                    "client_id": 5401,
                    "token": call.actor.token_id[:10],
                    "scopes": token["scopes"],
                    "created_at": iso(token["created"]),
                    "expires_at": iso(token["expires"]),
                    "used_at": iso(call.at),
                }
            }
        )

    def revoke(self, call: Call) -> Answer:
        """Revoke the token in use and its refresh token."""
        token = self._token(call)
        self.book.tokens.remove(f"access {call.actor.token_id}")
        self.book.tokens.remove(f"refresh {token['refresh']}")
        return Answer(204)

    def _token(self, call: Call) -> Record:
        token = self.book.tokens.get(f"access {call.actor.token_id}")
        if token is None:
            raise not_found()
        return token


def _lifetime(given: Record, name: str, bounds: tuple[int, int], default: int) -> int:
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
