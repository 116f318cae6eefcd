"""Asks what the person at a command may do: see customers, and what admins alone may."""

from collections.abc import Iterable
from typing import Any

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import NotPermitted
from desktop.model.permission import (
    Permission,
    PermissionDecision,
    Role,
    check_permission,
    check_role,
)

# Of a row of events, or of what is done about one.
_KEYS_WITHOUT_CUSTOMER = ("event", "line", "action", "state", "request_id", "attempts", "next_try")


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


async def rows_to_show(
    services: WorkspaceServices, rows: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a command's JSON rows of events, without whom they are about for who may not look.

    For what is done whoever asks: whose it is, only some may see.
    """
    decision = await check_view_permission(services)
    if decision.is_allowed:
        return list(rows)
    return [{key: row[key] for key in _KEYS_WITHOUT_CUSTOMER if key in row} for row in rows]


def require_admin(services: WorkspaceServices, what: str) -> None:
    """Raise NotPermitted for a command where no admin is known to be at work.

    `what` is what only an admin may do, as in “erase a customer”.
    """
    session = services.session
    if session.connection_error is not None:
        raise session.connection_error
    if session.actor.role is not Role.ADMIN:
        raise NotPermitted(
            f"Only an admin may {what}.", "Nothing was changed.", "Ask an admin of Zendesk."
        )


async def require_view_permission(services: WorkspaceServices) -> None:
    """Raise NotPermitted where a command's user may not look customers up, or is an end user."""
    decision = await check_view_permission(services)
    if isinstance(services.session.connection_error, NotPermitted):
        raise services.session.connection_error
    if not decision.is_allowed:
        raise NotPermitted("Looking customers up is not allowed.", decision.reason)


async def require_team_record_permission(services: WorkspaceServices) -> None:
    """Raise NotPermitted where a command's user may not see what the whole team recorded."""
    session = services.session
    if not session.is_connected:
        await session.connect()
    decision = check_role(Permission.TEAM_RECORD, session.actor, session.rules)
    if not decision.is_allowed:
        raise NotPermitted(
            "The team's record is not for everybody.",
            decision.reason,
            "Add --customer WHO for one customer's.",
        )
