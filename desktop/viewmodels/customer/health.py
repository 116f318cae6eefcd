"""Health: neutral, happy, frustrated, or not set; and who set it, as far as this computer knows."""

from dataclasses import dataclass

from desktop.model.edit import EditKind
from desktop.model.health import Health, read_health
from desktop.model.overlay import pending, said
from desktop.model.permission import Permission
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.scene import Scene, edit_words


@dataclass(frozen=True)
class HealthView:
    """`current` None means not set; `odd` is a value this app does not know, as it stands."""

    frame: Frame
    current: Health | None = None
    note: str = ""
    waiting: bool = False
    why_not: str = ""
    odd: str = ""


def health(scene: Scene) -> HealthView:
    """Build it."""
    outer = frame(scene.sheet.profile, "Sailthru", scene.now, absent="No Sailthru profile.")
    if scene.sheet.profile.value is None:
        return HealthView(outer)
    name = scene.account.names.health_var
    edit = pending(scene.sheet, EditKind.HEALTH, name)
    stored = said(scene.sheet, EditKind.HEALTH, name)
    current = read_health(edit.intent.new if edit else stored)
    verdict = scene.may(Permission.HEALTH)
    odd = "" if stored is None or read_health(stored) else str(stored)[:40]
    if edit is not None:
        note = edit_words(edit)
    elif current is None:
        note = f"“{odd}”, unknown here" if odd else "not set"
    else:
        note = _who(scene, current)
    return HealthView(
        outer, current, note, edit is not None, "" if verdict.allowed else verdict.reason, odd
    )


def _who(scene: Scene, current: Health) -> str:
    for row in scene.audit:
        if row.kind == "health" and row.result == "done":
            if row.new == current.value:
                return f"set by {row.actor}, {moment.date(row.at, scene.now)}"
            return "changed elsewhere"
    return ""
