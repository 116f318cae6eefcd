"""Puts a view's frame onto a card: its note and, where there is no body, the one sentence."""

from desktop.panels.parts.card import Card
from desktop.panels.parts.label import Tone
from desktop.viewmodels.frame import Frame, FrameState

_TONES: dict[str, Tone] = {"": "muted", "warn": "warn", "bad": "bad"}


def show_frame(card: Card, frame: Frame, *, rows: int = 3) -> bool:
    """Show the frame; True where the body is to be filled."""
    card.set_note(frame.note, _TONES.get(frame.tone, "muted"))
    words = " ".join(part for part in (frame.text, frame.hint) if part)
    if frame.state is FrameState.READY:
        card.show_content()
    elif frame.state is FrameState.LOADING:
        card.show_loading(rows, "Loading")
    elif frame.state is FrameState.FAILED:
        card.show_failed(words, "Retry" if frame.retry else "")
    else:
        card.show_empty(words)
    return frame.state is FrameState.READY
