"""The buttons of the page Customers where a look-up found nobody: what may be done next."""

from dataclasses import dataclass

from desktop.customer.edit_factory import find_create_obstacle
from desktop.model.broader_search import broader_search_text
from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.viewmodels.customer.customer_context import CustomerContext


@dataclass(frozen=True)
class NotFoundAction:
    """A button where nobody was found: `step` is connect, retry, create or search.

    `search_text` is what the step search searches for; empty: what was typed, to be corrected.
    """

    step: str
    label: str
    disabled_reason: str = ""
    search_text: str = ""


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


def build_not_found_actions(context: CustomerContext) -> tuple[NotFoundAction, ...]:
    """Build the page's buttons where nobody was found; none where somebody was."""
    sheet = context.sheet
    if sheet.is_found:
        return ()
    if all(part.state is SheetPartState.OFF for part in (sheet.user, sheet.profile)):
        return (NotFoundAction("connect", "Continue set-up"),)
    search = _search_action(sheet.query)
    if any(part.state is SheetPartState.FAILED for part in (sheet.user, sheet.profile)):
        return (NotFoundAction("retry", "Try again"), search)
    # Sailthru is the only one that can be given somebody new, and only by an address.
    is_asked = sheet.profile.state is not SheetPartState.OFF
    waits = pending_edit(sheet, EditKind.CREATE) is not None
    if sheet.query.kind is LookupQueryKind.EMAIL and is_asked and not waits:
        _, reason = can_create_profile(context)
        return (NotFoundAction("create", "Create a Sailthru profile", reason), search)
    return (search,)


def _search_action(query: LookupQuery) -> NotFoundAction:
    text = broader_search_text(query)
    if text:
        return NotFoundAction("search", f"Search everywhere for “{text}”", search_text=text)
    return NotFoundAction("search", "Search for something else")
