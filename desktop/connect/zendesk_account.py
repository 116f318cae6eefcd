"""The account field of the wizard: what was typed or pasted, and whether it is free."""

from dataclasses import dataclass

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import InvalidInput
from desktop.settings import service_address, settings_table
from desktop.settings.workspace import WorkspaceRegistry
from desktop.vault.secret import Secret, Vault


@dataclass(frozen=True)
class ZendeskAccount:
    """A Zendesk account: `https://acme.zendesk.com`, and `acme` for short."""

    base_url: str
    name: str


def parse_zendesk_account(typed: str) -> ZendeskAccount:
    """Read a subdomain, a host or a pasted URL (S1-06). Raises InvalidInput with the reason."""
    base_url = service_address.normalize_zendesk_url(typed)
    if not base_url:
        raise InvalidInput(
            "The Zendesk account is missing.",
            hint="Type the first part of https://NAME.zendesk.com/, or paste any page of it.",
        )
    return ZendeskAccount(base_url, service_address.zendesk_account_name(base_url))


def choose_zendesk_account(
    typed: str, workspaces: WorkspaceRegistry, workspace: str
) -> ZendeskAccount:
    """Read it, and make sure no other workspace has it. Raises InvalidInput, NeedsPerson."""
    account = parse_zendesk_account(typed)
    workspaces.require_account_unused(account.base_url, but=workspace)
    return account


async def set_zendesk_account(config: ConnectionConfig, typed: str) -> ZendeskAccount:
    """Make it this workspace's account. Raises InvalidInput, NeedsPerson, NotPermitted, NoKeyring."""
    account = choose_zendesk_account(typed, config.workspaces, config.workspace.name)
    before = config.settings_file.load().values.get(settings_table.ZENDESK_BASE_URL)
    if before != account.base_url:
        if before:
            await erase_zendesk_secrets(config.vault)
        config.settings_file.change({settings_table.ZENDESK_BASE_URL.key: account.base_url})
    return account


async def erase_zendesk_secrets(vault: Vault) -> None:
    """Erase what signs in to Zendesk: one account's credentials are never shown to another."""
    for secret in (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH, Secret.ZENDESK_TOKEN):
        await vault.delete(secret)
