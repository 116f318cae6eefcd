"""One line of the Activity page: a change somebody wanted, with words for how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desktop.model.edit import Edit, EditKind, EditState, Service
from desktop.model.health import Health
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.sync import wording
from desktop.viewmodels import moment
from desktop.viewmodels.customer.timeline import change_words

_LONGEST_VALUE = 60


class Sift(Enum):
    """Which rows are shown; the value is what the window calls it."""

    ALL = "All"
    WAITING = "Waiting"
    PERSON = "Needs a person"
    DONE = "Done"
    SYNCS = "By syncs"


@dataclass(frozen=True)
class ActivityRow:
    """All texts of one line. `state` is the chip's word, `state_tone` its colour's name."""

    id: str
    time: str
    time_tip: str
    who: str
    customer: str
    what: str
    change: str
    why: str
    state: str
    state_tone: str
    detail: str
    attention: bool

    @property
    def spoken(self) -> str:
        """The whole line as one sentence, for screen readers and the narrow list."""
        parts = (self.time, self.who, self.customer, self.change, self.why, self.state, self.detail)
        return ", ".join(part for part in parts if part)


def row_of(edit: Edit, now: float, *, settled: bool) -> ActivityRow:
    """Make the line; `settled` says that a person has dealt with this conflict or failure."""
    intent = edit.intent
    state, tone = _state(edit, settled)
    what = subject(edit)
    return ActivityRow(
        id=edit.id,
        time=moment.date_and_time(edit.created_at, now),
        time_tip=moment.full(edit.created_at),
        who=edit.actor,
        customer=intent.target.label,
        what=what,
        change=f"{what}: {old_words(edit)} → {new_words(edit)}"
        if intent.kind is not EditKind.CREATE
        else what,
        why=why(edit),
        state=state,
        state_tone=tone,
        detail=edit.detail,
        attention=needs_person(edit) and not settled,
    )


def needs_person(edit: Edit) -> bool:
    """Whether nothing more happens unless somebody decides."""
    return edit.state in (EditState.CONFLICT, EditState.FAILED)


def passes(edit: Edit, sift: Sift, *, settled: bool) -> bool:
    """Whether a row belongs under this filter."""
    if sift is Sift.SYNCS:
        # They are no edits of a person's: they stand in the record alone.
        return False
    if sift is Sift.WAITING:
        return not edit.state.final
    if sift is Sift.PERSON:
        return needs_person(edit) and not settled
    if sift is Sift.DONE:
        return edit.state.final and (settled or not needs_person(edit))
    return True


def matcher(text: str) -> Callable[[Edit], bool]:
    """Find the rows that hold every word typed: customer, list or field, person, ticket."""
    words = text.casefold().split()

    def holds(edit: Edit) -> bool:
        intent = edit.intent
        parts = [intent.target.label, intent.target.id, intent.name, edit.actor, intent.reason]
        parts += [subject(edit), f"#{intent.ticket}" if intent.ticket else ""]
        hay = "\n".join(parts).casefold()
        return all(word in hay for word in words)

    return holds


def subject(edit: Edit) -> str:
    """What part of the customer it is about."""
    intent = edit.intent
    return {
        EditKind.OPTOUT: "Opt-out",
        EditKind.LIST: f"List {intent.name}",
        EditKind.HEALTH: "Health",
        EditKind.MARK: "Sync to Zendesk",
        EditKind.BOX: "Sync to Sailthru",
        EditKind.CREATE: "Profile created",
    }.get(intent.kind, intent.name)


def why(edit: Edit) -> str:
    """Reason and ticket; the ticket once, also where the reason names it."""
    reason, ticket = edit.intent.reason.strip(), edit.intent.ticket
    if ticket is None or f"#{ticket}" in reason:
        return reason
    return f"{reason}, #{ticket}" if reason else f"#{ticket}"


def old_words(edit: Edit) -> str:
    """The value before, as a person calls it."""
    return value_words(edit.intent.kind, edit.intent.old)


def new_words(edit: Edit) -> str:
    """The value wanted."""
    return value_words(edit.intent.kind, edit.intent.new)


def value_words(kind: EditKind, value: Json) -> str:
    """Name a value; what is not set says so."""
    if kind is EditKind.OPTOUT and value in {level.value for level in OptOut}:
        return OptOut(str(value)).words
    if kind is EditKind.LIST:
        return "on" if value else "off"
    if kind in (EditKind.BOX, EditKind.MARK):
        return "on" if value else "off"
    if kind is EditKind.HEALTH and value in {health.value for health in Health}:
        return str(value).capitalize()
    text = wording.value_words(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def service_words(edit: Edit) -> str:
    """Whose data it changes."""
    return "Sailthru" if edit.intent.target.service is Service.SAILTHRU else "Zendesk"


def query_of(edit: Edit) -> str:
    """What the search field finds this customer by: the id, since addresses move."""
    target = edit.intent.target
    if edit.intent.kind is EditKind.CREATE:
        return target.id
    return f"sid:{target.id}" if target.service is Service.SAILTHRU else f"id:{target.id}"


def short_words(edit: Edit) -> str:
    """What was done, for a title: `Added to VIP Offers`."""
    return change_words(edit.intent.kind.value, edit.intent.name, edit.intent.new)


def was_so(edit: Edit) -> bool:
    """Whether nothing was sent, because the service had the value already."""
    sent = edit.tries > 0 or edit.accepted or edit.detail.endswith("confirmed")
    return edit.state is EditState.DONE and not sent


def _state(edit: Edit, settled: bool) -> tuple[str, str]:
    if edit.state is EditState.UNKNOWN:
        # Accepted but not read back is on its way; without any answer nobody knows.
        return ("Being confirmed", "info") if edit.accepted else ("Not certain", "warn")
    if needs_person(edit) and settled:
        return ("Dealt with", "neutral")
    if was_so(edit):
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
