"""Zendesk: identities, organisation, tags, fields, the box and the mark for syncing."""

from dataclasses import dataclass

from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import displayed_value, pending_edit
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext, edit_progress_text
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state
from desktop.viewmodels.key_value_row import KeyValueRow


@dataclass(frozen=True)
class SwitchView:
    """A switch with its words; `why_not` empty: it can be switched."""

    label: str
    is_on: bool
    note: str
    is_pending: bool
    disabled_reason: str
    tooltip: str = ""


@dataclass(frozen=True)
class ZendeskUserView:
    """A sync switch is None where there is nothing to switch: no such field, or no profile."""

    panel_state: PanelState
    rows: tuple[KeyValueRow, ...] = ()
    sync_to_sailthru: SwitchView | None = None
    sync_to_zendesk: SwitchView | None = None


def build_zendesk_user_view(context: CustomerContext) -> ZendeskUserView:
    """Build it."""
    address = context.sheet.address or context.sheet.query.value
    outer = build_panel_state(
        context.sheet.user,
        "Zendesk",
        context.now,
        absent=f"Zendesk does not know {address}.",
        leads=True,
    )
    return ZendeskUserView(
        outer,
        tuple(KeyValueRow(label, value) for label, value in _build_rows(context)),
        _build_sync_to_sailthru_switch(context),
        _build_sync_to_zendesk_switch(context),
    )


def _build_rows(context: CustomerContext) -> tuple[tuple[str, str], ...]:
    person = context.sheet.user.value
    if person is None:
        return ()
    rows: list[tuple[str, str]] = []
    if person.organization is not None:
        rows.append(("Organisation", person.organization.name))
    phones = [person.phone] if person.phone else []
    phones += [i.value for i in person.identities if i.type == "phone_number"]
    if phones:
        rows.append(("Phone", ", ".join(dict.fromkeys(phones))))
    others = [e for e in person.emails if e != (person.email or "").lower()]
    rows += [("Other e-mail" if n == 0 else "", address) for n, address in enumerate(others)]
    if person.tags is None:
        rows.append(("Tags", "switched off in this Zendesk"))
    elif person.tags:
        rows.append(("Tags", ", ".join(person.tags)))
    if person.external_id:
        rows.append(("External id", person.external_id))
    rows.append(("Zendesk id", str(person.id)))
    if person.suspended:
        rows.append(("Suspended", "may not sign in; new tickets are held"))
    if person.time_zone:
        rows.append(("Time zone", person.time_zone))
    if person.created_at is not None:
        rows.append(("Known since", time_format.format_full_date(person.created_at)))
    rows += _user_field_rows(context)
    return tuple(rows)


def _user_field_rows(context: CustomerContext) -> list[tuple[str, str]]:
    person = context.sheet.user.value
    if person is None:
        return []
    titles = {f.key: f.title for f in context.sheet.user_fields.value or ()}
    box = context.display_settings.names.box_field
    return [
        (titles.get(key, key), _format_field_value(value))
        for key, value in person.user_fields.items()
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
    tip = f"Zendesk's check box field {name}: customers with it are copied to Sailthru by a sync."
    if fields is not None and defined is None:
        why = f"Zendesk has no field “{name}”. An admin can create it in Settings."
        return SwitchView("Sync to Sailthru", False, "no such field", False, why, tip)
    edit = pending_edit(sheet, EditKind.SYNC_CHECKBOX, name)
    verdict = context.check_permission(Permission.VARS)
    on = bool(displayed_value(sheet, EditKind.SYNC_CHECKBOX, name))
    note = edit_progress_text(edit) if edit else ("for the next sync" if on else "")
    why = "" if verdict.is_allowed or edit else verdict.reason
    return SwitchView("Sync to Sailthru", on, note, edit is not None, why, tip)


def _build_sync_to_zendesk_switch(context: CustomerContext) -> SwitchView | None:
    sheet = context.sheet
    if sheet.profile.value is None:
        return None
    name = context.display_settings.names.mark_var
    edit = pending_edit(sheet, EditKind.SYNC_MARK, name)
    verdict = context.check_permission(Permission.VARS)
    value = displayed_value(sheet, EditKind.SYNC_MARK, name)
    tip = (
        f"Sailthru's field {name}: customers with it are on the smart list"
        f" {context.display_settings.names.smart_list}."
    )
    on = value is True or value == 1 or str(value).lower() == "true"
    return SwitchView(
        "Sync to Zendesk",
        on,
        edit_progress_text(edit) if edit else "",
        edit is not None,
        "" if verdict.is_allowed or edit else verdict.reason,
        tip,
    )
