"""The account field of the wizard: what was typed or pasted, and whether it is free."""

from dataclasses import dataclass

from desktop.connect.desk import Desk
from desktop.kit.errors import BadInput
from desktop.settings import address, table
from desktop.settings.workspace import Workspaces
from desktop.vault.secret import Secret, Vault


@dataclass(frozen=True)
class Account:
    """A Zendesk account: `https://acme.zendesk.com`, and `acme` for short."""

    base_url: str
    name: str


def parse_account(typed: str) -> Account:
    """Read a subdomain, a host or a pasted URL (S1-06). Raises BadInput with the reason."""
    base_url = address.zendesk_base_url(typed)
    if not base_url:
        raise BadInput(
            "The Zendesk account is missing.",
            hint="Type the first part of https://NAME.zendesk.com/, or paste any page of it.",
        )
    return Account(base_url, address.account_name(base_url))


def choose_account(typed: str, workspaces: Workspaces, workspace: str) -> Account:
    """Read it, and make sure no other workspace has it. Raises BadInput, NeedsPerson."""
    account = parse_account(typed)
    workspaces.require_free(account.base_url, but=workspace)
    return account


async def set_account(desk: Desk, typed: str) -> Account:
    """Make it this workspace's account. Raises BadInput, NeedsPerson, NotPermitted, NoKeyring."""
    account = choose_account(typed, desk.workspaces, desk.workspace.name)
    before = desk.settings.load().values.get(table.ZENDESK_BASE_URL)
    if before != account.base_url:
        if before:
            await forget_sign_in(desk.vault)
        desk.settings.change({table.ZENDESK_BASE_URL.key: account.base_url})
    return account


async def forget_sign_in(vault: Vault) -> None:
    """Erase what signs in to Zendesk: one account's credentials are never shown to another."""
    for secret in (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH, Secret.ZENDESK_TOKEN):
        await vault.delete(secret)
