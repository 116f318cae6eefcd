"""What is read of single fields of an answer, and what is noted of the rest."""

from typing import Any

import pytest

from desktop.clients.field_parser import FieldParser, WireRecord


@pytest.mark.parametrize(
    ("value", "texts", "problems"),
    [
        (["a", "", "b"], ("a", "b"), []),
        (["a", 1, None], ("a",), ["tags[1]"]),
        (None, (), []),
        ({}, (), []),
        ("a", (), ["tags"]),
    ],
)
def test_texts(value: Any, texts: tuple[str, ...], problems: list[str]) -> None:
    parser = FieldParser()
    assert parser.texts(value, "tags") == texts
    assert [one.path for one in parser.problems] == problems


@pytest.mark.parametrize(
    ("item", "found", "problems"),
    [
        ({"id": 7}, 7, []),
        ({"id": "7"}, 7, []),
        ({}, None, [("users[0].id", "missing")]),
        ({"id": -1}, None, [("users[0].id", "not an id")]),
        (None, None, [("users[0]", "missing")]),
        ([], None, [("users[0]", "not an object")]),
    ],
)
def test_record(item: Any, found: int | None, problems: list[tuple[str, str]]) -> None:
    parser = FieldParser()
    record = parser.record(item, WireRecord, "users[0]")
    assert (record and record[1]) == found
    assert [(one.path, one.reason) for one in parser.problems] == problems
