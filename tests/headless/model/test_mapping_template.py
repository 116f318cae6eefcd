"""Templates of mapping rows: what they read, their limits, and how errors are said (S1-36)."""

import pytest

from desktop.model.customer_value import CustomerValueSource
from desktop.model.field_mapping import (
    ABSENT,
    AbsentValue,
    MappingRow,
    SourceType,
    read_source_value,
    source_fields_of,
)
from desktop.model.instant import FieldValue, Instant
from desktop.model.mapping_template import render_template, template_fields, template_problem
from desktop.model.mapping_validation import validate_mapping
from desktop.model.sync import SourceKind, Sync, SyncSource, TargetType
from desktop.model.sync_validation import validate_sync
from desktop.model.value_conversion import UnconvertibleValue
from desktop.sync.feed_extractor import find_referenced_vars
from desktop.sync.pipeline.plan_rows import plan_record
from tests.support import pipeline_cases as cases

FIELDS: dict[str, FieldValue] = {
    "name": "Ada Lovelace",
    "tags": ["vip", "de"],
    "ticket_count": 3,
    "user_fields.plan": "gold",
    "created_at": Instant(1_700_000_000.0),
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ name | upcase }}", "ADA LOVELACE"),
        ("{{ user_fields.plan }}-{{ ticket_count }}", "gold-3"),
        ("{% if tags contains 'vip' %}VIP{% else %}-{% endif %}", "VIP"),
        ("{{ created_at | date: '%d.%m.%Y' }}", "14.11.2023"),
        ("{% for tag in tags %}{{ tag }};{% endfor %}", "vip;de;"),
        ("{{ phone | default: 'none' }}", "none"),
        ("  {{ phone }}  ", ""),
        ("plain", "plain"),
    ],
)
def test_template_says_what_the_fields_hold(text: str, said: str) -> None:
    assert render_template(text, FIELDS) == said


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in (1..1001) %}{% endfor %}",
        "{% for i in (1..40) %}{% for j in (1..40) %}{% endfor %}{% endfor %}",
        "{% for i in (1..900) %}xxxxxxxxxx{% endfor %}",
        "{% assign s = 'aaaaaa' %}{% for i in (1..99) %}{% assign s = s | append: s %}{% endfor %}",
        "{% assign n = 9 %}{% for i in (1..99) %}{% assign n = n | times: n %}{% endfor %}",
        "{{ name | replace: '', name | replace: '', name | replace: '', name }}",
        "{{ ticket_count | divided_by: 0 }}",
    ],
    ids=["loop", "loops", "output", "doubled text", "squared number", "filters", "zero"],
)
def test_template_beyond_its_limits_is_refused(text: str) -> None:
    long_name = {**FIELDS, "name": "a" * 300}
    with pytest.raises(UnconvertibleValue, match="template cannot be used"):
        render_template(text, long_name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("x" * 2001, "longer than 2,000"),
        ("{% if name %}", "endif"),
        ("{{ name | shout }}", "shout"),
        ("{% include 'secrets' %}", "include"),
        ("{{ name", "template cannot be used"),
    ],
)
def test_template_in_error_says_what_is_wrong(text: str, words: str) -> None:
    assert words in template_problem(text)
    row = MappingRow(text, "vars.greeting", type=SourceType.TEMPLATE)
    assert any(words in found for found in validate_mapping((row,), TargetType.PROFILES))


def test_fields_of_a_template_are_those_it_reads() -> None:
    text = "{{ first_name }}{% if tags.first == 'x' %}{{ user_fields.plan }}{% endif %}"
    assert set(template_fields(text)) == {"first_name", "tags", "user_fields.plan"}
    assert template_fields("{% if") == ()
    row = MappingRow("{{ first_name }}", "vars.hello", type=SourceType.TEMPLATE)
    assert source_fields_of(row) == ("name",)


def test_field_that_the_source_never_has_is_told() -> None:
    row = MappingRow("{{ nmae }}", "vars.hello", type=SourceType.TEMPLATE)
    problems = validate_sync(cases.users_sync(row))
    assert problems == (
        "The row for vars.hello never writes: There is no field “nmae” to read. Did you mean"
        " “name”?",
    )


def test_export_of_a_list_holds_the_vars_that_a_template_reads() -> None:
    row = MappingRow("{{ vars.tier }}", "user_fields.tier", type=SourceType.TEMPLATE)
    sync = Sync("s", "S", SyncSource(SourceKind.SAILTHRU_LISTS), mapping=(row,))
    assert "tier" in find_referenced_vars(sync, CustomerValueSource("", (), {}))


@pytest.mark.parametrize(("text", "value"), [("{{ phone }}", ABSENT), ("{{ name }}!", "Ada!")])
def test_template_that_says_nothing_writes_nothing(text: str, value: str | AbsentValue) -> None:
    row = MappingRow(text, "vars.hello", type=SourceType.TEMPLATE)
    assert read_source_value(row, {"name": "Ada"}) == value


def test_error_over_one_person_parks_that_row_alone() -> None:
    row = MappingRow("{{ 6 | divided_by: ticket_count }}", "vars.x", type=SourceType.TEMPLATE)
    rows = []
    for count in (0, 2):
        record = cases.user_record(ticket_count=count)
        context = cases.context(cases.users_sync(row), (record, cases.profile()))
        rows.append(plan_record(record, context))
    assert [(one.fate.value, one.cause) for one in rows] == [
        ("correction", "The template cannot be used."),
        ("update", ""),
    ]
