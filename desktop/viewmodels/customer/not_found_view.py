"""The sheet's next step where a customer was not found: connect, retry, or create a profile."""

from desktop.customer.edit_factory import find_create_obstacle
from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.permission import Permission
from desktop.viewmodels.customer.customer_context import CustomerContext


def can_create_profile(context: CustomerContext) -> tuple[bool, str]:
    """Return whether a Sailthru profile may be created for the customer; if not, why."""
    decision = context.check_permission(Permission.CREATE)
    if not decision.is_allowed:
        return False, decision.reason
    sheet = context.sheet
    if sheet.profile.state is not SheetPartState.ABSENT or not sheet.is_complete:
        return False, "It is not certain yet that Sailthru has no profile."
    obstacle = find_create_obstacle(sheet)
    if obstacle is not None:
        return False, str(obstacle)
    return True, ""


def not_found_action(context: CustomerContext) -> tuple[str, str]:
    """Return the sheet's next step where nobody was found, and its button text.

    The step is `connect`, `retry`, `create` or none (empty).
    """
    sheet = context.sheet
    if sheet.is_found:
        return "", ""
    if all(p.state is SheetPartState.OFF for p in (sheet.user, sheet.profile)):
        return "connect", "Continue set-up"
    if any(p.state is SheetPartState.FAILED for p in (sheet.user, sheet.profile)):
        return "retry", "Try again"
    allowed, _ = can_create_profile(context)
    waits = any(e.request.kind is EditKind.CREATE for e in sheet.pending_edits)
    if allowed and not waits and sheet.query.kind is LookupQueryKind.EMAIL:
        return "create", "Create a Sailthru profile"
    return "", ""
