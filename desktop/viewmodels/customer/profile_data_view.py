"""View of the profile fields: keys and vars of the Sailthru profile with type and source."""

from dataclasses import dataclass
from heapq import nsmallest

import msgspec

from desktop.kit.text import fold_text, format_count
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.merge_tag import zephyr_key_tag, zephyr_var_tag
from desktop.model.permission import Permission
from desktop.model.profile_field_type import profile_field_type
from desktop.model.sheet_overlay import pending_edit
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state

COLLAPSED_ROW_COUNT = 6
# What an agent asks for first; the rest follows by name.
_FIRST_FIELDS = ("first_name", "last_name", "last_ticket_id", "last_ticket_status", "ticket_count")
# Vars of Sailthru that hold data of Zendesk: the column “From” says so.
_ZENDESK_FIELDS = (
    "last_ticket_id",
    "last_ticket_status",
    "last_ticket_priority",
    "last_ticket_created_time",
    "ticket_count",
)
_KEY_REASON = "A key by which Sailthru knows the customer. It can't be changed here."


@dataclass(frozen=True)
class ProfileFieldRow:
    """One field of the panel Profile data; `json_text` is its value for the form that edits it.

    `read_only_reason` says why nobody may edit this field here; empty where it may be edited.
    `merge_tag` puts the field into a Sailthru e-mail; empty where Zephyr cannot read its name.
    """

    name: str
    value: str
    type_name: str
    source: str
    json_text: str
    pending_text: str
    read_only_reason: str
    merge_tag: str = ""


@dataclass(frozen=True)
class ProfileDataView:
    """View of the panel Profile data: vars first, the most telling ones on top, then the keys."""

    panel_state: PanelState
    rows: tuple[ProfileFieldRow, ...] = ()
    disabled_reason: str = ""
    total_count: int = 0


def build_profile_data_view(
    context: CustomerContext, *, most: int | None = None
) -> ProfileDataView:
    """Build the view of the panel Profile data, with all vars or at most `most` of them."""
    state = build_panel_state(
        context.sheet.profile, "Sailthru", context.now, absent="No Sailthru profile."
    )
    profile = context.sheet.profile.value
    if profile is None:
        return ProfileDataView(state)
    decision = context.check_permission(Permission.VARS)
    pending_names = {
        e.request.name for e in context.sheet.pending_edits if e.request.kind is EditKind.VAR
    }
    all_names = [*profile.vars, *(name for name in pending_names if name not in profile.vars)]
    # A profile may have thousands: a panel that shows six does not wait for all of them.
    chosen = (
        sorted(all_names, key=_sort_key)
        if most is None
        else nsmallest(most, all_names, key=_sort_key)
    )
    rows = [_build_field_row(context, name, profile.vars.get(name)) for name in chosen]
    keys = [
        _build_key_row(name, value)
        for name, value in profile.keys.items()
        # The address stands in the header; a cookie identifies a browser, not a customer.
        if name not in ("email", "cookie")
    ]
    if not any(row.name == "sid" for row in keys):
        keys.insert(0, _build_key_row("sid", profile.sid))
    state = state.with_note(format_count(len(all_names) + len(keys), "field", "fields"))
    reason = "" if decision.is_allowed else decision.reason
    return ProfileDataView(state, (*rows, *keys), reason, len(all_names) + len(keys))


def protected_field_reason(context: CustomerContext, name: str) -> str:
    """Say why the profile dialog does not edit a var: Fairlead itself reads it; "" if it may."""
    names = context.display_settings.names
    if name == names.health_var:
        return "Fairlead reads the customer's health here. Change it in the panel Health."
    if name == names.mark_var:
        return "This marks the customer for the sync. Change it with the switch Sync to Zendesk."
    if name == names.paused_var:
        return "This holds the end of a pause. Pause and end it in the panel Opt-out."
    if name in names.value_vars:
        return "Fairlead reads the customer value here; Sailthru computes it."
    return ""


def _build_key_row(name: str, value: str) -> ProfileFieldRow:
    tag = zephyr_key_tag(name)
    return ProfileFieldRow(name, value, "key", "Sailthru", value, "", _KEY_REASON, tag)


def _build_field_row(context: CustomerContext, name: str, value: Json) -> ProfileFieldRow:
    edit = pending_edit(context.sheet, EditKind.VAR, name)
    now = edit.request.new if edit else value
    zendesk = name in _ZENDESK_FIELDS or name.startswith("zendesk_")
    return ProfileFieldRow(
        name,
        format_field_value(now),
        profile_field_type(now),
        "Zendesk" if zendesk else "Sailthru",
        msgspec.json.encode(now).decode(),
        context.progress_text(edit) if edit else "",
        protected_field_reason(context, name),
        zephyr_var_tag(name),
    )


def format_field_value(value: Json) -> str:
    """Format a value of the panel Profile data on one line of at most 300 characters."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return " ".join(value.split())[:300] if value else "(empty)"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()[:300]


def _sort_key(name: str) -> tuple[int, str]:
    return (
        _FIRST_FIELDS.index(name) if name in _FIRST_FIELDS else len(_FIRST_FIELDS),
        fold_text(name),
    )
