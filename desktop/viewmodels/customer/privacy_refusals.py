"""Why the customer shown can't be exported or erased by the person at work, in a sentence."""

from desktop.model.permission import Permission, check_role
from desktop.viewmodels.customer.customer_context import CustomerContext

_NOBODY_OPEN = "No customer is open."


def export_refusal(context: CustomerContext | None) -> str:
    """Say why the customer shown can't be exported by the person at work, or "".

    An export changes nothing: it is made also while changes are switched off.
    """
    if context is None:
        return _NOBODY_OPEN
    return check_role(Permission.PRIVACY, context.actor, context.rules).reason


def erase_refusal(context: CustomerContext | None) -> str:
    """Say why the customer shown can't be erased by the person at work, or ""."""
    if context is None:
        return _NOBODY_OPEN
    return context.check_permission(Permission.PRIVACY).reason
