"""The part of a set-up that connects Zendesk Sell, which is optional."""

from collections.abc import Mapping

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.http_messages import Transport
from desktop.clients.sell.credentials import AccessTokenCredentials
from desktop.clients.sell.oauth import SellOAuthClient
from desktop.connect.connection_check import CheckCollector, ConnectionCheck
from desktop.connect.connection_config import SELL_LOCK, ConnectionConfig
from desktop.connect.oauth_token_manager import LOCK_TIMEOUT_S, OAuthTokenManager
from desktop.connect.reachability_check import check_reachability
from desktop.connect.sell_account_checks import check_sell_account
from desktop.connect.setup_document import SetupDocument
from desktop.kit.errors import AppError, KeyringError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.file_lock import hold_lock
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import SecretForOtherHost, store_bound_secrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import SELL_SECRETS, Secret

_TITLE = Service.SELL.title
_OAUTH_SECRETS = (Secret.SELL_REFRESH, Secret.SELL_ACCESS, Secret.SELL_CLIENT_SECRET)
_NO_PLACE_FOR_SELL = (
    "Zendesk Sell was not connected: there is no keyring for its token. Set FAIRLEAD_SELL_TOKEN."
)


def choose_sell_sign_in(
    setup: SetupDocument, before: SettingsValues, settings: dict[str, Json]
) -> None:
    """Choose `sell.auth` for a set-up without it, by the kind of secret that it gives."""
    key = settings_table.SELL_AUTH.key
    if key in setup.settings or before.is_managed(settings_table.SELL_AUTH):
        return
    if Secret.SELL_TOKEN in setup.secrets:
        chosen = "token"
    elif not setup.secrets.keys().isdisjoint(_OAUTH_SECRETS):
        chosen = "oauth"
    else:
        return
    if chosen != before.get(settings_table.SELL_AUTH):
        settings[key] = chosen


async def check_sell_setup(
    config: ConnectionConfig,
    values: SettingsValues,
    secrets: dict[Secret, str],
    settings: dict[str, Json],
    checks: CheckCollector,
) -> None:
    """Check the Zendesk Sell account of a set-up; a refused sign-in goes from what is stored.

    `settings` are those that this person may change, `values` all as they are with them. Optional:
    the rest is stored all the same. A refresh token of `secrets` is replaced by what it gives.
    """
    given = _sell_secrets(secrets)
    is_accepted = not given
    if values.get(settings_table.SELL_ENABLED):
        try:
            is_accepted = await _check_sign_in(config, values, secrets, settings, checks)
        except SecretForOtherHost as error:
            checks.report_error(f"{_TITLE}: token", error)
    if not is_accepted:
        _drop_sell(secrets, settings)


def _sell_secrets(secrets: Mapping[Secret, str]) -> dict[Secret, str]:
    return {secret: secrets[secret] for secret in SELL_SECRETS if secret in secrets}


def _drop_sell(secrets: dict[Secret, str], settings: dict[str, Json]) -> None:
    for secret in SELL_SECRETS:
        secrets.pop(secret, None)
    for setting in settings_table.SELL_SETTINGS:
        settings.pop(setting.key, None)


async def _check_sign_in(
    config: ConnectionConfig,
    values: SettingsValues,
    secrets: dict[Secret, str],
    settings: Mapping[str, Json],
    checks: CheckCollector,
) -> bool:
    """Check how a set-up signs in to Sell; False: what it gives is refused or has no use."""
    given = _sell_secrets(secrets)
    uses_token = (
        values.get(settings_table.SELL_AUTH) == "token"
        or Secret.SELL_TOKEN in config.environment_secrets.secrets
    )
    needed = Secret.SELL_TOKEN if uses_token else Secret.SELL_CLIENT_SECRET
    if given and uses_token and needed not in given:
        return False
    if needed not in given and settings_table.SELL_BASE_URL.key not in settings:
        config.require_sell_address(values)
    services = config.temporary_clients(values)
    uri = values.get(settings_table.SELL_BASE_URL)
    async with services.transport(_TITLE, uri) as transport:
        if Secret.SELL_TOKEN in given:
            credentials: HeaderCredentials = AccessTokenCredentials(given[Secret.SELL_TOKEN])
        elif Secret.SELL_REFRESH in given:
            return await _check_refresh_token(config, values, secrets, transport, checks)
        else:
            kept = await config.sell_credentials(values, transport)
            if kept is None:
                if not uses_token:
                    checks.add(_not_signed_in_yet_check())
                return True
            credentials = kept
        if not await check_reachability(_TITLE, uri, services, config.clock, checks):
            return not given
        async with services.sell(uri, credentials) as client:
            return await check_sell_account(client, config.clock, checks) or not given


def _not_signed_in_yet_check() -> ConnectionCheck:
    return ConnectionCheck(
        f"{_TITLE}: sign-in",
        False,
        "Nobody has signed in to Zendesk Sell here yet.",
        "Sign in to it in Settings › Connections, or with: fairlead sell sign-in.",
        is_needed=False,
    )


async def _check_refresh_token(
    config: ConnectionConfig,
    values: SettingsValues,
    secrets: dict[Secret, str],
    transport: Transport,
    checks: CheckCollector,
) -> bool:
    """Trade a set-up's refresh token for tokens of this workspace, and check what they open."""
    services = config.temporary_clients(values)
    uri = values.get(settings_table.SELL_BASE_URL)
    try:
        await config.vault.get(Secret.SELL_HOST)
    except KeyringError:
        if not config.environment_secrets.secrets:
            raise
        # A server without a keyring: the token is not used up for nothing.
        return True
    client_secret = secrets.get(Secret.SELL_CLIENT_SECRET)
    if client_secret is None:
        client_secret = (await config.sell_oauth_client(values)).client_secret
    client = SellOAuthClient(values.get(settings_table.SELL_CLIENT_ID), client_secret)
    if not await check_reachability(_TITLE, uri, services, config.clock, checks):
        return False
    former = await _read_stored_sell_secrets(config)
    try:
        await _redeem_refresh_token(config, client, transport, secrets, uri)
    except KeyringError:
        raise
    except AppError as error:
        checks.report_error(f"{_TITLE}: sign-in", error)
        return False
    manager = config.sell_token_manager(client, transport)
    is_good = False
    try:
        async with services.sell(uri, manager) as sell:
            is_good = await check_sell_account(sell, config.clock, checks)
    finally:
        if not is_good:
            # It opens nothing: it must not stay valid in Sell, nor take the place of one that does.
            await manager.sign_out()
            await _put_back_sell_secrets(config, former)
    return is_good


async def _read_stored_sell_secrets(config: ConnectionConfig) -> dict[Secret, str | None]:
    """Return what the vault has of Sell's secrets and their host, without the environment's."""
    given = config.environment_secrets.secrets
    names = [one for one in (*SELL_SECRETS, Secret.SELL_HOST) if one not in given]
    return {secret: await config.vault.get(secret) for secret in names}


async def _put_back_sell_secrets(
    config: ConnectionConfig, stored: Mapping[Secret, str | None]
) -> None:
    """Store Sell's secrets as they were before a sign-in that is refused."""
    for secret, value in stored.items():
        if value is not None:
            await config.vault.set(secret, value)
        elif await config.vault.get(secret) is not None:
            await config.vault.delete(secret)


async def _redeem_refresh_token(
    config: ConnectionConfig,
    client: SellOAuthClient,
    transport: Transport,
    secrets: dict[Secret, str],
    uri: str,
) -> None:
    """Trade a refresh token for tokens and store them before they are used: it may work once."""
    lock = config.workspace.lock_path(SELL_LOCK)
    async with hold_lock(lock, limit_s=LOCK_TIMEOUT_S, clock=config.clock):
        staged = MemoryVault({Secret.SELL_REFRESH: secrets[Secret.SELL_REFRESH]})
        own_lock = config.workspace.lock_path("sell-set-up")
        manager = OAuthTokenManager(staged, transport, client, own_lock, config.clock)
        await manager.refresh()
        # Raises what was refused.
        await manager.authorization_header()
        for secret in (Secret.SELL_REFRESH, Secret.SELL_ACCESS):
            secrets[secret] = await staged.get(secret) or ""
        await config.seal.load()
        await store_sell_secrets(config, secrets, uri)


async def store_sell_secrets(
    config: ConnectionConfig, secrets: Mapping[Secret, str], host: str
) -> None:
    """Store a set-up's secrets of Sell, bound to `host`; those of another way or host are erased.

    Raises KeyringError, InvalidInput.
    """
    overrides = config.environment_secrets.secrets
    # What the environment gives needs no keyring, and a server may have none.
    given = {
        secret: value
        for secret, value in _sell_secrets(secrets).items()
        if overrides.get(secret) != value
    }
    if not given:
        return
    is_moved = await config.vault.get(Secret.SELL_HOST) not in (None, host)
    others = _OAUTH_SECRETS if Secret.SELL_TOKEN in given else (Secret.SELL_TOKEN,)
    for secret in SELL_SECRETS:
        # One way of signing in at a time, and nothing of another host is shown to this one.
        if secret not in given and (is_moved or secret in others):
            await config.vault.delete(secret)
    await store_bound_secrets(config.vault, given, host)


async def drop_unkept_sell_secrets(
    config: ConnectionConfig,
    before: SettingsValues,
    secrets: dict[Secret, str],
    settings: dict[str, Json],
) -> tuple[str, ...]:
    """Drop a set-up's secrets of Sell that have no use or place here; returns notes about it.

    `settings` are those that this person may change.
    """
    if not before.with_changes(settings).get(settings_table.SELL_ENABLED):
        # Nobody who may has switched it on.
        for secret in SELL_SECRETS:
            secrets.pop(secret, None)
    environment = config.environment_secrets.secrets
    if all(environment.get(one) == value for one, value in _sell_secrets(secrets).items()):
        return ()
    try:
        await config.vault.get(Secret.SELL_HOST)
    except KeyringError:
        if not environment:
            raise
        # A server that has its keys from the environment need not have a keyring.
        _drop_sell(secrets, {})
        settings.pop(settings_table.SELL_ENABLED.key, None)
        return (_NO_PLACE_FOR_SELL,)
    return ()
