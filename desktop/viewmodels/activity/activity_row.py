"""One line of the Activity page: a change somebody wanted, with words for how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desktop.model.customer_health import CustomerHealth
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.sync import field_labels
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.timeline_view import edit_text

_MAX_VALUE_LENGTH = 60


class ActivityFilter(Enum):
    """Which rows are shown; the value is what the window calls it."""

    ALL = "All"
    WAITING = "Waiting"
    NEEDS_PERSON = "Needs a person"
    DONE = "Done"
    SYNCS = "By syncs"


@dataclass(frozen=True)
class ActivityRow:
    """All texts of one line. `state` is the chip's word, `state_tone` its colour's name."""

    id: str
    time: str
    time_tooltip: str
    actor: str
    customer: str
    subject: str
    change_text: str
    reason_text: str
    state: str
    state_tone: str
    detail: str
    needs_attention: bool

    @property
    def accessible_text(self) -> str:
        """The whole line as one sentence, for screen readers and the narrow list."""
        parts = (
            self.time,
            self.actor,
            self.customer,
            self.change_text,
            self.reason_text,
            self.state,
            self.detail,
        )
        return ", ".join(part for part in parts if part)


def build_activity_row(edit: Edit, now: float, *, settled: bool) -> ActivityRow:
    """Make the line; `settled` says that a person has dealt with this conflict or failure."""
    intent = edit.request
    state, tone = _state_label(edit, settled)
    what = edit_subject(edit)
    return ActivityRow(
        id=edit.id,
        time=time_format.format_date_and_time(edit.created_at, now),
        time_tooltip=time_format.format_full_timestamp(edit.created_at),
        actor=edit.actor,
        customer=intent.target.label,
        subject=what,
        change_text=f"{what}: {old_value_text(edit)} → {new_value_text(edit)}"
        if intent.kind is not EditKind.CREATE
        else what,
        reason_text=edit_reason(edit),
        state=state,
        state_tone=tone,
        detail=edit.detail,
        needs_attention=needs_person(edit) and not settled,
    )


def needs_person(edit: Edit) -> bool:
    """Whether nothing more happens unless somebody decides."""
    return edit.state in (EditState.CONFLICT, EditState.FAILED)


def matches_filter(edit: Edit, activity_filter: ActivityFilter, *, settled: bool) -> bool:
    """Whether a row belongs under this filter."""
    if activity_filter is ActivityFilter.SYNCS:
        # They are no edits of a person's: they stand in the record alone.
        return False
    if activity_filter is ActivityFilter.WAITING:
        return not edit.state.is_final
    if activity_filter is ActivityFilter.NEEDS_PERSON:
        return needs_person(edit) and not settled
    if activity_filter is ActivityFilter.DONE:
        return edit.state.is_final and (settled or not needs_person(edit))
    return True


def build_text_matcher(text: str) -> Callable[[Edit], bool]:
    """Find the rows that hold every word typed: customer, list or field, person, ticket."""
    words = text.casefold().split()

    def holds(edit: Edit) -> bool:
        intent = edit.request
        parts = [intent.target.label, intent.target.id, intent.name, edit.actor, intent.reason]
        parts += [edit_subject(edit), f"#{intent.ticket}" if intent.ticket else ""]
        hay = "\n".join(parts).casefold()
        return all(word in hay for word in words)

    return holds


def edit_subject(edit: Edit) -> str:
    """What part of the customer it is about."""
    intent = edit.request
    return {
        EditKind.OPTOUT: "Opt-out",
        EditKind.LIST: f"List {intent.name}",
        EditKind.HEALTH: "Health",
        EditKind.SYNC_MARK: "Sync to Zendesk",
        EditKind.SYNC_CHECKBOX: "Sync to Sailthru",
        EditKind.CREATE: "Profile created",
    }.get(intent.kind, intent.name)


def edit_reason(edit: Edit) -> str:
    """Reason and ticket; the ticket once, also where the reason names it."""
    reason, ticket = edit.request.reason.strip(), edit.request.ticket
    if ticket is None or f"#{ticket}" in reason:
        return reason
    return f"{reason}, #{ticket}" if reason else f"#{ticket}"


def old_value_text(edit: Edit) -> str:
    """The value before, as a person calls it."""
    return edit_value_text(edit.request.kind, edit.request.old)


def new_value_text(edit: Edit) -> str:
    """The value wanted."""
    return edit_value_text(edit.request.kind, edit.request.new)


def edit_value_text(kind: EditKind, value: Json) -> str:
    """Name a value; what is not set says so."""
    if kind is EditKind.OPTOUT and value in {level.value for level in OptOutLevel}:
        return OptOutLevel(str(value)).label
    if kind is EditKind.LIST:
        return "on" if value else "off"
    if kind in (EditKind.SYNC_CHECKBOX, EditKind.SYNC_MARK):
        return "on" if value else "off"
    if kind is EditKind.HEALTH and value in {health.value for health in CustomerHealth}:
        return str(value).capitalize()
    text = field_labels.format_value(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else text[: _MAX_VALUE_LENGTH - 1] + "…"


def customer_query_for_edit(edit: Edit) -> str:
    """What the search field finds this customer by: the id, since addresses move."""
    target = edit.request.target
    if edit.request.kind is EditKind.CREATE:
        return target.id
    return f"sid:{target.id}" if target.service is Service.SAILTHRU else f"id:{target.id}"


def edit_title(edit: Edit) -> str:
    """What was done, for a title: `Added to VIP Offers`."""
    return edit_text(edit.request.kind.value, edit.request.name, edit.request.new)


def was_already_set(edit: Edit) -> bool:
    """Whether nothing was sent, because the service had the value already."""
    sent = edit.tries > 0 or edit.is_accepted or edit.detail.endswith("confirmed")
    return edit.state is EditState.DONE and not sent


def _state_label(edit: Edit, settled: bool) -> tuple[str, str]:
    if edit.state is EditState.UNKNOWN:
        # Accepted but not read back is on its way; without any answer nobody knows.
        return ("Being confirmed", "info") if edit.is_accepted else ("Not certain", "warn")
    if needs_person(edit) and settled:
        return ("Dealt with", "neutral")
    if was_already_set(edit):
        return "Was so already", "ok"
    return {
        EditState.QUEUED: ("Waiting", "info"),
        EditState.WAITING: ("Waiting for Undo", "info"),
        EditState.SENDING: ("Sending", "info"),
        EditState.DONE: ("Confirmed", "ok"),
        EditState.CONFLICT: ("Conflict", "bad"),
        EditState.FAILED: ("Failed", "bad"),
        EditState.UNDONE: ("Undone", "neutral"),
    }[edit.state]
