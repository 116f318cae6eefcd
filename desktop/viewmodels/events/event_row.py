"""A row of the Events page: a planned request, a problem, a bad line, or a delivery."""

import json
from dataclasses import dataclass
from enum import Enum

from desktop.events.event_action import ActionKind
from desktop.events.planned_request import PlannedRequest, PlanProblem, RequestEffect
from desktop.kit.clock import iso_timestamp
from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent
from desktop.viewmodels.list_model import ListColumn
from desktop.viewmodels.tone import ChipTone

LINE, WHAT, STATE = range(3)

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
    LOG = "Log"
    CORRECTION = "Needs correction"


@dataclass(frozen=True)
class EventRow:
    """One row of the Events page with its details; `event_id` is that of a stored event.

    `action` is the kind of its action, "" without one. `query` finds the customer in the search
    field; `body` is a request's JSON, `event_text` an event that may be corrected.
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

    @property
    def accessible_text(self) -> str:
        """The whole row as a screen reader says it."""
        return f"Line {self.line}: {self.text}. {self.note}. {self.state}"

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
        facts.append(("Found by", request.found_by.replace("_", " ")))
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
        state, text = ("Waiting", "Stored; not delivered yet.")
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
        )
    ]


def _delivery_row(event: StoredEvent, delivery: EventDelivery, where: str) -> EventRow:
    state, tone = _STATE_CHIPS[delivery.state]
    label = ActionKind(delivery.action).label
    facts = [("Action", label), ("Source", where)]
    if delivery.detail:
        facts.append(("Result", delivery.detail))
    if delivery.attempts:
        facts.append(("Sent", f"{format_count(delivery.attempts, 'time', 'times')}"))
        facts.append(("By", delivery.actor))
    if delivery.request_id:
        facts.append(("Zendesk's id", delivery.request_id))
    facts.append(("Changed", iso_timestamp(delivery.updated_at)))
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
    )


def _pretty(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
