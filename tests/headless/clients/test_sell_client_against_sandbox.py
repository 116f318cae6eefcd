"""Sell's client against the running sandbox, which knows the contract from elsewhere."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from desktop.clients.client_factory import ClientFactory
from desktop.clients.http_messages import HttpRequest
from desktop.clients.sell.change_feed import SellChangeFeed
from desktop.clients.sell.client import SellClient
from desktop.clients.transport import HttpTransport, TransportOptions
from desktop.kit.errors import AppError, AuthenticationError, Forbidden, NotFound, ValuesRejected
from desktop.model.sell_change import SellChange
from tests.headless.clients.conftest import ConnectionDocument
from tests.support.clocks import ShortSleepClock

DEVICE = "9a1c6a0e-8f4d-4d0a-9f4a-5f6c7d8e9f00"


@pytest_asyncio.fixture
async def sell(sandbox: ConnectionDocument) -> AsyncIterator[SellClient]:
    about = sandbox["sell"]
    transport = HttpTransport("Zendesk Sell", about["base_url"], limits=TransportOptions(read_s=2))
    # The clock sleeps a moment where the limiter asks for longer.
    yield ClientFactory(ShortSleepClock()).sell(about["access_token"], transport)
    await control(transport, "POST", "account", {"sell_plan": "enterprise", "sell_user": "on"})
    await transport.aclose()


async def control(transport: Any, method: str, name: str, body: object) -> None:
    path = f"/sandbox/{name}"
    answer = await transport.send(HttpRequest(method, path, path, body=json.dumps(body).encode()))
    assert answer.status == 200


async def drain(feed: SellChangeFeed) -> list[SellChange]:
    found: list[SellChange] = []
    if (session := await feed.start()) is not None:
        while items := await feed.fetch(session):
            found += items
    return found


async def test_sell_probe_tells_who_asks(sell: SellClient) -> None:
    me, account = await sell.me(), await sell.account()
    assert (me.name, me.role) == ("Ada Admin", "admin")
    assert (account.name, account.currency) == ("Acme Stores", "USD")


async def test_sell_people_are_found_by_address(sell: SellClient) -> None:
    contacts = await sell.find_contacts("DANA@okafor.example")
    assert [(found.id, found.full_name) for found in contacts] == [
        (2104, "Dana Okafor"),
        (2105, "Daniel Okafor"),
        (2106, "Dana Okafor"),
    ]
    (lead,) = await sell.find_leads("priya@nair.example")
    assert lead.status == "Qualified"
    assert await sell.find_contacts("nobody@new.example") == ()
    assert (await sell.show_contact(2101)).custom_fields["Loyalty points"] == "420"
    with pytest.raises(NotFound):
        await sell.show_lead(1)


async def test_sell_deals_and_names(sell: SellClient) -> None:
    deals = await sell.list_deals(2101)
    assert [(deal.id, deal.value) for deal in deals] == [
        (5501, Decimal("12400.50")),
        (5502, Decimal("1489.00")),
    ]
    stages = await sell.list_stages()
    assert stages[deals[0].stage_id or 0] == "Quote"
    assert {user.name for user in await sell.list_users()} == {"Ada Admin", "Kim Park", "Lee Chen"}
    statuses = await sell.list_lead_statuses()
    assert statuses is not None
    assert "Won back for $5" in statuses
    fields = await sell.list_custom_fields("contact")
    assert {field.id: field.name for field in fields}[4101] == "Newsletter consent"


async def test_sell_tags_of_others_stay(sell: SellClient) -> None:
    before = (await sell.show_contact(2101)).tags
    after = await sell.change_contact_tags(2101, add=["asked"])
    assert after == (*before, "asked")
    assert await sell.change_contact_tags(2101, remove=["asked"]) == before


async def test_sell_change_comes_again_until_acknowledged(sell: SellClient) -> None:
    feed = SellChangeFeed(sell, DEVICE)
    first = await drain(feed)
    assert {change.kind for change in first} >= {"contact", "lead", "deal", "product"}
    again = await drain(feed)
    assert {change.ack_key for change in again} == {change.ack_key for change in first}
    await feed.acknowledge([change.ack_key for change in again])
    assert await drain(feed) == []
    await sell.update_contact(2102, {"title": "Captain"})
    (change,) = await drain(feed)
    assert (change.kind, change.id, change.event, change.revision) == (
        "contact",
        2102,
        "updated",
        2,
    )
    assert change.data["title"] == "Captain"


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"sell_plan": "enterprise"}, [None, None, None]),
        ({"sell_plan": "growth"}, [None, None, Forbidden]),
        ({"sell_plan": "team"}, [None, Forbidden, Forbidden]),
        ({"sell_user": "off"}, [AuthenticationError] * 3),
    ],
)
async def test_sell_plan_and_token_decide_what_is_there(
    sell: SellClient, account: Any, expected: list[type[AppError] | None]
) -> None:
    await control(sell.pipeline.transport, "POST", "account", account)
    found: list[type[AppError] | None] = []
    for attempt in (sell.me, SellChangeFeed(sell, DEVICE).check, sell.check_products):
        try:
            await attempt()
        except AppError as error:
            found.append(type(error))
        else:
            found.append(None)
    assert found == expected


async def test_sell_refuses_with_the_field(sell: SellClient) -> None:
    with pytest.raises(ValuesRejected) as raised:
        await sell.update_contact(2103, {"customer_status": "gold"})
    assert "customer_status" in raised.value.fields
    assert "Quote this to Zendesk" in raised.value.message


async def test_sell_pages_hold_everything_once(sell: SellClient) -> None:
    ids: list[object] = []
    page, more = 1, True
    while more:
        records, more = await sell.read_page("/v2/contacts", page, (("sort_by", "id:asc"),))
        ids += [record["id"] for record in records]
        page += 1
    assert len(ids) == len(set(ids)) > 100
