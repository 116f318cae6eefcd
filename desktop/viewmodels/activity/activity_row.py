"""View of a row of the page Activity: an edit in words, its state, and the filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from desktop.clients.service_status import ServiceState
from desktop.customer.pause_release import ActivePause
from desktop.kit.text import fold_text, shorten
from desktop.model.customer_health import CustomerHealth
from desktop.model.edit import ERASURE_KINDS, Edit, EditKind, EditState
from desktop.model.json_value import Json
from desktop.model.lookup_query import record_query
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel
from desktop.sync import field_labels
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.timeline_view import edit_text
from desktop.viewmodels.edit_progress import outage_text
from desktop.viewmodels.tone import ChipTone

# In a row; the details have the whole value.
MAX_VALUE_LENGTH = 60


class ActivityFilter(Enum):
    """Which rows of the page Activity are shown; the value is the filter's label."""

    ALL = "All"
    WAITING = "Waiting"
    NEEDS_PERSON = "Needs a person"
    PAUSED = "Paused"
    DONE = "Done"
    SYNCS = "By syncs"
    TEAM = "Other desks"


@dataclass(frozen=True)
class ActivityRow:
    """All texts of an Activity row; `state` is its chip's word, `state_tone` its colour.

    `customer` is the address or id that the change names, `customer_name` what they are called;
    empty where nobody of that id is kept here. `at`: when it was made (Unix seconds).
    """

    id: str
    at: float
    time: str
    time_tooltip: str
    actor: str
    customer: str
    customer_name: str
    subject: str
    change_text: str
    reason_text: str
    state: str
    state_tone: ChipTone
    detail: str
    needs_attention: bool

    @property
    def accessible_text(self) -> str:
        """The row of the page Activity as one sentence, for screen readers."""
        parts = (
            self.time,
            self.actor,
            self.customer_name,
            self.customer,
            self.change_text,
            self.reason_text,
            self.state,
            self.detail,
        )
        return ", ".join(part for part in parts if part)


def build_activity_row(
    edit: Edit,
    now: float,
    *,
    settled: bool,
    customer_name: str = "",
    states: Iterable[ServiceState] = (),
    pause: ActivePause | None = None,
) -> ActivityRow:
    """Build an edit's row of the page Activity; `settled`: a person has dealt with its conflict.

    `pause`: the pause that the edit has made and that goes on.
    """
    request, subject = edit.request, edit_subject(edit)
    state, tone = _state_label(edit, settled) if pause is None else _pause_label(pause)
    outage = ""
    if edit.state is EditState.QUEUED and not edit.not_sent_reason:
        outage = outage_text(request.target.service.title, states)
        outage = outage[:1].upper() + outage[1:]
    return ActivityRow(
        id=edit.id,
        at=edit.created_at,
        time=time_format.format_date_and_time(edit.created_at, now),
        time_tooltip=time_format.format_full_timestamp(edit.created_at),
        actor=edit.actor,
        customer=request.target.label,
        customer_name="" if customer_name == request.target.label else customer_name,
        subject=subject,
        change_text=f"{subject}: {old_value_text(edit)} → {new_value_text(edit)}"
        if request.kind is not EditKind.CREATE
        else subject,
        reason_text=edit_reason(edit),
        state=state,
        state_tone=tone,
        detail=outage or (edit.detail if pause is None else _pause_detail(pause, now)),
        needs_attention=(needs_person(edit) and not settled)
        or (pause is not None and pause.is_overdue),
    )


def needs_person(edit: Edit) -> bool:
    """Whether an edit of the page Activity waits for a decision: it conflicts or has failed."""
    return edit.state in (EditState.CONFLICT, EditState.FAILED)


def _pause_label(pause: ActivePause) -> tuple[str, ChipTone]:
    return ("Overdue", "warn") if pause.is_overdue else ("Paused", "info")


def _pause_detail(pause: ActivePause, now: float) -> str:
    """Say in Activity how a pause that goes on ends, or why it has not."""
    day = time_format.format_day(pause.terms.until, now)
    if pause.end is not None:
        how = "failed" if pause.end.state is EditState.FAILED else "is not sent yet"
        return f"The end of the pause {how}. {pause.end.detail}".rstrip()
    if pause.is_overdue:
        return (
            f"The pause was to end after {day}. It ends when Fairlead is next awake and connected;"
            " Undo ends it now."
        )
    earlier = " or with the last ticket" if pause.terms.user_id is not None else ""
    return f"Ends after {day}{earlier}."


def matches_filter(
    edit: Edit,
    activity_filter: ActivityFilter,
    *,
    settled: bool,
    pause: ActivePause | None = None,
) -> bool:
    """Whether an edit belongs under this filter of the page Activity.

    `pause`: the pause that it has made and that goes on.
    """
    if activity_filter is ActivityFilter.PAUSED:
        return pause is not None
    if activity_filter is ActivityFilter.SYNCS:
        # Syncs write without edits: what they changed stands in the audit alone.
        return False
    if activity_filter is ActivityFilter.WAITING:
        return not edit.state.is_final
    if activity_filter is ActivityFilter.NEEDS_PERSON:
        return (needs_person(edit) and not settled) or (pause is not None and pause.is_overdue)
    if activity_filter is ActivityFilter.DONE:
        return edit.state.is_final and (settled or not needs_person(edit))
    return True


def build_text_matcher(text: str) -> Callable[[Edit, str], bool]:
    """Make the page Activity's search: each word is in customer, field, person or #ticket.

    It is asked with an edit and what its customer is called.
    """
    words = fold_text(text).split()

    def matches(edit: Edit, customer_name: str) -> bool:
        request = edit.request
        parts = [
            customer_name,
            request.target.label,
            request.target.id,
            request.name,
            edit.actor,
            request.reason,
        ]
        parts += [edit_subject(edit), f"#{request.ticket}" if request.ticket else ""]
        haystack = fold_text("\n".join(parts))
        return all(word in haystack for word in words)

    return matches


def edit_subject(edit: Edit) -> str:
    """Name what an edit changes, for its row of the page Activity: Opt-out, List VIP, a field."""
    request = edit.request
    return {
        EditKind.OPTOUT: "Opt-out",
        EditKind.LIST: f"List {request.name}",
        EditKind.HEALTH: "Health",
        EditKind.SYNC_MARK: "Sync to Zendesk",
        EditKind.SYNC_CHECKBOX: "Sync to Sailthru",
        EditKind.CREATE: "Profile created",
        EditKind.NOTE: "Note",
        EditKind.TAG: f"Tag {request.name}",
        EditKind.PAUSE: "Pause of marketing",
        EditKind.EMAIL_ADDRESS: f"Address {request.name}",
        EditKind.PRIMARY_EMAIL: "Primary address",
        EditKind.PROFILE_EMAIL: "Address in Sailthru",
        EditKind.SELL_EMAIL: "Address in Zendesk Sell",
        EditKind.CLOSE_TICKET: f"Ticket #{request.name}",
        EditKind.DELETE_USER: "User in Zendesk",
        EditKind.DELETE_USER_DATA: "User's data in Zendesk",
        EditKind.DELETE_PROFILE: "Profile in Sailthru",
    }.get(request.kind, request.name)


def edit_reason(edit: Edit) -> str:
    """Join an edit's reason and #ticket for Activity; the ticket once, if the reason names it."""
    reason, ticket = edit.request.reason.strip(), edit.request.ticket
    if ticket is None or f"#{ticket}" in reason:
        return reason
    return f"{reason}, #{ticket}" if reason else f"#{ticket}"


def old_value_text(edit: Edit) -> str:
    """Name the value that an edit found, for its row of the page Activity."""
    return edit_value_text(edit.request.kind, edit.request.old)


def new_value_text(edit: Edit) -> str:
    """Name the value that an edit sets, for its row of the page Activity."""
    return edit_value_text(edit.request.kind, edit.request.new)


def edit_value_text(kind: EditKind, value: Json) -> str:
    """Name a value of an edit for a row of the page Activity; one that is not set says so."""
    if kind is EditKind.OPTOUT and value is None:
        return LEVEL_NOT_KNOWN_LABEL
    if kind is EditKind.OPTOUT and value in {level.value for level in OptOutLevel}:
        return OptOutLevel(str(value)).label
    if kind is EditKind.PAUSE:
        terms = parse_pause_terms(value)
        return f"until {terms.until:%d %b %Y}" if terms is not None else "no pause"
    if kind is EditKind.EMAIL_ADDRESS:
        return "listed" if value else "not listed"
    if kind in ERASURE_KINDS:
        done = "closed" if kind is EditKind.CLOSE_TICKET else "deleted"
        return done if value else f"not {done}"
    if kind in (EditKind.LIST, EditKind.SYNC_CHECKBOX, EditKind.SYNC_MARK, EditKind.TAG):
        return "on" if value else "off"
    if kind is EditKind.HEALTH and value in {health.value for health in CustomerHealth}:
        return str(value).capitalize()
    return shorten(field_labels.format_value(value), MAX_VALUE_LENGTH)


def customer_query_for_edit(edit: Edit) -> str:
    """Format the query by which the search field finds the customer of an edit."""
    target = edit.request.target
    if edit.request.kind is EditKind.SELL_EMAIL:
        return target.label
    # A profile that is still to be created has an address for an id.
    return (
        target.id
        if edit.request.kind is EditKind.CREATE
        else record_query(target.service, target.id)
    )


def edit_title(edit: Edit) -> str:
    """Say in a title of the page Activity what an edit did: `Added to VIP Offers`."""
    return edit_text(edit.request.kind.value, edit.request.name, edit.request.new)


def was_already_set(edit: Edit) -> bool:
    """Whether an edit of the page Activity sent nothing: the service had the value already."""
    sent = edit.tries > 0 or edit.is_accepted or edit.detail.endswith("confirmed")
    return edit.state is EditState.DONE and not sent


def _state_label(edit: Edit, settled: bool) -> tuple[str, ChipTone]:
    if edit.not_sent_reason:
        return "Not sent", "warn"
    if edit.state is EditState.UNKNOWN:
        # Accepted but not read back is on its way; without any answer nobody knows.
        return ("Being confirmed", "info") if edit.is_accepted else ("Unconfirmed", "warn")
    if needs_person(edit) and settled:
        return ("Resolved", "neutral")
    if was_already_set(edit):
        return "Already set", "ok"
    labels: dict[EditState, tuple[str, ChipTone]] = {
        EditState.QUEUED: ("Waiting", "info"),
        EditState.WAITING: ("Can be undone", "info"),
        EditState.SENDING: ("Sending", "info"),
        EditState.DONE: ("Confirmed", "ok"),
        EditState.CONFLICT: ("Conflict", "bad"),
        EditState.FAILED: ("Failed", "bad"),
        EditState.UNDONE: ("Undone", "neutral"),
    }
    return labels[edit.state]
