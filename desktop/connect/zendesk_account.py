"""The Zendesk account of a workspace: parses what was typed, and sets it where it is free."""

from dataclasses import dataclass

from desktop.connect.account_move import is_other_account, move_decision_error
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_databases import LocalDatabases
from desktop.kit.errors import InvalidInput
from desktop.model.account import Account
from desktop.settings import service_address, settings_table
from desktop.vault.secret import Secret, Vault

ZENDESK_SECRETS = (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH, Secret.ZENDESK_TOKEN)


@dataclass(frozen=True)
class ZendeskAccount:
    """A Zendesk account: `https://acme.zendesk.com`, and `acme` for short."""

    base_url: str
    name: str


def parse_zendesk_account(typed: str) -> ZendeskAccount:
    """Parse a subdomain, a host or a pasted URL (S1-06). Raises InvalidInput."""
    base_url = service_address.normalize_zendesk_url(typed)
    if not base_url:
        raise InvalidInput(
            "The Zendesk account is missing.",
            hint="Type the first part of https://NAME.zendesk.com/, or paste any page of it.",
        )
    return ZendeskAccount(base_url, service_address.zendesk_account_name(base_url))


async def set_zendesk_account(config: ConnectionConfig, typed: str) -> ZendeskAccount:
    """Make an account this workspace's, unless another workspace has it.

    Raises InvalidInput, UserDecisionNeeded, NotPermitted, KeyringError.
    """
    account = parse_zendesk_account(typed)
    config.workspaces.require_account_unused(account.base_url, but=config.workspace.name)
    before = config.settings_file.load().values.get(settings_table.ZENDESK_BASE_URL)
    if before != account.base_url:
        await require_no_account_move(config, Account(before), Account(account.base_url))
        # The tokens of the other account would be sent to this one.
        if before:
            await erase_zendesk_secrets(config.vault)
        # The OAuth client is one of the other account's too.
        config.settings_file.change(
            {
                settings_table.ZENDESK_BASE_URL.key: account.base_url,
                settings_table.ZENDESK_CLIENT_ID.key: None,
            }
            if before
            else {settings_table.ZENDESK_BASE_URL.key: account.base_url}
        )
    return account


async def require_no_account_move(config: ConnectionConfig, former: Account, seen: Account) -> None:
    """Raises UserDecisionNeeded where `seen` is another account than what waits here belongs to.

    An account for which nothing is kept gives way to it.
    """
    local = LocalDatabases(config.workspace)
    if await is_other_account(local, former, seen, None):
        kept = await local.count_kept()
        if not kept.is_nothing:
            raise move_decision_error(kept)
        await local.move_to_account(seen, config.clock.now())


async def erase_zendesk_secrets(vault: Vault) -> None:
    """Delete the Zendesk secrets: one account's are never shown to another."""
    for secret in (*ZENDESK_SECRETS, Secret.ZENDESK_HOST):
        await vault.delete(secret)
