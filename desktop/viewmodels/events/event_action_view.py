"""What the Actions tab shows of one action: trigger with its fault, matches, and its draft."""

from dataclasses import dataclass

from desktop.events.action_store import DEFAULTS, ActionState
from desktop.events.event_action import ActionKind
from desktop.events.trigger import TriggerError, compile_trigger
from desktop.events.trigger_repair import TriggerRepair, find_repair

_NOTES = {
    ActionKind.ORG_MEMBERSHIP: "adds and removes",
    ActionKind.UPDATE_TICKET: "needs a ticket id",
    ActionKind.TRACK_EVENT: "never creates a user",
}


@dataclass(frozen=True)
class TriggerFault:
    """What is wrong with a trigger: the place (characters from 0), a sentence, how to mend it.

    `length` is 0 where something is missing at that place. A hint counts too: the trigger works,
    and matches nothing.
    """

    start: int
    length: int
    text: str
    is_hint: bool = False
    repair: TriggerRepair | None = None


@dataclass(frozen=True)
class EventActionView:
    """One row of the Actions tab; `matches` is None while nothing can be counted."""

    kind: ActionKind
    is_on: bool
    trigger: str
    fault: TriggerFault | None
    matches: int | None
    last_fired: str
    draft_text: str
    can_reset: bool
    note: str

    @property
    def label(self) -> str:
        """The event action's name in the Actions tab."""
        return self.kind.label

    @property
    def can_discard(self) -> bool:
        """Whether there is a draft, or a text that is no trigger yet."""
        return bool(self.draft_text)


def find_trigger_fault(text: str) -> TriggerFault | None:
    """Return what is wrong with a trigger's text and where; None where it can be used."""
    try:
        hints = compile_trigger(text).hints
    except TriggerError as error:
        sentence = f"{error.title} {error.hint}".strip()
        length = _word_length(text, error.position)
        return TriggerFault(error.position, length, sentence, repair=find_repair(text))
    if not hints:
        return None
    start = text.find('"', text.find("type"))
    end = text.find('"', start + 1) + 1
    return TriggerFault(start, end - start, hints[0], is_hint=True, repair=find_repair(text))


def build_event_action_view(
    state: ActionState, typed: str | None, matches: int | None, last_fired: str
) -> EventActionView:
    """Build an action's row; `typed` is a text that is no trigger yet, None where there is none."""
    action = state.newest
    trigger = action.trigger if typed is None else typed
    return EventActionView(
        kind=action.kind,
        is_on=action.is_on,
        trigger=trigger,
        fault=find_trigger_fault(trigger),
        matches=matches,
        last_fired=last_fired,
        draft_text=_draft_text(state, typed),
        can_reset=action != DEFAULTS[action.kind] or typed is not None or not state.is_proven,
        note=_NOTES.get(action.kind, ""),
    )


def _draft_text(state: ActionState, typed: str | None) -> str:
    if typed is not None:
        return "Not usable yet; the saved trigger still counts."
    if state.draft is not None:
        return "Draft, previewed" if state.is_draft_previewed else "Draft, not previewed yet"
    if not state.is_proven:
        return "Changed outside Fairlead: it does not count. Reset it, or save it again."
    return ""


def _word_length(text: str, start: int) -> int:
    """Return how many characters from `start` on are marked: a word, or one sign."""
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_.$"):
        end += 1
    return max(end - start, 1 if start < len(text) else 0)
