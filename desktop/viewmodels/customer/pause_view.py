"""View of the note above the panels that says until when a customer's marketing is paused."""

from dataclasses import dataclass

from desktop.kit.text import to_sentence
from desktop.model.edit import EditKind
from desktop.model.marketing_pause import parse_pause_terms, pause_name
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.viewmodels.customer.customer_context import CustomerContext


@dataclass(frozen=True)
class PauseView:
    """The note on a pause; empty `text`: there is none. `action` is the text of its button."""

    text: str = ""
    detail: str = ""
    action: str = ""


def build_pause_view(context: CustomerContext) -> PauseView:
    """Build the note on a pause: of an open edit, else as the profile says."""
    names, profile = context.display_settings.names, context.sheet.profile.value
    if profile is None:
        return PauseView()
    edit = pending_edit(
        context.sheet, EditKind.PAUSE, pause_name(names.paused_var, names.paused_list)
    )
    value = edit.request.new if edit is not None else profile.vars.get(names.paused_var)
    terms = parse_pause_terms(value)
    if terms is None:
        return PauseView()
    until = f"{terms.until.day} {terms.until:%B %Y}"
    page = context.sheet.tickets.value
    is_open = page is not None and any(one.is_unsolved for one in page.tickets)
    earlier = ", or until the last ticket is solved" if is_open else ""
    detail = f"Only campaigns that leave out the list {names.paused_list} are held back."
    if edit is not None:
        detail = f"{to_sentence(context.progress_text(edit))} {detail}"
    may_end = context.check_permission(Permission.PAUSE).is_allowed
    return PauseView(
        f"Marketing is paused until {until}{earlier}.", detail, "End pause" if may_end else ""
    )
