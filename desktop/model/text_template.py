"""Texts that a lead prepares: reasons of an opt-out and templates of notes, with placeholders.

Filled once and as plain text: what a customer is called is never read as a placeholder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_text_character, shorten

# What may stand in braces, and what it becomes.
PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "name": "the customer's name",
        "address": "the customer's e-mail address",
        "ticket": "the ticket's number",
        "subject": "the ticket's subject",
        "level": "the opt-out level",
        "lists": "the lists the customer is on",
        "health": "the health",
        "value": "the customer value from 1 to 4",
        "agent": "your name",
        "changes": "what was changed here, and why",
    }
)
MAX_REASONS, MAX_REASON_LENGTH = 20, 300
MAX_TEMPLATES, MAX_TITLE_LENGTH, MAX_TEMPLATE_LENGTH = 30, 60, 5000
DEFAULT_REASONS = (
    "Customer asked, #{ticket}",
    "Customer asked",
    "Complaint",
    "Requested by phone",
    "Wrong person",
)
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True)
class NoteTemplate:
    """A prepared internal note; `text` has placeholders, and may have several lines."""

    title: str
    text: str


DEFAULT_NOTE_TEMPLATES = (
    NoteTemplate("What was changed", "{changes}"),
    NoteTemplate(
        "Hand-over",
        "{name} ({address}), ticket #{ticket}.\n{changes}\nOpt-out: {level}. Lists: {lists}."
        "\nNext step: ",
    ),
)


def placeholder_help() -> str:
    """Return what may stand in braces in a prepared text, as one sentence."""
    names = [f"{{{name}}} {meaning}" for name, meaning in PLACEHOLDERS.items()]
    return f"Placeholders: {', '.join(names)}."


def fill_template(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a note template; one without a value becomes “[no NAME]”."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], "") or f"[no {found[1]}]", text)


def fill_reason(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a prepared reason; "" where one of them has no value."""
    names = _PLACEHOLDER.findall(text)
    return fill_template(text, values) if all(values.get(name) for name in names) else ""


def validate_reason(text: str) -> str:
    """Check a prepared reason and return it without blanks around it. Raises InvalidInput."""
    reason = text.strip()
    if not reason:
        raise InvalidInput("A reason cannot be empty.")
    if not all(map(is_text_character, reason)):
        raise InvalidInput("A reason is one line, without control characters.")
    if len(reason) > MAX_REASON_LENGTH:
        raise InvalidInput(f"“{shorten(reason, 40)}” is longer than {MAX_REASON_LENGTH} letters.")
    _require_known_placeholders(reason)
    return reason


def validate_note_template(title: str, text: str) -> NoteTemplate:
    """Check a prepared note and return it. Raises InvalidInput."""
    named = title.strip()
    if not named or len(named) > MAX_TITLE_LENGTH or not all(map(is_text_character, named)):
        raise InvalidInput(f"A template needs a title of at most {MAX_TITLE_LENGTH} letters.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        raise InvalidInput(f"The template “{named}” has no text.")
    if len(lines) > MAX_TEMPLATE_LENGTH:
        raise InvalidInput(f"“{named}” is longer than {MAX_TEMPLATE_LENGTH:,} letters.")
    if not all(c in "\n\t" or is_text_character(c) for c in lines):
        raise InvalidInput(f"“{named}” holds a control character.")
    _require_known_placeholders(lines)
    return NoteTemplate(named, lines)


def _require_known_placeholders(text: str) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise InvalidInput(
                f"{{{shorten(name, 40)}}} is no placeholder.", "", f"There are: {known}."
            )
