"""View of the note below the panels that says until when a customer's marketing is paused."""

from dataclasses import dataclass

from desktop.kit.text import to_sentence
from desktop.model.edit import EditKind
from desktop.model.marketing_pause import parse_pause_terms, pause_name
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.time_format import format_day, to_local_time


@dataclass(frozen=True)
class PauseView:
    """The note on a pause; empty `text`: there is none. `action` is the text of its button.

    `is_in_force`: the profile says so, and nobody is changing it. `is_overdue`: its last day has
    passed, and it goes on.
    """

    text: str = ""
    detail: str = ""
    action: str = ""
    is_in_force: bool = False
    is_overdue: bool = False


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
    until = format_day(terms.until, context.now)
    page = context.sheet.tickets.value
    is_open = page is not None and any(one.is_unsolved for one in page.tickets)
    earlier = ", or until the last ticket is solved" if is_open else ""
    detail = f"Only campaigns that leave out the list {names.paused_list} are held back."
    is_overdue = edit is None and terms.is_over(to_local_time(context.now).date())
    text = f"Marketing is paused until {until}{earlier}."
    if edit is not None:
        text = f"Marketing pauses until {until}{earlier}."
        detail = f"{to_sentence(context.progress_text(edit))} {detail}"
    elif is_overdue:
        text = f"Marketing is still paused; the last day was {until}."
        detail = (
            "Fairlead ends a pause wherever it runs and is connected. One that was made on another"
            " computer, or in Sailthru, is ended here by hand."
        )
    may_end = context.check_permission(Permission.PAUSE).is_allowed
    return PauseView(text, detail, "End pause" if may_end else "", edit is None, is_overdue)


def describe_released_pause(context: CustomerContext, before: PauseView) -> tuple[str, str]:
    """Return title and reason of a notice that a pause ended without a click in this window.

    `before` is the note shown of the same customer until now. Empty texts: it goes on, it was
    ended here, or the profile could not be read.
    """
    names, profile = context.display_settings.names, context.sheet.profile.value
    if profile is None or not before.is_in_force or build_pause_view(context).text:
        return "", ""
    edit = pending_edit(
        context.sheet, EditKind.PAUSE, pause_name(names.paused_var, names.paused_list)
    )
    if edit is not None and not edit.request.reason:
        # Somebody pressed End pause, and was told by a toast.
        return "", ""
    reason = edit.request.reason if edit is not None else "The timeline shows what ended it."
    return f"Marketing for {customer_name(context.sheet)} is no longer paused.", reason
