"""Signs in to Zendesk Sell with the browser; a set-up then checks and stores what it gave."""

from desktop.clients.sell.oauth import SellOAuthClient
from desktop.connect.connection_check import OnCheck, are_needed_checks_ok
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.oauth_redirect_listener import REDIRECT_TIMEOUT_S
from desktop.connect.oauth_sign_in import OAuthSignInRequest, OpenBrowser, sign_in_with_browser
from desktop.connect.sell_revocation import revoke_sell_tokens
from desktop.connect.workspace_setup import SetupReport, set_up_workspace
from desktop.kit.errors import AppError, Forbidden, NotPermitted
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.vault.secret import Secret, validate_secret


async def sign_in_to_sell(
    config: ConnectionConfig,
    open_browser: OpenBrowser,
    client_id: str = "",
    client_secret: str = "",
    *,
    on_check: OnCheck | None = None,
    limit_s: float = REDIRECT_TIMEOUT_S,
) -> SetupReport:
    """Sign in to Sell by browser, and connect it by a set-up, which asks the same rights.

    An empty client ID or secret is the one that is kept here. What is not stored is revoked. Raises
    what `sign_in_with_browser` and `set_up_workspace` raise, NotPermitted, KeyringError.
    """
    await config.seal.load(makes_key=False)
    values = config.settings_file.load().values
    section = {
        "auth": "oauth",
        "oauth_client_id": client_id.strip() or values.get(settings_table.SELL_CLIENT_ID),
    }
    if client_secret.strip():
        secret = validate_secret(Secret.SELL_CLIENT_SECRET, client_secret)
        section["oauth_client_secret"] = secret
    else:
        config.require_sell_address(values)
        secret = (await config.sell_oauth_client(values)).client_secret
    # Asked before the browser opens: what Sell gives needs a place.
    await config.vault.get(Secret.SELL_HOST)
    client = SellOAuthClient(section["oauth_client_id"], secret)
    address = values.get(settings_table.SELL_BASE_URL)
    services = config.temporary_clients(values)
    request = OAuthSignInRequest(address, client, limit_s=limit_s)
    async with services.transport(Service.SELL.title, address) as transport:
        tokens = await sign_in_with_browser(request, transport, open_browser, config.clock)
        unkept = (tokens.refresh, tokens.access)
        try:
            if tokens.refresh is None:
                raise Forbidden(
                    "Zendesk Sell gave nothing to renew the sign-in with.",
                    "Without a refresh token it would end within the hour.",
                    "Use an access token instead.",
                )
            section["refresh_token"] = tokens.refresh
            report = await set_up_workspace({"sell": section}, config, on_check)
            if report.has_refused_settings:
                raise NotPermitted("Zendesk Sell was not connected.", " ".join(report.notes))
        except AppError:
            await revoke_sell_tokens(client, transport, unkept, config.clock.now())
            raise
        if not report.is_stored or not are_needed_checks_ok(report.checks):
            await revoke_sell_tokens(client, transport, unkept, config.clock.now())
    return report
