"""What a file, paste or pipe of events yields: the events, the bad lines and the duplicates."""

import io
import json
import random
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from desktop.events.event import BadLine, Event
from desktop.events.event_intake import DuplicateEvent, IntakeCounts, read_events
from desktop.events.event_text_splitter import MAX_EVENT_CHARACTERS
from tests.support.cli_command import FairleadCommand

PAGE = '{"type":"page"}'
SCREEN = '{"type":"screen"}'
PERSON = {"email": "homer@simpson.example", "name": "Homer Simpson"}


def read(text: str | bytes) -> list[tuple[int, str]]:
    """Line and type of each event, line and reason of each bad line, in order."""
    source = io.BytesIO(text.encode() if isinstance(text, str) else text)
    found = []
    for item in read_events(source):
        if isinstance(item, Event):
            found.append((item.line, item.type))
        elif isinstance(item, BadLine):
            found.append((item.line, item.reason.split(":")[0]))
        else:
            found.append((item.event.line, "duplicate"))
    return found


def read_one(**body: object) -> Event | BadLine:
    (found,) = read_events(io.BytesIO(json.dumps(body).encode()))
    assert not isinstance(found, DuplicateEvent)
    return found


PRETTY = json.dumps([{"type": "page", "a": [{"type": "x"}, {}]}, {"type": "screen"}], indent=2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (f"{PAGE}\n{SCREEN}\n", [(1, "page"), (2, "screen")]),
        (f"\ufeff{PAGE}\r\n\r\n  \r\n{SCREEN}", [(1, "page"), (4, "screen")]),
        (f"{PAGE}\n{SCREEN}".encode("utf-16"), [(1, "page"), (2, "screen")]),
        (f"[{PAGE}, {SCREEN}]", [(1, "page"), (1, "screen")]),
        (f"[\n  {PAGE},\n  {SCREEN},\n]\n", [(2, "page"), (3, "screen")]),
        (f"{PAGE},\n{SCREEN},", [(1, "page"), (2, "screen")]),
        (f"[{PAGE}]\n[{SCREEN}]", [(1, "page"), (2, "screen")]),
        (PRETTY, [(2, "page"), (11, "screen")]),
        (json.dumps({"type": "page", "a": {"b": 1}}, indent=1), [(1, "page")]),
        ("[]", []),
        ("{“type”: “page”}", [(1, "page")]),
        ("{\n“type”: “page”,\n}", [(1, "page")]),
        ('{"type":"page","a":[1,\n2\n],"b":\ntrue\n,"c"\n:"d"\n}', [(1, "page")]),
        ('{"type":"page","a":"broken\nline"}', [(1, "bad JSON")]),
        ("{“type” : “page”, “a”: “say “hi” ”, “b”: “”}", [(1, "page")]),
        ('{“type”: "page", “a”: ["say “hi”",„b“]}', [(1, "page")]),
        ('{"type":"page","a":"},{"}', [(1, "page")]),
        ('{"type":"page","a":"\\"}{"}', [(1, "page")]),
        ('{"type":"page","a":[1,],}', [(1, "page")]),
        (f"not JSON\n{PAGE}", [(1, "bad JSON"), (2, "page")]),
        (f'{{"type":"page\n{SCREEN}', [(1, "bad JSON"), (2, "screen")]),
        (f'{{"type":\n{{"type":\n{SCREEN}', [(1, "bad JSON"), (2, "bad JSON"), (3, "screen")]),
        (f'[\n {{"type":"page",\n {SCREEN}\n]', [(2, "bad JSON"), (3, "screen")]),
        (f"{PAGE} and more\n{SCREEN}", [(1, "bad JSON"), (2, "screen")]),
        (b'{"type":"page","a":"\xff"}\n{"type":"screen"}', [(1, "bad JSON"), (2, "screen")]),
        (f'{{"type":"page","a":"\\ud800"}}\n{SCREEN}', [(1, "bad JSON"), (2, "screen")]),
        (f'{{"type":"page","a":NaN}}\n{SCREEN}', [(1, "bad JSON"), (2, "screen")]),
        (f'{{"type":"page","a":1e999}}\n{SCREEN}', [(1, "bad JSON"), (2, "screen")]),
        ('{"a":' * 30_000 + f"\n{SCREEN}", [(1, "bad JSON"), (2, "screen")]),
        (f"42\n[1,2]\nnull\n{PAGE}", [*((n, "not an object") for n in (1, 2, 3)), (4, "page")]),
        (f"{PAGE}\n{PAGE}", [(1, "page"), (2, "duplicate")]),
    ],
)
def test_layouts_and_broken_lines(text: str | bytes, expected: list[tuple[int, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("size", [1_100_000, MAX_EVENT_CHARACTERS + 5])
def test_a_line_of_megabytes_costs_no_other_line(size: int) -> None:
    long = '{"type":"page","a":"' + "x" * size + '"}'
    expected = "page" if size < MAX_EVENT_CHARACTERS else "bad JSON"
    assert read(f"{long}\n{SCREEN}") == [(1, expected), (2, "screen")]
    assert read(f"[{long},{SCREEN}]") == [(1, expected), (1, "screen")]


def test_a_pipe_in_pieces_is_read_as_a_file() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, text: bytes) -> None:
            self.left = text

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            part, self.left = self.left[:3], self.left[3:]
            buffer[: len(part)] = part
            return len(part)

    pipe: BinaryIO = Pipe(f"\ufeff{PAGE}\n\n{{“type”:“screen”}}".encode())  # type: ignore[assignment]
    assert [getattr(item, "type", item) for item in read_events(pipe)] == ["page", "screen"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "no type"),
        ({"type": ""}, "no type"),
        ({"type": 5}, "no type"),
        ({"type": "Track", "event": "x", "userId": "u"}, "no type: “Track” is unknown, did you"),
        ({"type": "track", "action": "group", "groupId": "g"}, "no type: type says"),
        ({"type": "track", "userId": "u"}, "no event"),
        ({"type": "track", "userId": "u", "event": " "}, "no event"),
        ({"type": "track", "event": "x"}, "no user"),
        ({"type": "track", "event": "x", "userId": ""}, "no user"),
        ({"type": "track", "event": "x", "userId": True}, "no user"),
        ({"type": "track", "event": "x", "userId": "u", "properties": []}, "not an object: prop"),
        ({"type": "identify", "traits": PERSON}, "no user"),
        ({"type": "identify", "userId": "u"}, "no e-mail: traits.email is missing"),
        ({"type": "identify", "userId": "u", "traits": {"email": "x@y"}}, "no e-mail: “x@y”"),
        ({"type": "identify", "userId": "u", "traits": {"email": "a@b.example"}}, "no name"),
        ({"type": "group", "userId": "u"}, "no groupId"),
    ],
)
def test_events_that_cannot_be_used_are_named(body: dict[str, object], reason: str) -> None:
    found = read_one(**body)
    assert isinstance(found, BadLine)
    assert found.reason.startswith(reason)
    assert json.loads(found.text) == body


@pytest.mark.parametrize(
    "body",
    [
        {"action": "identify", "userId": 7, "traits": PERSON},
        {"type": "identify", "action": "identify", "anonymousId": "a", "traits": PERSON},
        {"type": "identify", "userId": "u", "traits": {**PERSON, "name": "", "firstName": "Homer"}},
        {"type": "identify", "userId": "u", "context": {"traits": PERSON}},
        {"type": "track", "event": "x", "anonymousId": "a"},
        {"type": "group", "groupId": 6789},
        {"type": "alias"},
        {"type": "screen"},
    ],
)
def test_events_that_can_be_used(body: dict[str, object]) -> None:
    found = read_one(**body)
    assert isinstance(found, Event), found
    assert found.body["type"] == found.type == (body.get("type") or body["action"])


@pytest.mark.parametrize(
    ("integrations", "allowed"),
    [
        (None, True),
        ({}, True),
        ({"All": True}, True),
        ({"All": False}, False),
        ({"All": False, "Zendesk": True}, True),
        ({"All": False, "Zendesk": {"plan": 1}}, True),
        ({"Zendesk": False}, False),
    ],
)
def test_integrations_say_whether_zendesk_gets_the_event(
    integrations: dict[str, object] | None, allowed: bool
) -> None:
    found = read_one(type="page", integrations=integrations)
    assert isinstance(found, Event)
    assert found.may_go_to_zendesk is allowed


def test_time_is_corrected_for_the_clock_of_the_sender() -> None:
    times = {
        "originalTimestamp": "2026-11-29T09:00:00Z",
        "sentAt": "2026-11-29T09:00:10Z",
        "receivedAt": "2026-11-29T12:00:10Z",
    }
    # The sender's clock is three hours slow: it happened ten seconds before it was received.
    corrected = read_one(type="page", **times)
    stated = read_one(type="page", timestamp="2026-11-29T12:00:00+00:00")
    assert isinstance(corrected, Event)
    assert isinstance(stated, Event)
    assert corrected.at == stated.at == 1795953600.0


def test_what_is_mended_or_odd_is_told() -> None:
    def warnings(text: str) -> tuple[str, ...]:
        (found,) = read_events(io.BytesIO(text.encode()))
        assert isinstance(found, Event)
        return found.warnings

    assert "Typographic quotes" in warnings("{“type”:“page”}")[0]
    assert "comma" in warnings('{"type":"page",}')[0]
    assert "“type” stands twice" in warnings('{"type":"screen","type":"page"}')[0]
    assert "32 kB" in warnings('{"type":"page","a":"' + "x" * 32_000 + '"}')[0]
    assert "sentAt is not a time" in warnings('{"type":"page","sentAt":"soon"}')[0]
    person = json.dumps({"type": "identify", "userId": "u", "context": {"traits": PERSON}})
    assert "from context.traits" in warnings(person)[0]
    removal = '{"type":"group","groupId":1,"traits":{"company":{"remove":"true"}}}'
    assert "the text “true”" in warnings(removal)[0]


def test_equal_ids_as_number_and_text_are_one_event() -> None:
    ids = ("7", '"7"', "7.0")
    lines = "\n".join(f'{{"type":"page","messageId":{id_}}}' for id_ in ids)
    assert read(lines) == [(1, "page"), (2, "duplicate"), (3, "duplicate")]


def test_every_line_is_counted_once_however_it_is_broken() -> None:
    """Seeded: of 4,000 lines, cut off or no JSON, none is lost or counted twice."""
    chance = random.Random(11)
    others = ("garbage", "not JSON", "<html>", "a,b,c", ";", "type,userId")

    def lines() -> Iterator[str]:
        for number in range(4_000):
            body = {"type": "page", "messageId": f"m{number}", "a": {"b": [{"c": '"}{"'}]}}
            text = json.dumps(body)
            if number % 4 == 1:
                text = text[: chance.randrange(2, len(text) - 1)]
            # Behind a line that was cut off another one that is broken.
            yield chance.choice(others) if number % 4 == 2 else text

    counts = IntakeCounts()
    for item in read_events(io.BytesIO("\n".join(lines()).encode())):
        counts.add(item)
    assert (counts.valid, counts.duplicates, len(counts.invalid)) == (2_000, 0, 2_000)
    bad = sorted([*range(2, 4_001, 4), *range(3, 4_001, 4)])
    assert [line for line, _ in counts.invalid] == bad


def test_events_check_counts_lines_and_names_the_bad_ones(fairlead: FairleadCommand) -> None:
    text = f'{PAGE}\n\n{PAGE}\nfoo\n{{"type":"track","userId":"u"}}\n{SCREEN}\n'
    done = fairlead("events", "check", "-", "--json", stdin=text)
    assert done.exit_code == 0, done.stderr
    found = done.json
    assert (found["lines"], found["valid"], found["duplicates"]) == (5, 2, 1)
    assert [row["line"] for row in found["invalid"]] == [4, 5]
    assert found["invalid"][0]["reason"].startswith("bad JSON")
    assert "line 5: no event" in fairlead("events", "check", "-", stdin=text).stdout


def test_events_check_of_no_file_is_wrong_usage(fairlead: FairleadCommand) -> None:
    missing = fairlead("events", "check", "none.jsonl", "--json")
    assert (missing.exit_code, missing.json["error"]["code"]) == (2, "bad_input")
