"""The part of a set-up that connects Zendesk Sell, which is optional."""

from collections.abc import Mapping

from desktop.connect.connection_check import CheckCollector
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.reachability_check import check_reachability
from desktop.connect.sell_account_checks import check_sell_account
from desktop.kit.errors import KeyringError
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues
from desktop.vault.secret import Secret

NO_PLACE_FOR_SELL = (
    "Zendesk Sell was not connected: there is no keyring for its token. Set FAIRLEAD_SELL_TOKEN."
)


async def check_sell_setup(
    config: ConnectionConfig,
    values: SettingsValues,
    secrets: Mapping[Secret, str],
    checks: CheckCollector,
) -> bool:
    """Check the Zendesk Sell account of a set-up; False where its token is not to be stored."""
    token = secrets.get(Secret.SELL_TOKEN) or await config.sell_token(values)
    if token is None or not values.get(settings_table.SELL_ENABLED):
        return Secret.SELL_TOKEN not in secrets
    services = config.temporary_clients(values)
    uri = values.get(settings_table.SELL_BASE_URL)
    if not await check_reachability(Service.SELL.title, uri, services, config.clock, checks):
        return False
    async with services.sell(uri, token) as client:
        return await check_sell_account(client, config.clock, checks)


async def can_keep_sell_token(secrets: Mapping[Secret, str], config: ConnectionConfig) -> bool:
    """Whether a set-up's Sell token has a place: a server without a keyring may have none."""
    token, given = secrets.get(Secret.SELL_TOKEN), config.environment_secrets.secrets
    if token is None or token == given.get(Secret.SELL_TOKEN):
        return True
    try:
        await config.vault.get(Secret.SELL_HOST)
    except KeyringError:
        if not given:
            raise
        return False
    return True
