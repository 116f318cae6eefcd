"""What keeps a Sell record from being synced, and which of several with one address is."""

from typing import Any

import pytest

from desktop.model.sailthru_naming_rules import validate_list_name
from desktop.model.sell_lists import find_last_joined, leads_list, status_of_list
from desktop.model.sell_validation import (
    ADDRESS_CAUSE,
    NAME_CAUSE,
    STATUS_CAUSE,
    find_sell_problem,
    valid_sell_status,
)
from desktop.model.sync import SharedAddressRule
from desktop.sync.pipeline.shared_address import pick_of_several

WHOLE = {"first_name": "Ada", "last_name": "Lovelace", "customer_status": "current"}
ADDRESS = {f"billing_address.{key}": "x" for key in ("line1", "city", "country")}


@pytest.mark.parametrize(
    ("fields", "contact", "lead"),
    [
        ({}, "", ""),
        ({"last_name": None}, NAME_CAUSE, NAME_CAUSE),
        ({"first_name": ""}, NAME_CAUSE, NAME_CAUSE),
        ({"first_name": "", "last_name": ""}, NAME_CAUSE, NAME_CAUSE),
        ({"customer_status": "none"}, STATUS_CAUSE, ""),
        ({"customer_status": "none", "prospect_status": "lost"}, "", ""),
        ({"customer_status": None, "prospect_status": None}, STATUS_CAUSE, ""),
        (ADDRESS, "", ""),
        ({**ADDRESS, "billing_address.country": ""}, ADDRESS_CAUSE, ""),
        ({"billing_address.city": "Leeds"}, ADDRESS_CAUSE, ""),
        ({"billing_address.city": ""}, "", ""),
    ],
)
def test_sell_problem_of_a_contact_and_a_lead(
    fields: dict[str, Any], contact: str, lead: str
) -> None:
    for is_contact, cause in ((True, contact), (False, lead)):
        found = find_sell_problem({**WHOLE, **fields}, is_contact=is_contact)
        assert (found.cause if found else "") == cause


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("customer_status", "past", "past"),
        ("customer_status", " Current ", "current"),
        ("customer_status", "lost", "none"),
        ("prospect_status", "lost", "lost"),
        ("prospect_status", "gold", "none"),
        ("prospect_status", None, "none"),
    ],
)
def test_sell_status_that_is_unknown_becomes_none(field: str, value: object, expected: str) -> None:
    assert valid_sell_status(field, value) == expected


NAMES = {"contact-10": "Dana Okafor", "contact-9": "Daniel Okafor", "contact-11": "dana  okafor"}


@pytest.mark.parametrize(
    ("rule", "wanted", "chosen", "expected"),
    [
        (SharedAddressRule.FIRST, "", "", "contact-9"),
        (SharedAddressRule.FIRST_SAME_NAME, "DANA OKAFOR", "", "contact-10"),
        (SharedAddressRule.FIRST_SAME_NAME, "Somebody Else", "", ""),
        (SharedAddressRule.FIRST_SAME_NAME, "", "", ""),
        (SharedAddressRule.NONE, "Dana Okafor", "", ""),
        (SharedAddressRule.ASK, "Dana Okafor", "", ""),
        (SharedAddressRule.ASK, "", "contact-11", "contact-11"),
        (SharedAddressRule.FIRST, "", "contact-11", "contact-11"),
        (SharedAddressRule.ASK, "", "contact-99", ""),
    ],
)
def test_shared_address_picks_by_choice_then_rule(
    rule: SharedAddressRule, wanted: str, chosen: str, expected: str
) -> None:
    assert pick_of_several(NAMES, wanted, rule, chosen) == expected


@pytest.mark.parametrize(
    "status", ["New", "Won back for $5", '50 % sure / "maybe"', "Später – {n}?"]
)
def test_lead_list_carries_the_status_as_sell_spells_it(status: str) -> None:
    # Sailthru refuses a `$` in a list's name.
    assert leads_list(status) == f"Zendesk Sell - Leads: {status.replace('$', chr(0xFF04))}"
    assert validate_list_name(leads_list(status)) == leads_list(status)
    assert status_of_list(leads_list(status)) == status


def test_lead_list_of_a_status_with_a_sign_of_lists_is_its_own() -> None:
    wide, small = chr(0xFF04), chr(0xFE69)
    parts = ("$", wide, small, "x")
    statuses = [a + b + c for a in parts for b in parts for c in parts]
    names = [leads_list(status) for status in statuses]
    assert [status_of_list(name) for name in names] == statuses
    assert len(set(names)) == len(statuses)
    assert [validate_list_name(name) for name in names] == names
    # As a person may type it by hand.
    assert status_of_list(f"{leads_list('')}{small}5 {wide}5") == f"{small}5 $5"


NEW, WORKING = leads_list("New"), leads_list("Working")


@pytest.mark.parametrize(
    ("joined", "expected"),
    [
        ({}, ()),
        ({"Loyal": 9.0}, ()),
        ({NEW: None, "Loyal": 9.0}, (NEW,)),
        ({NEW: 1.0, WORKING: 2.0}, (WORKING,)),
        ({NEW: 3.0, WORKING: 2.0, "Loyal": 9.0}, (NEW,)),
        ({NEW: 2.0, WORKING: 2.0}, (NEW, WORKING)),
        ({NEW: None, WORKING: 2.0}, (NEW, WORKING)),
    ],
)
def test_lead_list_joined_last_wins_and_a_tie_has_none(
    joined: dict[str, float | None], expected: tuple[str, ...]
) -> None:
    assert find_last_joined(joined) == expected
