"""Lists: who is on which, since when, what Sailthru computes, and what may be switched."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext, edit_progress_text
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state

FLOW_WARNING = "Changes wait 10 s for Undo, then may start e-mail flows in Sailthru."


@dataclass(frozen=True)
class SailthruListRow:
    """One list. `why_not` says why its switch is off limits (empty: it can be switched)."""

    name: str
    is_member: bool
    note: str
    tooltip: str
    is_smart: bool
    is_pending: bool
    disabled_reason: str


@dataclass(frozen=True)
class ListsView:
    """Rows with memberships first; `suppressed` says that an opt-out overrules them."""

    panel_state: PanelState
    rows: tuple[SailthruListRow, ...] = ()
    hint: str = ""
    suppressed_text: str = ""
    catalogue_error: str = ""


def build_lists_view(context: CustomerContext) -> ListsView:
    """Build it."""
    sheet = context.sheet
    outer = build_panel_state(
        sheet.profile,
        "Sailthru",
        context.now,
        absent="On no list: there is no Sailthru profile.",
    )
    profile = sheet.profile.value
    if profile is None:
        return ListsView(outer)
    catalogue = sheet.lists.value or ()
    smart_names = {entry.name for entry in catalogue if entry.smart}
    natural = dict.fromkeys(entry.name for entry in catalogue if not entry.smart)
    natural.update(dict.fromkeys(name for name in profile.lists if name not in smart_names))
    rows = [_build_list_row(context, name) for name in natural]
    computed = set(profile.smart_lists or ()) | (smart_names & set(profile.lists))
    rows.sort(key=lambda row: (not row.is_member, row.name.casefold()))
    rows += [_build_smart_list_row(name) for name in sorted(computed, key=str.casefold)]
    joined = sum(row.is_member for row in rows if not row.is_smart)
    note = f"member of {joined}" + (f", {len(computed)} computed" if computed else "")
    outer = outer.with_note(note)
    trouble = ""
    if (
        sheet.lists.state is SheetPartState.FAILED
        and sheet.lists.value is None
        and sheet.lists.error
    ):
        trouble = f"The account's other lists could not be read. {sheet.lists.error.title}"
    changeable = any(not row.disabled_reason for row in rows)
    return ListsView(
        outer,
        tuple(rows),
        FLOW_WARNING if changeable else _first_disabled_reason(rows),
        _suppressed_text(context),
        trouble,
    )


def _build_list_row(context: CustomerContext, name: str) -> SailthruListRow:
    profile = context.sheet.profile.value
    since = profile.lists.get(name) if profile else None
    edit = pending_edit(context.sheet, EditKind.LIST, name)
    member = bool(edit.request.new) if edit else bool(profile and name in profile.lists)
    needed = Permission.LIST_REMOVE if member else Permission.LIST_ADD
    verdict = context.check_permission(needed)
    if edit is not None:
        # Taking a waiting change back needs no right beyond the one it was made with.
        note, tip, why_not = edit_progress_text(edit), "", ""
    elif member and since is not None:
        note, tip = (
            f"since {time_format.format_full_date(since)}",
            time_format.format_full_timestamp(since),
        )
        why_not = "" if verdict.is_allowed else verdict.reason
    else:
        note, tip = ("member" if member else ""), ""
        why_not = "" if verdict.is_allowed else verdict.reason
    return SailthruListRow(name, member, note, tip, False, edit is not None, why_not)


def _build_smart_list_row(name: str) -> SailthruListRow:
    return SailthruListRow(
        name,
        True,
        "member, computed by Sailthru",
        "Sailthru computes who is on a smart list; it cannot be switched by hand.",
        True,
        False,
        "Sailthru computes who is on a smart list.",
    )


def _first_disabled_reason(rows: list[SailthruListRow]) -> str:
    reasons = [row.disabled_reason for row in rows if row.disabled_reason and not row.is_smart]
    return reasons[0] if reasons else ""


def _suppressed_text(context: CustomerContext) -> str:
    profile = context.sheet.profile.value
    if profile is None or profile.optout in (None, OptOutLevel.NONE) or not profile.lists:
        return ""
    many = format_count(len(profile.lists), "list", "lists")
    return f"On {many}, but suppressed by the opt-out."
