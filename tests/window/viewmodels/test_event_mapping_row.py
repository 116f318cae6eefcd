"""Mappings of events as rows of a form: what a row says exactly, what stays JSON, what is wrong."""

import pytest

from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.event_action import ActionKind, EventAction
from desktop.events.event_mapping import compile_mapping
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json
from desktop.viewmodels.events.event_mapping_row import (
    EventMappingRow,
    ValueKind,
    find_row_problems,
    mapping_of,
    operators_without_row,
    rows_of,
)

A = {"@path": "$.a"}


def action(value: Json) -> EventAction:
    return EventAction(ActionKind.UPSERT_USER, 'type = "identify"', {"phone": value})


@pytest.mark.parametrize("default", DEFAULT_ACTIONS, ids=lambda one: one.kind.value)
def test_every_default_mapping_comes_back_from_its_rows(default: EventAction) -> None:
    rows = rows_of(default)
    mapping, operators = mapping_of(rows)
    assert mapping == default.mapping
    assert {**operators_without_row(default), **operators} == default.operators
    assert find_row_problems(default.kind, rows) == {}
    assert all(row.kind is not ValueKind.JSON for row in rows)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (A, ValueKind.PATH),
        ({"@template": "{{a}} b"}, ValueKind.TEMPLATE),
        (5, ValueKind.LITERAL),
        ("5", ValueKind.LITERAL),
        ("null", ValueKind.LITERAL),
        (None, ValueKind.LITERAL),
        ("", ValueKind.LITERAL),
        ("$ and {{", ValueKind.LITERAL),
        ({"@case": {"operator": "lower", "value": A}}, ValueKind.CASE),
        ({"@if": {"exists": A, "then": A, "else": {"@path": "$.b"}}}, ValueKind.FIRST),
        ({"@if": {"exists": A, "then": True}}, ValueKind.IF),
        ({"@if": {"exists": A, "then": "", "else": "b"}}, ValueKind.IF),
        ({"@excludeWhenNull": A}, ValueKind.PATH),
        # What a row can't say exactly.
        ({"@if": {"blank": A, "then": 1}}, ValueKind.JSON),
        ({"@if": {"exists": A, "then": 1, "else": None}}, ValueKind.JSON),
        ({"@case": {"operator": "lower", "value": {"@path": "a"}}}, ValueKind.JSON),
        ({"@arrayPath": ["$.a", {"b": A}]}, ValueKind.JSON),
        ([1, 2], ValueKind.JSON),
        ({"@literal": {"a": 1}}, ValueKind.JSON),
    ],
)
def test_a_row_says_exactly_what_the_mapping_says(value: Json, kind: ValueKind) -> None:
    (row,) = rows_of(action(value))
    assert row.kind is kind
    assert mapping_of([row])[0] == {"phone": value}


def test_a_condition_of_the_form_is_what_the_mapping_does() -> None:
    row = EventMappingRow(
        "name",
        ValueKind.IF,
        condition="$.traits.name",
        then="$.traits.name",
        condition_2="$.traits.first, $.traits.last",
        then_2="{{traits.first}} {{traits.last}}",
        otherwise="Nobody",
    )
    mapping = compile_mapping(mapping_of([row])[0])
    assert mapping.apply({"traits": {"name": "M"}}) == {"name": "M"}
    assert mapping.apply({"traits": {"last": "L"}}) == {"name": " L"}
    assert mapping.apply({"traits": {}}) == {"name": "Nobody"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (EventMappingRow("", value="$.a"), "Choose a field."),
        (EventMappingRow("shoe", value="$.a"), "There is no field “shoe”."),
        (EventMappingRow("user_fields.", value="$.a"), "There is no field “user_fields.”."),
        (EventMappingRow("phone"), "A path is missing"),
        (EventMappingRow("phone", value="$.a..b"), "is not a path"),
        (EventMappingRow("phone", ValueKind.JSON, "{"), "This is no JSON"),
        (EventMappingRow("phone", ValueKind.JSON, '{"@bogus": 1}'), "there is no directive"),
        (EventMappingRow("email", value="$.a"), "filled by another row"),
        (EventMappingRow("user_fields.plan", value="$.a"), "filled as a whole"),
        (EventMappingRow("user_fields.plan", ValueKind.TRAIT), ""),
        (EventMappingRow("notes", ValueKind.TRAIT), "Only for one field"),
        (
            EventMappingRow("email", value="$.a", operator=MappingOperator.ADD),
            "filled by another row",
        ),
        (EventMappingRow("tags", value="$.a", operator=MappingOperator.ADD), ""),
    ],
)
def test_what_is_wrong_with_a_row_is_said_at_the_row(row: EventMappingRow, words: str) -> None:
    others = [
        EventMappingRow("email", value="$.traits.email"),
        EventMappingRow("user_fields", value="$.traits"),
    ]
    problems = find_row_problems(ActionKind.UPSERT_USER, [*others, row])
    assert problems.get(2, "") == "" if not words else words in problems[2]


def test_an_operator_that_has_no_effect_is_refused() -> None:
    row = EventMappingRow("subject", value="$.a", operator=MappingOperator.SUM)
    assert "can't be joined" in find_row_problems(ActionKind.CREATE_TICKET, [row])[0]
