"""Profile data: the keys and vars of the Sailthru profile, typed, with where they come from."""

from dataclasses import dataclass, replace

import msgspec

from desktop.kit.text import plural
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.overlay import pending
from desktop.model.permission import Permission
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.scene import Scene, edit_words

SHOWN = 6
_FROM_ZENDESK = (
    "last_ticket_id",
    "last_ticket_status",
    "last_ticket_priority",
    "last_ticket_created_time",
    "ticket_count",
)


@dataclass(frozen=True)
class DataRow:
    """One field. `editable` says whether it may be changed here; `raw` is its JSON."""

    name: str
    value: str
    kind: str
    source: str
    raw: str
    waiting: str
    editable: bool


@dataclass(frozen=True)
class ProfileDataView:
    """The rows, the most telling first; the panel shows a few and the rest on demand."""

    frame: Frame
    rows: tuple[DataRow, ...] = ()
    why_not: str = ""


def profile_data(scene: Scene) -> ProfileDataView:
    """Build it."""
    outer = frame(scene.sheet.profile, "Sailthru", scene.now, absent="No Sailthru profile.")
    profile = scene.sheet.profile.value
    if profile is None:
        return ProfileDataView(outer)
    verdict = scene.may(Permission.VARS)
    names = scene.account.names
    hidden = {names.health_var, names.mark_var}
    wanted = {e.intent.name for e in scene.sheet.pending if e.intent.kind is EditKind.VAR}
    every = {**profile.vars, **{n: None for n in wanted if n not in profile.vars}}
    rows = [
        _row(scene, name, value, editable=verdict.allowed and name not in hidden)
        for name, value in sorted(every.items(), key=lambda item: _rank(item[0]))
    ]
    keys = [
        DataRow(name, value, "key", "Sailthru", value, "", False)
        for name, value in profile.keys.items()
        if name not in ("email", "cookie")
    ]
    if not any(row.name == "sid" for row in keys):
        keys.insert(0, DataRow("sid", profile.sid, "key", "Sailthru", profile.sid, "", False))
    if outer.tone == "":
        outer = replace(outer, note=plural(len(rows), "field", "fields"))
    return ProfileDataView(outer, (*rows, *keys), "" if verdict.allowed else verdict.reason)


def _row(scene: Scene, name: str, value: Json, *, editable: bool) -> DataRow:
    edit = pending(scene.sheet, EditKind.VAR, name)
    now = edit.intent.new if edit else value
    zendesk = name in _FROM_ZENDESK or name.startswith("zendesk_")
    return DataRow(
        name,
        text(now),
        kind_of(now),
        "Zendesk" if zendesk else "Sailthru",
        msgspec.json.encode(now).decode(),
        edit_words(edit) if edit else "",
        editable,
    )


def text(value: Json) -> str:
    """A value on one line, as short as it can be told."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return " ".join(value.split())[:300] if value else "(empty)"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()[:300]


def kind_of(value: Json) -> str:
    """The JSON type in a word."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes/no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list | tuple) else "object"


def _rank(name: str) -> tuple[int, str]:
    first = ("first_name", "last_name", "last_ticket_id", "last_ticket_status", "ticket_count")
    return (first.index(name) if name in first else len(first), name.casefold())
