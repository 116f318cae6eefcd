"""Opt-out: the levels in plain words, what may be chosen, what Sailthru does not say."""

from dataclasses import dataclass, replace

from desktop.model.edit import Edit, EditKind, Intent, Service, Target
from desktop.model.optout import OFFERED, OptOut, loosens
from desktop.model.overlay import pending, said
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.scene import Scene, edit_words

TEMPLATE_HINT = "Single templates may be unsubscribed too; Sailthru doesn't show that."


@dataclass(frozen=True)
class LevelView:
    """One level; `why_not` says why it cannot be chosen (empty: it can)."""

    level: OptOut
    words: str
    note: str
    chosen: bool
    why_not: str
    act: str
    opts_in: bool


@dataclass(frozen=True)
class OptOutView:
    """`waiting` says how far an open change is; `facts` are further lines (label, value)."""

    frame: Frame
    levels: tuple[LevelView, ...] = ()
    waiting: str = ""
    edit_id: str = ""
    reasons: tuple[str, ...] = ()
    ticket: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    hint: str = TEMPLATE_HINT
    optin_link: str = ""


_ACTS = {
    OptOut.NONE: "Opt back in",
    OptOut.BASIC: "Stop marketing e-mail",
    OptOut.ALL: "Stop all e-mail",
    OptOut.BLAST: "",
}


def optout(scene: Scene, ticket: int | None) -> OptOutView:
    """Build it; `ticket` is the one the sheet was opened from, for the reason."""
    sheet = scene.sheet
    address = sheet.address or sheet.query.value
    outer = frame(
        sheet.profile,
        "Sailthru",
        scene.now,
        absent=f"No Sailthru profile for {address}.",
        hint="There is nothing to opt out of yet.",
        leads=True,
    )
    profile = sheet.profile.value
    if profile is None:
        return OptOutView(outer)
    edit = pending(sheet, EditKind.OPTOUT)
    current = OptOut(str(edit.intent.new)) if edit else profile.optout
    offered = [level for level in OptOut if level in OFFERED or level is current]
    if edit is None and profile.optout is None:
        outer = replace(outer, note="Sailthru does not say", tone="warn")
    return OptOutView(
        frame=outer,
        levels=tuple(_level(scene, level, current) for level in offered),
        waiting=_waiting(edit),
        edit_id=edit.id if edit else "",
        reasons=_reasons(ticket),
        ticket=ticket,
        facts=_facts(scene),
        optin_link=scene.account.optin_link if current not in (None, OptOut.NONE) else "",
    )


def _level(scene: Scene, level: OptOut, current: OptOut | None) -> LevelView:
    before = OptOut(str(said(scene.sheet, EditKind.OPTOUT)))
    opening = loosens(current or before, level)
    intent = Intent(
        EditKind.OPTOUT,
        Target(Service.SAILTHRU, "", ""),
        "",
        (current or before).value,
        level.value,
    )
    verdict = scene.may_do(intent)
    why_not = "" if verdict.allowed or level is current else verdict.reason
    if level is OptOut.BLAST:
        why_not = "An old level: it is shown, and no longer set."
    return LevelView(
        level, level.words, level.explanation, level is current, why_not, _ACTS[level], opening
    )


def _waiting(edit: Edit | None) -> str:
    return edit_words(edit) if edit is not None else ""


def _reasons(ticket: int | None) -> tuple[str, ...]:
    first = f"Customer asked, #{ticket}" if ticket is not None else "Customer asked"
    return (first, "Complaint", "Requested by phone", "Wrong person")


def _facts(scene: Scene) -> tuple[tuple[str, str], ...]:
    profile = scene.sheet.profile.value
    if profile is None:
        return ()
    rows = []
    if (profile.engagement or "").lower() == "hardbounce":
        rows.append(("Delivery", "hard bounce: the address does not accept mail"))
    words = {"opt-in": "opted in", "opt-out": "opted out", "double-opt-in": "opted in twice"}
    said_sms = [words.get(v, v) for k, v in sorted(profile.sms.items()) if v]
    rows.append(
        ("Text messages", f"{said_sms[0]}, separate" if said_sms else "Sailthru does not say")
    )
    if profile.optout not in (None, OptOut.NONE):
        rows.append(("Cause", _cause(scene)))
    return tuple(rows)


def _cause(scene: Scene) -> str:
    for row in scene.audit:
        if row.kind == "optout" and row.result == "done":
            profile = scene.sheet.profile.value
            if profile and profile.optout and row.new == profile.optout.value:
                return f"{row.actor} here: {row.reason}" if row.reason else f"{row.actor} here"
            break
    return "Sailthru does not say"
