"""Field rules, ages and lazy lists of the sandbox: tables of cases without a process."""

import json
from typing import Any

import pytest

from desktop.sandbox.http_messages import JsonObject, SandboxHttpError
from desktop.sandbox.people.fixture_people import parse_age
from desktop.sandbox.zendesk.field_rules import (
    FieldRule,
    apply_field_rules,
    normalise_tags,
    plain_fields,
    strip_text,
)
from desktop.sandbox.zendesk.lazy_sequences import LazyRecords, TruncatedRecords

RULES = (
    FieldRule("name", strip_text, is_required=True, taken_message="Name: {value} is taken"),
    FieldRule("status", choices=("new", "open")),
    FieldRule("role", choices=("agent",), ignores_other_values=True),
    FieldRule("key", pattern="[a-z]+"),
    FieldRule("tags", normalise_tags),
    *plain_fields("notes alias"),
)


def find_owner(_field: str, value: str) -> JsonObject | None:
    return {"id": 7} if value == "Taken" else None


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({}, {}),
        ({"name": "  Ann "}, {"name": "Ann"}),
        ({"status": "open", "role": "agent"}, {"status": "open", "role": "agent"}),
        ({"role": "owner", "unknown": 1}, {}),
        ({"tags": ["A b", "a"], "notes": None}, {"tags": ["a", "b"], "notes": None}),
        ({"tags": None, "key": "abc"}, {"tags": [], "key": "abc"}),
    ],
)
def test_accepted_fields_are_converted(given: JsonObject, stored: JsonObject) -> None:
    record: JsonObject = {"id": 1}
    apply_field_rules(RULES, record, given, find_owner=find_owner)
    assert record == {"id": 1, **stored}


@pytest.mark.parametrize(
    ("given", "field", "error"),
    [
        ({"name": " "}, "name", "BlankValue"),
        ({"name": "Taken"}, "name", "DuplicateValue"),
        ({"status": "gone"}, "status", "InvalidValue"),
        ({"key": "A1"}, "key", "InvalidFormat"),
    ],
)
def test_broken_rule_is_a_422_of_its_field(given: JsonObject, field: str, error: str) -> None:
    with pytest.raises(SandboxHttpError) as raised:
        apply_field_rules(RULES, {"id": 1}, given, find_owner=find_owner)
    response = raised.value.response
    details: dict[str, Any] = json.loads(response.body)["details"]
    assert response.status == 422
    assert details[field][0]["error"] == error


def test_new_record_needs_required_fields_and_owner_may_keep_its_value() -> None:
    with pytest.raises(SandboxHttpError):
        apply_field_rules(RULES, {"id": 1}, {"notes": "x"}, is_new=True)
    owner: JsonObject = {"id": 7}
    apply_field_rules(RULES, owner, {"name": "Taken"}, find_owner=find_owner)
    assert owner["name"] == "Taken"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12min", 720), ("26h", 93_600), ("3d", 259_200), ("10mon", 304 * 86_400)],
)
def test_ages_are_seconds(text: str, seconds: float) -> None:
    assert parse_age(text) == pytest.approx(seconds)


def test_malformed_age_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an age"):
        parse_age("3 weeks")


@pytest.mark.parametrize(
    ("start", "stop", "ids"),
    [(0, 2, [5, 7]), (1, 4, [7, 10, 11]), (2, 99, [10, 11, 12, 20]), (6, 9, [])],
)
def test_lazy_records_make_only_a_slice(start: int, stop: int, ids: list[int]) -> None:
    made: list[int] = []

    def find(number: int) -> JsonObject:
        made.append(number)
        return {"id": number}

    records = LazyRecords([5, 7, range(10, 13), 20], find)
    assert len(records) == 6
    assert [record["id"] for record in records[start:stop]] == ids == made


def test_truncated_records_tell_the_whole_length() -> None:
    records = TruncatedRecords([{"id": 1}], 40)
    assert (len(records), records[0:5]) == (40, [{"id": 1}])
