"""View of the lists panel: memberships, smart lists, and which switches are disabled."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.kit.text import fold_text, format_count
from desktop.model.customer_sheet import NO_LIST_HINT, SheetPartState
from desktop.model.edit import EditKind
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.model.sync import Sync
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state

# An e-mail flow of Sailthru that has started cannot be recalled by an undo.
FLOW_WARNING = "You have 10 s to undo. Then Sailthru may start e-mail flows."


@dataclass(frozen=True)
class SailthruListRow:
    """One list of the panel Lists; `disabled_reason` is empty where its switch may be used."""

    name: str
    is_member: bool
    note: str
    tooltip: str
    is_smart: bool
    is_pending: bool
    disabled_reason: str


@dataclass(frozen=True)
class ListsView:
    """View of the panel Lists, memberships first; `suppressed_text`: an opt-out overrules them."""

    panel_state: PanelState
    rows: tuple[SailthruListRow, ...] = ()
    hint: str = ""
    suppressed_text: str = ""
    catalogue_error: str = ""

    @property
    def is_a_row_refused(self) -> bool:
        """Whether a list of the panel, that a person could switch, is disabled."""
        own = (row.disabled_reason for row in self.rows if not row.is_smart)
        return any(reason not in ("", PAUSED_LIST_REASON) for reason in own)


@dataclass(frozen=True)
class ListDetailsView:
    """View of the dialog about one Sailthru list: its name, and facts as (label, value)."""

    name: str
    facts: tuple[tuple[str, str], ...]


def build_list_details(
    context: CustomerContext, name: str, syncs: Sequence[Sync]
) -> ListDetailsView:
    """Build the view of the dialog about one list; `syncs`: the workspace's, which may use it."""
    sheet = context.sheet
    entry = next((each for each in sheet.lists.value or () if each.name == name), None)
    profile = sheet.profile.value
    is_smart = (
        entry.smart if entry is not None else name in ((profile and profile.smart_lists) or ())
    )
    kind = "Computed by Sailthru" if is_smart else "People join it, or are added"
    people = "not available from Sailthru"
    if entry is not None and entry.count is not None:
        people = f"{format_count(entry.count, 'person', 'people')}, counted by Sailthru at night"
    row = _build_smart_list_row(name) if is_smart else _build_list_row(context, name)
    writing = [sync.title for sync in syncs if name in sync.effects.add_to_lists]
    reading = [sync.title for sync in syncs if name in sync.source.lists]
    used = [*(f"{title} adds to it" for title in writing), *(f"{t} reads it" for t in reading)]
    return ListDetailsView(
        name,
        (
            ("Kind", kind),
            ("People", people),
            (customer_name(sheet), row.note or "not on this list"),
            ("Syncs", ", ".join(used) or "none here uses it"),
        ),
    )


def build_lists_view(context: CustomerContext) -> ListsView:
    """Build the view of the lists panel from profile and list catalogue."""
    sheet = context.sheet
    state = build_panel_state(
        sheet.profile,
        "Sailthru",
        context.now,
        absent="On no list: there is no Sailthru profile.",
    )
    profile = sheet.profile.value
    if profile is None:
        return ListsView(state)
    catalogue = sheet.lists.value or ()
    smart_names = {entry.name for entry in catalogue if entry.smart}
    plain_names = dict.fromkeys(entry.name for entry in catalogue if not entry.smart)
    plain_names.update(dict.fromkeys(name for name in profile.lists if name not in smart_names))
    rows = [_build_list_row(context, name) for name in plain_names]
    # The profile names smart lists under `lists` too.
    smart = set(profile.smart_lists or ()) | (smart_names & set(profile.lists))
    # Member lists at the top are what one looks for; smart lists are appended, unsorted with them.
    rows.sort(key=lambda row: (not row.is_member, fold_text(row.name)))
    rows += [_build_smart_list_row(name) for name in sorted(smart, key=fold_text)]
    member_count = sum(row.is_member for row in rows if not row.is_smart)
    note = f"member of {member_count}" + (f", {len(smart)} computed" if smart else "")
    state = state.with_note(note)
    catalogue_error = ""
    if (
        sheet.lists.state is SheetPartState.FAILED
        and sheet.lists.value is None
        and sheet.lists.error
    ):
        catalogue_error = f"The account's other lists could not be read. {sheet.lists.error.title}"
    changeable = any(not row.disabled_reason for row in rows)
    hint = FLOW_WARNING if changeable else _first_disabled_reason(rows)
    if not member_count:
        hint = f"{NO_LIST_HINT} {hint}".strip()
    return ListsView(
        state,
        tuple(rows),
        hint,
        _suppressed_text(context),
        catalogue_error,
    )


PAUSED_LIST_REASON = "Pause marketing puts customers on this list, and takes them off again."


def _build_list_row(context: CustomerContext, name: str) -> SailthruListRow:
    profile = context.sheet.profile.value
    since = profile.lists.get(name) if profile else None
    edit = pending_edit(context.sheet, EditKind.LIST, name)
    member = bool(edit.request.new) if edit else bool(profile and name in profile.lists)
    # Taking somebody off a list is a right of its own.
    needed = Permission.LIST_REMOVE if member else Permission.LIST_ADD
    decision = context.check_permission(needed)
    # Taking a waiting change back needs no right beyond the one it was made with.
    reason = "" if decision.is_allowed or edit is not None else decision.reason
    if name == context.display_settings.names.paused_list and profile is not None:
        # Switched by hand, list and field would say different things of one pause.
        is_paused = bool(profile.vars.get(context.display_settings.names.paused_var))
        reason = reason if member and not is_paused else PAUSED_LIST_REASON
    note, tooltip = ("member" if member else ""), ""
    if edit is not None:
        note = context.progress_text(edit)
    elif member and since is not None:
        note = f"since {time_format.format_full_date(since)}"
        tooltip = time_format.format_full_timestamp(since)
    return SailthruListRow(name, member, note, tooltip, False, edit is not None, reason)


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
    count = format_count(len(profile.lists), "list", "lists")
    return f"On {count}, but suppressed by the opt-out."
