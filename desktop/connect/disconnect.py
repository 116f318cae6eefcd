"""Signs out of Zendesk and disconnects a workspace: revokes the token, erases the secrets.

Runs stop first. Who signs out has the caller erase `mirror.db` too; disconnecting keeps it until
it is erased. Outbox and audit stay, and what waits is said before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.zendesk_account import erase_zendesk_secrets
from desktop.kit.errors import KeyringError
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.secret import SELL_SECRETS, Secret, erase_all_secrets

_ACCOUNT_SETTINGS: tuple[Setting[Any], ...] = (
    settings_table.ZENDESK_BASE_URL,
    settings_table.ZENDESK_AUTH,
    settings_table.ZENDESK_EMAIL,
    settings_table.SAILTHRU_ONLY_OWNER,
    settings_table.HAS_DEDICATED_KEY,
    *settings_table.SELL_SETTINGS,
)


@dataclass(frozen=True)
class SignOutResult:
    """Whether a sign-out was revoked at Zendesk, and what that means in a sentence."""

    is_revoked: bool
    message: str


async def sign_out_of_zendesk(config: ConnectionConfig) -> SignOutResult:
    """Revoke the Zendesk sign-in; the account stays set, so that signing in again is one step.

    Raises KeyringError when the secrets cannot be erased, ConflictError where a run does not stop.
    """
    async with LocalDataService(config.workspace).stopped_runs():
        return await _revoke_and_erase(config)


async def _revoke_and_erase(config: ConnectionConfig) -> SignOutResult:
    values = config.settings_file.load().values
    how, base_url = (
        values.get(settings_table.ZENDESK_AUTH),
        values.get(settings_table.ZENDESK_BASE_URL),
    )
    revoked = True
    if how == "oauth" and base_url:
        async with config.temporary_clients(values).transport(
            Service.ZENDESK.title, base_url
        ) as transport:
            try:
                await config.zendesk_credentials(values, transport)
            except SecretForOtherHost:
                # The address was changed since: the tokens are erased here and sent nowhere.
                await erase_zendesk_secrets(config.vault)
                revoked = False
            else:
                revoked = await config.token_manager(values, transport).sign_out()
    # The sign-out above has erased the OAuth tokens.
    await config.vault.delete(Secret.ZENDESK_TOKEN)
    if how == "token":
        return SignOutResult(
            False, "The API token is erased here. Zendesk accepts it until it is deleted there."
        )
    if revoked:
        return SignOutResult(True, "You are signed out, here and at Zendesk.")
    return SignOutResult(
        False,
        "You are signed out here, but the sign-in was not revoked at Zendesk: it ends by itself "
        "within 30 days. An admin can delete its token in Zendesk sooner.",
    )


async def disconnect_workspace(config: ConnectionConfig) -> SignOutResult:
    """Sign the workspace out, forget its accounts and the Sailthru key, and switch changes off.

    The permissions go back to their defaults, since they were this account's.
    """
    result = await sign_out_of_zendesk(config)
    await config.seal.load()
    await _revoke_sell_sign_in(config)
    await erase_all_secrets(config.vault)
    values = config.settings_file.load().values
    rows: tuple[Setting[Any], ...] = (
        settings_table.CHANGES_ENABLED,
        settings_table.FOLLOW_ADDRESSES,
        *settings_table.PERMISSION_SETTINGS.values(),
        *_ACCOUNT_SETTINGS,
    )
    # A managed setting cannot be changed here, and its refusal would keep the rest.
    config.settings_file.change({row.key: None for row in rows if not values.is_managed(row)})
    return result


async def disconnect_sailthru(config: ConnectionConfig) -> None:
    """Forget Sailthru's key and secret; runs stop first, the other services stay connected.

    Raises KeyringError, ConflictError where a run does not stop. Sailthru takes the key until it is
    withdrawn there.
    """
    async with LocalDataService(config.workspace).stopped_runs():
        await _delete_secrets(
            config, (Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET, Secret.SAILTHRU_HOST)
        )


async def disconnect_sell(config: ConnectionConfig) -> SignOutResult:
    """Forget the sign-in to Zendesk Sell and switch Sell off; the other services stay connected.

    An OAuth sign-in is revoked; a token stays valid in Sell until an admin deletes it there. Raises
    NotPermitted or KeyringError.
    """
    await config.seal.load()
    values = config.settings_file.load().values
    revoked = await _revoke_sell_sign_in(config)
    if not values.is_managed(settings_table.SELL_ENABLED):
        config.settings_file.change({settings_table.SELL_ENABLED.key: None})
    await _delete_secrets(config, (*SELL_SECRETS, Secret.SELL_HOST))
    if revoked is None:
        return SignOutResult(
            False,
            "Zendesk Sell is disconnected. It accepts the token until an admin deletes it there.",
        )
    if revoked:
        return SignOutResult(True, "Zendesk Sell is disconnected, here and in Sell.")
    return SignOutResult(
        False,
        "Zendesk Sell is disconnected here, but the sign-in was not revoked there. An admin can"
        " take it back in Sell: Settings › Integrations › OAuth.",
    )


async def _revoke_sell_sign_in(config: ConnectionConfig) -> bool | None:
    """Revoke the OAuth sign-in that is kept for Sell; None: there is none."""
    values = config.settings_file.load().values
    address = values.get(settings_table.SELL_BASE_URL)
    try:
        kept = [
            await config.secret_for_host(secret, address)
            for secret in (Secret.SELL_REFRESH, Secret.SELL_ACCESS)
        ]
        client = await config.sell_oauth_client(values)
    except SecretForOtherHost:
        # It is not shown to the address that the settings name now.
        return False
    except KeyringError:
        if not config.environment_secrets.secrets:
            raise
        return None
    if not any(kept):
        return None
    clients = config.temporary_clients(values)
    async with clients.transport(Service.SELL.title, address) as transport:
        return await config.sell_token_manager(client, transport).sign_out()


async def _delete_secrets(config: ConnectionConfig, secrets: Sequence[Secret]) -> None:
    try:
        for secret in secrets:
            await config.vault.delete(secret)
    except KeyringError:
        # A server that has its keys from the environment need not have a keyring.
        if not config.environment_secrets.secrets:
            raise
