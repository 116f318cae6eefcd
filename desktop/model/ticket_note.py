"""An internal note on a Zendesk ticket: its limits, its stamp, and the comment that holds it."""

import secrets
from dataclasses import dataclass

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_text_character

# Zendesk cuts comments at 64 kB (developer.zendesk.com, Ticket Comments); the stamp needs some.
MAX_NOTE_BYTES = 64_000
_STAMP_LINE = "Fairlead note {stamp}"


@dataclass(frozen=True)
class TicketComment:
    """A Zendesk ticket's comment; `is_public`: the requester gets it by e-mail."""

    id: int
    body: str
    is_public: bool


def new_note_stamp() -> str:
    """Return a random stamp for an internal note, by which it is found on its ticket."""
    return secrets.token_hex(5)


def validate_note(text: str) -> str:
    """Check an internal note's text, strip it, and take control and direction marks out.

    Raises InvalidInput if nothing is left to read, or too much.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    stripped = "".join(c for c in lines if c in "\n\t" or is_text_character(c)).strip()
    if not any(c.isprintable() for c in stripped):
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
    """Return the Zendesk comment that holds an internal note: text, stamp on its own line."""
    return f"{text}\n\n{_STAMP_LINE.format(stamp=stamp)}"


def has_stamp(comment: TicketComment, stamp: str) -> bool:
    """Whether a Zendesk comment is the internal note of this stamp."""
    return _STAMP_LINE.format(stamp=stamp) in comment.body
