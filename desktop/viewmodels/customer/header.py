"""The header: who this is, how Sailthru was matched, and what stands out."""

from dataclasses import dataclass

from desktop.model import engagement
from desktop.model.edit import EditKind
from desktop.model.overlay import pending
from desktop.model.query import QueryKind
from desktop.model.sheet import OtherProfile, PartState
from desktop.viewmodels import moment
from desktop.viewmodels.scene import Scene


@dataclass(frozen=True)
class ChipView:
    """A state worth a colour: `tone` is ok, warn, bad, info or neutral."""

    text: str
    tone: str
    tip: str = ""


@dataclass(frozen=True)
class OtherView:
    """A further address with a profile of its own."""

    address: str
    sid: str
    note: str


@dataclass(frozen=True)
class HeaderView:
    """`missing` is the empty state's sentence where nobody was found at all."""

    name: str
    initials: str
    address: str
    match: str
    chips: tuple[ChipView, ...]
    others: tuple[OtherView, ...]
    missing: str
    missing_hint: str
    loading: bool
    chosen: bool = False


def header(scene: Scene) -> HeaderView:
    """Build it."""
    sheet = scene.sheet
    name = _name(scene)
    loading = not sheet.finished and not sheet.found
    missing, hint = _missing(scene)
    return HeaderView(
        name=name,
        initials=initials(name),
        address=sheet.address,
        match=_match(scene),
        chips=_chips(scene),
        others=tuple(_other(scene, o) for o in sheet.others),
        missing=missing,
        missing_hint=hint,
        loading=loading,
        chosen=sheet.linked,
    )


def initials(name: str) -> str:
    """At most two letters to stand for a name."""
    words = [w for w in name.replace("@", " ").split() if w[:1].isalnum()]
    if not words:
        return "?"
    picked = (words[0], words[-1]) if len(words) > 1 else (words[0],)
    return "".join(word[0].upper() for word in picked)


def _name(scene: Scene) -> str:
    person, profile = scene.sheet.person.value, scene.sheet.profile.value
    if person is not None and person.name.strip():
        return person.name
    if profile is not None:
        parts = [profile.vars.get(key) for key in ("first_name", "last_name")]
        words = " ".join(str(p) for p in parts if isinstance(p, str) and p.strip())
        return words or profile.email or profile.sid
    return scene.sheet.address or scene.sheet.query.value


def _match(scene: Scene) -> str:
    sheet = scene.sheet
    words = []
    profile = sheet.profile.value
    if profile is not None:
        matched = sheet.matched_by
        address = sheet.address
        if sheet.linked:
            words.append(f"Sailthru: {profile.email or profile.sid}, chosen here")
        elif address.lower() in (matched.lower(), (profile.email or "").lower()):
            words.append("Sailthru: same address")
        elif matched:
            words.append(f"Sailthru: by {matched}")
    elif sheet.profile.state is PartState.ABSENT and sheet.found:
        words.append("no Sailthru profile")
    if sheet.ticket is not None:
        subject = sheet.ticket.subject
        short = subject if len(subject) <= 48 else subject[:47] + "…"
        words.append(f"from #{sheet.ticket.id} “{short}”, {sheet.ticket.status}")
    return " · ".join(words)


def _chips(scene: Scene) -> tuple[ChipView, ...]:
    chips = []
    person, profile = scene.sheet.person.value, scene.sheet.profile.value
    if profile is not None:
        level = engagement.describe(profile.engagement)
        if level is not None:
            tone = {"engaged": "ok", "active": "ok", "passive": "info", "new": "info"}
            low = (profile.engagement or "").lower()
            bad = low in ("hardbounce", "optout")
            chips.append(
                ChipView(
                    f"Engagement: {level[0]}", "bad" if bad else tone.get(low, "neutral"), level[1]
                )
            )
    if person is not None:
        tag = scene.account.names.highvalue_tag
        if person.tags is not None and tag in person.tags:
            chips.append(ChipView("High value", "info", f"Zendesk tag {tag}"))
        if person.suspended:
            chips.append(ChipView("Suspended", "bad", "Zendesk: may not sign in, tickets are held"))
        if person.role != "end-user":
            chips.append(ChipView(person.role.capitalize(), "neutral", "works in your Zendesk"))
    return tuple(chips)


def _other(scene: Scene, other: OtherProfile) -> OtherView:
    level = engagement.describe(other.engagement)
    words = [level[0]] if level else []
    if other.last_open is not None:
        words.append(f"opened {moment.ago(other.last_open, scene.now)} ago")
    return OtherView(other.address, other.sid, ", ".join(words))


def _missing(scene: Scene) -> tuple[str, str]:
    sheet = scene.sheet
    if not sheet.finished or sheet.found or sheet.matches:
        return "", ""
    failed = [
        p.error for p in (sheet.person, sheet.profile) if p.state is PartState.FAILED and p.error
    ]
    if failed:
        error = failed[0]
        return error.title, " ".join(s for s in (error.message, error.hint) if s)
    if sheet.person.error is not None:
        error = sheet.person.error
        return error.title, " ".join(s for s in (error.message, error.hint) if s)
    value = sheet.query.value if len(sheet.query.value) <= 80 else sheet.query.value[:79] + "…"
    create = pending(sheet, EditKind.CREATE)
    if create is not None:
        return f"The profile of {value} is being created.", ""
    return f"Nobody found for “{value}”.", _asked(scene)


def _asked(scene: Scene) -> str:
    """Who does not know them: only a service that was asked can say so."""
    sheet = scene.sheet
    spelling = "Check the spelling, or search another way."
    if sheet.person.state is PartState.OFF:
        if sheet.query.kind in (QueryKind.EMAIL, QueryKind.SID):
            return f"Sailthru does not know this. {spelling}"
        return (
            "This can only be looked up in Zendesk, which is not connected here."
            " Search by e-mail address or Sailthru id."
        )
    if sheet.profile.state is PartState.OFF:
        return f"Zendesk does not know this. {spelling}"
    if sheet.query.kind is QueryKind.EMAIL:
        return f"Neither Zendesk nor Sailthru knows this. {spelling}"
    if sheet.query.kind is QueryKind.SID:
        return f"Sailthru does not know this. {spelling}"
    return f"Zendesk does not know this. {spelling}"
