"""What somebody corrects of an event: checked before it is stored, and still the same event."""

import json

import pytest

from desktop.model.event_delivery import NewStoredEvent
from desktop.viewmodels.events.event_correction import CorrectionFault, check_correction

STORED = json.dumps({"type": "track", "event": "A", "userId": "u-7", "messageId": "m-1"})


@pytest.mark.parametrize(
    "text",
    [
        STORED.replace("u-7", "u-1"),
        '{"type": "track", "event": "A", "userId": "u-1"}',
        '{"type": "track", "event": "A", "userId": "u-1", "messageId": "another"}',
    ],
)
def test_a_corrected_event_keeps_its_message_id(text: str) -> None:
    found = check_correction(3, text, STORED)
    assert isinstance(found, NewStoredEvent)
    assert (found.message_id, found.user_key, found.line) == ("m-1", "u-1", 3)
    # Also in its text: by it an earlier try is looked for.
    assert json.loads(found.text)["messageId"] == "m-1"


def test_a_line_that_was_none_gets_an_id_of_its_own() -> None:
    text = '{"type": "track", "event": "A", "userId": "u-1", "messageId": "mine"}'
    found = check_correction(3, text, "not JSON")
    assert isinstance(found, NewStoredEvent)
    assert found.message_id == "mine"


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ('{"type": "track",, }', "This is no JSON", 17),
        ("[]", "It can't be used", None),
        ('{"type": "track", "event": "A"}', "It can't be used", None),
        ('{"type": "identify", "userId": "u"}', "It can't be used", None),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(
    text: str, words: str, position: int | None
) -> None:
    found = check_correction(3, text, STORED)
    assert isinstance(found, CorrectionFault)
    assert found.text.startswith(words)
    assert found.position == position
