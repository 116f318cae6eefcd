"""Mappings: the measured table of Segment's mapping-kit, and errors of what cannot be meant."""

import json
from pathlib import Path

import pytest

from desktop.events.event_mapping import MappingError, compile_mapping, parse_mapping
from desktop.model.json_value import Json
from tests.support.cli_command import FairleadCommand

EVENT: dict[str, Json] = {
    "userId": "u-1",
    "traits": {
        "firstName": "Homer",
        "nothing": None,
        "empty": "",
        "no": False,
        "zero": 0,
        "five": 5.0,
        "arr": [{"a": 1, "b": 9}, {"a": 2}],
        "html": "<b>&",
        "obj": {"x": 1},
    },
}
NOTHING = object()


def path(name: str) -> dict[str, Json]:
    return {"@path": f"$.traits.{name}"}


def if_(kind: str, name: str) -> dict[str, Json]:
    return {"@if": {kind: path(name), "then": "then", "else": "else"}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("raw", "raw"),
        (None, None),
        ({"a": {"b": path("firstName")}}, {"a": {"b": "Homer"}}),
        (path("firstName"), "Homer"),
        ({"@path": "traits.firstName"}, "Homer"),
        (path("none"), NOTHING),
        ({"a": path("none")}, {}),
        (path("nothing"), None),
        (path("arr[1].a"), 2),
        (path("arr.0.b"), 9),
        (path("arr[7].a"), NOTHING),
        (path("firstName.x"), NOTHING),
        ({"@template": "{{traits.firstName}} {{none}}"}, "Homer "),
        ({"@template": "{{{traits.html}}} {{ traits.html }}"}, "<b>& <b>&"),
        ({"@template": "{{traits.five}}{{traits.no}}{{traits.nothing}}"}, "5false"),
        ({"@template": "{{traits.obj}}{ {{userId}} }"}, "{ u-1 }"),
        ({"@literal": "x"}, "x"),
        ({"@literal": ""}, ""),
        ({"@literal": {"a": 1}}, {"a": 1}),
        (if_("exists", "firstName"), "then"),
        (if_("exists", "nothing"), "else"),
        (if_("exists", "none"), "else"),
        (if_("exists", "empty"), "then"),
        (if_("exists", "no"), "then"),
        (if_("blank", "firstName"), "then"),
        (if_("blank", "empty"), "else"),
        (if_("blank", "zero"), "else"),
        (if_("blank", "no"), "else"),
        (if_("blank", "none"), "else"),
        ({"@if": {"exists": path("none"), "then": "x"}}, NOTHING),
        ({"@case": {"operator": "upper", "value": path("firstName")}}, "HOMER"),
        ({"@case": {"operator": "lower", "value": path("firstName")}}, "homer"),
        ({"@case": {"operator": "lower", "value": path("five")}}, 5.0),
        ({"@case": {"operator": "lower", "value": path("none")}}, NOTHING),
        ({"@arrayPath": ["$.traits.arr", {"n": {"@path": "$.a"}}]}, [{"n": 1}, {"n": 2}]),
        ({"@arrayPath": ["$.traits.arr"]}, [{"a": 1, "b": 9}, {"a": 2}]),
        ({"@arrayPath": ["$.traits.obj", {"n": {"@path": "$.x"}}]}, [{"n": 1}]),
        ({"@arrayPath": ["$.traits.none", {"n": {"@path": "$.x"}}]}, NOTHING),
        ({"@excludeWhenNull": path("nothing")}, NOTHING),
        ({"@excludeWhenNull": path("no")}, False),
        ([path("firstName"), path("none"), 1], ["Homer", 1]),
    ],
)
def test_mapped_value(value: Json, expected: object) -> None:
    assert compile_mapping({"f": value}).apply(EVENT) == (
        {} if expected is NOTHING else {"f": expected}
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"@path": "$.a", "@literal": 1}, "beside other keys"),
        ({"@path": "$.a", "raw": 1}, "beside other keys"),
        ({"@bogus": 1}, "no directive @bogus"),
        ({"@liquid": "{{ x }}"}, "@liquid is not supported"),
        ({"@path": "$.traits['a.b']"}, "is not a path"),
        ({"@path": "$.a..b"}, "is not a path"),
        ({"@path": 5}, "takes a text"),
        ({"@template": None}, "takes a text"),
        ({"@template": "Hello {{traits.firstName}"}, "not closed"),
        ({"@template": "{{}}"}, "empty or not closed"),
        ({"@template": "{{a}} traits.b}}"}, "not closed"),
        ({"@if": {"then": 1}}, "either “exists” or “blank”"),
        ({"@if": "x"}, "takes an object"),
        ({"@case": {"operator": "title", "value": "x"}}, "lower or upper"),
        ({"@arrayPath": "$.a"}, "path and shape"),
        ({"a": {"b": {"@bogus": 1}}}, "f.a.b: "),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(value: Json, words: str) -> None:
    with pytest.raises(MappingError) as raised:
        compile_mapping({"f": value})
    assert words in str(raised.value)


def test_the_paths_a_mapping_reads_are_known() -> None:
    mapping = parse_mapping('{"a": {"@path": "$.traits.email"}, "b": {"@template": "{{userId}}"}}')
    assert mapping.paths == {"traits.email", "userId"}


@pytest.mark.parametrize("text", ["[]", "5", '{"@path": "$.a"}', "{", '{"f":' * 4_000])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(MappingError):
        parse_mapping(text)


def test_events_map_answers_each_line(fairlead: FairleadCommand, tmp_path: Path) -> None:
    file = tmp_path / "mapping.json"
    file.write_text('{"email": {"@path": "$.traits.email"}, "phone": {"@path": "$.traits.phone"}}')
    lines = '{"traits":{"email":"a@b.example","phone":null}}\nfoo\n{}'
    done = fairlead("events", "map", "--mapping", str(file), "-", stdin=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert answers[0] == {"email": "a@b.example", "phone": None}
    assert answers[1]["error"]["line"] == 2
    assert answers[2] == {}


def test_events_map_tells_a_bad_mapping(fairlead: FairleadCommand, tmp_path: Path) -> None:
    file = tmp_path / "mapping.json"
    file.write_text('{"email": {"@bogus": 1}}')
    done = fairlead("events", "map", "--mapping", str(file), "-", stdin="{}")
    assert done.exit_code == 2
    assert "@bogus" in json.loads(done.stdout)["error"]["title"]
