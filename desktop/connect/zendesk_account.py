"""The Zendesk account of a workspace: parses what was typed, and sets it where it is free."""

from dataclasses import dataclass

from desktop.connect.account_move import AccountMoveNeeded, is_other_account
from desktop.connect.account_move_permission import (
    actor_without_zendesk,
    require_admin_for_other_account,
    was_connected,
)
from desktop.connect.audit_key import load_audit_signer
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.data_source_connections import hold_new_events
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import InvalidInput
from desktop.model.account import Account
from desktop.model.json_value import Json
from desktop.settings import service_address, settings_table
from desktop.vault.secret import ZENDESK_SECRETS, Secret, Vault


@dataclass(frozen=True)
class ZendeskAccount:
    """A Zendesk account: `https://acme.zendesk.com`, and `acme` for short."""

    base_url: str
    name: str


def parse_zendesk_account(typed: str) -> ZendeskAccount:
    """Parse a Zendesk subdomain, host or pasted URL (S1-06). Raises InvalidInput."""
    base_url = service_address.normalize_zendesk_url(typed)
    if not base_url:
        raise InvalidInput(
            "The Zendesk account is missing.",
            hint="Type the first part of https://NAME.zendesk.com/, or paste any page of it.",
        )
    return ZendeskAccount(base_url, service_address.zendesk_account_name(base_url))


async def set_zendesk_account(
    config: ConnectionConfig, typed: str, *, moves_account: bool = False
) -> ZendeskAccount:
    """Make a Zendesk account this workspace's, unless another workspace has it.

    `moves_account`: what is kept for the former account may be dropped. Raises InvalidInput,
    AccountMoveNeeded, UserDecisionNeeded, NotPermitted, ConflictError, KeyringError.
    """
    account = parse_zendesk_account(typed)
    config.workspaces.require_account_unused(account.base_url, but=config.workspace.name)
    await config.seal.load()
    before = config.settings_file.load().values
    former = before.get(settings_table.ZENDESK_BASE_URL)
    if former == account.base_url:
        return account
    changes: dict[str, Json] = {settings_table.ZENDESK_BASE_URL.key: account.base_url}
    if former:
        # The OAuth client is one of the other account's too.
        changes[settings_table.ZENDESK_CLIENT_ID.key] = None
    is_connected = await was_connected(config, before)
    if is_connected:
        actor = await actor_without_zendesk(config, before, is_connected=True)
        values = before.with_changes(changes)
        await require_admin_for_other_account(config, before, values, actor)
    changes |= hold_new_events(before, {}, was_connected=is_connected)
    local = LocalDataService(config.workspace)
    seen = Account(account.base_url)
    is_moved = await is_other_account(local, Account(former), seen, None)
    if is_moved and not moves_account:
        kept = await local.count_kept()
        if not kept.is_nothing:
            raise AccountMoveNeeded(kept)
    if is_moved:
        # First: killed after this, what is connected is not the workspace's, and nothing is sent.
        signer = await load_audit_signer(config)
        await local.move_to_account(seen, config.clock.now(), signer)
    # The tokens of the other account would be sent to this one.
    if former:
        await erase_zendesk_secrets(config.vault)
    config.settings_file.change(changes)
    return account


async def erase_zendesk_secrets(vault: Vault) -> None:
    """Erase the Zendesk secrets before another account is set: it is never shown them."""
    for secret in (*ZENDESK_SECRETS, Secret.ZENDESK_HOST, Secret.ZENDESK_TOKEN_EMAIL):
        await vault.delete(secret)
