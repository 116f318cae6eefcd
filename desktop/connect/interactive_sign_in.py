"""Signs in to a workspace's Zendesk account with the browser and stores the tokens."""

from dataclasses import dataclass, field

from desktop.clients.http_messages import Transport
from desktop.clients.oauth import OAuthTokens
from desktop.clients.zendesk.oauth import ZendeskOAuthClient, revoke_request
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.data_source_connections import require_may_connect_again
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.connect.oauth_redirect_listener import REDIRECT_TIMEOUT_S
from desktop.connect.oauth_sign_in import OAuthSignInRequest, OpenBrowser, sign_in_with_browser
from desktop.kit.errors import AppError, InvalidInput, NotPermitted
from desktop.model.data_source import DataSourceKind
from desktop.model.permission import Actor
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.data_source_records import connected_records
from desktop.vault.bound_secrets import bind_secrets
from desktop.vault.secret import Secret


@dataclass(frozen=True)
class _UnsavedTokenCredentials:
    """Bearer credentials of a fresh Zendesk sign-in whose tokens are not stored yet."""

    access: str = field(repr=False)

    async def authorization_header(self) -> str:
        return f"Bearer {self.access}"

    async def refresh(self) -> bool:
        return False


async def sign_in_interactively(
    config: ConnectionConfig, open_browser: OpenBrowser, limit_s: float = REDIRECT_TIMEOUT_S
) -> Actor:
    """Sign in to Zendesk by browser and store the tokens in the vault.

    An end user's sign-in is revoked and refused. Raises what `sign_in_with_browser` raises,
    NotPermitted, UserDecisionNeeded when another workspace has the account, KeyringError.
    """
    values = config.settings_file.load().values
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if not base_url:
        raise InvalidInput("No Zendesk account is set.", hint="Enter it in Settings › Connections.")
    config.workspaces.require_account_unused(base_url, but=config.workspace.name)
    services = config.temporary_clients(values)
    request = OAuthSignInRequest(
        base_url, ZendeskOAuthClient(values.get(settings_table.ZENDESK_CLIENT_ID)), limit_s=limit_s
    )
    async with services.transport(Service.ZENDESK.title, base_url) as transport:
        tokens = await sign_in_with_browser(request, transport, open_browser, config.clock)
        async with services.zendesk(base_url, _UnsavedTokenCredentials(tokens.access)) as client:
            try:
                actor = actor_from_zendesk_user(await client.me())
                require_may_connect_again(values, (Secret.ZENDESK_TOKEN,), actor)
            # An end user's token must not stay valid at Zendesk.
            except NotPermitted:
                await _revoke(transport, tokens)
                raise
        await config.token_manager(values, transport).save_tokens(tokens)
        await bind_secrets(config.vault, (Secret.ZENDESK_ACCESS,), base_url)
    # One way of signing in at a time, or nobody would know which one counts.
    await config.vault.delete(Secret.ZENDESK_TOKEN)
    account = (DataSourceKind.SUPPORT, base_url)
    changes = connected_records(values, [account], actor.name, config.clock.now())
    if not values.is_managed(settings_table.ZENDESK_AUTH):
        changes[settings_table.ZENDESK_AUTH.key] = "oauth"
    config.settings_file.change(changes)
    return actor


async def _revoke(transport: Transport, tokens: OAuthTokens) -> None:
    try:
        await transport.send(revoke_request(tokens.access))
    except AppError:
        # It ends by itself within half an hour, and nobody holds it.
        return
