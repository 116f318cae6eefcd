"""Stores a service's OAuth tokens in the vault and renews them, one process at a time.

A refresh token may work once. The new one is stored before its access token is used, and a renewal
holds a lock between processes, under which the vault is read again: whoever comes second finds
the first one's tokens and asks the service for nothing.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from desktop.clients.http_messages import Transport
from desktop.clients.oauth import OAuthClient, OAuthClientRefused, OAuthTokens
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from desktop.model.service import Service
from desktop.settings.file_lock import hold_lock
from desktop.vault.secret import Secret, Vault

# Renewed this long before its end, so that no request starts with a token that ends on its way.
RENEWAL_MARGIN_S = 60.0
# Seconds: longer than a renewal with one retry may take in the other process.
LOCK_TIMEOUT_S = 45.0
# Without a stated lifetime a token counts until the service refuses it.
_NEVER_EXPIRES = 0
# Access token with its expiry, and refresh token.
TOKEN_SECRETS = {
    Service.ZENDESK: (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH),
    Service.SELL: (Secret.SELL_ACCESS, Secret.SELL_REFRESH),
}
_WHAT_WAITS = "What waits to be sent is kept and goes out afterwards."
_SIGN_IN_AGAIN = {
    Service.ZENDESK: "Sign in again.",
    Service.SELL: "Sign in to Zendesk Sell again in Settings › Connections.",
}


@dataclass(frozen=True)
class _AccessToken:
    token: str = field(repr=False)
    expires_at: int

    def is_valid(self, now: float, margin_s: float) -> bool:
        return self.expires_at == _NEVER_EXPIRES or now < self.expires_at - margin_s


class OAuthTokenManager:
    """The OAuth credentials of a workspace's client of one service."""

    def __init__(
        self,
        vault: Vault,
        transport: Transport,
        client: OAuthClient,
        lock: Path,
        clock: Clock | None = None,
    ) -> None:
        """`lock` is a file that all processes share which renew these OAuth tokens."""
        self._vault = vault
        self._transport = transport
        self._client = client
        self._access_secret, self._refresh_secret = TOKEN_SECRETS[client.service]
        self._lock = lock
        self._clock = clock or SystemClock()
        self._access: _AccessToken | None = None
        # A pair the service issued and the vault refused: kept here until the vault takes it.
        self._unstored: OAuthTokens | None = None
        # What the service has refused for good: not asked for again, unless somebody signs in anew.
        self._refused_refresh: str | None = None
        self._refused_access: str | None = None
        self._last_error: AuthenticationError | None = None

    async def authorization_header(self) -> str:
        """Return `Bearer …` of the OAuth access token, renewed shortly before it expires."""
        access = self._access or await self._load()
        if access is None or access.token == self._refused_access:
            raise self._last_error or signed_out_error(self._client.service)
        if not access.is_valid(self._clock.now(), RENEWAL_MARGIN_S):
            access = await self._renew_early(access)
        self._access = access
        return f"Bearer {access.token}"

    async def refresh(self) -> bool:
        """Renew the OAuth access token after a 401; False: somebody has to sign in again.

        Raises ServiceUnreachable and the like when the service could not be asked; the old pair
        then stays.
        """
        try:
            self._access = await self._renew_with_lock(self._access)
        except AuthenticationError:
            return False
        return True

    async def save_tokens(self, tokens: OAuthTokens) -> None:
        """Store the OAuth tokens of a sign-in in the vault, the refresh token first."""
        async with hold_lock(self._lock, limit_s=LOCK_TIMEOUT_S, clock=self._clock):
            self._refused_refresh = self._refused_access = self._last_error = None
            self._access = await self._save(tokens)

    async def sign_out(self) -> bool:
        """Revoke the OAuth sign-in at the service, then erase it here. False: it was not revoked.

        Zendesk's then ends by itself, with its refresh token, thirty days after it was issued.
        """
        async with hold_lock(self._lock, limit_s=LOCK_TIMEOUT_S, clock=self._clock):
            try:
                revoked = await self._revoke()
            except AppError:
                revoked = False
            for secret in (self._access_secret, self._refresh_secret):
                await self._vault.delete(secret)
            self._access = self._unstored = None
        return revoked

    async def _revoke(self) -> bool:
        """Revoke the access token at the service, and with it the refresh token; False: it refused.

        Where no token can be named, one that has ended is renewed for this: Zendesk answers 401 to
        it and revokes nothing, so that the refresh token would live on for weeks.
        """
        access, refresh = await self._load(), await self._vault.get(self._refresh_secret)
        if self._unstored is not None:
            access, refresh = None, self._unstored.refresh
        if access is None and refresh is None:
            return True
        if self._client.revokes_any_token:
            # Each by itself: that one takes the other along is not said.
            tokens = (refresh, access.token if access else None)
            return all([await self._send_revocation(token) for token in tokens if token])
        is_valid = access is not None and access.is_valid(self._clock.now(), 0)
        if access is not None and is_valid and await self._send_revocation(access.token):
            return True
        if refresh is None:
            return False
        # Kept nowhere: it lives for the next request alone.
        return await self._send_revocation((await self._exchange_refresh_token(refresh)).access)

    async def _send_revocation(self, token: str) -> bool:
        answer = await self._transport.send(self._client.revoke_request(token))
        return self._client.parse_revocation(answer, self._clock.now())

    async def _renew_early(self, access: _AccessToken) -> _AccessToken:
        try:
            return await self._renew_with_lock(access)
        except (ServiceUnreachable, RateLimited, ServiceError):
            # It still holds for a moment; whoever uses it then learns of the trouble.
            if access.is_valid(self._clock.now(), 0):
                return access
            raise

    async def _renew_with_lock(self, old: _AccessToken | None) -> _AccessToken:
        try:
            async with hold_lock(self._lock, limit_s=LOCK_TIMEOUT_S, clock=self._clock):
                return await self._renew(old)
        except AuthenticationError as error:
            self._refused_access, self._last_error = (old.token if old else None), error
            self._access = None
            raise

    async def _renew(self, old: _AccessToken | None) -> _AccessToken:
        if self._unstored is not None:
            return await self._save(self._unstored)
        stored = await self._load()
        if stored is not None and (old is None or stored.token != old.token):
            return stored
        token = await self._vault.get(self._refresh_secret)
        if token is None or token == self._refused_refresh:
            raise self._last_error or signed_out_error(self._client.service)
        return await self._save(await self._exchange_refresh_token(token))

    async def _exchange_refresh_token(self, token: str) -> OAuthTokens:
        lost = False
        try:
            tokens = await self._request_new_tokens(token)
        except ResponseTimeout:
            # The service may not have had it. If it had, the token is used up and is refused now,
            # which harms nothing (docs/zendesk.md 1: no reuse detection; Sell says nothing of it).
            lost = True
            try:
                tokens = await self._request_new_tokens(token)
            except OAuthClientRefused:
                raise
            except AuthenticationError as error:
                self._refused_refresh = token
                raise renewal_lost_error(self._client.service) from error
        except OAuthClientRefused:
            # The sign-in still holds, for the client with its right secret.
            raise
        except AuthenticationError as error:
            self._refused_refresh = token
            raise signed_out_error(self._client.service) from error
        if tokens.refresh is None and lost:
            raise renewal_lost_error(self._client.service)
        return tokens

    async def _request_new_tokens(self, token: str) -> OAuthTokens:
        answer = await self._transport.send(self._client.refresh_request(token))
        tokens = self._client.parse_tokens(answer, self._clock.now())
        if tokens.refresh is None and self._client.keeps_refresh_token:
            return replace(tokens, refresh=token)
        return tokens

    async def _save(self, tokens: OAuthTokens) -> _AccessToken:
        # Before the vault is asked: a refused write must not lose a pair that exists once.
        self._unstored = tokens
        if tokens.refresh is not None:
            await self._vault.set(self._refresh_secret, tokens.refresh)
        access = _AccessToken(tokens.access, int(tokens.expires_at or _NEVER_EXPIRES))
        # One entry for token and expiry, or a crash could leave them of two pairs.
        await self._vault.set(self._access_secret, f"{access.expires_at} {access.token}")
        self._unstored = None
        return access

    async def _load(self) -> _AccessToken | None:
        entry = await self._vault.get(self._access_secret)
        expires, _, token = (entry or "").partition(" ")
        if not token or not expires.isdigit():
            return None
        return _AccessToken(token, int(expires))


def signed_out_error(service: Service) -> AuthenticationError:
    """Return the error for a workspace without a sign-in to a service."""
    return AuthenticationError(
        f"You are signed out of {service.title}.", _WHAT_WAITS, _SIGN_IN_AGAIN[service]
    )


def renewal_lost_error(service: Service) -> AuthenticationError:
    """Return the error for a token renewal whose answer was lost: both old tokens are used up."""
    return AuthenticationError(
        "The sign-in could not be renewed.",
        f"{service.title}’s answer was lost on the way, and its tokens work only once. "
        + _WHAT_WAITS,
        _SIGN_IN_AGAIN[service],
    )
