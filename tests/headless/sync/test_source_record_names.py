"""First and last name of a source record: by the sync's rule, absent where nobody is named."""

import pytest

from desktop.model.customer_value import CustomerValueSource
from desktop.model.exported_profile import ExportedProfile
from desktop.model.name_splitting import NameSplitRule
from desktop.model.zendesk_user import ZendeskUser
from desktop.sync.source_record import source_record_from_export, source_record_from_user

LAST_WORD = NameSplitRule.LAST_WORD


@pytest.mark.parametrize(
    "name", ["maria@lopez.example", "+1 (415) 555-0134", "Caller +14155550134"]
)
def test_source_record_without_a_persons_name_has_none(name: str) -> None:
    fields = source_record_from_user(ZendeskUser(1, name)).fields
    assert fields["name"] == name
    assert not {"first_name", "last_name"} & set(fields)


def test_source_record_splits_by_the_syncs_rule_also_a_corrected_name() -> None:
    record = source_record_from_user(ZendeskUser(1, "Ana Maria Lopez"), name_split=LAST_WORD)
    assert (record.fields["first_name"], record.fields["last_name"]) == ("Ana Maria", "Lopez")
    corrected = record.with_values({"name": "Eva Luisa Diaz"}).fields
    assert (corrected["first_name"], corrected["last_name"]) == ("Eva Luisa", "Diaz")
    assert "first_name" not in record.with_values({"name": "+14155550134"}).fields


def test_source_record_with_typographic_address_is_compared_in_normal_form() -> None:
    record = source_record_from_user(ZendeskUser(1, "Darcy", "Darcy.O’Neill@Acme.example"))
    assert record.email == "darcy.o'neill@acme.example"


@pytest.mark.parametrize(
    ("profile", "label"),
    [
        (ExportedProfile("5f" * 12, email="maria@lopez.example"), "maria@lopez.example"),
        (ExportedProfile("5f" * 12, vars={"first_name": "Maria", "last_name": "L"}), "Maria L"),
        (ExportedProfile("5f" * 12), "5f" * 12),
    ],
)
def test_source_record_of_list_is_named_as_far_as_its_export_tells(
    profile: ExportedProfile, label: str
) -> None:
    assert (
        source_record_from_export(profile, "News", CustomerValueSource("", (), {})).label == label
    )
