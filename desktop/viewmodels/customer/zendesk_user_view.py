"""View of the Zendesk panel: facts of the user, check box and mark for syncs."""

from dataclasses import dataclass

from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.merge_tag import liquid_user_tag
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import displayed_value, pending_edit
from desktop.model.target_record import USER_FIELD_PREFIX
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state
from desktop.viewmodels.key_value_row import KeyValueRow


@dataclass(frozen=True)
class SwitchView:
    """A switch of the panel Zendesk with its note; `disabled_reason` is empty where it works."""

    label: str
    is_on: bool
    note: str
    is_pending: bool
    disabled_reason: str
    tooltip: str = ""


@dataclass(frozen=True)
class ZendeskUserView:
    """View of the panel Zendesk; a switch is None where there is no such field, or no profile."""

    panel_state: PanelState
    rows: tuple[KeyValueRow, ...] = ()
    sync_to_sailthru: SwitchView | None = None
    sync_to_zendesk: SwitchView | None = None


def build_zendesk_user_view(context: CustomerContext) -> ZendeskUserView:
    """Build the view of the panel Zendesk."""
    address = context.sheet.address or context.sheet.query.value
    state = build_panel_state(
        context.sheet.user,
        "Zendesk",
        context.now,
        absent=f"No Zendesk user has {address}.",
        leads=True,
    )
    return ZendeskUserView(
        state,
        tuple(
            KeyValueRow(label, value, merge_tag=liquid_user_tag(field))
            for label, value, field in _build_rows(context)
        ),
        _build_sync_to_sailthru_switch(context),
        _build_sync_to_zendesk_switch(context),
    )


def _build_rows(context: CustomerContext) -> tuple[tuple[str, str, str], ...]:
    """Return the user's facts as (label, value, name of the field in a mapping or "")."""
    user = context.sheet.user.value
    if user is None:
        return ()
    rows: list[tuple[str, str, str]] = []
    if user.organization is not None:
        rows.append(("Organisation", user.organization.name, "organization"))
    phones = [user.phone] if user.phone else []
    phones += [i.value for i in user.identities if i.type == "phone_number"]
    if phones:
        rows.append(("Phone", ", ".join(dict.fromkeys(phones)), "phone"))
    # The first address stands in the header.
    others = user.emails[1:] if user.email else user.emails
    rows += [("Other e-mail" if n == 0 else "", address, "") for n, address in enumerate(others)]
    # Tags of users can be switched off for a whole Zendesk account.
    if user.tags is None:
        rows.append(("Tags", "switched off in this Zendesk", ""))
    elif user.tags:
        rows.append(("Tags", ", ".join(user.tags), "tags"))
    if user.external_id:
        rows.append(("External id", user.external_id, "external_id"))
    rows.append(("Zendesk id", str(user.id), "id"))
    if not user.active:
        rows.append(("Deleted", "in Zendesk, or merged into another user", "active"))
    if user.suspended:
        rows.append(("Suspended", "may not sign in; new tickets are held", "suspended"))
    if user.time_zone:
        rows.append(("Time zone", user.time_zone, "time_zone"))
    if user.created_at is not None:
        rows.append(("User since", time_format.format_full_date(user.created_at), "created_at"))
    rows += _user_field_rows(context)
    return tuple(rows)


def _user_field_rows(context: CustomerContext) -> list[tuple[str, str, str]]:
    user = context.sheet.user.value
    if user is None:
        return []
    titles = {f.key: f.title for f in context.sheet.user_fields.value or ()}
    box = context.display_settings.names.box_field
    return [
        (titles.get(key, key), _format_field_value(value), f"{USER_FIELD_PREFIX}{key}")
        for key, value in user.user_fields.items()
        if key != box and value not in (None, "", [])
    ]


def _format_field_value(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _build_sync_to_sailthru_switch(context: CustomerContext) -> SwitchView | None:
    sheet = context.sheet
    name = context.display_settings.names.box_field
    if sheet.user.value is None or sheet.user.state is SheetPartState.OFF:
        return None
    fields = sheet.user_fields.value
    defined = next((f for f in fields or () if f.key == name), None)
    tooltip = (
        f"Zendesk's check box field {name}: customers with it are copied to Sailthru by a sync."
    )
    if fields is not None and defined is None:
        reason = f"Zendesk has no field “{name}”. An admin can create it in Settings."
        return SwitchView("Sync to Sailthru", False, "no such field", False, reason, tooltip)
    edit = pending_edit(sheet, EditKind.SYNC_CHECKBOX, name)
    decision = context.check_permission(Permission.VARS)
    on = bool(displayed_value(sheet, EditKind.SYNC_CHECKBOX, name))
    note = context.progress_text(edit) if edit else ("for the next sync" if on else "")
    reason = "" if decision.is_allowed or edit else decision.reason
    return SwitchView("Sync to Sailthru", on, note, edit is not None, reason, tooltip)


def _build_sync_to_zendesk_switch(context: CustomerContext) -> SwitchView | None:
    sheet = context.sheet
    if sheet.profile.value is None:
        return None
    name = context.display_settings.names.mark_var
    edit = pending_edit(sheet, EditKind.SYNC_MARK, name)
    decision = context.check_permission(Permission.VARS)
    value = displayed_value(sheet, EditKind.SYNC_MARK, name)
    tooltip = (
        f"Sailthru's field {name}: customers with it are on the smart list"
        f" {context.display_settings.names.smart_list}."
    )
    # The var may have been written by others: as a number, or as text from an import.
    on = value is True or value == 1 or str(value).lower() == "true"
    return SwitchView(
        "Sync to Zendesk",
        on,
        context.progress_text(edit) if edit else "",
        edit is not None,
        "" if decision.is_allowed or edit else decision.reason,
        tooltip,
    )
