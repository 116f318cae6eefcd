"""Checks the text of an event that somebody has corrected, before it is stored again."""

import json
from dataclasses import dataclass

from desktop.events.event import BadLine
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.events.event_storage_form import stored_form
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.model.event_delivery import NewStoredEvent


@dataclass(frozen=True)
class CorrectionFault:
    """Why a corrected event can't be used; `position` counts characters, None: no one place."""

    text: str
    position: int | None = None


def check_correction(line: int, text: str, original: str) -> NewStoredEvent | CorrectionFault:
    """Return a corrected event as it is stored, or why it can't be used.

    It keeps the message id of the `original` text: by it Zendesk is asked whether a ticket or an
    event of an earlier try is there.
    """
    try:
        body = parse_event_json(text).value
    except BadJsonError as error:
        return CorrectionFault(f"This is no JSON: {error}.", error.position)
    kept = _message_id(original)
    if kept and isinstance(body, dict):
        text = json.dumps({**body, "messageId": kept}, ensure_ascii=False)
    item = make_event(EventText(line, text))
    if isinstance(item, BadLine):
        return CorrectionFault(f"It can't be used: {item.reason}.")
    return stored_form(item)


def _message_id(text: str) -> str:
    try:
        found = parse_event_json(text).value
    except BadJsonError:
        return ""
    return str(found.get("messageId") or "") if isinstance(found, dict) else ""
