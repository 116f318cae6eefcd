"""What is wanted, laid over what a service last said."""

from desktop.model.edit import Edit, EditKind
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.sheet import Sheet


def pending(sheet: Sheet, kind: EditKind, name: str = "") -> Edit | None:
    """The newest open edit of this value, or None."""
    found = [e for e in sheet.pending if e.intent.kind is kind and e.intent.name == name]
    return found[-1] if found else None


def said(sheet: Sheet, kind: EditKind, name: str = "") -> Json:
    """The value as the service last said it, in the form an edit uses; None where there is none."""
    profile, person = sheet.profile.value, sheet.person.value
    if kind is EditKind.BOX:
        return bool(person.user_fields.get(name)) if person else None
    if profile is None:
        return None
    if kind is EditKind.OPTOUT:
        return (profile.optout or OptOut.NONE).value
    if kind is EditKind.LIST:
        return name in profile.lists
    return profile.vars.get(name)


def shown(sheet: Sheet, kind: EditKind, name: str = "") -> Json:
    """The value to show: what is wanted where an edit is open, else what the service said."""
    edit = pending(sheet, kind, name)
    return edit.intent.new if edit else said(sheet, kind, name)
