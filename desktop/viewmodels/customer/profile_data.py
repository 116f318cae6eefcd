"""Profile data: the keys and vars of the Sailthru profile, typed, with where they come from."""

from dataclasses import dataclass, replace
from heapq import nsmallest

import msgspec

from desktop.kit.text import plural
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.overlay import pending
from desktop.model.permission import Permission
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.scene import Scene, edit_words

SHOWN = 6
_TELLING = ("first_name", "last_name", "last_ticket_id", "last_ticket_status", "ticket_count")
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
    count: int = 0


def profile_data(scene: Scene, *, most: int | None = None) -> ProfileDataView:
    """Build it, with all rows or at most so many vars; `count` says how many rows there are."""
    outer = frame(scene.sheet.profile, "Sailthru", scene.now, absent="No Sailthru profile.")
    profile = scene.sheet.profile.value
    if profile is None:
        return ProfileDataView(outer)
    verdict = scene.may(Permission.VARS)
    names = scene.account.names
    hidden = {names.health_var, names.mark_var}
    wanted = {e.intent.name for e in scene.sheet.pending if e.intent.kind is EditKind.VAR}
    every = [*profile.vars, *(name for name in wanted if name not in profile.vars)]
    # A profile may have thousands: a panel that shows six does not wait for all of them.
    chosen = sorted(every, key=_rank) if most is None else nsmallest(most, every, key=_rank)
    rows = [
        _row(scene, name, profile.vars.get(name), editable=verdict.allowed and name not in hidden)
        for name in chosen
    ]
    keys = [
        DataRow(name, value, "key", "Sailthru", value, "", False)
        for name, value in profile.keys.items()
        if name not in ("email", "cookie")
    ]
    if not any(row.name == "sid" for row in keys):
        keys.insert(0, DataRow("sid", profile.sid, "key", "Sailthru", profile.sid, "", False))
    if outer.tone == "":
        outer = replace(outer, note=plural(len(every) + len(keys), "field", "fields"))
    why_not = "" if verdict.allowed else verdict.reason
    return ProfileDataView(outer, (*rows, *keys), why_not, len(every) + len(keys))


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
    return (_TELLING.index(name) if name in _TELLING else len(_TELLING), name.casefold())
