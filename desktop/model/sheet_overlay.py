"""Overlays a customer sheet's confirmed values with the edits that still wait."""

from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind
from desktop.model.email_address import normalize_email
from desktop.model.json_value import Json


def pending_edit(sheet: CustomerSheet, kind: EditKind, name: str = "") -> Edit | None:
    """Return the sheet's newest open edit of this value, or None."""
    found = [e for e in sheet.pending_edits if e.request.kind is kind and e.request.name == name]
    return found[-1] if found else None


def confirmed_value(sheet: CustomerSheet, kind: EditKind, name: str = "") -> Json:
    """Return the sheet's value as the service last confirmed it, in the form of an edit."""
    profile, person = sheet.profile.value, sheet.user.value
    if kind is EditKind.SYNC_CHECKBOX:
        # Absent or null counts as not ticked.
        return bool(person.user_fields.get(name)) if person else None
    if kind is EditKind.TAG:
        return name in (person.tags or ()) if person else None
    if kind in (EditKind.NOTE, EditKind.PAUSE, EditKind.SELL_EMAIL):
        return None
    if kind is EditKind.EMAIL_ADDRESS:
        return name in person.emails if person else None
    if kind is EditKind.PRIMARY_EMAIL:
        return normalize_email(person.email or "") if person else None
    if profile is None:
        return None
    if kind is EditKind.PROFILE_EMAIL:
        return normalize_email(profile.email or "")
    if kind is EditKind.OPTOUT:
        # What the answer did not say, or in words of its own, is no level: not even “none”.
        return profile.optout.value if profile.optout is not None else None
    if kind is EditKind.LIST:
        return name in profile.lists
    return profile.vars.get(name)


def displayed_value(sheet: CustomerSheet, kind: EditKind, name: str = "") -> Json:
    """Return the value a sheet shows: an open edit's, else the confirmed one."""
    edit = pending_edit(sheet, kind, name)
    return edit.request.new if edit else confirmed_value(sheet, kind, name)
