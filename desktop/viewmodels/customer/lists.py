"""Lists: who is on which, since when, what Sailthru computes, and what may be switched."""

from dataclasses import dataclass, replace

from desktop.kit.text import plural
from desktop.model.edit import EditKind
from desktop.model.optout import OptOut
from desktop.model.overlay import pending
from desktop.model.permission import Permission
from desktop.model.sheet import PartState
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, FrameState, frame
from desktop.viewmodels.scene import Scene, edit_words

FLOWS = "Changes wait 10 s for Undo, then may start e-mail flows in Sailthru."


@dataclass(frozen=True)
class ListRow:
    """One list. `why_not` says why its switch is off limits (empty: it can be switched)."""

    name: str
    member: bool
    note: str
    tip: str
    smart: bool
    waiting: bool
    why_not: str


@dataclass(frozen=True)
class ListsView:
    """Rows with memberships first; `suppressed` says that an opt-out overrules them."""

    frame: Frame
    rows: tuple[ListRow, ...] = ()
    hint: str = ""
    suppressed: str = ""
    trouble: str = ""


def lists(scene: Scene) -> ListsView:
    """Build it."""
    sheet = scene.sheet
    outer = frame(
        sheet.profile,
        "Sailthru",
        scene.now,
        absent="On no list: there is no Sailthru profile.",
    )
    profile = sheet.profile.value
    if profile is None:
        return ListsView(outer)
    catalogue = sheet.lists.value or ()
    smart_names = {entry.name for entry in catalogue if entry.smart}
    natural = dict.fromkeys(entry.name for entry in catalogue if not entry.smart)
    natural.update(dict.fromkeys(name for name in profile.lists if name not in smart_names))
    rows = [_row(scene, name) for name in natural]
    computed = set(profile.smart_lists or ()) | (smart_names & set(profile.lists))
    rows.sort(key=lambda row: (not row.member, row.name.casefold()))
    rows += [_smart_row(name) for name in sorted(computed, key=str.casefold)]
    joined = sum(row.member for row in rows if not row.smart)
    note = f"member of {joined}" + (f", {len(computed)} computed" if computed else "")
    if outer.tone == "" and outer.state is FrameState.READY:
        outer = replace(outer, note=note)
    trouble = ""
    if sheet.lists.state is PartState.FAILED and sheet.lists.value is None and sheet.lists.error:
        trouble = f"The account's other lists could not be read. {sheet.lists.error.title}"
    changeable = any(not row.why_not for row in rows)
    return ListsView(
        outer,
        tuple(rows),
        FLOWS if changeable else _first_reason(rows),
        _suppressed(scene),
        trouble,
    )


def _row(scene: Scene, name: str) -> ListRow:
    profile = scene.sheet.profile.value
    since = profile.lists.get(name) if profile else None
    edit = pending(scene.sheet, EditKind.LIST, name)
    member = bool(edit.intent.new) if edit else bool(profile and name in profile.lists)
    needed = Permission.LIST_REMOVE if member else Permission.LIST_ADD
    verdict = scene.may(needed)
    if edit is not None:
        # Taking a waiting change back needs no right beyond the one it was made with.
        note, tip, why_not = edit_words(edit), "", ""
    elif member and since is not None:
        note, tip = f"since {moment.full_date(since)}", moment.full(since)
        why_not = "" if verdict.allowed else verdict.reason
    else:
        note, tip = ("member" if member else ""), ""
        why_not = "" if verdict.allowed else verdict.reason
    return ListRow(name, member, note, tip, False, edit is not None, why_not)


def _smart_row(name: str) -> ListRow:
    return ListRow(
        name,
        True,
        "member, computed by Sailthru",
        "Sailthru computes who is on a smart list; it cannot be switched by hand.",
        True,
        False,
        "Sailthru computes who is on a smart list.",
    )


def _first_reason(rows: list[ListRow]) -> str:
    reasons = [row.why_not for row in rows if row.why_not and not row.smart]
    return reasons[0] if reasons else ""


def _suppressed(scene: Scene) -> str:
    profile = scene.sheet.profile.value
    if profile is None or profile.optout in (None, OptOut.NONE) or not profile.lists:
        return ""
    many = plural(len(profile.lists), "list", "lists")
    return f"On {many}, but suppressed by the opt-out."
