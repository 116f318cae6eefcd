"""Decides who may lead a connected workspace to another account: an admin of its own."""

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import actor_from_zendesk_user, sailthru_only_actor
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import AppError, KeyringError, NotPermitted
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues
from desktop.vault.secret import ZENDESK_SECRETS, Secret


async def was_connected(config: ConnectionConfig, before: SettingsValues) -> bool:
    """Whether anybody has connected this workspace before, even if nobody is signed in now."""
    owner = settings_table.SAILTHRU_ONLY_OWNER
    # An owner who does not count, because the seal is gone, was there all the same.
    if before.is_set(owner) or owner.key in before.outside_changes.values:
        return True
    if await config.was_signed_in_to_zendesk():
        return True
    # Signed out, with every file deleted: the Sailthru key that somebody stored is still there.
    return await _keeps_secrets(config, before)


async def _keeps_secrets(config: ConnectionConfig, before: SettingsValues) -> bool:
    """Whether the workspace keeps a key or sign-in that could be led to another account."""
    secrets: tuple[Secret, ...] = (Secret.SAILTHRU_KEY,)
    if before.get(settings_table.ZENDESK_BASE_URL):
        if config.environment_secrets.has_zendesk_sign_in:
            return True
        secrets = (*ZENDESK_SECRETS, *secrets)
    given = config.environment_secrets.secrets
    return any([bool(await config.vault.get(secret)) for secret in secrets if secret not in given])


async def actor_without_zendesk(
    config: ConnectionConfig, before: SettingsValues, *, is_connected: bool
) -> Actor | None:
    """Resolve who is at work in a workspace without Zendesk; None: Zendesk has to say it."""
    if before.get(settings_table.ZENDESK_AUTH) != "none":
        return None
    if not is_connected:
        # Whoever makes the first connection owns it.
        return Actor(config.computer_user, Role(before.get(settings_table.SAILTHRU_ONLY_ROLE)))
    return sailthru_only_actor(
        before, config.computer_user, was_in_zendesk=await config.was_signed_in_to_zendesk()
    )


async def require_admin_for_other_account(
    config: ConnectionConfig,
    before: SettingsValues,
    values: SettingsValues,
    actor: Actor | None,
) -> None:
    """Raise NotPermitted for a move to another account unless the workspace's own knows an admin.

    Asked of the account connected so far, with the credentials kept for it, before a request to
    the new address. Another token of the same account is judged by the set-up's own check.
    Raises NotPermitted.
    """
    former = await _account_so_far(config, before)
    changed = [
        row.key for row in settings_table.CONNECTION_SETTINGS if former.get(row) != values.get(row)
    ]
    auth = settings_table.ZENDESK_AUTH
    if before.get(auth) != "none" and values.get(auth) == "none":
        changed.append(auth.key)
    # After disconnecting, which is an admin's act, nothing is left that could be led away.
    if not changed or not await _keeps_secrets(config, before):
        return
    if before.get(auth) != "none":
        actor = await _ask_kept_sign_in(config, former)
    if actor is None or actor.role is not Role.ADMIN:
        who = "Nobody is signed in as an admin." if actor is None else f"{actor.name} is not one."
        raise NotPermitted(
            "This workspace is connected to another account.",
            f"Only an admin can change {', '.join(f'“{key}”' for key in changed)}. {who}",
            "Set up a workspace of its own with `--workspace NAME`.",
        )


async def _account_so_far(config: ConnectionConfig, before: SettingsValues) -> SettingsValues:
    """Return the settings with the addresses of the account that the database says it has.

    A settings file can be edited by whoever owns the computer. A move changes the database first:
    cut short, it was allowed already.
    """
    kept, _sids = await LocalDataService(config.workspace).read_account()
    known: dict[str, Json] = {}
    if kept is not None and kept.zendesk_base_url:
        known[settings_table.ZENDESK_BASE_URL.key] = kept.zendesk_base_url
    if kept is not None and kept.sailthru_service_uri:
        known[settings_table.SERVICE_URI.key] = kept.sailthru_service_uri
    return before.with_changes(known)


async def _ask_kept_sign_in(config: ConnectionConfig, before: SettingsValues) -> Actor | None:
    """Ask the Zendesk account connected so far who the kept sign-in is; None: unknown."""
    base_url = before.get(settings_table.ZENDESK_BASE_URL)
    services = config.temporary_clients(before)
    try:
        async with services.transport(Service.ZENDESK.title, base_url) as transport:
            credentials = await config.zendesk_credentials(before, transport)
            if credentials is None:
                return None
            async with services.zendesk(base_url, credentials) as client:
                return actor_from_zendesk_user(await client.me())
    except KeyringError:
        raise
    except AppError:
        return None
