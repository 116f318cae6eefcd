"""What the panel Zendesk Sell says, by what Sell has and how far it was read."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop.kit.errors import ServiceUnreachable
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.model.sell_customer_records import SellCustomerRecords
from desktop.model.sell_record import SellContact, SellDeal, SellLead
from desktop.viewmodels.customer.panel_state import PanelStatus
from desktop.viewmodels.customer.sell_view import SellView, build_sell_view
from tests.support.customer_contexts import make_context, read_part

CONTACT = SellContact(
    1,
    "Ada",
    "Lovelace",
    "ada@acme.example",
    owner_id=5,
    name="Ada Lovelace",
    customer_status="current",
)
LEAD = SellLead(2, "Ada", "Lovelace", "ada@acme.example", status="Won back for $5")


def view_of(part: SheetPart[Any]) -> SellView:
    return build_sell_view(make_context(sheet={"sell": part}))


def rows_of(records: SellCustomerRecords) -> list[tuple[str, str, str]]:
    return [(row.label, row.value, row.note) for row in view_of(read_part(records)).rows]


@pytest.mark.parametrize(
    ("state", "is_shown", "status"),
    [
        (SheetPartState.OFF, False, PanelStatus.READY),
        (SheetPartState.NOT_ASKED, False, PanelStatus.READY),
        (SheetPartState.LOADING, True, PanelStatus.LOADING),
        (SheetPartState.ABSENT, True, PanelStatus.EMPTY),
    ],
)
def test_panel_by_state(state: SheetPartState, is_shown: bool, status: PanelStatus) -> None:
    view = view_of(SheetPart(state=state))
    assert (view.is_shown, view.panel_state.status) == (is_shown, status)


def test_failure_is_told_with_retry() -> None:
    error = ServiceUnreachable("Zendesk Sell does not answer.", "No connection.", "Try again.")
    state = view_of(SheetPart(state=SheetPartState.FAILED, error=error)).panel_state
    assert (state.status, state.can_retry) == (PanelStatus.FAILED, True)


def test_contact_with_owner_and_deals() -> None:
    deals = (
        SellDeal(7, "Chairs", 1, Decimal("12400.50"), "EUR", 9),
        SellDeal(8, "Lamp", 1, None, "", None),
    )
    records = SellCustomerRecords((CONTACT,), (), deals, {5: "Kim"}, {9: "Quote"}, True)
    assert rows_of(records) == [
        ("Contact", "Ada Lovelace", "Owner Kim"),
        ("Status", "current customer", ""),
        ("Deals", "Chairs · Quote", "€12,400.50"),
        ("", "Lamp", ""),
    ]


def test_lead_says_its_status_as_it_is() -> None:
    assert rows_of(SellCustomerRecords((), (LEAD,))) == [
        ("Lead", "Ada Lovelace", ""),
        ("Status", "Won back for $5", ""),
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"customer_status": "none"}, "neither prospect nor customer"),
        ({"customer_status": "past", "prospect_status": "lost"}, "past customer, lost prospect"),
        ({"customer_status": "gold"}, "neither prospect nor customer"),
    ],
)
def test_contact_status_in_words(changes: dict[str, Any], text: str) -> None:
    records = SellCustomerRecords((replace(CONTACT, **changes),), are_deals_read=True)
    assert ("Status", text, "") in rows_of(records)


def test_deals_not_read_and_none() -> None:
    assert ("Deals", "not read yet", "") in rows_of(SellCustomerRecords((CONTACT,)))
    assert ("Deals", "none", "") in rows_of(SellCustomerRecords((CONTACT,), are_deals_read=True))


def test_more_than_fits_is_counted() -> None:
    contacts = tuple(replace(CONTACT, id=number) for number in range(1, 8))
    deals = tuple(SellDeal(number, f"Deal {number}", 1) for number in range(7))
    rows = rows_of(SellCustomerRecords(contacts, (), deals, are_deals_read=True))
    assert ("And", "3 records more in Sell", "") in rows
    assert ("", "2 more in Sell", "") in rows
