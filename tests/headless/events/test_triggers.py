"""Triggers: the measured table of Segment's package, and errors where that is silent."""

import json
from typing import Any

import pytest

from desktop.events.trigger import TriggerError, compile_trigger
from tests.support.cli_command import FairleadCommand

TRACK_B = {"type": "track", "event": "b"}
KEYS = {"properties": {"a-b": "1", "a b": "1", "a.b": "1", "items": [{"id": "1"}], "x": {"y": 2}}}
COMPANY = 'type = "identify" and traits.company.id != null'
NOT_TICKETS = 'type = "track" and event != "Ticket Created" and event != "Ticket Updated"'


def identify(company: object) -> dict[str, object]:
    return {"type": "identify", "traits": {"company": company}}


@pytest.mark.parametrize(
    ("text", "event", "expected"),
    [
        ('type = "track" and event = "b"', TRACK_B, True),
        ("type = “track” and event = “b”", TRACK_B, True),
        (NOT_TICKETS, {"type": "track", "event": "Article Read"}, True),
        (NOT_TICKETS, {"type": "track", "event": "Ticket Created"}, False),
        (COMPANY, identify({"id": 0}), True),
        (COMPANY, identify({"id": ""}), True),
        (COMPANY, identify({}), False),
        (COMPANY, identify({"id": None}), False),
        (COMPANY, identify("acme"), False),
        ("traits.company.remove = true", identify({"remove": True}), True),
        ("traits.company.remove = true", identify({"remove": "true"}), False),
        ("traits.company.remove = true", identify({"remove": 1}), False),
        ("traits.n != 5", {"traits": {}}, False),
        ('traits.n != "5"', {"traits": {}}, True),
        ("traits.n != 5", {"traits": {"n": 6}}, True),
        ("traits.n = 5", {"traits": {"n": "5"}}, False),
        ('traits.n = "5"', {"traits": {"n": 5}}, False),
        ("traits.n = 5", {"traits": {"n": 5.0}}, True),
        ("traits.n = 1", {"traits": {"n": True}}, False),
        ('contains(event,"x")', {"event": "text"}, True),
        ('!contains(event,"x")', {"event": "word"}, True),
        ('!contains(event,"x")', {}, False),
        ("properties.p >= 100", {"properties": {"p": 100}}, True),
        ("properties.p >= 100", {"properties": {"p": "100"}}, False),
        ("properties.p < -1.5e1", {"properties": {"p": -16}}, True),
        ("properties.x.y <= 2", KEYS, True),
        ('type = "track" AND event = "b"', TRACK_B, True),
        ('properties.a-b = "1"', KEYS, True),
        ('properties.a\\ b = "1"', KEYS, True),
        ('properties.a\\.b = "1"', KEYS, False),
        ('properties.items.0.id = "1"', KEYS, False),
        ('match(event,"Tick*")', {"event": "Ticket"}, True),
        ('match(event,"*ket")', {"event": "Ticket"}, True),
        ('!match(event,"Tick*")', {"event": "Ticket"}, False),
        ('!match(event,"Tick*")', {}, False),
        ("userId = null", {}, True),
        ('context.zendesk_user_id != null and name = "P"', {"name": "P"}, False),
        ('type = "track" and (event = "a" or event = "b")', TRACK_B, True),
        ('(event = "a") or (type = "track" and event = "b")', TRACK_B, True),
        ('event="b"', TRACK_B, True),
        ('event = "say \\"b\\""', {"event": 'say "b"'}, True),
    ],
)
def test_trigger_on_event(text: str, event: dict[str, object], expected: bool) -> None:
    assert compile_trigger(text).matches(event) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ('type = "a" or type = "track" and event = "b"', 29, "mixed"),
        ('type = "track" and event = "b" or event = "c"', 31, "mixed"),
        ('type = "a" and (event = "b" or event = "c" and name = "d")', 43, "mixed"),
        ('type = "a" and (event = "b" or (event = "c"))', 31, "Parentheses within"),
        ('TYPE = "track"', 0, "Did you mean type?"),
        ('messageId = "1" and type = "track"', 0, "Unknown field “messageId”"),
        ('traits = "1"', 0, "lacks a key"),
        ("type = 'track'", 7, "double quotes"),
        ('match(event,"T*C")', 12, "one star"),
        ('match(event,"TC")', 12, "one star"),
        ('event = "x" and', 12, "missing after “and”"),
        ('(event = "x" or) and type = "track"', 13, "missing after “or”"),
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("type", 4, "ends where"),
        ('type = "track', 7, "not closed"),
        ('type = "track")', 14, "“)”"),
        ('(type = "track"', 15, "ends where"),
        ("type = track", 7, "“track”"),
        ('properties.p >= "100"', 16, "compares numbers"),
        ('and type = "track"', 0, "Unknown field “and”"),
        ("contains(event)", 14, '","'),
        ("traits.n = 5x", 11, "no meaning"),
    ],
)
def test_trigger_error_names_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(TriggerError) as raised:
        compile_trigger(text)
    assert raised.value.position == position
    assert words in str(raised.value)


def test_a_type_in_capitals_never_matches_and_is_told() -> None:
    trigger = compile_trigger('type = "Track"')
    assert not trigger.matches({"type": "track"})
    assert "capitals count" in trigger.hints[0]
    assert not compile_trigger('type = "track"').hints


@pytest.mark.parametrize(
    ("text", "event", "failing"),
    [
        (NOT_TICKETS, {"type": "page"}, 'type = "track"'),
        (NOT_TICKETS, {"type": "track", "event": "Ticket Updated"}, 'event != "Ticket Updated"'),
        (NOT_TICKETS, {"type": "track", "event": "Read"}, ""),
        ('type = "page" and (event = "a" or event = "b")', {"type": "page"}, "(event"),
        ('type = "page" or type = "screen"', {"type": "track"}, 'type = "page" or type = "screen"'),
    ],
)
def test_the_condition_that_fails_is_named(text: str, event: Any, failing: str) -> None:
    found = compile_trigger(text).find_failing(event)
    assert found.startswith(failing)
    assert bool(found) is bool(failing)


def test_events_match_answers_each_line(fairlead: FairleadCommand) -> None:
    lines = '{"action":"track","event":"b"}\n{"type":"page"}\nfoo\n{"type":"track"}\n[1]'
    done = fairlead("events", "match", "--trigger", 'type = "track"', "-", stdin=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert answers[:2] == [True, False]
    assert [answer["error"]["line"] for answer in answers[2:]] == [3, 4, 5]
    assert answers[3]["error"]["title"].startswith("no event")


def test_events_match_tells_a_bad_trigger(fairlead: FairleadCommand) -> None:
    done = fairlead("events", "match", "--trigger", 'event = "x" and', "-", stdin='{"event":"x"}')
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["position"] == 12
