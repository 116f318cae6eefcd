"""A row of the Events page: a planned request, a problem, a bad line, or a delivery."""

import json
import re
from dataclasses import dataclass
from enum import Enum

from desktop.events.event_action import ActionKind
from desktop.events.planned_request import PlannedRequest, PlanProblem, RequestEffect
from desktop.events.user_matching import describe_match
from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent
from desktop.viewmodels.list_model import ListColumn
from desktop.viewmodels.time_format import format_full_date_and_time
from desktop.viewmodels.tone import ChipTone

TICK, LINE, WHAT, STATE = range(4)

_EFFECT_CHIPS: dict[RequestEffect, tuple[str, ChipTone]] = {
    RequestEffect.CREATE: ("Create", "info"),
    RequestEffect.UPDATE: ("Update", "ok"),
    RequestEffect.ADD: ("Joins", "info"),
    RequestEffect.REMOVE: ("Removal", "bad"),
    RequestEffect.TRACK: ("Event", "neutral"),
}
_STATE_CHIPS: dict[DeliveryState, tuple[str, ChipTone]] = {
    DeliveryState.QUEUED: ("Waiting", "neutral"),
    DeliveryState.SENDING: ("Sending", "info"),
    DeliveryState.UNKNOWN: ("No answer", "warn"),
    DeliveryState.DONE: ("Done", "ok"),
    DeliveryState.UNCHANGED: ("Unchanged", "neutral"),
    DeliveryState.KEPT: ("Saved here", "neutral"),
    DeliveryState.SKIPPED: ("Not ticked", "warn"),
    DeliveryState.PARKED: ("To correct", "warn"),
}


# What waits for a person.
CORRECTABLE = (DeliveryState.PARKED, DeliveryState.SKIPPED)


class EventFilter(Enum):
    """What the Events page lists."""

    SIMULATION = "Simulator"
    ACTIONS = "Actions"
    SOURCES = "Sources"
    LOG = "Log"
    CORRECTION = "Needs correction"


@dataclass(frozen=True)
class EventRow:
    """One row of the Events page with its details; `event_id` is that of a stored event.

    `action` is the kind of its action, "" without one. `query` finds the customer in the search
    field; `body` is a request's JSON, `event_text` an event that may be corrected, `cause` why it
    waits for a person, the same for others that wait for the same reason; `why_not` says why other
    actions do not fire for its event. `is_ticked` is
    None for what has no box; rows of one line and action are ticked together.
    `effect` is that of a planned request, `delivery_state` how far a stored delivery is,
    None for what is ignored.
    """

    id: str
    line: int
    text: str
    note: str
    state: str
    tone: ChipTone
    facts: tuple[tuple[str, str], ...] = ()
    body: str = ""
    query: str = ""
    event_id: int = 0
    action: str = ""
    event_text: str = ""
    why_not: tuple[str, ...] = ()
    source_id: int = 0
    source_name: str = ""
    cause: str = ""
    is_ticked: bool | None = None
    effect: RequestEffect | None = None
    delivery_state: DeliveryState | None = None

    @property
    def key(self) -> tuple[int, str]:
        """By what the row's delivery is known: line and action."""
        return self.line, self.action

    @property
    def accessible_text(self) -> str:
        """The whole row as a screen reader says it."""
        tick = {None: "", True: "Ticked. ", False: "Not ticked. "}[self.is_ticked]
        return f"{tick}Line {self.line}: {self.text}. {self.note}. {self.state}"

    def matches(self, words: list[str]) -> bool:
        """Whether the row holds every one of these lower-case words."""
        text = f"{self.line} {self.text} {self.note} {self.state}".lower()
        return all(word in text for word in words)


def _say_nothing(_row: EventRow) -> None:
    return None


def _whole_row(row: EventRow) -> str:
    return row.accessible_text


# A screen reader hears a row once, on its leading cell.
EVENT_COLUMNS = (
    ListColumn[EventRow]("", lambda _row: "", _say_nothing, lambda row: row.is_ticked),
    ListColumn[EventRow]("Line", lambda row: str(row.line), _say_nothing),
    ListColumn[EventRow]("What happens", lambda row: row.text, _whole_row),
    ListColumn[EventRow]("State", lambda row: row.state, _say_nothing),
)


def delivery_chip(state: DeliveryState) -> tuple[str, ChipTone]:
    """Return the word and the tone of how far a delivery is."""
    return _STATE_CHIPS[state]


def request_row(number: int, request: PlannedRequest) -> EventRow:
    """Build the row of a planned request; `number` tells it from others of its line."""
    state, tone = _EFFECT_CHIPS[request.effect]
    if request.tickets:
        state = format_count(len(request.tickets), "ticket", "tickets")
    facts = [("Action", request.action.label), ("Customer", request.who)]
    if request.found_by:
        facts.append(("Found by", describe_match(request.found_by)))
    if request.tickets:
        facts.append(("Tickets", " ".join(f"#{ticket}" for ticket in request.tickets)))
    facts += [("Note", warning) for warning in request.warnings]
    return EventRow(
        id=f"{request.line} {number}",
        line=request.line,
        text=request.summary,
        note=f"{request.method} {request.path}",
        state=state,
        tone=tone,
        facts=tuple(facts),
        body=_pretty(request.body) if request.body is not None else "",
        query=str(request.user_id or ""),
        action=request.action.value,
        # A removal is sent only where somebody wants it.
        is_ticked=request.effect is not RequestEffect.REMOVE,
        effect=request.effect,
    )


def problem_row(number: int, problem: PlanProblem) -> EventRow:
    """Build the row of an action that cannot be delivered."""
    return EventRow(
        id=f"{problem.line} {number}",
        line=problem.line,
        text=problem.reason,
        note=f"{problem.action.label}: nothing is sent",
        state="To correct",
        tone="warn",
        facts=(("Action", problem.action.label), ("Reason", problem.reason)),
        action=problem.action.value,
    )


def bad_line_row(line: int, reason: str) -> EventRow:
    """Build the row of a line that can't be read."""
    return EventRow(
        id=f"{line} bad",
        line=line,
        text=reason,
        note="This line can't be read",
        state="Can't be read",
        tone="bad",
        facts=(("Reason", reason),),
    )


_KNOWN: dict[str, tuple[str, ChipTone, str]] = {
    "sent": ("Sent before", "neutral", "Delivered from here already; it is not sent again."),
    "waiting": ("Waiting", "info", "Stored here already, and not sent yet."),
    "parked": ("To correct", "warn", "Stored here already; see Needs correction."),
}


def known_row(line: int, state: str) -> EventRow:
    """Build the row of an event that is stored already: `sent`, `waiting` or `parked`."""
    word, tone, text = _KNOWN[state]
    return EventRow(
        id=f"{line} known",
        line=line,
        text=text,
        note="An event of this messageId",
        state=word,
        tone=tone,
        facts=(("Reason", text),),
    )


def delivery_rows(event: StoredEvent) -> list[EventRow]:
    """Build the rows of a stored event: one for each action, or one that says there is none."""
    where = f"{event.source_name}, line {event.line}"
    if event.deliveries:
        return [_delivery_row(event, one, where) for one in event.deliveries]
    if event.reason:
        state, text = ("Can't be read", event.reason)
    elif event.is_opened:
        state, text = ("No action", "No action fires for this event.")
    else:
        state, text = ("Waiting", _waiting_text(event))
    return [
        EventRow(
            id=f"event {event.id}",
            line=event.line,
            text=text,
            note=where,
            state=state,
            tone="bad" if event.reason else "neutral",
            facts=(("Source", where),),
            body=event.text,
            event_id=event.id,
            event_text=event.text if event.reason else "",
            source_id=event.source_id,
            source_name=event.source_name,
            cause=_cause_of(event.reason) if event.reason else "",
        )
    ]


def _waiting_text(event: StoredEvent) -> str:
    if event.waits_for:
        return f"Waits for event {event.waits_for} of the same user, which comes first."
    return "Stored; not delivered yet."


def _delivery_row(event: StoredEvent, delivery: EventDelivery, where: str) -> EventRow:
    state, tone = _STATE_CHIPS[delivery.state]
    if event.ignored and delivery.state is DeliveryState.SKIPPED:
        state, tone = "Ignored", "neutral"
    label = ActionKind(delivery.action).label
    facts = [("Action", label), ("Source", where)]
    if delivery.attempts:
        facts.append(("Sent", f"{format_count(delivery.attempts, 'time', 'times')}"))
        facts.append(("By", delivery.actor))
    if delivery.answer:
        facts.append(("Answer", delivery.answer))
    if delivery.request_id:
        facts.append(("Zendesk's id", delivery.request_id))
    if event.ignored:
        facts.append(("Ignored", event.ignored))
    if event.failures and not event.is_held and event.not_before:
        facts.append(("Next try", format_full_date_and_time(event.not_before)))
    if event.is_held and delivery.state is DeliveryState.PARKED:
        facts.append(("Holds", "later events of the same user, until it is corrected or ignored"))
    if event.waits_for:
        facts.append(("Waits for", f"event {event.waits_for} of the same user"))
    facts.append(("Changed", format_full_date_and_time(delivery.updated_at)))
    return EventRow(
        id=f"event {event.id} {delivery.action}",
        line=event.line,
        text=delivery.detail or label,
        note=f"{label} · {where}",
        state=state,
        tone=tone,
        facts=tuple(facts),
        body=_pretty(json.loads(delivery.request)) if delivery.request else event.text,
        query=str(delivery.user_id or ""),
        event_id=event.id,
        action=delivery.action,
        event_text=event.text if delivery.state in CORRECTABLE else "",
        source_id=event.source_id,
        source_name=event.source_name,
        cause=_delivery_cause(event, delivery),
        delivery_state=None if event.ignored else delivery.state,
    )


def indented_event(text: str) -> str:
    """Return an event's text laid out for reading; what is no JSON as it stands.

    A message id that was made here is left out: it says nothing, and the event keeps it.
    """
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict) and str(found.get("messageId", "")).startswith("line-"):
        del found["messageId"]
    return _pretty(found)


def _delivery_cause(event: StoredEvent, delivery: EventDelivery) -> str:
    if delivery.state not in CORRECTABLE or event.ignored:
        return ""
    return _cause_of(delivery.detail) if delivery.state is DeliveryState.PARKED else "Not ticked"


def _cause_of(reason: str) -> str:
    """Return what a reason has in common with others: "no user" of "no user: nobody for u-77"."""
    head = reason.partition(":")[0].strip()
    # Names, ids and numbers differ from event to event.
    plain = re.sub(r"“[^”]*”|\b\d+\b|\S+@\S+", "…", head)
    return f"{plain[:1].upper()}{plain[1:]}"[:100]


def _pretty(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
