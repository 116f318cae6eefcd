"""Row of a table of facts: label, value and a small note, as panels show it."""

from dataclasses import dataclass

from desktop.viewmodels.tone import Tone


@dataclass(frozen=True)
class KeyValueRow:
    """`tip` is the tool tip of the value (an absolute time), `note_tip` that of the note."""

    label: str
    value: str
    note: str = ""
    tip: str = ""
    note_tip: str = ""
    tone: Tone = "text"
    note_tone: Tone = "muted"
