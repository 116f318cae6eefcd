"""The tokens of a Zendesk sign-in: kept in the vault, renewed by one process at a time.

A refresh token works once. The new one is stored before its access token is used, and a renewal
holds a lock between processes, under which the vault is read again: whoever comes second finds
the first one's tokens and asks Zendesk for nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

from desktop.clients.exchange import Transport
from desktop.clients.zendesk import oauth
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AppError, AuthLost, Offline, RateLimited, ServiceTrouble, TimedOut
from desktop.settings.file_lock import held
from desktop.vault.secret import Secret, Vault

# Renewed this long before its end, so that no request starts with a token that ends on its way.
MARGIN_S = 60.0
_LOCK_S = 45.0
# Without a stated lifetime a token counts until Zendesk refuses it.
_NO_END = 0


@dataclass(frozen=True)
class _Access:
    token: str = field(repr=False)
    expires_at: int

    def lasts(self, now: float, margin_s: float) -> bool:
        return self.expires_at == _NO_END or now < self.expires_at - margin_s


class TokenKeeper:
    """The credentials of an OAuth workspace; what `clients.zendesk.credentials` asks for."""

    def __init__(
        self,
        vault: Vault,
        transport: Transport,
        client_id: str,
        lock: Path,
        clock: Clock | None = None,
    ) -> None:
        """`lock` is a file all processes of the workspace share."""
        self._vault = vault
        self._transport = transport
        self._client_id = client_id
        self._lock = lock
        self._clock = clock or SystemClock()
        self._access: _Access | None = None
        # A pair Zendesk issued and the vault refused: kept here until the vault takes it.
        self._unstored: oauth.Tokens | None = None
        # What Zendesk has refused for good: not asked for again, unless somebody signs in anew.
        self._refused: str | None = None
        self._dead: str | None = None
        self._ended: AuthLost | None = None

    async def header(self) -> str:
        """`Bearer …`, renewed shortly before its end. Raises AuthLost when signed out."""
        access = self._access or await self._stored()
        if access is None or access.token == self._dead:
            raise self._ended or signed_out()
        if not access.lasts(self._clock.now(), MARGIN_S):
            access = await self._renewed_early(access)
        self._access = access
        return f"Bearer {access.token}"

    async def refreshed(self) -> bool:
        """After a refusal: whether there is another token now; False: sign in again.

        Raises Offline and the like when Zendesk could not be asked; the old pair then stays.
        """
        try:
            self._access = await self._renewed(self._access)
        except AuthLost:
            return False
        return True

    async def keep(self, tokens: oauth.Tokens) -> None:
        """Store what a sign-in gave, the refresh token first."""
        async with held(self._lock, limit_s=_LOCK_S, clock=self._clock):
            self._refused = self._dead = self._ended = None
            self._access = await self._store(tokens)

    async def sign_out(self) -> bool:
        """Revoke at Zendesk, then erase here. False: Zendesk could not be told.

        The token then ends by itself, half an hour after it was issued.
        """
        revoked = True
        async with held(self._lock, limit_s=_LOCK_S, clock=self._clock):
            access = await self._stored()
            if access is not None:
                try:
                    answer = await self._transport.send(oauth.revoke(access.token))
                    oauth.read_revoked(answer, self._clock.now())
                except AppError:
                    revoked = False
            for secret in (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH):
                await self._vault.delete(secret)
            self._access = self._unstored = None
        return revoked

    async def _renewed_early(self, access: _Access) -> _Access:
        try:
            return await self._renewed(access)
        except (Offline, RateLimited, ServiceTrouble):
            # It still holds for a moment; whoever uses it then learns of the trouble.
            if access.lasts(self._clock.now(), 0):
                return access
            raise

    async def _renewed(self, old: _Access | None) -> _Access:
        try:
            async with held(self._lock, limit_s=_LOCK_S, clock=self._clock):
                return await self._renewed_alone(old)
        except AuthLost as error:
            self._dead, self._ended = (old.token if old else None), error
            self._access = None
            raise

    async def _renewed_alone(self, old: _Access | None) -> _Access:
        if self._unstored is not None:
            return await self._store(self._unstored)
        stored = await self._stored()
        if stored is not None and (old is None or stored.token != old.token):
            return stored
        token = await self._vault.get(Secret.ZENDESK_REFRESH)
        if token is None or token == self._refused:
            raise self._ended or signed_out()
        return await self._store(await self._exchanged(token))

    async def _exchanged(self, token: str) -> oauth.Tokens:
        lost = False
        try:
            tokens = await self._ask(token)
        except TimedOut:
            # Zendesk may not have had it. If it had, the token is used up and is refused now,
            # which harms nothing (contract zendesk 1: no reuse detection).
            lost = True
            try:
                tokens = await self._ask(token)
            except AuthLost as error:
                self._refused = token
                raise answer_lost() from error
        except AuthLost as error:
            self._refused = token
            raise signed_out() from error
        if tokens.refresh is None and lost:
            raise answer_lost()
        return tokens

    async def _ask(self, token: str) -> oauth.Tokens:
        answer = await self._transport.send(oauth.refresh(self._client_id, token))
        return oauth.read_tokens(answer, self._clock.now())

    async def _store(self, tokens: oauth.Tokens) -> _Access:
        self._unstored = tokens
        if tokens.refresh is not None:
            await self._vault.set(Secret.ZENDESK_REFRESH, tokens.refresh)
        access = _Access(tokens.access, int(tokens.expires_at or _NO_END))
        await self._vault.set(Secret.ZENDESK_ACCESS, f"{access.expires_at} {access.token}")
        self._unstored = None
        return access

    async def _stored(self) -> _Access | None:
        entry = await self._vault.get(Secret.ZENDESK_ACCESS)
        expires, _, token = (entry or "").partition(" ")
        if not token or not expires.isdigit():
            return None
        return _Access(token, int(expires))


def signed_out() -> AuthLost:
    """Say that there is no sign-in any more."""
    return AuthLost(
        "You are signed out of Zendesk.",
        "What waits to be sent is kept and goes out afterwards.",
        "Sign in again.",
    )


def answer_lost() -> AuthLost:
    """Say that a renewal's answer never arrived, and the old tokens are used up."""
    return AuthLost(
        "The sign-in could not be renewed.",
        "Zendesk’s answer was lost on the way, and its tokens work only once. "
        "What waits to be sent is kept and goes out afterwards.",
        "Sign in again.",
    )
