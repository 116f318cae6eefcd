"""View of the timeline panel: edits, list joins, tickets, mail activity and events by time."""

from collections.abc import Iterator
from dataclasses import dataclass

from desktop.kit.text import shorten
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.marketing_pause import parse_pause_terms, split_pause_name
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.model.team_lead_request import TeamLeadRequestState, describe_wanted
from desktop.store.audit_log import AuditEntry
from desktop.store.audit_row import LEAD_REQUEST_KIND
from desktop.store.bounce_repair_repository import BOUNCE_REPAIR_KIND
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.team_entry_text import team_entry_subject

COLLAPSED_ROW_COUNT = 8
_MAX_EVENTS = 200  # newest first; a table of more rows would hold the window up
_MAX_TEXT_LENGTH = 40


@dataclass(frozen=True)
class TimelineView:
    """View of the panel Timeline: all events, newest first; it shows a few, the rest on demand.

    `can_explain_optout`: the customer is opted out, their level is not known, or mail bounces.
    """

    panel_state: PanelState
    rows: tuple[KeyValueRow, ...] = ()
    can_explain_optout: bool = False


@dataclass(frozen=True)
class _TimelineEvent:
    at: float  # Unix seconds
    text: str


def build_timeline_view(context: CustomerContext) -> TimelineView:
    """Build the view of the timeline panel, of at most 200 events."""
    sheet = context.sheet
    if not sheet.is_found:
        state = PanelStatus.EMPTY if sheet.is_complete else PanelStatus.LOADING
        return TimelineView(PanelState(state, text="Nothing has happened yet."))
    events = sorted(_collect_events(context), key=lambda event: -event.at)[:_MAX_EVENTS]
    rows = tuple(
        KeyValueRow(
            time_format.format_time_or_date(event.at, context.now),
            event.text,
            tip=time_format.format_full_timestamp(event.at),
        )
        for event in events
    )
    if not rows:
        return TimelineView(PanelState(PanelStatus.EMPTY, text="Nothing has happened yet."))
    profile = sheet.profile.value
    # From there a hard bounce is repaired as well.
    needs_explaining = profile is not None and (
        profile.optout is not OptOutLevel.NONE or (profile.engagement or "").lower() == "hardbounce"
    )
    return TimelineView(PanelState(), rows, needs_explaining)


def _collect_events(context: CustomerContext) -> Iterator[_TimelineEvent]:
    page = context.sheet.tickets.value
    for ticket in page.tickets if page else ():
        if ticket.created_at is not None:
            yield _TimelineEvent(
                ticket.created_at,
                f"Ticket #{ticket.id} “{shorten(ticket.subject, _MAX_TEXT_LENGTH)}”",
            )
        if not ticket.is_unsolved and ticket.updated_at is not None:
            yield _TimelineEvent(ticket.updated_at, f"Ticket #{ticket.id} {ticket.status}")
    yield from _profile_events(context)
    for row in context.audit:
        yield _TimelineEvent(row.at, audit_row_text(row))
    for event in context.events:
        yield _TimelineEvent(event.at, event.text)
    for entry in context.team_entries:
        text = f"{team_entry_subject(entry)} by {entry.actor} at {entry.desk_name}"
        yield _TimelineEvent(entry.at, text)


def _profile_events(context: CustomerContext) -> Iterator[_TimelineEvent]:
    profile = context.sheet.profile.value
    if profile is None:
        return
    done = [row for row in context.audit if row.result == "done"]
    # Joins made here have an entry of their own, with who did it.
    own_lists = {row.name for row in done if row.kind == "list"}
    own_lists |= {one.name for one in context.team_entries if one.kind == "list"}
    own_lists |= {split_pause_name(row.name)[1] for row in done if row.kind == "pause"}
    own_lists |= {
        name.removeprefix("lists.")
        for row in done
        if row.kind == "sync" and isinstance(row.new, dict)
        for name in row.new
    }
    for name, since in profile.lists.items():
        if since is not None:
            yield _TimelineEvent(
                since, f"Joined {name}" + ("" if name in own_lists else ", changed elsewhere")
            )
    activity_texts = {
        "open_time": "Last open (may be automatic)",
        "click_time": "Last click",
        "view_time": "Last pageview",
        "optout_time": "Opted out (Sailthru doesn't show by whom)",
        "signup_time": "Signed up",
    }
    has_own_optout = any(row.kind == "optout" and row.result == "done" for row in context.audit)
    for key, text in activity_texts.items():
        # Our own opt-out stands in the audit with name and reason.
        if key in profile.activity and not (has_own_optout and key == "optout_time"):
            yield _TimelineEvent(profile.activity[key], text)
    for purchase in profile.purchases:
        if purchase.at is not None:
            yield _TimelineEvent(purchase.at, "Purchase")


def audit_row_text(row: AuditEntry) -> str:
    """Describe an audited edit in the timeline: what, by whom, and how it ended."""
    ended = {"done": "", "conflict": ": not sent, changed elsewhere", "failed": ": failed"}
    tail = ended.get(row.result, ": undone")
    if row.kind == "sync":
        return f"{_sync_row_text(row)} by {row.actor}"
    if row.kind == BOUNCE_REPAIR_KIND and isinstance(row.new, dict):
        level = OptOutLevel(str(row.new["level"])).label
        return f"Bounce repair keeping “{level}”: {row.new['state']}, by {row.actor}"
    if row.kind == LEAD_REQUEST_KIND:
        return _lead_request_text(row)
    return f"{edit_text(row.kind, row.name, row.new)} by {row.actor}{tail}"


def _lead_request_text(row: AuditEntry) -> str:
    """Describe in the timeline what a lead was asked for, or how the request ended."""
    said = row.new
    if not isinstance(said, dict):
        return f"Request to a lead by {row.actor}"
    kind = EditKind(str(said["kind"]))
    # Whose it is stands in no word of it.
    nobody = EditTarget(Service.SAILTHRU, "", "")
    wanted = describe_wanted(EditRequest(kind, nobody, row.name, row.old, said["new"]))
    state = str(said["state"])
    why = f": {row.reason}" if state == TeamLeadRequestState.DECLINED.value else ""
    return f"{_LEAD_REQUEST_TEXTS[state]}: {wanted}, by {row.actor}{why}"


def _sync_row_text(row: AuditEntry) -> str:
    """Describe in the timeline what a sync changed: its title and the first three fields."""
    title = row.reason.partition(": run")[0] or row.name
    fields = list(row.new) if isinstance(row.new, dict) else []
    names = [field.partition(".")[2] or field for field in fields]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Sync “{title}”: {shown}" if shown else f"Sync “{title}”"


# What became of a request to a lead, by its state.
_LEAD_REQUEST_TEXTS = {
    TeamLeadRequestState.OPEN.value: "Asked a lead",
    TeamLeadRequestState.DONE.value: "Request done",
    TeamLeadRequestState.DECLINED.value: "Request declined",
    TeamLeadRequestState.WITHDRAWN.value: "Request withdrawn",
}
# What an edit that is on or off changes, by its kind.
_ON_OFF_TEXTS = {
    "list": ("Added to {name}", "Removed from {name}"),
    "box": ("Sync to Sailthru on", "Sync to Sailthru off"),
    "mark": ("Sync to Zendesk on", "Sync to Zendesk off"),
    "tag": ("Tag {name} added", "Tag {name} removed"),
    "email_address": ("{name} added in Zendesk", "{name} removed in Zendesk"),
}


def edit_text(kind: str, name: str, new: object) -> str:
    """Describe what an edit of this kind changes, for toasts, timeline and Activity."""
    if kind in _ON_OFF_TEXTS:
        return _ON_OFF_TEXTS[kind][0 if new else 1].format(name=name)
    if kind == "optout":
        return f"Opt-out “{OptOutLevel(str(new)).label}”"
    if kind == "health":
        return f"Health {new or 'cleared'}"
    if kind == "pause":
        terms = parse_pause_terms(new)  # type: ignore[arg-type]
        return f"Marketing paused until {terms.until:%d %b %Y}" if terms else "Pause ended"
    if kind == "primary_email":
        return f"Primary address in Zendesk {new}"
    if kind == "profile_email":
        return f"Address in Sailthru {new}" + (", two profiles merged" if name else "")
    if kind in _TEXTS_WITHOUT_VALUE:
        return _TEXTS_WITHOUT_VALUE[kind].format(name=name)
    value = "cleared" if new is None else f"= {shorten(str(new), _MAX_TEXT_LENGTH)}"
    return f"{name} {value}"


_TEXTS_WITHOUT_VALUE = {
    "create": "Profile created",
    "note": "Note to colleagues",
    "close_ticket": "Ticket #{name} closed, to erase the customer",
    "delete_user": "User deleted in Zendesk",
    "delete_user_data": "User’s data deleted in Zendesk for good",
    "delete_profile": "Profile deleted in Sailthru",
}
