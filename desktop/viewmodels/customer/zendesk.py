"""Zendesk: identities, organisation, tags, fields, the box and the mark for syncing."""

from dataclasses import dataclass

from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.overlay import pending, shown
from desktop.model.permission import Permission
from desktop.model.sheet import PartState
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.scene import Scene, edit_words


@dataclass(frozen=True)
class SwitchView:
    """A switch with its words; `why_not` empty: it can be switched."""

    label: str
    on: bool
    note: str
    waiting: bool
    why_not: str
    tip: str = ""


@dataclass(frozen=True)
class ZendeskView:
    """Rows of label and value; `box` and `mark` None where there is nothing to switch."""

    frame: Frame
    rows: tuple[tuple[str, str], ...] = ()
    box: SwitchView | None = None
    mark: SwitchView | None = None


def zendesk(scene: Scene) -> ZendeskView:
    """Build it."""
    address = scene.sheet.address or scene.sheet.query.value
    outer = frame(
        scene.sheet.person,
        "Zendesk",
        scene.now,
        absent=f"Zendesk does not know {address}.",
        leads=True,
    )
    return ZendeskView(outer, _rows(scene), _box(scene), _mark(scene))


def _rows(scene: Scene) -> tuple[tuple[str, str], ...]:
    person = scene.sheet.person.value
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
        rows.append(("Known since", moment.full_date(person.created_at)))
    rows += _fields(scene)
    return tuple(rows)


def _fields(scene: Scene) -> list[tuple[str, str]]:
    person = scene.sheet.person.value
    if person is None:
        return []
    titles = {f.key: f.title for f in scene.sheet.fields.value or ()}
    box = scene.account.names.box_field
    return [
        (titles.get(key, key), _text(value))
        for key, value in person.user_fields.items()
        if key != box and value not in (None, "", [])
    ]


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _box(scene: Scene) -> SwitchView | None:
    sheet = scene.sheet
    name = scene.account.names.box_field
    if sheet.person.value is None or sheet.person.state is PartState.OFF:
        return None
    fields = sheet.fields.value
    defined = next((f for f in fields or () if f.key == name), None)
    tip = f"Zendesk's check box field {name}: customers with it are copied to Sailthru by a sync."
    if fields is not None and defined is None:
        why = f"Zendesk has no field “{name}”. An admin can create it in Settings."
        return SwitchView("Sync to Sailthru", False, "no such field", False, why, tip)
    edit = pending(sheet, EditKind.BOX, name)
    verdict = scene.may(Permission.VARS)
    on = bool(shown(sheet, EditKind.BOX, name))
    note = edit_words(edit) if edit else ("for the next sync" if on else "")
    why = "" if verdict.allowed or edit else verdict.reason
    return SwitchView("Sync to Sailthru", on, note, edit is not None, why, tip)


def _mark(scene: Scene) -> SwitchView | None:
    sheet = scene.sheet
    if sheet.profile.value is None:
        return None
    name = scene.account.names.mark_var
    edit = pending(sheet, EditKind.MARK, name)
    verdict = scene.may(Permission.VARS)
    value = shown(sheet, EditKind.MARK, name)
    tip = (
        f"Sailthru's field {name}: customers with it are on the smart list"
        f" {scene.account.names.smart_list}."
    )
    on = value is True or value == 1 or str(value).lower() == "true"
    return SwitchView(
        "Sync to Zendesk",
        on,
        edit_words(edit) if edit else "",
        edit is not None,
        "" if verdict.allowed or edit else verdict.reason,
        tip,
    )
