"""How mapped fields and their values read: titles, moments, and a row whose kind was changed."""

import pytest

from desktop.model.field_catalogue import field_title
from desktop.model.field_mapping import (
    ConflictPreference,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.model.instant import FieldValue, Instant
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.field_text import readable_value
from desktop.viewmodels.syncs.mapping_row_view import change_source_type, row_rule_choices
from tests.support import pipeline_cases

MOMENT = 1_795_903_641.0
READABLE = time_format.format_full_date_and_time(MOMENT)


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("vars.first_name", "First name"),
        ("user_fields.support_tier", "Support tier"),
        ("last_ticket_created_time", "Last ticket created"),
        ("vars.last_ticket_created_time", "Last ticket created"),
        ("value.segment", "Customer value (1 to 4)"),
        ("lists.VIP Offers", "List “VIP Offers”"),
        ("tags.vip", "Tag “vip”"),
        ("", ""),
    ],
)
def test_field_title_reads_as_words(field: str, title: str) -> None:
    assert field_title(field) == title


@pytest.mark.parametrize(
    ("value", "field", "text"),
    [
        (MOMENT, "vars.last_ticket_created_time", READABLE),
        (int(MOMENT), "vars.signup_time", READABLE),
        ("2026-11-28T23:27:21Z", "updated_at", time_format.format_full_date_and_time(1795908441)),
        (Instant(MOMENT), "created", READABLE),
        (int(MOMENT), "vars.order_number", "1795903641"),
        (12, "vars.play_time", "12"),
        (True, "vars.first_time", "yes"),
        (None, "vars.signup_time", "not set"),
        ("noTon", "vars.signup_time", "noTon"),
        (["a", "b"], "vars.topics", "a, b"),
    ],
)
def test_field_value_reads_as_people_write_it(value: FieldValue, field: str, text: str) -> None:
    assert readable_value(value, field) == text


@pytest.mark.parametrize(
    ("operator", "kind", "expected"),
    [
        (MappingOperator.ADD, SourceType.TEXT, MappingOperator.SET),
        (MappingOperator.SUM, SourceType.OPTOUT, MappingOperator.SET),
        (MappingOperator.SET_IF_EMPTY, SourceType.TEXT, MappingOperator.SET_IF_EMPTY),
        (MappingOperator.ADD, SourceType.LISTS, MappingOperator.ADD),
    ],
)
def test_changed_kind_drops_what_does_not_fit(
    operator: MappingOperator, kind: SourceType, expected: MappingOperator
) -> None:
    row = MappingRow("tags", "vars.topics", operator, keep_decimals=True)
    changed = change_source_type(row, kind)
    assert (changed.type, changed.source, changed.target) == (kind, "", "vars.topics")
    assert (changed.operator, changed.keep_decimals) == (expected, False)


@pytest.mark.parametrize(
    ("target", "prefer", "is_offered"),
    [
        ("optout", ConflictPreference.SOURCE, True),
        ("vars.topics", ConflictPreference.SOURCE, False),
        ("lists.News", ConflictPreference.ASK, False),
        # What an older file says stays to be seen, and to be changed.
        ("vars.topics", ConflictPreference.STRICTER, True),
    ],
)
def test_stricter_level_is_offered_for_optout_rows(
    target: str, prefer: ConflictPreference, is_offered: bool
) -> None:
    row = MappingRow("level", target, prefer=prefer)
    offered = dict(row_rule_choices(pipeline_cases.users_sync(), row)["prefer"])
    assert (ConflictPreference.STRICTER.value in offered) is is_offered
    assert {"source", "target", "ask"} <= set(offered)
