"""Zendesk's OAuth with PKCE as values: addresses and requests to send, answers to read.

Who listens for the redirect, keeps the tokens and refreshes them is decided elsewhere. A public
client has no secret (contract zendesk 1; RFC 7636, RFC 8252).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from desktop.clients.exchange import Answer, Request
from desktop.clients.field import Notes
from desktop.clients.zendesk.credentials import HEADER
from desktop.clients.zendesk.errors import auth_lost, unexpected
from desktop.clients.zendesk.protocol import build, decipher
from desktop.kit.errors import AuthLost, Rejected

SCOPE = "read write"
# Zendesk leaves the lifetime out of its answer unless it is asked for (contract zendesk 1).
ACCESS_S = 1_800
REFRESH_S = 2_592_000
_TOKENS = "/oauth/tokens"
_CURRENT = "/api/v2/oauth/tokens/current"


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way: lives in memory only, and its state answers one redirect."""

    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    scope: str = SCOPE


@dataclass(frozen=True)
class Tokens:
    """A pair; `expires_at` and `refresh_expires_at` are Unix seconds, None where unsaid.

    The refresh token works once: keep the new pair before using its access token.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: frozenset[str]
    expires_at: float | None
    refresh_expires_at: float | None

    def lacks(self, asked: str = SCOPE) -> frozenset[str]:
        """Scopes asked for and not given: such a token is refused later, on use."""
        return frozenset(asked.split()) - self.scopes


@dataclass(frozen=True)
class CurrentToken:
    """What Zendesk says about the token in use."""

    id: int
    scopes: frozenset[str]


def begin(client_id: str, redirect_uri: str, scope: str = SCOPE) -> Attempt:
    """A new attempt with fresh random state and verifier (64 characters, RFC 7636 4.1)."""
    return Attempt(
        client_id, redirect_uri, secrets.token_urlsafe(32), secrets.token_urlsafe(48), scope
    )


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorization_url(base_url: str, attempt: Attempt) -> str:
    """The address to open in the browser."""
    query = {
        "response_type": "code",
        "client_id": attempt.client_id,
        "redirect_uri": attempt.redirect_uri,
        "scope": attempt.scope,
        "state": attempt.state,
        "code_challenge": challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    return f"{base_url.rstrip('/')}/oauth/authorizations/new?{urlencode(query)}"


def code_from(attempt: Attempt, target: str) -> str:
    """The code in the redirect's target (`/callback?code=…&state=…`).

    Raises AuthLost when the state is not ours or the person said no; the code then goes nowhere.
    """
    query = parse_qs(urlsplit(target).query)
    state = query.get("state", [])
    if len(state) != 1 or not hmac.compare_digest(state[0].encode(), attempt.state.encode()):
        raise AuthLost(
            "This was not the answer to our sign-in.",
            "It carries another mark than the one sent along.",
            "Start the sign-in again from Fairlead.",
        )
    codes = query.get("code", [])
    if "error" in query or len(codes) != 1 or not codes[0]:
        raise AuthLost(
            "Zendesk did not let Fairlead in.", "Access was not granted.", "Start again."
        )
    return codes[0]


def exchange(attempt: Attempt, code: str) -> Request:
    """Trade the code for tokens; it lives two minutes and works once."""
    return _grant(
        {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": attempt.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": attempt.scope,
            "code_verifier": attempt.verifier,
        }
    )


def refresh(client_id: str, refresh_token: str, scope: str = SCOPE) -> Request:
    """Trade the refresh token for a new pair; both old tokens die."""
    return _grant(
        {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": client_id,
            "scope": scope,
        }
    )


def current(access: str) -> Request:
    """Ask about the token in use."""
    return build("GET", _CURRENT).with_headers({HEADER: f"Bearer {access}"})


def revoke(access: str) -> Request:
    """End the token in use."""
    return build("DELETE", _CURRENT).with_headers({HEADER: f"Bearer {access}"})


def read_tokens(answer: Answer, now: float) -> Tokens:
    """Decipher the answer to `exchange` or `refresh` (200 or 201).

    A refused grant (400 invalid_grant and the like) is AuthLost: sign in again.
    """
    try:
        document = decipher(answer, now)
    except Rejected as error:
        raise auth_lost(error.message) from None
    notes = Notes()
    access = notes.text(document.get("access_token"), "access_token")
    if not access or not access.isascii() or not access.isprintable():
        raise unexpected()
    return Tokens(
        access=access,
        refresh=notes.text(document.get("refresh_token"), "refresh_token") or None,
        scopes=_scopes(document.get("scope", document.get("scopes"))),
        expires_at=_after(document, "expires_in", now, notes),
        refresh_expires_at=_after(document, "refresh_token_expires_in", now, notes),
    )


def read_current(answer: Answer, now: float) -> CurrentToken:
    """Decipher the answer to `current`."""
    notes = Notes()
    token = notes.mapping(decipher(answer, now).get("token"), "token")
    token_id = notes.identifier(token.get("id"), "token.id")
    if token_id is None:
        raise unexpected()
    return CurrentToken(token_id, _scopes(token.get("scopes")))


def read_revoked(answer: Answer, now: float) -> None:
    """Decipher the answer to `revoke`; one already dead is fine."""
    if answer.status not in (401, 404):
        decipher(answer, now)


def _grant(parameters: Mapping[str, str]) -> Request:
    lifetimes = {"expires_in": ACCESS_S, "refresh_token_expires_in": REFRESH_S}
    return build("POST", _TOKENS, document={**parameters, **lifetimes})


def _scopes(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.split())
    listed = value if isinstance(value, list) else []
    return frozenset(item for item in listed if isinstance(item, str))


def _after(document: Mapping[str, object], name: str, now: float, notes: Notes) -> float | None:
    seconds = notes.number(document.get(name), name)
    return None if seconds is None or seconds < 0 else now + seconds
