"""View of a row in a panel's table of facts: label, value and a small note."""

from dataclasses import dataclass

from desktop.viewmodels.tone import Tone


@dataclass(frozen=True)
class KeyValueRow:
    """A fact in a panel; `tip` is the value's tool tip (an absolute time), `note_tip` the other.

    `merge_tag` is what puts the fact into a template; empty where nothing does.
    """

    label: str
    value: str
    note: str = ""
    tip: str = ""
    note_tip: str = ""
    tone: Tone = "text"
    note_tone: Tone = "muted"
    merge_tag: str = ""
