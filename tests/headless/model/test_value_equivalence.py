"""`equivalent(field, wanted, seen)`: when a value read from a service is the one wanted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.json_value import Json
from desktop.model.value_equivalence import equivalent, is_stored_form

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("wanted", "seen", "expected"),
    [
        # Numbers as numbers, in a text too, but only as a service would write them.
        (4, 4.0, True),
        (4, "4", True),
        (4.5, "4.50", True),
        (4, " 4 ", True),
        (1e21, "1e+21", True),
        (-0.0, 0, True),
        (7, "007", False),
        (7, "+7", False),
        (10, "1_0", False),
        (4, "٤", False),
        (4, 5, False),
        (4, [4], False),
        # Two texts are texts: an article number is no amount.
        ("7", "007", False),
        ("4", "4.0", False),
        ("a", "A", False),
        ("Anna ", "Anna", True),
        ("Anna  B", "Anna B", False),
        ("a\nb", "a\r\nb", True),
        ("a\r\nb", "a\nb", True),
        ("a\nb", "a\rb", False),
        # Booleans and texts that say it.
        (True, "true", True),
        (False, "False", True),
        (False, 1, False),
        (True, 2, False),
        (True, "yes", False),
        (1, "true", False),
        (False, None, False),
        (False, "", False),
        # What is not there, in every form.
        (None, None, True),
        (None, "", True),
        (None, " ", True),
        ({}, [], True),
        (None, [], True),
        (None, 0, False),
        ("", "0", False),
        # Objects and lists, all the way down.
        ({"a": 1}, {"a": "1"}, True),
        ({"a": 1, "b": None}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": []}, True),
        ({"a": {}}, {"a": []}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, "a", False),
        ([1, True], ["1", "true"], True),
        (["a", "b"], ["b", "a"], False),
        (["a"], ["a", "b"], False),
        # A day and its midnight in UTC.
        ("2026-11-03", "2026-11-03T00:00:00Z", True),
        ("2026-11-03", "2026-11-03T00:00:00+00:00", True),
        ("2026-11-03", "2026-11-03T00:00:00.000Z", True),
        ("2026-11-03", "2026-11-03T01:00:00Z", False),
        ("soon", "soonT00:00:00Z", False),
    ],
)
def test_equivalent_values_of_a_var(wanted: Json, seen: Json, expected: bool) -> None:
    assert equivalent("vars.x", wanted, seen) is expected
    assert equivalent("vars.x", seen, wanted) is expected


@pytest.mark.parametrize(("wanted", "seen"), [(True, 1), (True, "1"), (False, 0), (False, "0")])
def test_equivalent_takes_phps_form_of_a_boolean_one_way(wanted: Json, seen: Json) -> None:
    assert equivalent("vars.x", wanted, seen)
    assert not equivalent("vars.x", seen, wanted)
    assert equivalent("vars.x", {"a": [wanted]}, {"a": [seen]})
    assert not equivalent("vars.x", {"a": [seen]}, {"a": [wanted]})


@pytest.mark.parametrize(
    ("field", "wanted", "seen", "expected"),
    [
        ("tags", ["a", "b"], ["b", "a"], True),
        ("tags", ["a"], ["a", "b"], False),
        ("user_fields.options", ["a", "b"], ["b", "a"], True),
        ("user_fields.note", "", None, True),
        ("vars.order", ["a", "b"], ["b", "a"], False),
        ("lists.News", False, None, True),
        ("lists.News", True, None, False),
        ("tags.vip", None, False, True),
        ("vars.flag", False, None, False),
    ],
)
def test_equivalent_follows_the_field(field: str, wanted: Json, seen: Json, expected: bool) -> None:
    assert equivalent(field, wanted, seen) is expected


@given(_JSON)
def test_equivalent_after_a_round_trip_through_json(value: Json) -> None:
    assert equivalent("vars.x", value, json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    ("wanted", "seen", "expected"),
    [
        ("a long text", "a long", True),
        ("A\r\nB", "a\nb", True),
        ("Zoe\u0308", "zo\u00eb", True),
        ("Maria@Lopez.example", "maria@lopez.example", True),
        (3.14, 3, True),
        ("3.14159", 3.14, True),
        (0.4, 0, True),
        (9007199254740993, 9007199254740992.0, True),
        (["b", "a"], ["a", "b"], True),
        (["long text", 2], ["long", 2], True),
        ("a long text", "another", False),
        ("short", "short and more", False),
        ("a long text", "", False),
        ("a long text", None, False),
        (5, 6, False),
        (["a", "b"], ["a"], False),
        (True, "on", False),
        ("3", "x", False),
    ],
)
def test_is_stored_form(wanted: Json, seen: Json, expected: bool) -> None:
    assert is_stored_form(wanted, seen) is expected
