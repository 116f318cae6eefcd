"""How far a step of a change over both services is, as a chip: in Change e-mail and in Erase."""

from desktop.model.email_change import StepState
from desktop.viewmodels import time_format
from desktop.viewmodels.tone import ChipTone

_CHIPS: dict[StepState, tuple[str, ChipTone]] = {
    StepState.READY: ("Ready", "neutral"),
    StepState.WAITING: ("Waiting", "neutral"),
    StepState.SENDING: ("Sending", "info"),
    StepState.UNKNOWN: ("Asking what happened", "warn"),
    StepState.DONE: ("Done", "ok"),
    StepState.KEPT: ("Kept", "ok"),
    StepState.FAILED: ("Failed", "bad"),
    StepState.UNDONE: ("Undone", "neutral"),
}


def step_chip(state: StepState, ended_at: float | None) -> tuple[str, ChipTone]:
    """Return the words and tone of a step's chip, with the time of day at which it was done."""
    text, tone = _CHIPS[state]
    if state is StepState.DONE and ended_at is not None:
        text = f"{text} {time_format.format_time_of_day(ended_at)}"
    return text, tone
