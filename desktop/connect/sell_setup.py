"""The part of a set-up that connects Zendesk Sell, which is optional."""

from desktop.connect.connection_check import CheckCollector
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.reachability_check import check_reachability
from desktop.connect.sell_account_checks import check_sell_account
from desktop.kit.errors import KeyringError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.secret import Secret

_NO_PLACE_FOR_SELL = (
    "Zendesk Sell was not connected: there is no keyring for its token. Set FAIRLEAD_SELL_TOKEN."
)


async def check_sell_setup(
    config: ConnectionConfig,
    values: SettingsValues,
    secrets: dict[Secret, str],
    settings: dict[str, Json],
    checks: CheckCollector,
) -> None:
    """Check the Zendesk Sell account of a set-up; a refused token goes from what is stored.

    `settings` are those that this person may change, `values` all as they are with them. Optional:
    the rest is stored all the same.
    """
    token = secrets.get(Secret.SELL_TOKEN)
    if token is None:
        try:
            if settings_table.SELL_BASE_URL.key not in settings:
                config.require_sell_address(values)
            token = await config.sell_token(values)
        except SecretForOtherHost as error:
            checks.report_error(f"{Service.SELL.title}: token", error)
    if token is not None and values.get(settings_table.SELL_ENABLED):
        is_accepted = await _check_account(config, values, token, checks)
    else:
        is_accepted = Secret.SELL_TOKEN not in secrets
    if not is_accepted:
        secrets.pop(Secret.SELL_TOKEN, None)
        for setting in settings_table.SELL_SETTINGS:
            settings.pop(setting.key, None)


async def _check_account(
    config: ConnectionConfig, values: SettingsValues, token: str, checks: CheckCollector
) -> bool:
    services = config.temporary_clients(values)
    uri = values.get(settings_table.SELL_BASE_URL)
    if not await check_reachability(Service.SELL.title, uri, services, config.clock, checks):
        return False
    async with services.sell(uri, token) as client:
        return await check_sell_account(client, config.clock, checks)


async def drop_unkept_sell_token(
    config: ConnectionConfig,
    before: SettingsValues,
    secrets: dict[Secret, str],
    settings: dict[str, Json],
) -> tuple[str, ...]:
    """Drop a set-up's Sell token that has no use or no place here; returns notes about it.

    `settings` are those that this person may change.
    """
    if not before.with_changes(settings).get(settings_table.SELL_ENABLED):
        # Nobody who may has switched it on.
        secrets.pop(Secret.SELL_TOKEN, None)
    token, given = secrets.get(Secret.SELL_TOKEN), config.environment_secrets.secrets
    if token is None or token == given.get(Secret.SELL_TOKEN):
        return ()
    try:
        await config.vault.get(Secret.SELL_HOST)
    except KeyringError:
        if not given:
            raise
        # A server that has its keys from the environment need not have a keyring.
        secrets.pop(Secret.SELL_TOKEN)
        settings.pop(settings_table.SELL_ENABLED.key, None)
        return (_NO_PLACE_FOR_SELL,)
    return ()
