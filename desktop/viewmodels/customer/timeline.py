"""Timeline: edits, opt-outs, list joins, tickets and mail activity in one order."""

from collections.abc import Iterator
from dataclasses import dataclass

from desktop.model.optout import OptOut
from desktop.store.audit import AuditRow
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, FrameState
from desktop.viewmodels.scene import Scene

SHOWN = 8


@dataclass(frozen=True)
class TimelineRow:
    """One event; `edit_id` where it is a change made here that may be undone."""

    stamp: str
    text: str
    tip: str
    edit_id: str = ""


@dataclass(frozen=True)
class TimelineView:
    """All events, newest first; the panel shows a few and the rest on demand."""

    frame: Frame
    rows: tuple[TimelineRow, ...] = ()


@dataclass(frozen=True)
class _Event:
    at: float
    text: str
    edit_id: str = ""


def timeline(scene: Scene) -> TimelineView:
    """Build it."""
    sheet = scene.sheet
    if not sheet.found:
        state = FrameState.EMPTY if sheet.finished else FrameState.LOADING
        return TimelineView(Frame(state, text="Nothing has happened yet."))
    events = sorted(_events(scene), key=lambda e: -e.at)[:200]
    rows = tuple(
        TimelineRow(moment.stamp(e.at, scene.now), e.text, moment.full(e.at), e.edit_id)
        for e in events
    )
    if not rows:
        return TimelineView(Frame(FrameState.EMPTY, text="Nothing has happened yet."))
    return TimelineView(Frame(), rows)


def _events(scene: Scene) -> Iterator[_Event]:
    page = scene.sheet.tickets.value
    for ticket in page.tickets if page else ():
        if ticket.created_at is not None:
            yield _Event(ticket.created_at, f"Ticket #{ticket.id} “{_short(ticket.subject)}”")
        if not ticket.unsolved and ticket.updated_at is not None:
            yield _Event(ticket.updated_at, f"Ticket #{ticket.id} {ticket.status}")
    yield from _profile_events(scene)
    for row in scene.audit:
        # What a sync did belongs to no edit that could be undone here.
        yield _Event(row.at, audit_words(row), row.edit if row.kind != "sync" else "")


def _profile_events(scene: Scene) -> Iterator[_Event]:
    profile = scene.sheet.profile.value
    if profile is None:
        return
    done = [row for row in scene.audit if row.result == "done"]
    here = {row.name for row in done if row.kind == "list"}
    here |= {
        name.removeprefix("lists.")
        for row in done
        if row.kind == "sync" and isinstance(row.new, dict)
        for name in row.new
    }
    for name, since in profile.lists.items():
        if since is not None:
            yield _Event(since, f"Joined {name}" + ("" if name in here else ", changed elsewhere"))
    said = {
        "open_time": "Last open (may be automatic)",
        "click_time": "Last click",
        "view_time": "Last pageview",
        "optout_time": "Opted out, Sailthru does not say by whom",
        "signup_time": "Signed up",
    }
    ours = any(row.kind == "optout" and row.result == "done" for row in scene.audit)
    for key, words in said.items():
        # Our own opt-out stands in the audit with name and reason.
        if key in profile.activity and not (ours and key == "optout_time"):
            yield _Event(profile.activity[key], words)
    for purchase in profile.purchases:
        if purchase.at is not None:
            yield _Event(purchase.at, "Purchase")


def audit_words(row: AuditRow) -> str:
    """A closed edit as a sentence."""
    ended = {"done": "", "conflict": ": not sent, changed elsewhere", "failed": ": failed"}
    tail = ended.get(row.result, ": taken back")
    if row.kind == "sync":
        return f"{_synced_words(row)} by {row.actor}"
    return f"{change_words(row.kind, row.name, row.new)} by {row.actor}{tail}"


def _synced_words(row: AuditRow) -> str:
    """What a sync changed: its fields, the first few by name."""
    title = row.reason.partition(": run")[0] or row.name
    fields = list(row.new) if isinstance(row.new, dict) else []
    names = [field.partition(".")[2] or field for field in fields]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Sync “{title}”: {shown}" if shown else f"Sync “{title}”"


def change_words(kind: str, name: str, new: object) -> str:
    """What an edit changes, for a person."""
    if kind == "optout":
        return f"Opt-out “{OptOut(str(new)).words}”"
    if kind == "list":
        return f"{'Added to' if new else 'Taken off'} {name}"
    if kind == "health":
        return f"Health {new or 'cleared'}"
    if kind == "box":
        return f"Sync to Sailthru {'on' if new else 'off'}"
    if kind == "mark":
        return f"Sync to Zendesk {'on' if new else 'off'}"
    if kind == "create":
        return "Profile created"
    value = "cleared" if new is None else f"= {_short(str(new))}"
    return f"{name} {value}"


def _short(words: str) -> str:
    return words if len(words) <= 40 else words[:39] + "…"
