"""Puts a view's frame onto a card: its note and, where there is no body, the one sentence."""

from desktop.panels.widgets.card import Card
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus
from desktop.viewmodels.tone import Tone

_TONES: dict[str, Tone] = {"": "muted", "warn": "warn", "bad": "bad"}


def show_panel_state(card: Card, frame: PanelState, *, rows: int = 3) -> bool:
    """Show the frame; True where the body is to be filled."""
    card.set_note(frame.note, _TONES.get(frame.tone, "muted"))
    words = " ".join(part for part in (frame.text, frame.hint) if part)
    if frame.status is PanelStatus.READY:
        card.show_content()
    elif frame.status is PanelStatus.LOADING:
        card.show_loading(rows, "Loading")
    elif frame.status is PanelStatus.FAILED:
        card.show_failed(words, "Retry" if frame.can_retry else "")
    else:
        card.show_empty(words)
    return frame.status is PanelStatus.READY
