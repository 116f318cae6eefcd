"""What one action makes of one event: requests to Zendesk, nothing to change, or a problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from desktop.events.event_action import ActionKind
from desktop.model.json_value import Json


class RequestEffect(Enum):
    """What a planned request does to the record it names."""

    CREATE = "create"
    UPDATE = "update"
    ADD = "add"
    REMOVE = "remove"
    TRACK = "track"


@dataclass(frozen=True)
class EventFieldChange:
    """One field that a planned request changes, with the value in Zendesk before."""

    field: str
    old: Json
    new: Json


@dataclass(frozen=True)
class PlannedRequest:
    """One request to Zendesk for an event's line, exactly as it is sent.

    `who` names the customer or organisation, `summary` says what happens to them. A body that
    needs a record which an earlier line creates names that line in braces instead of an id.
    `tickets` are those a removal would unassign; `found_by` is kind and key that found the user.
    """

    line: int
    action: ActionKind
    method: str
    path: str
    body: Mapping[str, Json] | None
    effect: RequestEffect
    who: str
    summary: str
    found_by: str = ""
    user_id: int | None = None
    organization_id: int | None = None
    changes: tuple[EventFieldChange, ...] = ()
    tickets: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class NoChange:
    """An action that fired and has nothing to change; `reason` says why."""

    line: int
    action: ActionKind
    who: str
    reason: str


@dataclass(frozen=True)
class PlanProblem:
    """An action that fired and cannot be delivered as the event is; it waits for a person."""

    line: int
    action: ActionKind
    reason: str


Planned = PlannedRequest | NoChange | PlanProblem


def describe_changes(changes: tuple[EventFieldChange, ...]) -> str:
    """Describe field changes in one line: "plan free → pro, phone → +1 555 0100, tags + vip"."""
    return ", ".join(map(_describe_change, changes))


def _describe_change(change: EventFieldChange) -> str:
    old, new = change.old, change.new
    if old in (None, "", [], ()):
        return f"{change.field} → {_short(new)}"
    if isinstance(old, list) and isinstance(new, list) and new:
        # Of two long lists only the difference tells anything.
        added = [one for one in new if one not in old]
        gone = [one for one in old if one not in new]
        parts = (f"+ {_short(added)}" if added else "", f"− {_short(gone)}" if gone else "")
        return " ".join(filter(None, (change.field, *parts)))
    return f"{change.field} {_short(old)} → {_short(new)}"


def _short(value: Json) -> str:
    if value in (None, ""):
        return "empty"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{text[:40]}…" if len(text) > 40 else text
