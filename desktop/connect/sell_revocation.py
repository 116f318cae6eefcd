"""Revokes sign-ins to Zendesk Sell that are kept no more: RFC 7009, docs/zendesk-sell.md 2."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from desktop.clients.http_messages import Transport
from desktop.clients.sell.oauth import SellOAuthClient
from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import AppError, KeyringError
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.secret import Secret

_NOT_REVOKED = (
    "The former sign-in to Zendesk Sell was not revoked there. An admin can take it back in Sell:"
    " Settings › Integrations › OAuth."
)


@dataclass(frozen=True)
class SellSignIn:
    """An OAuth sign-in to Sell as it is kept: its address, its client and its tokens."""

    address: str
    client: SellOAuthClient
    refresh: str = field(default="", repr=False)
    access: str = field(default="", repr=False)


async def read_sell_sign_in(config: ConnectionConfig, values: SettingsValues) -> SellSignIn | None:
    """Return the OAuth sign-in that is kept for the address of Sell in `values`, or None."""
    address = values.get(settings_table.SELL_BASE_URL)
    try:
        refresh = await config.secret_for_host(Secret.SELL_REFRESH, address)
        access = await config.secret_for_host(Secret.SELL_ACCESS, address)
        if not (refresh or access):
            return None
        client = await config.sell_oauth_client(values)
    except (SecretForOtherHost, KeyringError):
        # It is shown to no other address; without a keyring none is kept.
        return None
    return SellSignIn(address, client, refresh or "", (access or "").partition(" ")[2])


async def revoke_replaced_sell_sign_in(
    config: ConnectionConfig, values: SettingsValues, former: SellSignIn | None, renewed: str | None
) -> tuple[str, ...]:
    """Revoke a former sign-in to Sell where another one is kept now; returns notes about it.

    `renewed` is the refresh token that a set-up gave: the former one's own goes on with new tokens.
    """
    if former is None or renewed == former.refresh:
        return ()
    # Read by itself: whether it is kept must be known, and not taken from a locked keyring.
    try:
        kept = await config.vault.get(Secret.SELL_REFRESH)
    except KeyringError:
        return (_NOT_REVOKED,)
    if kept == (former.refresh or None):
        return ()
    services = config.temporary_clients(values)
    async with services.transport(Service.SELL.title, former.address) as transport:
        tokens = (former.refresh, former.access)
        is_revoked = await revoke_sell_tokens(former.client, transport, tokens, config.clock.now())
    return () if is_revoked else (_NOT_REVOKED,)


async def revoke_sell_tokens(
    client: SellOAuthClient, transport: Transport, tokens: Iterable[str | None], now: float
) -> bool:
    """Revoke each of Sell's tokens by itself; False: Sell could not be asked, or refused one."""
    is_revoked = True
    for token in filter(None, tokens):
        is_done = False
        with contextlib.suppress(AppError):
            answer = await transport.send(client.revoke_request(token))
            is_done = client.parse_revocation(answer, now)
        is_revoked = is_revoked and is_done
    return is_revoked
