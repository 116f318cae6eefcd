"""Asks whether the person at a command may see customers, before anything of one is printed."""

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import NotPermitted
from desktop.model.permission import Permission, PermissionDecision, check_permission


async def check_view_permission(services: WorkspaceServices) -> PermissionDecision:
    """Decide whether a command may show customers to the person at work.

    A command that works offline signs in only where that matters: where the rules keep some role
    from looking. Raises KeyringError and InvalidInput, as signing in does.
    """
    session = services.session
    decision = check_permission(Permission.VIEW, session.actor, session.rules)
    if not decision.is_allowed and not session.is_connected:
        await session.connect()
        decision = check_permission(Permission.VIEW, session.actor, session.rules)
    return decision


async def require_view_permission(services: WorkspaceServices) -> None:
    """Raise NotPermitted where a command's user may not look customers up, or is an end user."""
    decision = await check_view_permission(services)
    if isinstance(services.session.connection_error, NotPermitted):
        raise services.session.connection_error
    if not decision.is_allowed:
        raise NotPermitted("Looking customers up is not allowed.", decision.reason)
