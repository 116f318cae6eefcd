"""Looks a customer up for a command while Zendesk is still asked who is at work.

Signing in first would be a round trip before the first question. Until the right is known nothing
that was read is kept, and nothing is handed to the command.
"""

import asyncio

from desktop.app.commands.open_workspace import require_set_up
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.customer.concurrent_calls import cancel_and_wait
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.lookup_query import LookupQuery
from desktop.model.permission import Permission, check_permission


async def look_up_during_sign_in(
    services: WorkspaceServices, query: LookupQuery, *, signs_audit: bool = False
) -> CustomerSheet:
    """Look a command's query up while its workspace is still connecting, which this starts too.

    `signs_audit`: load the audit's key too, for a command that changes something. Raises
    NotPermitted where the person may not look customers up, and what `look_up_query` and `connect`
    raise.
    """
    require_set_up(services)
    session, lookup = services.session, services.lookup
    if not check_permission(Permission.VIEW, session.actor, session.rules).is_allowed:
        # Some role may not look: nobody is read before it is known which one this is.
        await session.connect(signs_audit=signs_audit)
        await require_view_permission(services)
        return await lookup.look_up_query(query)
    await session.open_connections()
    clients = session.clients
    signing_in = asyncio.create_task(_sign_in(services, signs_audit=signs_audit))
    reading = asyncio.create_task(lookup.look_up_query(query, keep_after=signing_in))
    try:
        await signing_in
    except BaseException:
        await cancel_and_wait(reading)
        raise
    if session.clients != clients:
        # They led to another account: what was read there is not this workspace's.
        await cancel_and_wait(reading)
        return await lookup.look_up_query(query)
    return await reading


async def _sign_in(services: WorkspaceServices, *, signs_audit: bool) -> None:
    await services.session.sign_in(signs_audit=signs_audit)
    await require_view_permission(services)
