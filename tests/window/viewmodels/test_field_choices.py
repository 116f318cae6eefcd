"""The fields that can be chosen for a mapping row: titles, types, a customer's values."""

from dataclasses import replace

import pytest

from desktop.model.field_mapping import MappingRow
from desktop.model.sailthru_profile import SailthruList
from desktop.model.sell_record import SellCustomField
from desktop.model.sync import SourceKind, TargetType
from desktop.model.zendesk_user import UserFieldDefinition
from desktop.sync.sync_presets import build_blank_sync
from desktop.viewmodels.syncs.field_choices import (
    FieldChoice,
    sell_field_names,
    source_field_choices,
    target_field_choices,
    zendesk_field_names,
)

DEFINITIONS = (
    UserFieldDefinition(1, "tier", "Support tier", "dropdown"),
    UserFieldDefinition(2, "old", "Gone", "text", active=False),
)
SELL_DEFINITIONS = (SellCustomField(7001, "Favourite colour", "list"),)
FIELDS = {**zendesk_field_names(DEFINITIONS), **sell_field_names(SELL_DEFINITIONS)}
LISTS = (SailthruList("1", "Newsletter", smart=False), SailthruList("2", "VIPs", smart=True))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SourceKind.ZENDESK_USERS, FieldChoice("tags", "Tags", "list", "vip, lisbon", "Zendesk")),
        (
            SourceKind.ZENDESK_USERS,
            FieldChoice("user_fields.tier", "Support tier", "choice", "", "Zendesk"),
        ),
        (
            SourceKind.ZENDESK_TICKETS,
            FieldChoice("last_ticket_created_time", "Last ticket created", "date", "", "Zendesk"),
        ),
        (
            SourceKind.SAILTHRU_LISTS,
            FieldChoice("vars.shoe", "Shoe", "number", "38", "Sailthru"),
        ),
        (
            SourceKind.SAILTHRU_LISTS,
            FieldChoice("lifetime_open", "Opens in total", "number", "", "Sailthru"),
        ),
        (
            SourceKind.SELL_CONTACTS,
            FieldChoice("custom_fields.7001", "Favourite colour", "choice", "Red", "Zendesk Sell"),
        ),
    ],
)
def test_source_choice_has_title_type_sample_and_service(
    kind: SourceKind, expected: FieldChoice
) -> None:
    samples = (
        {"vars.shoe": 38}
        if kind is SourceKind.SAILTHRU_LISTS
        # A record of Sell has each custom field twice.
        else {"custom_fields.Favourite colour": "Red", "custom_fields.7001": "Red"}
        if kind is SourceKind.SELL_CONTACTS
        else {"tags": ["vip", "lisbon"]}
    )
    choices = source_field_choices(build_blank_sync("s", "S", kind), FIELDS, samples)
    assert expected in choices
    paths = [choice.path for choice in choices]
    assert len(paths) == len(set(paths))
    assert "user_fields.old" not in paths, "an inactive field cannot be read"
    assert "custom_fields.Favourite colour" not in paths


def test_target_choices_are_what_can_be_written() -> None:
    sync = replace(
        build_blank_sync("s", "S", SourceKind.ZENDESK_USERS),
        mapping=(MappingRow("locale", "vars.language"), MappingRow("", "vars.")),
    )
    choices = target_field_choices(sync, FIELDS, LISTS, {"vars.city": "Porto", "extid": "7"})
    assert [(choice.path, choice.title, choice.sample) for choice in choices] == [
        ("vars.language", "Language", ""),
        ("vars.city", "City", "Porto"),
        ("optout", "Opt-out", ""),
        ("lists.Newsletter", "List “Newsletter”", ""),
    ]
    back = build_blank_sync("s", "S", SourceKind.SAILTHRU_LISTS)
    found = {choice.path: choice.type for choice in target_field_choices(back, FIELDS, (), {})}
    assert found["user_fields.tier"] == "choice"
    assert found["tags"] == "list"
    assert "optout" not in found
    to_sell = replace(back, target=TargetType.SELL_CONTACTS)
    titles = {one.path: one.title for one in target_field_choices(to_sell, FIELDS, (), {})}
    assert titles["custom_fields.7001"] == "Favourite colour"
    assert "user_fields.tier" not in titles
