"""Declarative form fields: visibility, labels, reading and replacing values by path."""

from dataclasses import dataclass, field
from enum import Enum

import pytest

from desktop.model.attribute_path import replace_value
from desktop.viewmodels.form import (
    FieldKind,
    FormField,
    field_label,
    format_names,
    parse_names,
    read_values,
    visible_paths,
)


class When(Enum):
    NEVER = "never"
    FAILED = "failed"


@dataclass(frozen=True)
class Notification:
    when: When = When.NEVER
    email: str = ""


@dataclass(frozen=True)
class Draft:
    form: str = "daily"
    at: int = 540
    lists: tuple[str, ...] = ()
    telling: Notification = field(default_factory=Notification)


FIELDS = (
    FormField("form", "Runs", FieldKind.CHOICE),
    FormField(
        "at",
        "At",
        FieldKind.TIME,
        visible_when=lambda values: values["form"] != "off",
        label_when=lambda values: "First at" if values["form"] == "spread" else "At",
    ),
    FormField("telling.when", "When", FieldKind.CHOICE, name="When to notify"),
    FormField("telling.email", "E-mail to", visible_when=lambda v: v["telling.when"] != "never"),
    FormField("lists", "Lists", FieldKind.NAMES),
)


def test_form_reads_values_by_path_and_enums_by_value() -> None:
    assert read_values(FIELDS, Draft(lists=("a", "b"))) == {
        "form": "daily",
        "at": 540,
        "telling.when": "never",
        "telling.email": "",
        "lists": ("a", "b"),
    }


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("form", "weekly", Draft(form="weekly")),
        ("at", 0, Draft(at=0)),
        ("telling.when", "failed", Draft(telling=Notification(When.FAILED))),
        ("telling.email", "a@b.example", Draft(telling=Notification(email="a@b.example"))),
        ("lists", ("a",), Draft(lists=("a",))),
    ],
)
def test_form_replaces_one_value(path: str, value: str | int, expected: Draft) -> None:
    assert replace_value(Draft(), path, value) == expected


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [("telling.when", "sometimes", ValueError), ("nothing", "x", AttributeError)],
)
def test_form_refuses_unknown_paths_and_members(
    path: str, value: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        replace_value(Draft(), path, value)


@pytest.mark.parametrize(
    ("draft", "hidden"),
    [
        (Draft(), {"telling.email"}),
        (Draft(form="off"), {"at", "telling.email"}),
        (Draft(telling=Notification(When.FAILED)), set()),
    ],
)
def test_form_hides_fields_by_the_values_of_others(draft: Draft, hidden: set[str]) -> None:
    paths = {f.path for f in FIELDS}
    assert visible_paths(FIELDS, read_values(FIELDS, draft)) == paths - hidden


@pytest.mark.parametrize(("form", "label"), [("daily", "At"), ("spread", "First at")])
def test_form_label_follows_the_values(form: str, label: str) -> None:
    assert field_label(FIELDS[1], read_values(FIELDS, Draft(form=form))) == label


@pytest.mark.parametrize(
    ("form_field", "name"),
    [(FIELDS[0], "Runs"), (FIELDS[2], "When to notify")],
)
def test_form_field_name_defaults_to_its_label(form_field: FormField, name: str) -> None:
    assert form_field.accessible_name == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ", ()),
        ("a, b", ("a", "b")),
        ("b,a , b,", ("b", "a")),
        ("ä b,c", ("ä b", "c")),
        ('"VIP, gold", do not mail', ("VIP, gold", "do not mail")),
        ('"Leads: A, B; ""C""",5" disks', ('Leads: A, B; "C"', '5" disks')),
        ('x, "half, typed', ("x", "half, typed")),
    ],
)
def test_form_names_are_split_at_commas_each_once(text: str, names: tuple[str, ...]) -> None:
    assert parse_names(text) == names
    assert parse_names(format_names(names)) == names
