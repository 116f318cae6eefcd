"""The check of a new address: what each service says, and who wrote the ticket that asks for it."""

from dataclasses import replace

import pytest

from desktop.customer.new_address_check import AddressState, EmailCheck
from desktop.model.sell_record import SellContact, SellLead, SellPerson
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.viewmodels.customer.email_change_view import build_check_rows
from tests.support.customer_contexts import make_context

_NEW = "ada@new.example"


@pytest.mark.parametrize(
    ("sender", "result", "tone"),
    [
        ("Ada@Old.example", "From the customer", "ok"),
        (_NEW, "From the new address", "warn"),
        ("eve@elsewhere.example", "From elsewhere", "warn"),
        (None, "Not by mail", "muted"),
    ],
)
def test_ticket_row_says_whether_the_customer_wrote_it(
    sender: str | None, result: str, tone: str
) -> None:
    user = ZendeskUser(7, "Ada", email="ada@old.example", identities_read=True)
    ticket = ZendeskTicket(3, "New address", "open", None, 7, 0.0, 0.0, sender=sender)
    sheet = make_context(user=user, sheet={"ticket": ticket}).sheet
    free = AddressState.FREE
    rows = build_check_rows(sheet, EmailCheck("ada@old.example", _NEW, free, free, 0.0), 0.0)
    (row,) = [one for one in rows if one.where == "Ticket"]
    assert (row.result, row.tone) == (result, tone)


@pytest.mark.parametrize(
    ("sell", "people", "note", "result"),
    [
        (AddressState.OFF, (), "", None),
        (AddressState.FREE, (), "", "Not there"),
        (AddressState.NOT_ASKED, (), "Sell is away.", "Later"),
        (AddressState.OWN, (SellContact(1, "Ada", "Lovelace"),), "", "Changed too"),
        (AddressState.OWN, (SellLead(1, "Ada", "Lovelace"),), "Several have it.", "Several there"),
    ],
)
def test_sell_row_says_whose_address_changes_there_too(
    sell: AddressState, people: tuple[SellPerson, ...], note: str, result: str | None
) -> None:
    free = AddressState.FREE
    check = EmailCheck("ada@old.example", _NEW, free, free, 0.0)
    check = replace(check, sell=sell, sell_people=people, sell_note=note)
    rows = build_check_rows(make_context().sheet, check, 0.0)
    found = [one.result for one in rows if one.where == "Zendesk Sell"]
    assert found == ([] if result is None else [result])
