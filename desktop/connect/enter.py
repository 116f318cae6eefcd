"""Signing in to a workspace's Zendesk account, from the browser to the kept tokens."""

from dataclasses import dataclass, field

from desktop.clients.exchange import Transport
from desktop.clients.zendesk import oauth
from desktop.connect.desk import Desk
from desktop.connect.loopback import LIMIT_S
from desktop.connect.roles import actor_from
from desktop.connect.services import ZENDESK
from desktop.connect.signin import OpenBrowser, SignIn, sign_in
from desktop.kit.errors import AppError, BadInput, NotPermitted
from desktop.model.permission import Actor
from desktop.settings import table
from desktop.vault.secret import Secret


@dataclass(frozen=True)
class _Fresh:
    """A token that is not kept yet."""

    access: str = field(repr=False)

    async def header(self) -> str:
        return f"Bearer {self.access}"

    async def refreshed(self) -> bool:
        return False


async def sign_in_here(desk: Desk, open_browser: OpenBrowser, limit_s: float = LIMIT_S) -> Actor:
    """Sign in with the browser and keep the tokens; the account and the client are settings.

    An end user's sign-in is revoked and refused. Raises what `sign_in` raises, NotPermitted,
    NeedsPerson when another workspace has the account, NoKeyring.
    """
    values = desk.settings.load().values
    base_url = values.get(table.ZENDESK_BASE_URL)
    if not base_url:
        raise BadInput("No Zendesk account is set.", hint="Enter it in Settings › Zendesk.")
    desk.workspaces.require_free(base_url, but=desk.workspace.name)
    services = desk.services(values)
    request = SignIn(base_url, values.get(table.ZENDESK_CLIENT_ID), limit_s=limit_s)
    async with services.transport(ZENDESK, base_url) as transport:
        tokens = await sign_in(request, transport, open_browser, desk.clock)
        async with services.zendesk(base_url, _Fresh(tokens.access)) as client:
            try:
                actor = actor_from(await client.me())
            except NotPermitted:
                await _give_back(transport, tokens)
                raise
        await desk.keeper(values, transport).keep(tokens)
    await desk.vault.delete(Secret.ZENDESK_TOKEN)
    if not values.managed(table.ZENDESK_AUTH):
        desk.settings.change({table.ZENDESK_AUTH.key: "oauth"})
    return actor


async def _give_back(transport: Transport, tokens: oauth.Tokens) -> None:
    try:
        await transport.send(oauth.revoke(tokens.access))
    except AppError:
        # It ends by itself within half an hour, and nobody holds it.
        return
