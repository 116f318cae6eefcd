"""What a sync reads is checked against the fields its records have (S2-31, S2-44 to S2-50)."""

import pytest

from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_catalogue import (
    condition_field_problems,
    mapping_source_problems,
    source_field_problem,
    source_fields,
)
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator, MappingRow, SourceType
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import SourceKind, Sync, SyncSource

USERS, TICKETS = SourceKind.ZENDESK_USERS, SourceKind.ZENDESK_TICKETS
LISTS = SourceKind.SAILTHRU_LISTS
SEEN, OPTOUT, TEXT = SourceType.SEEN, SourceType.OPTOUT, SourceType.TEXT
STAGES = (LifecycleStage("new"),)


def _sync(kind: SourceKind, *rows: MappingRow, stages: tuple[LifecycleStage, ...] = ()) -> Sync:
    return Sync("s", "S", SyncSource(kind), mapping=rows, stages=stages)


@pytest.mark.parametrize("kind", SourceKind)
def test_every_field_of_the_catalogue_may_be_read(kind: SourceKind) -> None:
    for field in source_fields(kind):
        assert source_field_problem(_sync(kind), field) == ""


@pytest.mark.parametrize(
    ("kind", "row", "problem"),
    [
        (USERS, MappingRow("phone", "vars.x"), ""),
        (USERS, MappingRow("user_fields.tier", "vars.x"), ""),
        (LISTS, MappingRow("vars.tier", "user_fields.x"), ""),
        (TICKETS, MappingRow("ticket_count", "vars.x"), ""),
        (TICKETS, MappingRow("", "vars.x", type=SEEN), ""),
        (LISTS, MappingRow("vars.seen", "user_fields.x", type=SEEN), ""),
        (LISTS, MappingRow("", "user_fields.x", type=OPTOUT), ""),
        (LISTS, MappingRow("", "user_fields.x", type=SourceType.LISTS), ""),
        (USERS, MappingRow("whatever", "vars.x", type=TEXT), ""),
        (USERS, MappingRow("tikcet_count", "vars.x", on=False), ""),
        (TICKETS, MappingRow("tikcet_count", "vars.x"), "Did you mean “ticket_count”?"),
        (USERS, MappingRow("fone", "vars.x"), "Did you mean “phone”?"),
        (LISTS, MappingRow("var.tier", "user_fields.x"), "There is no field “var.tier”"),
        (LISTS, MappingRow("vars.", "user_fields.x"), "There is no field “vars.”"),
        (USERS, MappingRow("ticket_count", "vars.x"), "only where a sync reads tickets"),
        (USERS, MappingRow("", "vars.x", type=SEEN), "only where a sync reads tickets"),
        (LISTS, MappingRow("", "user_fields.x", type=SEEN), "only where a sync reads tickets"),
        (USERS, MappingRow("", "vars.x", type=OPTOUT), "a field of Sailthru"),
        (TICKETS, MappingRow("", "vars.x", type=SourceType.LISTS), "a field of Sailthru"),
        (USERS, MappingRow("sid", "vars.x", type=SourceType.IDENTIFIER), "a field of Sailthru"),
        (USERS, MappingRow("vars.x", "vars.y"), "a field of Sailthru"),
        (LISTS, MappingRow("user_fields.x", "user_fields.x"), "a field of Zendesk"),
        (USERS, MappingRow("", "vars.x", type=SourceType.STAGES), "has no stages"),
    ],
)
def test_row_that_reads_nothing_is_refused(kind: SourceKind, row: MappingRow, problem: str) -> None:
    found = list(mapping_source_problems(_sync(kind, row)))
    assert len(found) == bool(problem), found
    assert all(problem in one and row.target in one for one in found)


def test_stages_may_be_read_where_a_sync_has_some() -> None:
    row = MappingRow("", "vars.x", type=SourceType.STAGES)
    assert not list(mapping_source_problems(_sync(USERS, row, stages=STAGES)))


@pytest.mark.parametrize(
    ("kind", "source", "type_", "is_allowed"),
    [
        (TICKETS, "ticket_count", SourceType.FIELD, True),
        (TICKETS, "ticket_ids", SourceType.FIELD, True),
        (TICKETS, "0.4", TEXT, True),
        (TICKETS, "much", TEXT, False),
        (TICKETS, "open_ticket_count", SourceType.FIELD, False),
        (TICKETS, "user_fields.points", SourceType.FIELD, False),
        (TICKETS, "id", SourceType.IDENTIFIER, False),
        (USERS, "user_fields.points", SourceType.FIELD, False),
        (USERS, "1", TEXT, False),
        (LISTS, "vars.points", SourceType.FIELD, False),
        (LISTS, "lifetime_open", SourceType.FIELD, False),
    ],
)
def test_increment_is_allowed_over_events_only(
    kind: SourceKind, source: str, type_: SourceType, is_allowed: bool
) -> None:
    row = MappingRow(source, "vars.total", MappingOperator.SUM, type_)
    found = list(mapping_source_problems(_sync(kind, row)))
    assert any("every change of the person" in one for one in found) is not is_allowed


def test_conditions_over_unknown_fields_are_refused() -> None:
    wrong = FieldCondition("rol", ConditionOperator.IS, "end-user")
    sync = Sync("s", "S", SyncSource(USERS, where=(wrong,)))
    assert "Did you mean “role”?" in next(condition_field_problems(sync))
    sync = Sync("s", "S", SyncSource(USERS), stages=(LifecycleStage("new", (wrong,)),))
    assert len(list(condition_field_problems(sync))) == 1
    sync = Sync("s", "S", SyncSource(USERS), purposes=(ConsentPurpose("news", wrong),))
    assert len(list(condition_field_problems(sync))) == 1


@pytest.mark.parametrize("field", ["email", "optout", "login_time"])
def test_condition_on_what_no_export_of_a_list_tells_is_refused(field: str) -> None:
    condition = FieldCondition(field, ConditionOperator.IS, "x")
    listed = Sync("s", "S", SyncSource(LISTS, where=(condition,)))
    assert "export" in next(condition_field_problems(listed))
    if field == "email":
        users = Sync("s", "S", SyncSource(USERS, where=(condition,)))
        assert list(condition_field_problems(users)) == []
