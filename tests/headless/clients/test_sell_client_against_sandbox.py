"""Sell's client against the running sandbox, which knows the contract from elsewhere."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from desktop.clients.client_factory import ClientFactory
from desktop.clients.http_messages import HttpRequest
from desktop.clients.sell.client import SellClient
from desktop.clients.sell.credentials import AccessTokenCredentials
from desktop.clients.transport import HttpTransport, TransportOptions
from desktop.kit.errors import AppError, AuthenticationError, Forbidden, NotFound
from tests.headless.clients.conftest import ConnectionDocument
from tests.support.clocks import ShortSleepClock


@pytest_asyncio.fixture
async def sell(sandbox: ConnectionDocument) -> AsyncIterator[SellClient]:
    about = sandbox["sell"]
    transport = HttpTransport("Zendesk Sell", about["base_url"], limits=TransportOptions(read_s=2))
    # The clock sleeps a moment where the limiter asks for longer.
    yield ClientFactory(ShortSleepClock()).sell(
        AccessTokenCredentials(about["access_token"]), transport
    )
    await control(transport, "POST", "account", {"sell_plan": "enterprise", "sell_user": "on"})
    await transport.aclose()


async def control(transport: Any, method: str, name: str, body: object) -> None:
    path = f"/sandbox/{name}"
    answer = await transport.send(HttpRequest(method, path, path, body=json.dumps(body).encode()))
    assert answer.status == 200


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
        await sell.show_contact(1)


async def test_sell_deals_and_names(sell: SellClient) -> None:
    deals = await sell.list_deals(2101)
    assert [(deal.id, deal.value) for deal in deals] == [
        (5501, Decimal("12400.50")),
        (5502, Decimal("1489.00")),
    ]
    stages = await sell.list_stages()
    assert stages[deals[0].stage_id or 0] == "Quote"
    assert {user.name for user in await sell.list_users()} == {"Ada Admin", "Kim Park", "Lee Chen"}
    fields = await sell.list_custom_fields("contact")
    assert {field.id: field.name for field in fields}[4101] == "Newsletter consent"


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"sell_plan": "enterprise"}, [None, None]),
        ({"sell_plan": "growth"}, [None, Forbidden]),
        ({"sell_user": "off"}, [AuthenticationError] * 2),
    ],
)
async def test_sell_plan_and_token_decide_what_is_there(
    sell: SellClient, account: Any, expected: list[type[AppError] | None]
) -> None:
    await control(sell.pipeline.transport, "POST", "account", account)
    found: list[type[AppError] | None] = []
    for attempt in (sell.me, sell.check_products):
        try:
            await attempt()
        except AppError as error:
            found.append(type(error))
        else:
            found.append(None)
    assert found == expected


async def test_sell_pages_hold_everything_once(sell: SellClient) -> None:
    ids: list[object] = []
    page, more = 1, True
    while more:
        records, more = await sell.read_page("/v2/contacts", page, (("sort_by", "id:asc"),))
        ids += [record["id"] for record in records]
        page += 1
    assert len(ids) == len(set(ids)) > 100
