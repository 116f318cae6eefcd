"""An internal note on a Zendesk ticket: its limits, its stamp, and the comment that holds it."""

import secrets
from dataclasses import dataclass

from desktop.kit.errors import InvalidInput

# Zendesk cuts comments at 64 kB (developer.zendesk.com, Ticket Comments); the stamp needs some.
MAX_NOTE_BYTES = 64_000
_STAMP_LINE = "Fairlead note {stamp}"


@dataclass(frozen=True)
class TicketComment:
    """A comment of a Zendesk ticket; `is_public`: the requester gets it by e-mail."""

    id: int
    body: str
    is_public: bool


def new_note_stamp() -> str:
    """Return a random stamp, by which a note that may have been sent is found on its ticket."""
    return secrets.token_hex(5)


def validate_note(text: str) -> str:
    """Return a note without blanks around it. Raises InvalidInput for an empty or too long one."""
    stripped = text.strip()
    if not stripped:
        raise InvalidInput(
            "The note is empty.", "Nothing was sent.", "Type what colleagues should know."
        )
    size = len(stripped.encode())
    if size > MAX_NOTE_BYTES:
        raise InvalidInput(
            "The note is too long.",
            f"It has {size / 1000:,.0f} kB; Zendesk keeps 64 kB. Nothing was sent.",
            "Shorten it, or make two notes.",
        )
    return stripped


def note_comment(text: str, stamp: str) -> str:
    """Return the comment that holds a note: the text, and the stamp on a line of its own."""
    return f"{text}\n\n{_STAMP_LINE.format(stamp=stamp)}"


def has_stamp(comment: TicketComment, stamp: str) -> bool:
    """Whether a comment is the note of this stamp."""
    return _STAMP_LINE.format(stamp=stamp) in comment.body
